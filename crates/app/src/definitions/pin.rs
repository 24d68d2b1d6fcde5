//! Pins a run to versions: everything that it may come to use, as it is now.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use gathering_agents::{AgentDefinition, TurnDefinition, TurnMachine};
use gathering_domain::{
    Actor, AgentId, AgentVersionId, ContentHash, EffectKind, Fault, PipelineVersionId, Pointer,
    ProjectId,
};
use gathering_llm::ModelRef;
use gathering_pipelines::{Definition, PinnedTool};
use gathering_storage::{
    Reader, channels,
    definitions::{self as rows, DefinitionKind},
};
use gathering_tools::{Policy, ToolKind, Toolbox};
use serde_json::Value;
use uuid::Uuid;

use super::{AgentRef, PipelineRef, PipelineRefs, Stored};
use crate::{App, Error, Result, channels::effect_kind};

/// The most pipelines that one run may come to use.
const MOST_PIPELINES: usize = 50;
/// How many pinned turns this process remembers to be stored.
const REMEMBERED: usize = 10_000;

/// Pins for one start.
pub(crate) struct Pinner<'a> {
    pub(crate) app: &'a App,
    pub(crate) project_id: ProjectId,
    pub(crate) actor: Actor,
    /// A model in place of those of all agents.
    pub(crate) model: Option<ModelRef>,
}

/// A pipeline that is to be pinned.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) version_id: PipelineVersionId,
    pub(crate) definition: Arc<Definition>,
}

/// Turns that are known to be stored, by the hash of their content.
#[derive(Debug, Default)]
pub(crate) struct KnownTurns(Mutex<HashMap<Content, Uuid>>);

/// A project, and the hash of what it keeps.
type Content = (ProjectId, [u8; 32]);

/// A stored agent as a pipeline's node names it.
struct FoundAgent {
    agent_id: AgentId,
    version_id: AgentVersionId,
    content: Value,
}

/// What the names in a pipeline stand for now.
#[derive(Default)]
struct Found {
    agents: HashMap<String, FoundAgent>,
    pipelines: HashMap<String, (PipelineVersionId, Value)>,
    channels: BTreeMap<String, EffectKind>,
}

