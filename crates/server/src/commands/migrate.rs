//! `gathering migrate`: brings the store's schema up to this version of the program.

use std::process::ExitCode;

use gathering_storage::Storage;
use serde_json::json;

use crate::{cli::Global, instance::open_database, output::Output, settings, telemetry};

pub(crate) async fn run(global: &Global, output: Output) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, None)?;
    let database = open_database(&loaded.config).await?;
    let opened = Storage::open(database.clone()).await;
    database.close().await;
    opened?;
    output.line("the store is up to date");
    output.value(&json!({ "up_to_date": true }));
    Ok(ExitCode::SUCCESS)
}
