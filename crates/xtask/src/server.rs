//! The real server on a store of its own, for as long as a command needs one.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::Child,
};

use anyhow::{Context as _, bail};

use crate::program::Program;

/// What the server says before its address.
const READY: &str = "Gathering is ready at ";

/// A server that runs. Ends with this value.
pub(crate) struct Server {
    child: Child,
    url: String,
    log: PathBuf,
}

impl Server {
    /// Starts `program` on a fresh store in `folder`, with these settings, and waits until it is ready.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let log = folder.join("server.log");
        let mut serve = Program::new(program).args(["serve", "--listen", "127.0.0.1:0"]);
        serve = serve.args(["--data-dir".as_ref(), folder.join("data").as_os_str()]);
        for (name, value) in settings {
            serve = serve.env(name, value);
        }
        let mut child = serve.start(File::create(&log)?)?;
        let printed = child.stdout.take().context("the server's output is piped")?;
        let mut server = Self { child, url: String::new(), log };
        for line in BufReader::new(printed).lines() {
            if let Some(url) = line?.strip_prefix(READY) {
                url.split_whitespace().next().unwrap_or_default().clone_into(&mut server.url);
                return Ok(server);
            }
        }
        bail!("the server ended before it was ready: see {}", server.log.display())
    }

    /// Where it is, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it has complained about so far.
    pub(crate) fn complaints(&self) -> anyhow::Result<String> {
        fs::read_to_string(&self.log)
            .with_context(|| format!("could not read {}", self.log.display()))
    }

    /// Stops it as it is stopped in production. To end badly is an error.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        Program::new("kill").args(["-TERM", &self.child.id().to_string()]).output()?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server ended with {status}: see {}", self.log.display());
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
