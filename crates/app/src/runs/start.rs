//! Starting a run: the one way into it, whoever asks.

use gathering_domain::{AgentId, MessageId, Permission, RunId, ThreadId};
use gathering_engine::{Limits, Lineage, MAX_DEPTH, Origin};
use gathering_llm::ModelRef;
use gathering_storage::{
    Idempotency, NewRun, definitions::DefinitionKind, deliveries::DeliveryStart,
    schedules::fires::FireStart, starters::Starter,
};
use serde_json::{Value, json};

use super::{
    Runnable, Runs, StartRun, Started, Trigger, create::NewStart, limits, plan::Plan,
    task::check_task,
};
use crate::{
    Caller, Error, Result, definitions::Stored, idempotency::asked_once, webhooks::DeliveryOrder,
};

/// The largest input, in bytes of JSON.
const MAX_INPUT_BYTES: usize = 8 * 1024 * 1024;

/// A turn in a thread, for which a message stands already.
pub(crate) struct ThreadTurn {
    pub(crate) run_id: RunId,
    pub(crate) agent_id: AgentId,
    pub(crate) thread_id: ThreadId,
    pub(crate) message_id: MessageId,
    pub(crate) text: String,
    pub(crate) idempotency: Option<Idempotency>,
}

/// The sending of an event to a webhook.
pub(crate) struct SendDelivery {
    pub(crate) run_id: RunId,
    pub(crate) order: DeliveryOrder,
    /// The message.
    pub(crate) payload: Value,
    /// What it has from the run of the event.
    pub(crate) above: Option<Lineage>,
    /// What becomes of the delivery with the run.
    pub(crate) delivery: DeliveryStart,
}

/// On what occasion a run is started.
#[derive(Default)]
struct Occasion {
    above: Option<Lineage>,
    fire: Option<FireStart>,
    starter: Option<Starter>,
}