impl Pinner<'_> {
    /// Pins a pipeline and all that it uses.
    pub(crate) async fn pipeline(&self, main: Wanted) -> Result<PipelineRefs> {
        let name = main.definition.name.to_string();
        let mut open = vec![(name.clone(), main)];
        let mut pipelines = BTreeMap::new();
        while let Some((name, wanted)) = open.pop() {
            if pipelines.len() >= MOST_PIPELINES {
                return Err(Error::Limit {
                    what: "pipelines of one run",
                    most: MOST_PIPELINES as u64,
                });
            }
            let (reference, children) = self.one(&wanted, &name).await?;
            pipelines.insert(name, reference);
            for (child, wanted) in children {
                let known = pipelines.contains_key(&child)
                    || open.iter().any(|(waiting, _)| *waiting == child);
                if !known {
                    open.push((child, wanted));
                }
            }
        }
        Ok(PipelineRefs { main: name, pipelines })
    }

    /// Pins a stored agent.
    pub(crate) async fn agent(&self, row: rows::DefinitionRow) -> Result<AgentRef> {
        let found = FoundAgent {
            agent_id: AgentId::from_uuid(row.id),
            version_id: AgentVersionId::from_uuid(row.version_id),
            content: row.content,
        };
        let name = row.name;
        let turn = self.turn(&name, &found.content, Some(&found))?;
        let pinned = self.store(vec![turn]).await?;
        let pinned = pinned.first().copied().ok_or(Error::defect("store a pinned turn"))?;
        Ok(reference(Some(found.version_id), pinned))
    }

    /// Pins one pipeline; answers it with the pipelines that it starts as children.
    async fn one(
        &self,
        wanted: &Wanted,
        name: &str,
    ) -> Result<(PipelineRef, Vec<(String, Wanted)>)> {
        let definition = &wanted.definition;
        let used = definition.used_names();
        let own: HashMap<&str, Value> = definition
            .agents
            .iter()
            .filter_map(|agent| Some((agent.get("name")?.as_str()?, Value::Object(agent.clone()))))
            .collect();
        let stored: Vec<String> =
            used.agents.iter().filter(|name| !own.contains_key(name.as_str())).cloned().collect();
        let children: Vec<String> = used.children.iter().cloned().collect();
        let named: Vec<String> = used.channels.iter().cloned().collect();
        let mut found = self.find(stored, children, named).await?;
        if let Some(itself) = used.children.iter().find(|child| *child == name) {
            let content = definition.to_value();
            found.pipelines.insert(itself.clone(), (wanted.version_id, content));
        }
        let mut names = Vec::new();
        let mut turns = Vec::new();
        for agent in &used.agents {
            let (content, stored) = match (own.get(agent.as_str()), found.agents.get(agent)) {
                (Some(content), _) => (content, None),
                (None, Some(stored)) => (&stored.content, Some(stored)),
                (None, None) => return Err(missing("agent", agent, name)),
            };
            turns.push(self.turn(agent, content, stored)?);
            names.push((agent.clone(), stored.map(|stored| stored.version_id)));
        }
        let pinned = self.store(turns).await?;
        let agents = names.into_iter().zip(pinned);
        let agents = agents.map(|((name, version), pinned)| (name, reference(version, pinned)));
        let mut tools = BTreeMap::new();
        for tool in used.tools {
            let pinned = pinned_tool(&self.app.inner.toolbox, &tool);
            tools.insert(tool.clone(), pinned.ok_or_else(|| missing("tool", &tool, name))?);
        }
        if let Some(unknown) = used.channels.iter().find(|name| !found.channels.contains_key(*name))
        {
            return Err(missing("channel", unknown, name));
        }
        let mut wanted_children = Vec::new();
        for child in &used.children {
            let Some((version_id, content)) = found.pipelines.remove(child) else {
                return Err(missing("pipeline", child, name));
            };
            let definition = read_stored(&content)?;
            wanted_children
                .push((child.clone(), Wanted { version_id, definition: Arc::new(definition) }));
        }
        let reference = PipelineRef {
            pipeline_version: wanted.version_id,
            agents: agents.collect(),
            tools,
            channels: found.channels,
        };
        Ok((reference, wanted_children))
    }

    /// Looks up names, all of one moment.
    async fn find(
        &self,
        agents: Vec<String>,
        pipelines: Vec<String>,
        named: Vec<String>,
    ) -> Result<Found> {
        if agents.is_empty() && pipelines.is_empty() && named.is_empty() {
            return Ok(Found::default());
        }
        let project_id = self.project_id;
        let look = move |reader: &mut Reader<'_>| {
            let mut found = Found::default();
            for name in agents {
                let row = rows::find_named(project_id, DefinitionKind::Agent, &name);
                if let Some(row) = row.first_in(reader)? {
                    let agent_id = AgentId::from_uuid(row.id);
                    let version_id = AgentVersionId::from_uuid(row.version_id);
                    let agent = FoundAgent { agent_id, version_id, content: row.content };
                    found.agents.insert(name, agent);
                }
            }
            for name in pipelines {
                let row = rows::find_named(project_id, DefinitionKind::Pipeline, &name);
                if let Some(row) = row.first_in(reader)? {
                    let version_id = PipelineVersionId::from_uuid(row.version_id);
                    found.pipelines.insert(name, (version_id, row.content));
                }
            }
            for name in named {
                if let Some(row) = channels::find_named(project_id, &name).first_in(reader)? {
                    found.channels.insert(name, effect_kind(&row)?);
                }
            }
            Ok::<_, Error>(found)
        };
        self.app.database().read(look).await
    }

    /// The definition of a turn: the agent with its tools as they are now.
    fn turn(&self, name: &str, content: &Value, stored: Option<&FoundAgent>) -> Result<Value> {
        let toolbox = &self.app.inner.toolbox;
        let about = |faults: Vec<Fault>| {
            Error::invalid(format!("the agent `{name}` cannot run as it is defined"), faults)
        };
        let mut agent = AgentDefinition::parse(content, Some(toolbox)).map_err(about)?;
        if let Some(model) = &self.model {
            agent.model = model.clone();
            agent.fallbacks = Vec::new();
        }
        let mut turn = TurnDefinition::pin(agent, toolbox).map_err(about)?;
        turn.agent_id = stored.map(|stored| stored.agent_id);
        turn.version_id = stored.map(|stored| stored.version_id);
        Ok(super::references::to_value(&turn))
    }

    /// Stores pinned turns, each once; most are stored already.
    async fn store(&self, turns: Vec<Value>) -> Result<Vec<AgentVersionId>> {
        let known = &self.app.inner.known_turns;
        let hashes: Vec<Content> =
            turns.iter().map(|turn| (self.project_id, ContentHash::of(turn).bytes())).collect();
        let mut ids: Vec<Option<Uuid>> = hashes.iter().map(|hash| known.get(hash)).collect();
        let new: Vec<usize> = (0..ids.len()).filter(|at| ids[*at].is_none()).collect();
        let contents = new.iter().map(|at| turns[*at].clone()).collect();
        let (project_id, kind) = (self.project_id, DefinitionKind::Turn);
        let stored = Stored { app: self.app, project_id, kind };
        let kept = stored.keep_loose(self.actor, contents).await?;
        for (at, id) in new.into_iter().zip(kept) {
            known.put(hashes[at], id);
            ids[at] = Some(id);
        }
        Ok(ids.into_iter().flatten().map(AgentVersionId::from_uuid).collect())
    }
}

impl KnownTurns {
    fn get(&self, content: &Content) -> Option<Uuid> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(content).copied()
    }

    fn put(&self, content: Content, id: Uuid) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(content, id);
    }
}

fn reference(agent_version: Option<AgentVersionId>, pinned: AgentVersionId) -> AgentRef {
    AgentRef { agent_version, pinned, behaviour: TurnMachine::BEHAVIOUR }
}

fn pinned_tool(toolbox: &Toolbox, name: &str) -> Option<PinnedTool> {
    let spec = toolbox.find(name)?.spec();
    let consent = match spec.policy {
        Policy::Auto => false,
        Policy::Ask => true,
        Policy::Deny => return None,
    };
    match spec.kind {
        ToolKind::Effect { kind } => {
            Some(PinnedTool { kind, timeout: Some(spec.limits.timeout), consent })
        }
        ToolKind::AskPerson => None,
    }
}

fn missing(what: &str, name: &str, of: &str) -> Error {
    let message = format!("the pipeline `{of}` uses the {what} `{name}`, which does not exist");
    let fault = Fault::new(Pointer::root(), &format!("unknown_{what}"), message.clone());
    Error::invalid(message, vec![fault])
}

/// Reads a definition that was checked when it was stored.
pub(crate) fn read_stored(content: &Value) -> Result<Definition> {
    serde_json::from_value(content.clone())
        .map_err(|fault| Error::internal("read a stored pipeline", fault))
}
