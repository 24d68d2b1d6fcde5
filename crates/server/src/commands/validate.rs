//! `gathering validate`: every fault of a pipeline file, with its place.

use std::{process::ExitCode, sync::Arc};

use gathering_agents::AgentDefinition;
use gathering_domain::{Clock, Failure, Fault};
use gathering_egress::Egress;
use gathering_pipelines::{Catalog, validate};
use gathering_tools::{ArtifactSink, NewArtifact, SinkFuture, ToolContext, ToolKind, Toolbox};
use serde_json::{Map, Value, json};

use crate::{
    ambient::SystemClock,
    cli::Validate,
    definition_file::DefinitionFile,
    instance::toolbox,
    output::{Output, Unusable, fault_line, fault_value},
};

/// Checks a file on its own: agents and pipelines that only a store knows are taken on trust.
pub(crate) fn run(options: &Validate, output: Output) -> anyhow::Result<ExitCode> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let catalog = FileAlone(toolbox(Arc::new(NoStore), &clock, &Egress::builder().build())?);
    let file = DefinitionFile::read(&options.file)?;
    let faults = match file.document() {
        Err(fault) => vec![fault],
        Ok(document) => validate(&document, &catalog).err().unwrap_or_default(),
    };
    let path = options.file.display();
    output.value(&json!({
        "file": path.to_string(),
        "valid": faults.is_empty(),
        "faults": faults.iter().map(fault_value).collect::<Vec<_>>(),
    }));
    if faults.is_empty() {
        output.line(format!("{path}: valid"));
        return Ok(ExitCode::SUCCESS);
    }
    for fault in &faults {
        output.line(format!("{path}#{}", fault_line(fault)));
    }
    if output.is_json() {
        return Ok(ExitCode::from(2));
    }
    let count = faults.len();
    let faults = if count == 1 { "fault" } else { "faults" };
    Err(anyhow::Error::new(Unusable(format!("`{path}` has {count} {faults}"))))
}

/// What a file may refer to, as far as can be said without a store.
struct FileAlone(Toolbox);

impl Catalog for FileAlone {
    fn has_agent(&self, _: &str) -> bool {
        true
    }

    fn has_tool(&self, name: &str) -> bool {
        // A question to a person waits in an agent's turn; a node cannot call it.
        self.0.find(name).is_some_and(|tool| tool.spec().kind != ToolKind::AskPerson)
    }

    fn has_pipeline(&self, _: &str) -> bool {
        true
    }

    fn has_channel(&self, _: &str) -> bool {
        true
    }

    fn check_agent(&self, agent: &Map<String, Value>) -> Vec<Fault> {
        AgentDefinition::parse(&Value::Object(agent.clone()), Some(&self.0))
            .err()
            .unwrap_or_default()
    }
}

/// Stores nothing: no tool is called when a file is checked.
struct NoStore;

impl ArtifactSink for NoStore {
    fn save<'a>(&'a self, _: &'a ToolContext, _: NewArtifact) -> SinkFuture<'a> {
        let failure = Failure::fatal("store_failed", "there is no store to keep an artifact in");
        Box::pin(std::future::ready(Err(failure)))
    }
}