impl Runs<'_> {
    /// Starts a run, and returns before it has finished.
    pub async fn start(&self, caller: &Caller, command: StartRun) -> Result<Started> {
        Box::pin(self.start_under(caller, command, Occasion::default())).await
    }

    /// Starts a run that another run wants and does not wait for. As with child runs its depth is
    /// bounded, so that a pipeline that starts itself comes to an end, and what it spends counts
    /// against the budgets of the other, even where that has ended.
    pub async fn start_below(
        &self,
        caller: &Caller,
        command: StartRun,
        above: Lineage,
    ) -> Result<Started> {
        let occasion = Occasion { above: Some(above), ..Occasion::default() };
        Box::pin(self.start_under(caller, command, occasion)).await
    }

    /// Starts the run of a fire of a schedule, which comes into being with it.
    pub(crate) async fn start_fire(
        &self,
        caller: &Caller,
        command: StartRun,
        fire: FireStart,
    ) -> Result<Started> {
        let occasion = Occasion { fire: Some(fire), ..Occasion::default() };
        Box::pin(self.start_under(caller, command, occasion)).await
    }

    /// Starts the run of a trigger or a hook, below the other run if one is named. It does not come into
    /// being, and the answer [says so](crate::store_error::has_changed), if what starts it was paused,
    /// changed or removed since it was read.
    pub(crate) async fn start_by(
        &self,
        caller: &Caller,
        command: StartRun,
        starter: Starter,
        above: Option<Lineage>,
    ) -> Result<Started> {
        let occasion = Occasion { above, starter: Some(starter), ..Occasion::default() };
        Box::pin(self.start_under(caller, command, occasion)).await
    }

    async fn start_under(
        &self,
        caller: &Caller,
        command: StartRun,
        Occasion { above, fire, starter }: Occasion,
    ) -> Result<Started> {
        let project_id = caller.require_here(Permission::RunStart)?;
        check_size(&command.input)?;
        let (scope, key) = (command.trigger.scope(), command.idempotency_key.clone());
        let asked = asked_once(scope, key, || request(&command))?;
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            return self.started_before(project_id, &earlier).await;
        }
        if above.as_ref().is_some_and(|above| above.depth >= MAX_DEPTH) {
            let what = "runs that start one another";
            return Err(Error::Limit { what, most: MAX_DEPTH.into() });
        }
        let StartRun { what, input, trigger, model, limits, priority, idempotency_key: _ } =
            command;
        let start = NewStart {
            run_id: RunId::next(&*self.app.inner.ids),
            input: input.into(),
            trigger,
            limits,
            places: Vec::new(),
            priority,
            above,
            idempotency: asked,
            fire,
            starter,
            delivery: None,
        };
        if let Runnable::Pipeline(id) = what
            && let Some(plan) = self.remembered_plan(caller, id, &start.input, model.clone()).await
        {
            if let Some(started) = self.begin(caller, plan, start.clone()).await? {
                return Ok(started);
            }
            self.app.definitions().forget(project_id, id);
        }
        let plan = self.plan(caller, what, &start.input, model).await?;
        self.begin_read(caller, plan, start).await
    }

    /// Starts the turn that answers a message. Turns of one thread go one after the other.
    pub(crate) async fn start_turn(&self, caller: &Caller, turn: ThreadTurn) -> Result<Started> {
        caller.require_here(Permission::RunStart)?;
        let ThreadTurn { run_id, agent_id, thread_id, message_id, text, idempotency } = turn;
        let plan = self.agent_plan(caller, agent_id, None).await?;
        let input = json!({ "task": text, "thread_id": thread_id, "message_id": message_id });
        let start = NewStart {
            run_id,
            input: input.into(),
            trigger: Trigger::Message,
            limits: Limits::default(),
            places: vec![limits::of_thread(thread_id)],
            priority: None,
            above: None,
            idempotency,
            fire: None,
            starter: None,
            delivery: None,
        };
        self.begin_read(caller, plan, start).await
    }

    /// Starts the run that sends an event to a webhook, unless that is under way; the list of deliveries has
    /// it then. Whether the caller may have it sent is asked at each attempt, so that what is refused counts
    /// and is told like what fails.
    pub(crate) async fn start_delivery(
        &self,
        caller: &Caller,
        sending: SendDelivery,
    ) -> Result<Started> {
        let SendDelivery { run_id, order, payload, above, delivery } = sending;
        check_size(&payload)?;
        let start = NewStart {
            run_id,
            input: payload.into(),
            trigger: Trigger::Webhook,
            limits: Limits::default(),
            places: Vec::new(),
            priority: None,
            above,
            idempotency: None,
            fire: None,
            starter: None,
            delivery: Some(Box::new(delivery)),
        };
        self.begin_read(caller, Plan::of_delivery(order), start).await
    }

    /// Begins by definitions that were read, not remembered.
    async fn begin_read(&self, caller: &Caller, plan: Plan, start: NewStart) -> Result<Started> {
        let started = self.begin(caller, plan, start).await?;
        started.ok_or(Error::defect("begin by a definition that was read"))
    }

    /// `None` if the definition was remembered, and has changed since.
    async fn begin(&self, caller: &Caller, plan: Plan, start: NewStart) -> Result<Option<Started>> {
        let NewStart { run_id, input, trigger, limits, mut places, priority, .. } = start;
        let NewStart { above, idempotency, fire, starter, delivery, .. } = start;
        places.extend(plan.places);
        places.extend(limits::of_project(caller.project(), self.app.inner.runs_per_project));
        let limits = tighter(plan.limits, limits);
        let mut origin = Origin::root(run_id);
        origin.budgeted = limits.cost.is_some();
        origin.api_key_id = caller.api_key();
        (origin.fire_id, origin.schedule_id) = fire.as_ref().map(FireStart::of).unzip();
        origin.private_to = (trigger == Trigger::Message).then_some(caller.actor());
        if let Some(Lineage { depth, budgets, triggers, private_to }) = above {
            (origin.depth, origin.budgets, origin.triggers) = (depth + 1, budgets, triggers);
            origin.private_to = private_to;
        }
        let run = NewRun {
            id: run_id,
            project_id: caller.project(),
            actor: caller.actor(),
            machine: plan.machine.to_owned(),
            title: plan.title,
            trigger: trigger.as_str().to_owned(),
            definition_id: plan.definition_id,
            definition_version_id: plan.version_id,
            still_at: plan.definition_id.zip(plan.version_id).filter(|_| plan.remembered),
            owner: None,
            priority: priority.or(plan.priority).unwrap_or_default().get(),
            limits: places,
            deadline: None,
            origin,
            first_run_id: run_id,
            budget: limits.cost,
            on_cost: limits.on_cost,
            idempotency,
            fire,
            starter,
            delivery,
            counted: None,
        };
        let (behaviour, definition) = (plan.behaviour, plan.definition);
        self.create(run, behaviour, definition.into(), input, limits).await
    }

    /// What is to run, pinned, with its input checked.
    async fn plan(
        &self,
        caller: &Caller,
        what: Runnable,
        input: &Value,
        model: Option<ModelRef>,
    ) -> Result<Plan> {
        match what {
            Runnable::Agent(agent_id) => {
                check_task(input)?;
                self.agent_plan(caller, agent_id, model).await
            }
            Runnable::Pipeline(id) => {
                let stored = self.stored(caller, DefinitionKind::Pipeline);
                let row = stored.summary(id.uuid()).await?;
                self.app.definitions().remember(caller.project(), id, &row);
                self.pipeline_plan(caller, row, input, model).await
            }
            Runnable::PipelineNamed(name) => {
                let stored = self.stored(caller, DefinitionKind::Pipeline);
                let row = stored.summary_named(&name).await?;
                self.pipeline_plan(caller, row, input, model).await
            }
            Runnable::Definition(source) => {
                // Who brings a definition writes one: to start what others wrote is less.
                caller.require_here(Permission::DefinitionWrite)?;
                self.loose_plan(caller, source, input, model).await
            }
        }
    }

    pub(super) fn stored(&self, caller: &Caller, kind: DefinitionKind) -> Stored<'_> {
        Stored { app: self.app, project_id: caller.project(), kind }
    }
}

