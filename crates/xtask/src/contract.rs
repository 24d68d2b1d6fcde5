//! `cargo xtask contract`: the real server, held to its OpenAPI document.

use anyhow::bail;
use clap::{Args, ValueEnum};

use crate::{
    binaries::{self, Profile},
    needs::{self, Consent, SCHEMATHESIS},
    program::Program,
    server::Server,
};

/// Where it is said how the requests are made, and what fills the store.
const CONFIG: &str = "crates/api/contract/schemathesis.toml";
const FILL: &str = "crates/api/contract/fill.py";
/// The first owner.
const OWNER: &str = "ada@example.com";
const PASSWORD: &str = "neither staple nor horse";
/// How long the gate asks as each, in seconds: enough for every operation to be asked.
const SHORT_FORM_SECONDS: u32 = 40;
/// What the gate's requests are drawn from, so that a change meets the same ones as the change before.
const SHORT_FORM_SEED: u64 = 1;

/// What the server is set up with. No request is too many: how often one may ask is tested elsewhere, and
/// `429` is all that would be seen here.
const SETTINGS: [(&str, &str); 12] = [
    ("GATHERING_BOOTSTRAP_OWNER", OWNER),
    ("GATHERING_BOOTSTRAP_PASSWORD", PASSWORD),
    ("GATHERING_RATES_READ", "off"),
    ("GATHERING_RATES_WRITE", "off"),
    ("GATHERING_RATES_STREAM", "off"),
    ("GATHERING_RATES_EXPENSIVE", "off"),
    ("GATHERING_RATES_SIGN_IN", "off"),
    ("GATHERING_RATES_NO_TOKEN", "off"),
    ("GATHERING_RATES_FAILED_PAIR", "off"),
    ("GATHERING_RATES_FAILED_ACCOUNT", "off"),
    ("GATHERING_RATES_FAILED_TOTAL", "off"),
    ("GATHERING_LOG_LEVEL", "warn"),
];

/// Holds the real server to its OpenAPI document with requests that are made up from it.
#[derive(Args)]
pub(crate) struct Contract {
    #[command(flatten)]
    consent: Consent,
    /// How long to go on, in seconds.
    #[arg(long, default_value_t = 300)]
    seconds: u32,
    /// What the requests are drawn from, as printed by an earlier run. Without it others each time.
    #[arg(long)]
    seed: Option<u64>,
    /// Who asks. Without it first the one, then the other.
    #[arg(long = "as", value_name = "WHO")]
    who: Option<Who>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Who {
    /// An owner who is signed in.
    Owner,
    /// Somebody without a token.
    Nobody,
}

impl Contract {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        needs::provide(&[SCHEMATHESIS], self.consent)?;
        match self.who {
            Some(who) => hold(who, self.seconds, self.seed),
            None => all(self.seconds, self.seed),
        }
    }
}

/// What a change must pass.
pub(crate) fn short_form() -> anyhow::Result<()> {
    all(SHORT_FORM_SECONDS, Some(SHORT_FORM_SEED))
}

/// Everybody asks, whatever becomes of the others.
fn all(seconds: u32, seed: Option<u64>) -> anyhow::Result<()> {
    [Who::Owner, Who::Nobody].map(|who| hold(who, seconds, seed)).into_iter().collect()
}

fn hold(who: Who, seconds: u32, seed: Option<u64>) -> anyhow::Result<()> {
    let gathering = binaries::build(Profile::Development, &["gathering"])?.join("gathering");
    let folder = binaries::target_folder()?.join("contract").join(who.word());
    let server = Server::start(&gathering, &folder, &SETTINGS)?;
    let programs = needs::schemathesis_programs()?;
    let known = folder.join("known.json").display().to_string();
    let python = |name: &str| {
        Program::new(programs.join(name))
            .env("CONTRACT_SERVER", server.url())
            .env("CONTRACT_KNOWN", &known)
            .env("PYTHONDONTWRITEBYTECODE", "1")
    };
    let as_owner =
        |program: Program| program.env("CONTRACT_OWNER", OWNER).env("CONTRACT_PASSWORD", PASSWORD);
    as_owner(python("python3")).args([FILL]).run()?;
    let document = format!("{}/api/openapi.json", server.url());
    let mut requests = python("schemathesis");
    if who == Who::Owner {
        requests = as_owner(requests);
    }
    let asked = requests
        .args(["--config-file", CONFIG, "run", &document])
        .args(["--checks", "all", "--max-time", &seconds.to_string()])
        .args(seed.map(|seed| format!("--seed={seed}")))
        .run();
    let complaints = server.complaints()?;
    asked.and_then(|()| server.stop())?;
    // What fails inside is logged as an error, whoever was told of it.
    let errors: Vec<&str> = complaints.lines().filter(|line| line.contains("ERROR")).collect();
    if !errors.is_empty() {
        bail!("the server logged errors:\n{}", errors.join("\n"));
    }
    Ok(())
}

impl Who {
    const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Nobody => "nobody",
        }
    }
}
