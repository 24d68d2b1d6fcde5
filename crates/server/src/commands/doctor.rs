//! `gathering doctor`: checks this host, the configuration and the store, and says what to do.

mod host;
mod network;
mod store;

use std::process::ExitCode;

use serde_json::json;

use crate::{cli::Global, output::Output, settings, telemetry};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// Works, but not as well or as safely as it could.
    Doubtful,
    Bad,
}

/// One thing that was looked at.
#[derive(Debug)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    found: String,
    /// What to do about it.
    hint: Option<String>,
}

pub(crate) async fn run(global: &Global, output: Output) -> anyhow::Result<ExitCode> {
    let mut checks = vec![host::open_files()];
    match settings::load(global, None) {
        Err(error) => {
            let hint = "`gathering config check` names every fault";
            checks.push(Check::bad("configuration", format!("{error:#}"), hint));
        }
        Ok(loaded) => {
            telemetry::init(&loaded, Some("error"))?;
            let file = loaded.file.as_ref();
            let file = file.map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
            checks.push(Check::good("configuration", file));
            let config = &loaded.config;
            checks.push(host::data_directory(&config.server.data_dir));
            let of_store = store::checks(config).await;
            // Only the store knows whether it is the right one.
            if of_store.iter().all(|check| check.name != host::SECRET_KEY) {
                checks.push(host::secret_key(config));
            }
            checks.push(network::listen(config));
            checks.extend(network::certificate(config));
            checks.push(host::scripts(&config.server.data_dir));
            checks.extend(of_store);
        }
    }
    for Check { name, verdict, found, hint } in &checks {
        output.line(format!("{} {name}: {found}", verdict.mark()));
        if let Some(hint) = hint {
            output.line(format!("    {hint}"));
        }
        output.value(
            &json!({ "check": name, "verdict": verdict.word(), "found": found, "hint": hint }),
        );
    }
    let bad = checks.iter().any(|check| check.verdict == Verdict::Bad);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Doubtful => "doubtful",
            Self::Bad => "bad",
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Doubtful => "!",
            Self::Bad => "✗",
        }
    }
}

impl Check {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Good, found: found.into(), hint: None }
    }

    fn doubtful(name: &'static str, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Doubtful, found: found.into(), hint: Some(hint.into()) }
    }

    fn bad(name: &'static str, found: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Bad, found: found.into(), hint: Some(hint.into()) }
    }
}
