//! Checks a definition against everything that the project has.

use std::collections::BTreeSet;

use gathering_agents::AgentDefinition;
use gathering_domain::{Fault, Permission, ProjectId};
use gathering_pipelines::{Catalog, Definition};
use gathering_storage::{
    Reader, channels as channel_rows,
    definitions::{self as rows, DefinitionKind},
};
use gathering_tools::{Policy, ToolKind, Toolbox};
use serde_json::{Map, Value};

use super::{Pipelines, Source};
use crate::{Caller, Error, Result};

/// The most names that are looked up for one definition; a node has one.
const MOST_NAMES: usize = 1_000;

/// What validation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// Every fault; empty if the definition can run.
    pub faults: Vec<Fault>,
    /// The definition in its canonical form, where it has no fault.
    pub definition: Option<Value>,
}

impl Pipelines<'_> {
    /// Checks a definition and stores nothing.
    pub async fn validate(&self, caller: &Caller, source: Source) -> Result<Validation> {
        let project_id = caller.require_here(Permission::Read)?;
        Ok(match self.check(project_id, source).await? {
            Ok(definition) => {
                Validation { faults: Vec::new(), definition: Some(definition.to_value()) }
            }
            Err(faults) => Validation { faults, definition: None },
        })
    }

    /// The definition, or all its faults as a refusal.
    pub(crate) async fn require_valid(
        &self,
        project_id: ProjectId,
        source: Source,
    ) -> Result<Definition> {
        let checked = self.check(project_id, source).await?;
        checked.map_err(|faults| Error::invalid("the pipeline cannot run as it is defined", faults))
    }

    async fn check(
        &self,
        project_id: ProjectId,
        source: Source,
    ) -> Result<Result<Definition, Vec<Fault>>> {
        let document = match source.read() {
            Ok(document) => document,
            Err(fault) => return Ok(Err(vec![fault])),
        };
        let agents = names(&document, "agent");
        let pipelines = names(&document, "pipeline");
        let channels = names(&document, "channel");
        let look = move |reader: &mut Reader<'_>| {
            let mut known = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
            let asked = [(agents, DefinitionKind::Agent), (pipelines, DefinitionKind::Pipeline)];
            for ((names, kind), known) in asked.into_iter().zip(&mut known) {
                for name in names {
                    if rows::find_summary_named(project_id, kind, &name).first_in(reader)?.is_some()
                    {
                        known.insert(name);
                    }
                }
            }
            for name in channels {
                if channel_rows::find_named(project_id, &name).first_in(reader)?.is_some() {
                    known[2].insert(name);
                }
            }
            Ok::<_, Error>(known)
        };
        let [agents, mut pipelines, channels] = self.app.database().read(look).await?;
        // A pipeline may start itself as a child.
        pipelines.extend(document.get("name").and_then(Value::as_str).map(str::to_owned));
        let toolbox = &self.app.inner.toolbox;
        let catalog = Known { agents, pipelines, channels, toolbox };
        Ok(gathering_pipelines::validate(&document, &catalog))
    }
}

/// The names that nodes give under `key` of their settings, as far as they can be read.
fn names(document: &Value, key: &str) -> BTreeSet<String> {
    let nodes = document.get("nodes").and_then(Value::as_array).into_iter().flatten();
    let named = nodes.filter_map(|node| node.get("config")?.get(key)?.as_str());
    named.take(MOST_NAMES).map(str::to_owned).collect()
}

/// What the project has.
struct Known<'a> {
    agents: BTreeSet<String>,
    pipelines: BTreeSet<String>,
    channels: BTreeSet<String>,
    toolbox: &'a Toolbox,
}

impl Catalog for Known<'_> {
    fn has_agent(&self, name: &str) -> bool {
        self.agents.contains(name)
    }

    fn has_tool(&self, name: &str) -> bool {
        // A question to a person waits in an agent's turn: a node cannot call it, nor what is denied.
        self.toolbox.find(name).is_some_and(|tool| {
            tool.spec().kind != ToolKind::AskPerson && tool.spec().policy != Policy::Deny
        })
    }

    fn has_pipeline(&self, name: &str) -> bool {
        self.pipelines.contains(name)
    }

    fn has_channel(&self, name: &str) -> bool {
        self.channels.contains(name)
    }

    fn check_agent(&self, agent: &Map<String, Value>) -> Vec<Fault> {
        let document = Value::Object(agent.clone());
        AgentDefinition::parse(&document, Some(self.toolbox)).err().unwrap_or_default()
    }
}
