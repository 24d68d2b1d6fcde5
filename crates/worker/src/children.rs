//! Child runs: created in their parent's append, driven by the same instance where it has room.

use std::{collections::HashMap, sync::Arc};

use gathering_domain::{InstanceId, RunId, Timestamp};
use gathering_engine::{Entry, EntryBody, Key, NewChild, Resolution, RunStarted, TakenOver};
use gathering_storage::{NewChildRun, NewRun, StorageError, list_effects, load};
use serde_json::Value;

use crate::{
    machines::{BuildError, FoldError, fold},
    performer::RunContext,
    places::Place,
    shared::{Incarnation, Shared},
    tasks,
};

/// A child run that was created owned by this instance.
pub(crate) struct StartedChild {
    context: RunContext,
    entries: Vec<Entry>,
    place: Place,
}

/// Children that a step creates.
#[derive(Default)]
pub(crate) struct Created {
    pub(crate) rows: Vec<NewChildRun>,
    /// Those that this process goes on with once they are durable.
    pub(crate) begun: Vec<StartedChild>,
    /// Whether there was no room here for some.
    pub(crate) left: bool,
}

/// Prepares the children of a step.
pub(crate) async fn create(
    shared: &Shared,
    parent: (&RunContext, &RunStarted),
    instance: InstanceId,
    children: Vec<NewChild>,
) -> Result<Created, ChildError> {
    let now = shared.now();
    let mut created = Created::default();
    for child in children {
        let (row, begun) = create_one(shared, parent, instance, child, now).await?;
        created.rows.push(row);
        created.left |= begun.is_none();
        created.begun.extend(begun);
    }
    Ok(created)
}

/// Prepares a child's row and the first entries of its journal. One that retries an earlier child
/// takes over what that one had settled.
async fn create_one(
    shared: &Shared,
    (parent, parent_started): (&RunContext, &RunStarted),
    instance: InstanceId,
    child: NewChild,
    now: Timestamp,
) -> Result<(NewChildRun, Option<StartedChild>), ChildError> {
    let NewChild { run_id, spec, mut origin } = child;
    let mut first_run_id = run_id;
    let (mut carried, mut ledger) = (Vec::new(), Vec::new());
    if let Some(earlier) = origin.retry_of {
        let (first, taken) = taken_over(shared, earlier, &spec.input).await?;
        first_run_id = first;
        origin.retry_children = taken.children;
        origin.left_behind = taken.left_behind;
        ledger = taken.ledger;
        carried = taken.entries;
    }
    let machines = &shared.skills().machines;
    let definition = machines.child_definition(parent_started, &spec);
    let places = machines.child_limits(parent.project_id, &spec).await;
    let places = places.map_err(ChildError::Definition)?;
    let started = RunStarted {
        machine: spec.machine.to_owned(),
        behaviour: spec.behaviour,
        definition: definition.map_err(ChildError::Definition)?,
        input: spec.input,
        actor: parent.actor,
        trigger: "parent".to_owned(),
        limits: spec.limits,
        origin: origin.clone(),
    };
    let bodies = std::iter::once((now, EntryBody::RunStarted(Box::new(started)))).chain(carried);
    let entries: Vec<Entry> =
        (0..).zip(bodies).map(|(seq, (at, body))| Entry { seq, at, body }).collect();
    // One with a limit is left to be claimed, so that the limit is counted in one place.
    let place = if places.is_empty() { shared.places.take() } else { None };
    let run = NewRun {
        id: run_id,
        project_id: parent.project_id,
        actor: parent.actor,
        machine: spec.machine.to_owned(),
        title: spec.title,
        trigger: "parent".to_owned(),
        definition_id: None,
        definition_version_id: None,
        still_at: None,
        owner: place.is_some().then_some(instance),
        priority: parent.priority,
        limits: places,
        deadline: spec.limits.timeout.map(|timeout| now + timeout),
        origin,
        first_run_id,
        budget: spec.limits.cost,
        on_cost: spec.limits.on_cost,
        idempotency: None,
        fire: None,
        starter: None,
        delivery: None,
        counted: None,
    };
    let begun = place.map(|place| StartedChild {
        context: RunContext { run_id, ..parent.clone() },
        entries: entries.clone(),
        place,
    });
    Ok((NewChildRun { run, entries, ledger }, begun))
}

/// Goes on with children whose creation is durable. `left` says whether there was no room for some.
pub(crate) fn begin(
    shared: &Arc<Shared>,
    incarnation: &Incarnation,
    (children, left): (Vec<StartedChild>, bool),
) {
    if left {
        shared.offer();
    }
    for StartedChild { context, entries, place } in children {
        tasks::begin(shared, incarnation, context, entries, place);
    }
}

/// Why a child could not be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChildError {
    /// Its definition cannot be named.
    #[error("could not name the definition of a child run")]
    Definition(#[source] BuildError),
    /// The earlier child could not be read.
    #[error("could not read the child run {0} that is to be retried")]
    Read(RunId, #[source] StorageError),
    /// The earlier child could not be folded.
    #[error("could not fold the child run {0} that is to be retried")]
    Fold(RunId, #[source] FoldError),
    /// The earlier child may still act under the keys that its retry takes over.
    #[error("the child run {0} that is to be retried has not ended")]
    NotEnded(RunId),
    /// There is no such run.
    #[error("the child run {0} that is to be retried is gone")]
    Gone(RunId),
}

impl ChildError {
    /// Whether the same may work later.
    pub(crate) const fn may_pass(&self) -> bool {
        match self {
            Self::Read(..)
            | Self::NotEnded(_)
            | Self::Definition(BuildError::Unavailable(_))
            | Self::Fold(_, FoldError::Build(BuildError::Unavailable(_))) => true,
            Self::Definition(_) | Self::Fold(..) | Self::Gone(_) => false,
        }
    }
}

/// What a retry of an ended run with this input takes over, and the first run of its chain.
async fn taken_over(
    shared: &Shared,
    earlier: RunId,
    input: &Value,
) -> Result<(RunId, TakenOver), ChildError> {
    let read = |error| ChildError::Read(earlier, error);
    let database = &shared.parts.database;
    let loaded = load(database, earlier).await.map_err(read)?.ok_or(ChildError::Gone(earlier))?;
    if loaded.row.finished_at.is_none() {
        return Err(ChildError::NotEnded(earlier));
    }
    let effects = list_effects(earlier).all(database).await.map_err(|error| read(error.into()))?;
    let said: HashMap<Key, Resolution> = effects
        .iter()
        .filter_map(|effect| Some((effect.key.clone(), effect.resolution()?)))
        .collect();
    let machines = shared.skills().machines.as_ref();
    let execution = fold(machines, loaded.row.project_id, earlier, loaded.entries.clone())
        .await
        .map_err(|error| ChildError::Fold(earlier, error))?;
    Ok((loaded.row.first_run_id, execution.taken_over(&loaded.entries, &said, input)))
}
