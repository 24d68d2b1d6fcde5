//! What is to run: a machine, its pinned definitions, and what its rows say of it.

use std::sync::Arc;

use gathering_agents::TurnMachine;
use gathering_domain::{AgentId, PipelineId, PipelineVersionId, Priority};
use gathering_engine::Limits;
use gathering_llm::ModelRef;
use gathering_pipelines::{Definition, PIPELINE_BEHAVIOUR, PIPELINE_MACHINE};
use gathering_storage::{
    RunLimit,
    definitions::{DefinitionKind, DefinitionSummary},
};
use serde_json::Value;
use uuid::Uuid;

use super::{Runs, limits};
use crate::{
    Caller, Error, Result,
    definitions::{Pinner, Wanted, references},
    pipelines::Source,
    webhooks::{DeliveryOrder, machine::DeliveryMachine},
};

/// What is to run.
pub(super) struct Plan {
    pub(super) machine: &'static str,
    pub(super) behaviour: u32,
    /// References to versions.
    pub(super) definition: Value,
    pub(super) title: String,
    pub(super) definition_id: Option<Uuid>,
    pub(super) version_id: Option<Uuid>,
    /// Whether that version was remembered as the present one, and not read.
    pub(super) remembered: bool,
    pub(super) limits: Limits,
    /// Of which keys it takes a place.
    pub(super) places: Vec<RunLimit>,
    pub(super) priority: Option<Priority>,
}

impl Plan {
    /// The sending of an event to a webhook.
    pub(super) fn of_delivery(order: DeliveryOrder) -> Self {
        Self {
            machine: DeliveryMachine::NAME,
            behaviour: DeliveryMachine::BEHAVIOUR,
            definition: references::to_value(&order),
            title: "delivery".to_owned(),
            definition_id: None,
            version_id: None,
            remembered: false,
            limits: Limits::default(),
            places: vec![limits::of_webhook(order.webhook_id)],
            priority: None,
        }
    }
}

impl Runs<'_> {
    /// The present version of a stored pipeline.
    pub(super) async fn pipeline_plan(
        &self,
        caller: &Caller,
        row: DefinitionSummary,
        input: &Value,
        model: Option<ModelRef>,
    ) -> Result<Plan> {
        let version = PipelineVersionId::from_uuid(row.version_id);
        let definition = self.app.definitions().pipeline(version).await?;
        check_input(&definition, input)?;
        self.pinned(caller, definition, (Some(row.id), version), model).await
    }

    /// Refuses an input that the present version of a stored pipeline does not take.
    pub(crate) async fn require_input(
        &self,
        caller: &Caller,
        id: PipelineId,
        input: &Value,
    ) -> Result<()> {
        let row = self.stored(caller, DefinitionKind::Pipeline).summary(id.uuid()).await?;
        let version = PipelineVersionId::from_uuid(row.version_id);
        let definition = self.app.definitions().pipeline(version).await?;
        check_input(&definition, input)
    }

    /// The version of a stored pipeline that was the present one when it was read last, if it was and
    /// takes this input. Whether it still is, the commit that starts the run finds out: that saves the
    /// start a question to the database.
    pub(super) async fn remembered_plan(
        &self,
        caller: &Caller,
        id: PipelineId,
        input: &Value,
        model: Option<ModelRef>,
    ) -> Option<Plan> {
        let row = self.app.definitions().remembered(caller.project(), id)?;
        // What fails may be right by the present version.
        let plan = self.pipeline_plan(caller, row.as_ref().clone(), input, model).await.ok()?;
        Some(Plan { remembered: true, ..plan })
    }

    /// A pipeline that came with the request.
    pub(super) async fn loose_plan(
        &self,
        caller: &Caller,
        source: Source,
        input: &Value,
        model: Option<ModelRef>,
    ) -> Result<Plan> {
        let checked = self.app.pipelines().require_valid(caller.project(), source).await?;
        // Before the version is stored: what is refused leaves nothing behind.
        check_input(&checked, input)?;
        let stored = self.stored(caller, DefinitionKind::Pipeline);
        let kept = stored.keep_loose(caller.actor(), vec![checked.to_value()]).await?;
        let version = kept.first().copied().ok_or(Error::defect("store a pipeline version"))?;
        let version = PipelineVersionId::from_uuid(version);
        self.pinned(caller, Arc::new(checked), (None, version), model).await
    }

    async fn pinned(
        &self,
        caller: &Caller,
        definition: Arc<Definition>,
        (definition_id, version_id): (Option<Uuid>, PipelineVersionId),
        model: Option<ModelRef>,
    ) -> Result<Plan> {
        let (title, limits) = (definition.name.to_string(), definition.limits.of_run());
        let itself = definition_id.unwrap_or_else(|| version_id.uuid());
        let most = definition.limits.concurrent_runs;
        let places = limits::of_pipeline(PipelineId::from_uuid(itself), most);
        let priority = definition.priority;
        let wanted = Wanted { version_id, definition };
        let pinned = self.pinner(caller, model).pipeline(wanted).await?;
        Ok(Plan {
            machine: PIPELINE_MACHINE,
            behaviour: PIPELINE_BEHAVIOUR,
            definition: references::to_value(&pinned),
            title,
            definition_id,
            version_id: Some(version_id.uuid()),
            remembered: false,
            limits,
            places: places.into_iter().collect(),
            priority,
        })
    }

    /// One turn of the present version of a stored agent.
    pub(super) async fn agent_plan(
        &self,
        caller: &Caller,
        agent_id: AgentId,
        model: Option<ModelRef>,
    ) -> Result<Plan> {
        let row = self.stored(caller, DefinitionKind::Agent).get(agent_id.uuid()).await?;
        let (id, version_id, title) = (row.id, row.version_id, row.name.clone());
        let places = limits::of_agent(id, limits::concurrent_turns(&row.content));
        let pinned = self.pinner(caller, model).agent(row).await?;
        Ok(Plan {
            machine: TurnMachine::NAME,
            behaviour: TurnMachine::BEHAVIOUR,
            definition: references::to_value(&pinned),
            title,
            definition_id: Some(id),
            version_id: Some(version_id),
            remembered: false,
            limits: Limits::default(),
            places: places.into_iter().collect(),
            priority: None,
        })
    }

    fn pinner(&self, caller: &Caller, model: Option<ModelRef>) -> Pinner<'_> {
        Pinner { app: self.app, project_id: caller.project(), actor: caller.actor(), model }
    }
}

fn check_input(definition: &Definition, input: &Value) -> Result<()> {
    let faults = definition.check_input(input);
    if faults.is_empty() {
        return Ok(());
    }
    let message = format!("the pipeline `{}` does not take this input", definition.name);
    Err(Error::invalid(message, faults))
}
