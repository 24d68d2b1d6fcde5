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
    repository,
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

impl Need {
    /// Whether the machine has it.
    pub(crate) fn is_there(&self) -> bool {
        (self.found)()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// A package of Debian.
    Debian(&'static str),
    /// A program that Cargo installs, with its version.
    Cargo(&'static str, &'static str),
    /// What `pip` installs, in a folder of its own beside what is built.
    Python { folder: &'static str, packages: &'static [&'static str] },
    /// A package that `npm` installs, in a folder of its own beside what is built.
    Npm { folder: &'static str, package: &'static str },
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
    remedy: Remedy::Python {
        folder: OTLP_RECEIVER_FOLDER,
        packages: &["opentelemetry-proto==1.45.2", "protobuf==7.36.2"],
    },
};

/// The package with which receivers in Python verify webhooks.
pub(crate) const STANDARD_WEBHOOKS_PYTHON: Need = Need {
    name: "standardwebhooks of PyPI",
    why: "a test has it verify what the server signs, and sign what the server verifies",
    found: standard_webhooks_of_python_are_here,
    remedy: Remedy::Python {
        folder: STANDARD_WEBHOOKS_PYTHON_FOLDER,
        packages: &["standardwebhooks==1.1.0"],
    },
};

/// The programs of Node.js.
pub(crate) const NODE: Need = Need {
    name: "Node.js with npm",
    why: "a test has a package of npm verify what the server signs",
    found: || program::find("node").is_some() && program::find("npm").is_some(),
    remedy: Remedy::Debian("npm"),
};

/// The package with which receivers in JavaScript verify webhooks.
pub(crate) const STANDARD_WEBHOOKS_NODE: Need = Need {
    name: "standardwebhooks of npm",
    why: "a test has it verify what the server signs, and sign what the server verifies",
    found: standard_webhooks_of_node_are_here,
    remedy: Remedy::Npm {
        folder: STANDARD_WEBHOOKS_NODE_FOLDER,
        package: "standardwebhooks@1.1.1",
    },
};

/// The browser of the dashboard's journeys.
pub(crate) const CHROMIUM: Need = Need {
    name: "Chromium",
    why: "people's journeys through the dashboard are tried in it",
    found: || chromium().is_some(),
    remedy: Remedy::Debian("chromium"),
};

/// The program of the browser.
pub(crate) fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(program::find)
}

/// Writes into the store of a server that is stopped.
pub(crate) const SQLITE3: Need = Need {
    name: "sqlite3",
    why: "a journey through 100,000 runs fills a store with them",
    found: || program::find("sqlite3").is_some(),
    remedy: Remedy::Debian("sqlite3"),
};

/// What the tests need.
pub(crate) const TESTS: [Need; 7] = [
    POSTGRESQL,
    STRACE,
    CURL,
    OTLP_RECEIVER,
    STANDARD_WEBHOOKS_PYTHON,
    NODE,
    STANDARD_WEBHOOKS_NODE,
];

/// Makes up requests from an OpenAPI document, and judges the answers.
pub(crate) const SCHEMATHESIS: Need = Need {
    name: "the schemathesis of `crates/api/contract/requirements.txt`",
    why: "it holds the server to its OpenAPI document",
    found: schemathesis_is_here,
    remedy: Remedy::Python {
        folder: SCHEMATHESIS_FOLDER,
        packages: &["--requirement", SCHEMATHESIS_PACKAGES],
    },
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

/// Where the tests look for Python with what a receiver of OTLP needs.
const OTLP_RECEIVER_FOLDER: &str = "otlp-receiver";
/// Where the tests look for the packages with which receivers verify webhooks.
const STANDARD_WEBHOOKS_PYTHON_FOLDER: &str = "standardwebhooks";
const STANDARD_WEBHOOKS_NODE_FOLDER: &str = "standardwebhooks-npm";
const SCHEMATHESIS_FOLDER: &str = "schemathesis";
/// All that schemathesis needs, with versions.
const SCHEMATHESIS_PACKAGES: &str = "crates/api/contract/requirements.txt";

/// A folder beside what is built that holds packages.
fn built_folder(name: &str) -> anyhow::Result<PathBuf> {
    Ok(binaries::target_folder()?.join(name))
}

/// The programs of schemathesis and of its Python.
pub(crate) fn schemathesis_programs() -> anyhow::Result<PathBuf> {
    Ok(built_folder(SCHEMATHESIS_FOLDER)?.join("bin"))
}

/// Whether everything is installed in the versions that are wanted now.
fn schemathesis_is_here() -> bool {
    let Ok(programs) = schemathesis_programs() else { return false };
    let pip = programs.join("pip");
    let wanted = fs::read_to_string(repository::root().join(SCHEMATHESIS_PACKAGES));
    let (Ok(wanted), true) = (wanted, pip.is_file()) else { return false };
    let list = Program::new(pip).args(["list", "--format=freeze", "--disable-pip-version-check"]);
    list.output().is_ok_and(|installed| has_all(&installed, &wanted))
}

/// Whether every `name==version` of `wanted` is among the lines of `installed`.
fn has_all(installed: &str, wanted: &str) -> bool {
    let spelled = |line: &str| line.trim().to_ascii_lowercase().replace('_', "-");
    let installed: Vec<String> = installed.lines().map(spelled).collect();
    let wanted = wanted.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    wanted.map(spelled).all(|line| installed.contains(&line))
}

fn otlp_receiver_is_here() -> bool {
    let Ok(folder) = built_folder(OTLP_RECEIVER_FOLDER) else { return false };
    let python = folder.join("bin/python3");
    let imports = "import opentelemetry.proto.collector.trace.v1.trace_service_pb2";
    python.is_file() && Program::new(python).args(["-c", imports]).output().is_ok()
}

fn standard_webhooks_of_python_are_here() -> bool {
    let Ok(folder) = built_folder(STANDARD_WEBHOOKS_PYTHON_FOLDER) else { return false };
    let python = folder.join("bin/python3");
    python.is_file()
        && Program::new(python).args(["-c", "import standardwebhooks"]).output().is_ok()
}

fn standard_webhooks_of_node_are_here() -> bool {
    let folder = built_folder(STANDARD_WEBHOOKS_NODE_FOLDER);
    folder.is_ok_and(|folder| folder.join("node_modules/standardwebhooks/package.json").is_file())
}

fn has_server_programs(folder: &Path) -> bool {
    let Ok(versions) = fs::read_dir(folder) else { return false };
    versions.flatten().any(|version| version.path().join("bin/initdb").is_file())
}

/// Makes sure that all of `needs` are met: installs what is missing if it may, else fails with the
/// commands that would.
pub(crate) fn provide(needs: &[Need], consent: Consent) -> anyhow::Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !need.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !consent.given() {
        bail!(request(&missing));
    }
    for need in &missing {
        println!("{} is missing ({}); installing it", need.name, need.why);
        install(need.remedy).with_context(|| request(&missing))?;
        if !need.is_there() {
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
            Self::Python { folder, packages } => {
                let folder = built_folder(folder).unwrap_or_default();
                let (folder, packages) = (folder.display(), packages.join(" "));
                format!("python3 -m venv {folder} && {folder}/bin/pip install {packages}")
            }
            Self::Npm { folder, package } => {
                let folder = built_folder(folder).unwrap_or_default();
                format!("npm install --prefix {} {package}", folder.display())
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
        Remedy::Npm { folder, package } => {
            let folder = built_folder(folder)?;
            fs::create_dir_all(&folder)?;
            let npm = Program::new("npm").args(["install", "--prefix"]).args([&folder]);
            npm.args(["--no-audit", "--no-fund", "--loglevel=error", package]).run()
        }
        Remedy::Python { folder, packages } => {
            let folder = built_folder(folder)?;
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
    fn packages_of_another_version_are_not_the_ones_that_are_wanted() {
        let wanted = "# a list\nPyYAML==6.0.3\njsonschema_rs==0.60.3\n\n";
        assert!(has_all("jsonschema-rs==0.60.3\npip==26.0\nPyYAML==6.0.3\n", wanted));
        assert!(!has_all("jsonschema-rs==0.60.2\nPyYAML==6.0.3\n", wanted));
        assert!(!has_all("PyYAML==6.0.3\n", wanted));
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
