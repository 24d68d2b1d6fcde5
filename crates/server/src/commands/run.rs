//! `gathering run`: a pipeline file end to end, in the terminal.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use gathering_app::{
    events::EventFilter,
    runs::{Run, Runnable, StartRun, Trigger},
};
use gathering_config::{Config, Environment};
use gathering_domain::RunStatus;
use gathering_engine::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{self, Global},
    definition_file::DefinitionFile,
    instance::Instance,
    models::Models,
    output::{Output, Unusable, unusable},
    run::{
        artifacts::{self, Left},
        follow::Follow,
        input, provider,
        questions::Answers,
        tree,
    },
    settings, signals, telemetry,
};

pub(crate) async fn run(
    global: &Global,
    options: &cli::Run,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let mut loaded = settings::load(global, None)?;
    telemetry::init(&loaded, Some("warn"))?;
    let file = DefinitionFile::read(&options.file)?;
    let document = file.document().ok();
    let schema = document.as_ref().and_then(|document| document.get("inputs"));
    let input = input::read(&options.input, schema).map_err(|fault| {
        unusable(fault, Unusable("could not put together the input".to_owned()))
    })?;
    let start = StartRun {
        what: Runnable::Definition(file.source()),
        input,
        trigger: Trigger::Manual,
        idempotency_key: None,
        model: None,
        limits: Limits::default(),
        priority: None,
    };
    let stop = signals::stop_on_signal()?;
    let temporary = own_store(global, &mut loaded.config)?;
    let models = Models::with_scripts(folder(&options.file))?.reaching(options.base_url.as_deref());
    let instance = Instance::with_models(&loaded.config, models).await?;
    let work = Box::pin(until_the_end(&instance, options, start, output, &stop));
    let advice = "the run is not lost if its store is kept";
    let ended = Instance::unless_refused(instance.refused(), advice, work).await;
    instance.stop().await;
    drop(temporary);
    ended
}

/// A store of the run's own, which goes with it, unless a directory or a database was named.
fn own_store(global: &Global, config: &mut Config) -> anyhow::Result<Option<TempDir>> {
    if global.data_dir.is_some() || global.database_url.is_some() {
        return Ok(None);
    }
    let folder = tempfile::Builder::new().prefix("gathering-run-").tempdir();
    let folder = folder.context("could not make a temporary directory for the store")?;
    folder.path().clone_into(&mut config.server.data_dir);
    config.database.url = None;
    Ok(Some(folder))
}

/// Where the scripts lie that answer for models of `scripted`: beside the pipeline.
fn folder(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

async fn until_the_end(
    instance: &Instance,
    options: &cli::Run,
    mut start: StartRun,
    output: Output,
    stop: &CancellationToken,
) -> anyhow::Result<ExitCode> {
    let owner = instance.owner();
    if let Some(named) = &options.provider {
        let environment = Environment::of_process();
        let base_url = options.base_url.as_deref();
        start.model = Some(provider::choose(instance, &environment, named, base_url).await?);
    }
    // The position before the start, so that no event of the run is missed.
    let events = instance.app.events().subscribe(&owner, None, EventFilter::default()).await?;
    let after = events.resume_after();
    drop(events);
    let started = instance.app.runs().start(&owner, start).await;
    let run = started.with_context(|| format!("could not start `{}`", options.file.display()))?.run;
    output.note(format!("{} · {}", run.title, run.id));
    let answers = Answers::of(options.approve, output);
    let mut follow = Follow::new(instance, run.id, output, answers);
    follow.until_the_end(after, stop).await?;
    let runs = std::mem::take(&mut follow.runs);
    let left = artifacts::collect(instance, &runs, options.artifacts.as_deref()).await?;
    let run = instance.app.runs().get(&owner, run.id).await?;
    tell(&run, &left, output);
    Ok(status_code(run.summary.status))
}

fn tell(run: &Run, left: &[Left], output: Output) {
    let status = run.summary.status;
    output.value(&json!({
        "type": "result",
        "run_id": run.summary.id,
        "status": status.as_str(),
        "output": run.output,
        "error": run.error,
        "usage": run.summary.usage,
        "artifacts": left.iter().map(artifact_value).collect::<Vec<_>>(),
    }));
    let used = match tree::used(&run.summary.usage) {
        used if used.is_empty() => String::new(),
        used => format!(" · {used}"),
    };
    output.note(format!("{}{used}", status.as_str().replace('_', " ")));
    if let Some(error) = &run.error {
        output.note(format!("error: {} ({})", error.message, error.code));
    }
    for Left { artifact, file } in left {
        let place = match file {
            Some(file) => format!("written to {}", file.display()),
            None => "--artifacts DIR writes it to a file".to_owned(),
        };
        output.note(format!("artifact {}, {} bytes: {place}", artifact.name, artifact.bytes));
    }
    if status == RunStatus::Succeeded {
        output.line(readable(run.output.as_ref(), output));
    }
}

/// The output: as it reads best for a person, as JSON for a pipe.
fn readable(value: &Value, output: Output) -> String {
    let pretty =
        |value: &Value| serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) if output.is_read() => {
            let member = |(name, value): (&String, &Value)| match value {
                Value::String(text) if text.contains('\n') => {
                    format!("── {name} ──\n{}\n", text.trim_end())
                }
                Value::String(text) => format!("{name}: {text}"),
                value => format!("{name}: {}", pretty(value)),
            };
            members.iter().map(member).collect::<Vec<_>>().join("\n")
        }
        value => pretty(value),
    }
}

fn artifact_value(left: &Left) -> Value {
    let Left { artifact, file } = left;
    json!({
        "id": artifact.id,
        "name": artifact.name,
        "media_type": artifact.media_type,
        "bytes": artifact.bytes,
        "hash": artifact.hash,
        "file": file.as_ref().map(|file: &PathBuf| file.display().to_string()),
    })
}

/// The status of the process, by that of the run.
fn status_code(status: RunStatus) -> ExitCode {
    match status {
        RunStatus::Succeeded => ExitCode::SUCCESS,
        RunStatus::Cancelled => ExitCode::from(3),
        RunStatus::TimedOut => ExitCode::from(4),
        RunStatus::Failed | RunStatus::Queued | RunStatus::Running | RunStatus::Waiting => {
            ExitCode::FAILURE
        }
    }
}
