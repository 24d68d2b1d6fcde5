//! The configuration in force for a command: file, variables, and its own flags.

use anyhow::bail;
use gathering_config::{Environment, Loaded, Sources};

use crate::{cli::Global, output::Unusable};

/// Reads the configuration; all faults are in the error.
pub(crate) fn load(global: &Global, listen: Option<&str>) -> anyhow::Result<Loaded> {
    match sources(global, listen).load() {
        Ok(loaded) => Ok(loaded),
        Err(faults) => bail!(Unusable(format!("the configuration is not valid\n{faults}"))),
    }
}

/// Where the values of a command come from.
pub(crate) fn sources(global: &Global, listen: Option<&str>) -> Sources {
    Sources::new(Environment::of_process())
        .with_file(global.config.as_deref())
        .with_flag(
            "--data-dir",
            "server.data_dir",
            global.data_dir.as_ref().map(|dir| dir.display().to_string()),
        )
        .with_flag("--database-url", "database.url", global.database_url.clone())
        .with_flag("--listen", "server.listen", listen.map(str::to_owned))
}
