//! Adapters of model providers, made from what people configured.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::Context as _;
use gathering_app::providers::{Adapter, ModelFactory, ProviderKey, ProviderOrder};
use gathering_domain::{Failure, HostPattern};
use gathering_egress::{Egress, Secret};
use gathering_llm::ModelProvider;
use gathering_llm_providers::{ProviderConfig, ProviderKind, Script, build};
use gathering_workspace::{BeneathPath, Root};

/// What the name of a script's file ends with; the rest is the model's name.
const SCRIPT_SUFFIX: &str = ".script.yaml";
/// The most scripts of a directory.
const MAX_SCRIPTS: usize = 100;
/// The most files of a directory with scripts.
const MAX_FILES: usize = 10_000;
/// The largest script, in bytes.
const SCRIPT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What adapters are made of, but for the egress.
#[derive(Debug, Default)]
pub(crate) struct Models {
    /// Scripts by the names of the models that they answer for.
    scripts: BTreeMap<String, Script>,
    /// An address that may be private, because it was named on the command line of this process.
    named: Option<HostPattern>,
}

/// Makes adapters over one egress.
struct OverEgress {
    models: Models,
    egress: Egress,
}

impl Models {
    /// The scripts of a directory answer for models of `scripted`; a missing one has none.
    pub(crate) fn with_scripts(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { scripts: read_scripts(folder)?, named: None })
    }

    /// Whoever names an address on their own command line may reach it, wherever it is: in this
    /// process, and for models alone. What is stored opens nothing.
    pub(crate) fn reaching(self, base_url: Option<&str>) -> Self {
        let named = ProviderKind::OpenAiCompatible.host(base_url);
        Self { named, ..self }
    }

    /// How many scripts there are.
    pub(crate) fn scripts(&self) -> usize {
        self.scripts.len()
    }

    /// Adapters that go out through this egress.
    pub(crate) fn over(self, egress: &Egress) -> impl ModelFactory + use<> {
        OverEgress { models: self, egress: egress.clone() }
    }
}

impl ModelFactory for OverEgress {
    fn kinds(&self) -> Vec<Adapter> {
        let adapter = |kind: ProviderKind| Adapter {
            kind: kind.as_str(),
            base_url: kind.default_base_url(),
            needs_key: kind.needs_key(),
        };
        ProviderKind::ALL.map(adapter).to_vec()
    }

    fn host(&self, kind: &str, base_url: Option<&str>) -> Option<HostPattern> {
        kind.parse::<ProviderKind>().ok()?.host(base_url)
    }

    fn make(&self, order: ProviderOrder) -> Result<Arc<dyn ModelProvider>, Failure> {
        let refused = |why: String| Failure::fatal("invalid_provider", why);
        let ProviderOrder { project_id, name, kind, base_url, key, options } = order;
        let kind: ProviderKind =
            kind.parse().map_err(|_| refused(format!("there is no kind `{kind}`")))?;
        let mut config = ProviderConfig::new(name, kind);
        config.base_url = base_url;
        config.api_key = key.map(|ProviderKey { value, hosts }| Secret { value, hosts });
        let host = kind.host(config.base_url.as_deref());
        config.allow_private_address = host.is_some() && host == self.models.named;
        if let Some(option) = options.as_object().and_then(|options| options.keys().next()) {
            return Err(refused(format!("there is no option `{option}`")));
        }
        if kind == ProviderKind::Scripted {
            config.scripts.clone_from(&self.models.scripts);
        }
        build(config, &self.egress.for_project(project_id))
            .map_err(|fault| refused(fault.to_string()))
    }
}

fn read_scripts(folder: &Path) -> anyhow::Result<BTreeMap<String, Script>> {
    let attempt = || format!("could not read the scripts in `{}`", folder.display());
    if !folder.try_exists().with_context(attempt)? {
        return Ok(BTreeMap::new());
    }
    let root = Root::open(folder)?;
    let mut scripts = BTreeMap::new();
    for name in root.names(MAX_FILES)? {
        let Some(model) = name.strip_suffix(SCRIPT_SUFFIX) else { continue };
        let shown = || format!("could not read the script `{}`", folder.join(&name).display());
        let path: BeneathPath = name.parse().with_context(shown)?;
        let text = root.read(&path, SCRIPT_BYTES_MAX).with_context(shown)?;
        let text = String::from_utf8(text).with_context(shown)?;
        scripts.insert(model.to_owned(), Script::from_yaml(&text).with_context(shown)?);
        anyhow::ensure!(
            scripts.len() <= MAX_SCRIPTS,
            "`{}` holds more than {MAX_SCRIPTS} scripts",
            folder.display()
        );
    }
    Ok(scripts)
}
