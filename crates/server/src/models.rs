//! Adapters of model providers, made from what people configured.

use std::{collections::BTreeMap, fs, io::ErrorKind, path::Path, sync::Arc};

use anyhow::Context as _;
use gathering_app::providers::{ModelFactory, ProviderOrder};
use gathering_domain::Failure;
use gathering_egress::Egress;
use gathering_llm::ModelProvider;
use gathering_llm_providers::{ProviderConfig, ProviderKind, Script, build};
use serde_json::Value;

/// What the name of a script's file ends with; the rest is the model's name.
const SCRIPT_SUFFIX: &str = ".script.yaml";
/// The most scripts of a directory.
const MAX_SCRIPTS: usize = 100;
/// The one option: whether the address may lie in a private network.
pub(crate) const ALLOW_PRIVATE: &str = "allow_private_address";

/// What adapters are made of, but for the egress.
#[derive(Debug, Default)]
pub(crate) struct Models {
    /// Scripts by the names of the models that they answer for.
    scripts: BTreeMap<String, Script>,
}

/// Makes adapters over one egress.
struct OverEgress {
    scripts: BTreeMap<String, Script>,
    egress: Egress,
}

impl Models {
    /// The scripts of a directory answer for models of `scripted`; a missing one has none.
    pub(crate) fn with_scripts(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { scripts: read_scripts(folder)? })
    }

    /// How many scripts there are.
    pub(crate) fn scripts(&self) -> usize {
        self.scripts.len()
    }

    /// Adapters that go out through this egress.
    pub(crate) fn over(self, egress: &Egress) -> impl ModelFactory + use<> {
        OverEgress { scripts: self.scripts, egress: egress.clone() }
    }
}

impl ModelFactory for OverEgress {
    fn kinds(&self) -> Vec<&'static str> {
        ProviderKind::ALL.iter().map(|kind| kind.as_str()).collect()
    }

    fn make(&self, order: ProviderOrder) -> Result<Arc<dyn ModelProvider>, Failure> {
        let refused = |why: String| Failure::fatal("invalid_provider", why);
        let ProviderOrder { name, kind, base_url, key, options } = order;
        let kind: ProviderKind =
            kind.parse().map_err(|_| refused(format!("there is no kind `{kind}`")))?;
        let mut config = ProviderConfig::new(name, kind);
        config.base_url = base_url;
        config.api_key = key;
        if let Some(allow) = allow_private(&options).map_err(refused)? {
            config.allow_private_address = allow;
        }
        if kind == ProviderKind::Scripted {
            config.scripts.clone_from(&self.scripts);
        }
        build(config, &self.egress).map_err(|fault| refused(fault.to_string()))
    }
}

/// Whether the address may lie in a private network, where the options say.
fn allow_private(options: &Value) -> Result<Option<bool>, String> {
    let Some(options) = options.as_object() else { return Ok(None) };
    if let Some(unknown) = options.keys().find(|key| *key != ALLOW_PRIVATE) {
        return Err(format!("there is no option `{unknown}`; there is `{ALLOW_PRIVATE}`"));
    }
    match options.get(ALLOW_PRIVATE) {
        None => Ok(None),
        Some(Value::Bool(allow)) => Ok(Some(*allow)),
        Some(_) => Err(format!("the option `{ALLOW_PRIVATE}` is true or false")),
    }
}

fn read_scripts(folder: &Path) -> anyhow::Result<BTreeMap<String, Script>> {
    let attempt = || format!("could not read the scripts in `{}`", folder.display());
    let files = match fs::read_dir(folder) {
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        files => files.with_context(attempt)?,
    };
    let mut scripts = BTreeMap::new();
    for file in files {
        let path = file.with_context(attempt)?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(model) = name.and_then(|name| name.strip_suffix(SCRIPT_SUFFIX)) else { continue };
        let text = fs::read_to_string(&path).with_context(attempt)?;
        let script = Script::from_yaml(&text)
            .with_context(|| format!("could not read the script `{}`", path.display()))?;
        scripts.insert(model.to_owned(), script);
        anyhow::ensure!(
            scripts.len() <= MAX_SCRIPTS,
            "`{}` holds more than {MAX_SCRIPTS} scripts",
            folder.display()
        );
    }
    Ok(scripts)
}
