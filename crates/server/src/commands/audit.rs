//! `gathering audit`: the audit trail, exported and verified.

use std::{
    fs::File,
    io::{BufReader, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use gathering_app::audit::{AuditReport, ExportRange, Trust, verify_file};
use gathering_domain::Timestamp;
use serde_json::json;

use crate::{
    cli::{self, Global},
    instance::Instance,
    output::{Output, Unusable},
    settings, telemetry,
};

pub(crate) async fn run(
    global: &Global,
    command: cli::Audit,
    output: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        cli::Audit::Export { file, from, to } => {
            let range = ExportRange { from: time(from)?, to: time(to)? };
            let to_file = file.clone();
            let written = with_store(global, async |instance| export(instance, &file, range).await);
            let bytes = written.await?;
            output.line(format!("wrote the audit trail to {}", to_file.display()));
            output.value(&json!({ "file": to_file, "bytes": bytes }));
            Ok(ExitCode::SUCCESS)
        }
        cli::Audit::Verify { file, key, checkpoint } => {
            let trust = trust(key, &checkpoint)?;
            let report = match file {
                Some(file) => verify(&file, trust)?,
                None => {
                    with_store(global, async |instance| {
                        let owner = instance.owner();
                        Ok(instance.app.audit().verify(&owner, trust).await?)
                    })
                    .await?
                }
            };
            Ok(tell(&report, output))
        }
        cli::Audit::Key => {
            let key = with_store(global, async |instance| {
                Ok(instance.app.audit().key_id(&instance.owner()).await?)
            });
            let key = key.await?;
            output.line(&key);
            output.value(&json!({ "key": key }));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Opens the store, does something with it, and closes it.
async fn with_store<T>(
    global: &Global,
    work: impl AsyncFnOnce(&Instance) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, Some("warn"))?;
    let instance = Instance::without_worker(&loaded.config).await?;
    let done = work(&instance).await;
    instance.stop().await;
    done
}

async fn export(instance: &Instance, path: &Path, range: ExportRange) -> anyhow::Result<u64> {
    let failed = || format!("could not write `{}`", path.display());
    let mut file = File::create_new(path).with_context(failed)?;
    let mut export = instance.app.audit().export(&instance.owner(), range).await?;
    let mut bytes = 0;
    while let Some(piece) = export.next().await? {
        file.write_all(&piece).with_context(failed)?;
        bytes += piece.len() as u64;
    }
    file.sync_all().with_context(failed)?;
    Ok(bytes)
}

fn verify(path: &Path, trust: Trust) -> anyhow::Result<AuditReport> {
    let failed = || format!("could not read `{}`", path.display());
    let file = File::open(path).with_context(failed)?;
    verify_file(BufReader::new(file), trust).with_context(failed)
}

/// Says what was found; a fault is a failure of the command.
fn tell(report: &AuditReport, output: Output) -> ExitCode {
    let AuditReport { entries, chains, checkpoints, unsealed, .. } = report;
    output.line(format!("{entries} entries in {chains} chains, under {checkpoints} checkpoints"));
    let part = report.part();
    if let Some(part) = &part {
        output.line(format!("{part}; what lies outside of it was not looked at"));
    }
    for key in &report.keys {
        output.line(format!("signed by the key {key}"));
    }
    if let Some(last) = &report.last_checkpoint {
        output.line(format!("the last checkpoint is {last}"));
    }
    if *unsealed > 0 {
        output.line(format!(
            "{unsealed} entries are not sealed yet: entries after them could be missing"
        ));
    }
    for fault in &report.faults {
        output.line(format!("FAULT {fault}"));
    }
    let named = report.faults.len() as u64;
    if report.fault_count > named {
        output.line(format!("and {} more", report.fault_count - named));
    }
    let what = if part.is_some() { "this part of the trail" } else { "the trail" };
    output.line(format!("{what} is {}", if report.sound { "sound" } else { "NOT sound" }));
    output.value(report);
    if report.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn time(text: Option<String>) -> anyhow::Result<Option<Timestamp>> {
    let Some(text) = text else { return Ok(None) };
    match Timestamp::parse_rfc3339(&text) {
        Some(at) => Ok(Some(at)),
        None => bail!(Unusable(format!(
            "`{text}` is not a time; write for instance `2026-01-01T00:00:00Z`"
        ))),
    }
}

fn trust(keys: Vec<String>, checkpoints: &[String]) -> anyhow::Result<Trust> {
    let checkpoints = checkpoints.iter().map(|text| {
        Trust::checkpoint(text).ok_or_else(|| {
            let why = format!("`{text}` is not a checkpoint; write `NUMBER:HASH`");
            anyhow::Error::new(Unusable(why))
        })
    });
    Ok(Trust { keys, checkpoints: checkpoints.collect::<Result<_, _>>()? })
}
