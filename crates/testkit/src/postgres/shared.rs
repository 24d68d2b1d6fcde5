//! The server that all test processes share: started by the first, stopped when unused.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::binaries::Binaries;
use super::server::Cluster;

/// Minutes without a new test after which the server stops by itself.
const IDLE_MINUTES: u32 = 10;
/// Seconds between two looks of the process that stops it.
const LOOK_SECONDS: u32 = 30;

/// The running server; starts it if need be.
pub(crate) fn shared() -> Result<Cluster> {
    let home = Home::open()?;
    let _held = home.lock()?;
    fs::write(home.path("used"), "")?;
    let binaries = Binaries::find()?;
    if let Some(cluster) = home.cluster(&binaries)
        && cluster.is_running()
    {
        return Ok(cluster);
    }
    home.stop(&binaries);
    let directory = home.path("cluster");
    if directory.exists() {
        fs::remove_dir_all(&directory)
            .with_context(|| format!("remove {}", directory.display()))?;
    }
    fs::create_dir(&directory)?;
    let cluster = Cluster::create(binaries, &directory)?;
    cluster.start()?;
    fs::write(
        home.path("state"),
        format!("{}\n{}\n", cluster.port, cluster.binaries.directory.display()),
    )?;
    home.watch(&cluster)?;
    Ok(cluster)
}

/// Stops the shared server of this Cargo target directory, if it runs.
pub fn stop_shared() -> Result<()> {
    let home = Home::open()?;
    let _held = home.lock()?;
    home.stop(&Binaries::find()?);
    Ok(())
}

/// Where the shared server lives: short, because the paths of sockets are, and open to its user.
struct Home(PathBuf);

impl Home {
    fn open() -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        target_directory()?.hash(&mut hasher);
        let user = rustix::process::geteuid();
        let name =
            format!("gathering-postgres-{}-{:08x}", user.as_raw(), hasher.finish() & 0xffff_ffff);
        let home = std::env::temp_dir().join(name);
        fs::create_dir_all(&home).with_context(|| format!("create {}", home.display()))?;
        let owner = std::os::unix::fs::MetadataExt::uid(&fs::symlink_metadata(&home)?);
        ensure!(owner == user.as_raw(), "{} belongs to another user", home.display());
        Ok(Self(home))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn lock(&self) -> Result<File> {
        let file =
            File::options().write(true).create(true).truncate(false).open(self.path("lock"))?;
        file.lock().context("lock the shared PostgreSQL server")?;
        Ok(file)
    }

    /// The server of an earlier process, unless it was made with other programs.
    fn cluster(&self, binaries: &Binaries) -> Option<Cluster> {
        let state = fs::read_to_string(self.path("state")).ok()?;
        let mut lines = state.lines();
        let port = lines.next()?.parse().ok()?;
        let same = Path::new(lines.next()?) == binaries.directory;
        same.then(|| Cluster { binaries: binaries.clone(), directory: self.path("cluster"), port })
    }

    /// Stops whatever server is there.
    fn stop(&self, binaries: &Binaries) {
        let cluster =
            Cluster { binaries: binaries.clone(), directory: self.path("cluster"), port: 0 };
        if cluster.data().exists() && cluster.is_running() {
            // One that will not stop is left alone: the next one takes another port.
            let _ = cluster.stop("immediate");
        }
    }

    /// Starts a process that stops the server once no test has asked for it in a while.
    fn watch(&self, cluster: &Cluster) -> Result<()> {
        let script = format!(
            "while sleep {LOOK_SECONDS}; do \
               [ -e {data}/postmaster.pid ] || exit 0; \
               [ -n \"$(find {home}/used -mmin +{IDLE_MINUTES})\" ] && \
                 {pg_ctl} stop -m immediate -D {data} && exit 0; \
             done",
            home = self.0.display(),
            data = cluster.data().display(),
            pg_ctl = cluster.binaries.directory.join("pg_ctl").display(),
        );
        let mut command = cluster.binaries.command("/bin/sh");
        command.args(["-c", &script]).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().context("start the process that stops an idle server")?;
        Ok(())
    }
}

/// Cargo's target directory that this test was built into.
fn target_directory() -> Result<PathBuf> {
    let program = std::env::current_exe().context("find this program")?;
    let target = program.ancestors().find(|path| path.join("CACHEDIR.TAG").exists());
    Ok(target.unwrap_or(&program).to_owned())
}
