//! `gathering migrate`: brings the store's schema up to this version of the program, or moves the store.

mod moving;

use std::process::ExitCode;

use gathering_storage::Storage;
use serde_json::json;

use crate::{
    cli::{self, Global},
    instance::open_database,
    output::Output,
    settings, telemetry,
};

pub(crate) async fn run(
    global: &Global,
    options: &cli::Migrate,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, options.to.as_ref().map(|_| "warn"))?;
    if let Some(url) = &options.to {
        moving::run(&loaded.config, url, output).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let database = open_database(&loaded.config).await?;
    let opened = Storage::open(database.clone()).await;
    database.close().await;
    opened?;
    output.line("the store is up to date");
    output.value(&json!({ "up_to_date": true }));
    Ok(ExitCode::SUCCESS)
}
