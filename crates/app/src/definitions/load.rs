//! From references to machines, through bounded caches: versions never change.

use std::{collections::BTreeMap, sync::Arc};

use gathering_agents::{ModelCosts, TurnDefinition, TurnInput, TurnMachine};
use gathering_domain::{
    ContentHash, MessageId, PipelineId, PipelineVersionId, ProjectId, ThreadId, hex,
};
use gathering_engine::{
    ChildSpec, Decision, Entry, EntryBody, Facts, Key, Machine, Payload, RunStarted,
};
use gathering_pipelines::{
    Definition, PIPELINE_BEHAVIOUR, PIPELINE_MACHINE, Pinned, PinnedAgent, PinnedPipeline,
    PipelineMachine, Program,
};
use gathering_storage::{
    Storage,
    definitions::{self as rows, DefinitionKind, DefinitionSummary, VersionRow},
};
use gathering_tools::Toolbox;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{AgentRef, PipelineRefs, kept::Kept, pin::read_stored, references::to_value};
use crate::{Error, Result, threads::history, webhooks::machine::DeliveryMachine};

/// Loads what runs are pinned to. Cheap to clone.
#[derive(Clone)]
pub struct Definitions {
    storage: Storage,
    toolbox: Arc<Toolbox>,
    programs: Arc<Kept<ContentHash, Program>>,
    turns: Arc<Kept<Uuid, Value>>,
    pipelines: Arc<Kept<Uuid, Definition>>,
    /// These change: what is here was so when it was read.
    present: Arc<Kept<(ProjectId, PipelineId), DefinitionSummary>>,
}

/// The input of a turn that answers a message, as its first entry keeps it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answering {
    task: String,
    thread_id: ThreadId,
    message_id: MessageId,
}

/// A turn's machine whose definition comes from the version that its first entry refers to.
struct PinnedTurn {
    inner: TurnMachine,
    definition: Payload,
    input: Payload,
}

impl Definitions {
    pub(crate) fn new(storage: Storage, toolbox: Arc<Toolbox>) -> Self {
        Self {
            storage,
            toolbox,
            programs: Arc::default(),
            turns: Arc::default(),
            pipelines: Arc::default(),
            present: Arc::default(),
        }
    }

    /// Whether a newer version of this program began the run: it knows a machine, or a behaviour of one,
    /// that this one does not.
    pub fn is_newer(started: &RunStarted) -> bool {
        match started.machine.as_str() {
            PIPELINE_MACHINE => started.behaviour > PIPELINE_BEHAVIOUR,
            TurnMachine::NAME => started.behaviour > TurnMachine::BEHAVIOUR,
            DeliveryMachine::NAME => started.behaviour > DeliveryMachine::BEHAVIOUR,
            _ => true,
        }
    }

    /// The machine of a run that began so, before its first entry.
    pub async fn machine(
        &self,
        started: &RunStarted,
        costs: Arc<dyn ModelCosts>,
    ) -> Result<Box<dyn Machine>> {
        if started.behaviour == 0 || Self::is_newer(started) {
            return Err(Error::defect("find the behaviour of a run's machine"));
        }
        if started.machine == PIPELINE_MACHINE {
            let program = self.program(&started.definition).await?;
            return Ok(Box::new(PipelineMachine::new(program)));
        }
        if started.machine == DeliveryMachine::NAME {
            return Ok(Box::new(DeliveryMachine::default()));
        }
        let definition = self.turn(&started.definition).await?;
        let input = self.turn_input(&started.input).await?;
        let inner = TurnMachine::new(Arc::clone(&self.toolbox), costs);
        Ok(Box::new(PinnedTurn { inner, definition, input }))
    }

    /// The program of a run of a pipeline.
    pub async fn program(&self, definition: &Value) -> Result<Arc<Program>> {
        let key = ContentHash::of(definition);
        if let Some(program) = self.programs.get(&key) {
            return Ok(program);
        }
        let references = read::<PipelineRefs>(definition)?;
        let mut pipelines = BTreeMap::new();
        for (name, reference) in references.pipelines {
            let version =
                self.version(DefinitionKind::Pipeline, reference.pipeline_version.uuid()).await?;
            let agents = reference.agents.into_iter().map(|(name, agent)| {
                let behaviour = agent.behaviour;
                (name, PinnedAgent { behaviour, definition: to_value(&agent) })
            });
            let pinned = PinnedPipeline {
                hash: hex(&version.hash),
                definition: version.content,
                agents: agents.collect(),
                tools: reference.tools,
                channels: reference.channels,
            };
            pipelines.insert(name, pinned);
        }
        let pinned = to_value(&Pinned { main: references.main, pipelines });
        let program = Program::load(&pinned)
            .map_err(|broken| Error::internal("load a pinned pipeline", broken))?;
        Ok(self.programs.put(key, program))
    }

