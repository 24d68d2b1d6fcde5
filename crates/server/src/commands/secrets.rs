//! `gathering secrets rotate`: seals every stored secret under another key.

mod rotate;

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
    command: cli::Secrets,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let cli::Secrets::Rotate = command;
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, Some("warn"))?;
    let database = open_database(&loaded.config).await?;
    let rotated = async {
        Storage::open(database.clone()).await?;
        rotate::rotate(&loaded.config, &database, &mut |_| Ok(())).await
    };
    let rotated = rotated.await;
    database.close().await;
    let done = rotated?;
    output.line(format!("{} sealed anew; the present key is the store's", done.done));
    if done.unopened > 0 {
        let names = done.names.join(", ");
        output.line(format!(
            "{} open under no key that is known here, and stay as they are: {names}. Give their key as \
             one of `secrets.old_keys` and run this again, or write their values anew",
            done.unopened
        ));
    }
    output.value(&json!({
        "resealed": done.done, "unopened": done.unopened, "unopened_names": done.names,
    }));
    Ok(if done.unopened > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
