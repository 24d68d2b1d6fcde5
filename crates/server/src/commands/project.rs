//! `gathering project`: what everything belongs to.

use std::process::ExitCode;

use gathering_app::PageRequest;
use serde_json::json;

use crate::{
    cli::{self, Global},
    instance::Instance,
    output::Output,
    settings, telemetry,
};

pub(crate) async fn run(
    global: &Global,
    command: cli::Project,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let cli::Project::List = command;
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, Some("warn"))?;
    let instance = Instance::without_worker(&loaded.config).await?;
    let done = list(&instance, output).await;
    instance.stop().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn list(instance: &Instance, output: Output) -> anyhow::Result<()> {
    let (projects, owner) = (instance.app.projects(), instance.owner());
    let mut page = PageRequest { limit: Some(PageRequest::MAX_LIMIT), cursor: None };
    loop {
        let found = projects.list(&owner, page.clone()).await?;
        for project in &found.items {
            output.line(format!("{}  {}", project.id, project.name));
            let made_at = project.created_at.to_rfc3339();
            output.value(&json!({ "id": project.id, "name": project.name, "created_at": made_at }));
        }
        page.cursor = found.next_cursor;
        if page.cursor.is_none() {
            return Ok(());
        }
    }
}
