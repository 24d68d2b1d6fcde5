//! The parts of an instance that follow from the configuration alone.

use std::{fs::File, io::Read as _, sync::Arc};

use anyhow::Context as _;
use gathering_config::{Config, values::MailEncryption};
use gathering_domain::Clock;
use gathering_egress::{
    AllowRule, Egress, MailServer, MailTls, Mailer, NetworkPolicy, RootCertificates,
};
use gathering_llm::Prices;
use gathering_storage::{Database, DatabaseError, DatabaseOptions};
use gathering_tools::{ArtifactSink, Toolbox, Typed};
use gathering_tools_native::{ArtifactSave, Calculate, HttpRequest, TimeNow, ask_person};

use crate::{moved, redaction::revealed};

/// Opens the store that the configuration names.
pub(crate) async fn open_database(config: &Config) -> anyhow::Result<Database> {
    let options = match &config.database.url {
        Some(url) => DatabaseOptions::postgres(url.expose()),
        None => DatabaseOptions::sqlite(&config.server.data_dir),
    };
    Database::open(options).await.map_err(|error| {
        let hint = match &error {
            DatabaseError::InUse { .. } => {
                "one process at a time works on a data directory: stop the server that has it, or choose \
                 another with --data-dir"
                    .to_owned()
            }
            DatabaseError::Departed { directory } => moved::where_to(directory),
            _ => "could not open the store".to_owned(),
        };
        anyhow::Error::new(error).context(hint)
    })
}

/// The one door to the network, with what the configuration opens. It knows no secrets: those of a project
/// are attached for its runs alone.
pub(super) fn egress(config: &Config) -> anyhow::Result<Egress> {
    let mut rules = Vec::new();
    for place in &config.egress.allow_private {
        let rule: AllowRule =
            place.as_str().parse().context("could not read egress.allow_private")?;
        rules.push(rule);
    }
    let policy = NetworkPolicy::public_and(rules);
    Ok(Egress::builder().policy(policy).revealed(revealed()).build())
}

/// The way to the mail server, if one is configured.
pub(super) fn mailer(config: &Config) -> anyhow::Result<Option<Mailer>> {
    let smtp = &config.smtp;
    let (Some(host), Some(from)) = (&smtp.host, &smtp.from) else { return Ok(None) };
    let login = smtp.user.as_ref().zip(smtp.password.as_ref());
    let server = MailServer {
        host: host.as_str().to_owned(),
        port: u16::try_from(smtp.port).context("could not read smtp.port")?,
        tls: match smtp.tls {
            MailEncryption::StartTls => MailTls::StartTls,
            MailEncryption::Tls => MailTls::Implicit,
            MailEncryption::None => MailTls::Off,
        },
        login: login.map(|(user, word)| (user.as_str().to_owned(), word.expose().clone())),
        from: from.as_str().to_owned(),
    };
    let mailer = Mailer::new(server, &RootCertificates::default());
    Ok(Some(mailer.context("could not use the section `smtp`")?))
}

/// The largest price table that is read, in bytes.
const PRICES_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What tokens cost: the shipped table, under that of the configuration.
pub(crate) fn prices(config: &Config) -> anyhow::Result<Prices> {
    let shipped = Prices::shipped();
    let Some(path) = &config.models.prices else { return Ok(shipped) };
    let read = || -> anyhow::Result<Prices> {
        let mut text = String::new();
        let file = File::open(path)?;
        anyhow::ensure!(file.metadata()?.len() <= PRICES_BYTES_MAX, "more than 4 MiB");
        file.take(PRICES_BYTES_MAX).read_to_string(&mut text)?;
        Ok(Prices::from_toml(&text)?)
    };
    let own =
        read().with_context(|| format!("could not use models.prices `{}`", path.display()))?;
    Ok(shipped.overridden_by(own))
}

/// The tools that exist.
pub(crate) fn toolbox(
    sink: Arc<dyn ArtifactSink>,
    clock: &Arc<dyn Clock>,
    egress: &Egress,
) -> anyhow::Result<Toolbox> {
    let mut toolbox = Toolbox::new();
    toolbox.add(Arc::new(Typed::new(TimeNow::new(Arc::clone(clock)))))?;
    toolbox.add(Arc::new(Typed::new(Calculate)))?;
    toolbox.add(Arc::new(Typed::new(HttpRequest::new(egress))))?;
    toolbox.add(Arc::new(Typed::new(ArtifactSave::new(sink))))?;
    toolbox.add_question(ask_person())?;
    Ok(toolbox)
}

/// What this host calls itself, for people.
pub(super) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
