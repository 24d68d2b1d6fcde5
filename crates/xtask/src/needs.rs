//! What the commands need from the machine, how it is found, and how it is installed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use gathering_config::Environment;

use crate::{
    binaries,
    program::{self, Program},
};

/// Leave to install what is missing.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Consent {
    /// Install what is missing. Implied where the variable CI is `true`.
    #[arg(long)]
    yes: bool,
}

/// Something that a command needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    name: &'static str,
    why: &'static str,
    found: fn() -> bool,
    remedy: Remedy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// A package of Debian.
    Debian(&'static str),
    /// A program that Cargo installs, with its version.
    Cargo(&'static str, &'static str),
    /// Packages of PyPI, in a folder of their own beside what is built.
    Python(&'static [&'static str]),
}

/// The programs of a PostgreSQL server, which the tests start and stop by themselves.
pub(crate) const POSTGRESQL: Need = Need {
    name: "PostgreSQL's server programs",
    why: "every storage test runs on both databases",
    found: postgresql_is_here,
    remedy: Remedy::Debian("postgresql"),
};

/// Shows the calls that a process makes of the kernel.
pub(crate) const STRACE: Need = Need {
    name: "strace",
    why: "a test watches whether what is acknowledged was synced",
    found: || program::find("strace").is_some(),
    remedy: Remedy::Debian("strace"),
};

/// Types the requests of the documentation.
pub(crate) const CURL: Need = Need {
    name: "curl",
    why: "a test types the commands of the README",
    found: || program::find("curl").is_some(),
    remedy: Remedy::Debian("curl"),
};

/// The definitions of OTLP that OpenTelemetry publishes for Python.
pub(crate) const OTLP_RECEIVER: Need = Need {
    name: "OpenTelemetry's definitions for Python",
    why: "a test sends traces to a receiver that shares no code with the server",
    found: otlp_receiver_is_here,
    remedy: Remedy::Python(&["opentelemetry-proto==1.45.2", "protobuf==7.36.2"]),
};

/// The judge of the dependencies' licences, origins and known faults.
pub(crate) const CARGO_DENY: Need = Need {
    name: "cargo-deny",
    why: "it checks the dependencies' licences and origins",
    found: || program::find("cargo-deny").is_some(),
    remedy: Remedy::Cargo("cargo-deny", "0.20.2"),
};

/// Builds and runs fuzz targets.
pub(crate) const CARGO_FUZZ: Need = Need {
    name: "cargo-fuzz",
    why: "it builds and runs the fuzz targets",
    found: || program::find("cargo-fuzz").is_some(),
    remedy: Remedy::Cargo("cargo-fuzz", "0.13.1"),
};

/// Variables by which the tests are told of a PostgreSQL server, or of the programs of one.
const POSTGRESQL_VARIABLES: [&str; 2] = ["GATHERING_TEST_POSTGRES", "GATHERING_TEST_POSTGRES_BIN"];

/// Where Debian keeps the server programs of each version.
const DEBIAN_POSTGRESQL: &str = "/usr/lib/postgresql";

fn postgresql_is_here() -> bool {
    let environment = Environment::of_process();
    POSTGRESQL_VARIABLES.iter().any(|variable| environment.text(variable).is_some())
        || program::find("initdb").is_some()
        || has_server_programs(Path::new(DEBIAN_POSTGRESQL))
}

/// Where the tests look for Python with what a receiver of OTLP needs: a folder of what is built.
fn python_folder() -> anyhow::Result<PathBuf> {
    Ok(binaries::target_folder()?.join("otlp-receiver"))
}

fn otlp_receiver_is_here() -> bool {
    let Ok(folder) = python_folder() else { return false };
    let python = folder.join("bin/python3");
    let imports = "import opentelemetry.proto.collector.trace.v1.trace_service_pb2";
    python.is_file() && Program::new(python).args(["-c", imports]).output().is_ok()
}

fn has_server_programs(folder: &Path) -> bool {
    let Ok(versions) = fs::read_dir(folder) else { return false };
    versions.flatten().any(|version| version.path().join("bin/initdb").is_file())
}

/// Makes sure that all of `needs` are met: installs what is missing if it may, else fails with the
/// commands that would.
pub(crate) fn provide(needs: &[Need], consent: Consent) -> anyhow::Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.found)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !consent.given() {
        bail!(request(&missing));
    }
    for need in &missing {
        println!("{} is missing ({}); installing it", need.name, need.why);
        install(need.remedy).with_context(|| request(&missing))?;
        if !(need.found)() {
            bail!("still not found after `{}`: {}", need.remedy.command(), need.name);
        }
    }
    Ok(())
}

impl Consent {
    fn given(self) -> bool {
        self.yes || Environment::of_process().text("CI") == Some("true")
    }
}

fn request(missing: &[&Need]) -> String {
    use std::fmt::Write;

    let mut text = "this needs what the machine lacks:".to_owned();
    for need in missing {
        let _ = write!(
            text,
            "\n  {}: {}; install it with\n    {}",
            need.name,
            need.why,
            need.remedy.command()
        );
    }
    text += "\nor repeat the command with --yes, as a user who may do that";
    text
}

impl Remedy {
    fn command(self) -> String {
        match self {
            Self::Debian(package) => format!("sudo apt-get install --yes {package}"),
            Self::Cargo(name, version) => {
                format!("cargo install --locked --debug {name} --version {version}")
            }
            Self::Python(packages) => {
                let folder = python_folder().unwrap_or_default();
                let (folder, packages) = (folder.display(), packages.join(" "));
                format!("python3 -m venv {folder} && {folder}/bin/pip install {packages}")
            }
        }
    }
}

fn install(remedy: Remedy) -> anyhow::Result<()> {
    match remedy {
        Remedy::Debian(package) => {
            if Program::new("id").args(["-u"]).output()?.trim() != "0" {
                bail!("only root may install a package");
            }
            let apt = || Program::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive");
            apt().args(["update", "--quiet=2"]).run()?;
            apt().args(["install", "--yes", "--quiet=2", "--no-install-recommends", package]).run()
        }
        // A debug build is made in a third of the time and judges the tree in a second.
        Remedy::Cargo(name, version) => {
            Program::cargo(["install", "--locked", "--debug", name, "--version", version]).run()
        }
        Remedy::Python(packages) => {
            let folder = python_folder()?;
            let make =
                || Program::new("python3").args(["-m", "venv", "--clear"]).args([&folder]).run();
            if make().is_err() {
                // Debian's Python comes without this part.
                install(Remedy::Debian("python3-venv"))?;
                make()?;
            }
            let pip = Program::new(folder.join("bin/pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(packages).run()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: Need = Need {
        name: "a thing",
        why: "it is needed",
        found: || false,
        remedy: Remedy::Debian("thing"),
    };

    #[test]
    fn without_leave_the_exact_command_is_told() {
        let text = request(&[&ABSENT]);
        assert!(text.contains("sudo apt-get install --yes thing"), "{text}");
        assert!(text.contains("--yes"), "{text}");
        assert!(Remedy::Cargo("cargo-deny", "1.2.3").command().contains("--version 1.2.3"));
    }

    #[test]
    fn what_is_there_needs_no_leave() {
        assert!(provide(&[Need { found: || true, ..ABSENT }], Consent::default()).is_ok());
    }

    #[test]
    fn server_programs_are_found_under_any_version() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_server_programs(folder.path()));
        fs::create_dir_all(folder.path().join("17/bin")).unwrap();
        assert!(!has_server_programs(folder.path()));
        fs::write(folder.path().join("17/bin/initdb"), "").unwrap();
        assert!(has_server_programs(folder.path()));
    }
}