    /// The definition of a version of a pipeline.
    pub(crate) async fn pipeline(&self, id: PipelineVersionId) -> Result<Arc<Definition>> {
        if let Some(definition) = self.pipelines.get(&id.uuid()) {
            return Ok(definition);
        }
        let version = self.version(DefinitionKind::Pipeline, id.uuid()).await?;
        let definition = read_stored(&version.content)?;
        Ok(self.pipelines.put(id.uuid(), definition))
    }

    /// A stored pipeline as it was when it was read last: it may have changed since.
    pub(crate) fn remembered(
        &self,
        project_id: ProjectId,
        id: PipelineId,
    ) -> Option<Arc<DefinitionSummary>> {
        self.present.get(&(project_id, id))
    }

    /// Remembers a stored pipeline as it was just read.
    pub(crate) fn remember(&self, project_id: ProjectId, id: PipelineId, row: &DefinitionSummary) {
        self.present.put((project_id, id), row.clone());
    }

    /// Forgets what has changed.
    pub(crate) fn forget(&self, project_id: ProjectId, id: PipelineId) {
        self.present.remove(&(project_id, id));
    }

    /// The definition of an agent's turn, as its machine reads it.
    pub async fn turn(&self, definition: &Value) -> Result<Payload> {
        let reference = read::<AgentRef>(definition)?;
        let id = reference.pinned.uuid();
        if let Some(turn) = self.turns.get(&id) {
            return Ok(turn);
        }
        let version = self.version(DefinitionKind::Turn, id).await?;
        TurnDefinition::deserialize(&version.content)
            .map_err(|fault| Error::internal("read a pinned turn", fault))?;
        Ok(self.turns.put(id, version.content))
    }

    /// What the first entry of a child run keeps: references like those of its parent, in place of
    /// what the parent's machine put together from them.
    #[expect(clippy::unused_self, reason = "asked of whoever makes the machines")]
    pub fn child(&self, parent: &RunStarted, child: &ChildSpec) -> Result<Payload> {
        if child.machine != PIPELINE_MACHINE {
            return Ok(Arc::clone(&child.definition));
        }
        let main = child.definition.get("main").and_then(Value::as_str);
        let main = main.ok_or(Error::defect("name the pipeline of a child run"))?;
        let references = read::<PipelineRefs>(&parent.definition)?.child(main);
        Ok(Payload::new(to_value(&references)))
    }

    /// A journal with the definition of its turn in place, for those who fold it without a machine.
    pub async fn with_turn(&self, mut journal: Vec<Entry>) -> Result<Vec<Entry>> {
        if let Some(Entry { body: EntryBody::RunStarted(started), .. }) = journal.first_mut() {
            started.definition = self.turn(&started.definition).await?;
            started.input = self.turn_input(&started.input).await?;
        }
        Ok(journal)
    }

    /// The input of a turn as its machine reads it. A turn that answers a message names the message:
    /// what was said before it is read from the thread, so that no journal holds it again.
    async fn turn_input(&self, input: &Payload) -> Result<Payload> {
        if input.get("message_id").is_none() {
            return Ok(Arc::clone(input));
        }
        let Answering { task, thread_id, message_id } = read(input)?;
        let thread = history::before(&self.storage, thread_id, message_id).await?;
        Ok(Payload::new(to_value(&TurnInput { task, thread, ..TurnInput::default() })))
    }

    async fn version(&self, kind: DefinitionKind, id: Uuid) -> Result<VersionRow> {
        let found = rows::load_version(kind, id).first(self.storage.database()).await?;
        found.ok_or(Error::defect("find the version to which a run is pinned"))
    }
}

impl AgentRef {
    /// The reference to an agent's turn that stands in a run's first entry.
    pub(crate) fn read(definition: &Value) -> Result<Self> {
        read(definition)
    }
}

fn read<T: serde::de::DeserializeOwned>(definition: &Value) -> Result<T> {
    T::deserialize(definition).map_err(|fault| Error::internal("read a run's references", fault))
}

impl Machine for PinnedTurn {
    fn apply(&mut self, entry: &Entry) {
        let EntryBody::RunStarted(started) = &entry.body else { return self.inner.apply(entry) };
        let (definition, input) = (Arc::clone(&self.definition), Arc::clone(&self.input));
        let started = RunStarted { definition, input, ..started.as_ref().clone() };
        let body = EntryBody::RunStarted(Box::new(started));
        self.inner.apply(&Entry { body, ..entry.clone() });
    }

    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision> {
        self.inner.decide(facts)
    }

    fn carries(&self, key: &Key) -> bool {
        self.inner.carries(key)
    }
}