/// What two starts with the same key must agree on.
fn request(command: &StartRun) -> Value {
    let what = match &command.what {
        Runnable::Pipeline(id) => json!({ "pipeline": id }),
        Runnable::PipelineNamed(name) => json!({ "pipeline": name }),
        Runnable::Definition(source) => json!({ "definition": source.as_value() }),
        Runnable::Agent(id) => json!({ "agent": id }),
    };
    let mut request = json!({
        "what": what,
        "input": command.input,
        "trigger": command.trigger.as_str(),
        "model": command.model.as_ref().map(ToString::to_string),
        "limits": command.limits,
    });
    // Absent where it is not said, as requests were remembered before there were priorities.
    if let Some(priority) = command.priority {
        request["priority"] = json!(priority);
    }
    request
}

fn check_size(input: &Value) -> Result<()> {
    if input.to_string().len() > MAX_INPUT_BYTES {
        return Err(Error::TooLarge { what: "input", most: MAX_INPUT_BYTES as u64 });
    }
    Ok(())
}

/// The lesser of each limit; a run waits for its budget if either says so.
fn tighter(one: Limits, other: Limits) -> Limits {
    fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
        match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
    Limits {
        timeout: least(one.timeout, other.timeout),
        cost: least(one.cost, other.cost),
        on_cost: one.on_cost.max(other.on_cost),
        attempts: least(one.attempts, other.attempts),
    }
}

#[cfg(test)]
mod tests {
    use gathering_domain::Duration;

    use super::*;

    #[test]
    fn the_tighter_limit_holds() {
        let own = Limits { timeout: Some(Duration::from_secs(5)), ..Limits::default() };
        let asked = Limits {
            timeout: Some(Duration::from_secs(9)),
            attempts: Some(3),
            ..Limits::default()
        };
        let both = tighter(own, asked);
        assert_eq!((both.timeout, both.attempts), (Some(Duration::from_secs(5)), Some(3)));
        assert_eq!(both, tighter(asked, own));
    }
}
