//! Plays the worker by hand: claims a run, drives its machine, and appends what a test says.

use std::sync::Arc;

use gathering_agents::NoCosts;
use gathering_domain::{ApprovalId, EffectId, EffectKind, InstanceId, RunId, Timestamp, Usage};
use gathering_engine::{
    Ambient, AwaitRequest, EffectAttempted, EffectSettled, Entry, EntryBody, Execution, Key,
    LedgerChange, LedgerState, Origin, Outcome, ParentLink, Resolution, RunStarted, Settlement,
    SignalAwaited,
};
use gathering_storage::{
    Append, InboxMessage, LoadedRun, NewApproval, NewChildRun, NewRun, RunChange, RunRow, claim,
    list_effects, load,
};
use gathering_testkit::CountingIds;
use uuid::Uuid;

use super::Bench;

/// The most runs that a test claims.
const MOST: u32 = 100;

impl Bench {
    /// Claims whatever can be claimed.
    pub(crate) async fn claim(&self) -> Vec<RunId> {
        use gathering_domain::Clock as _;
        let database = self.storage.database();
        let claimed = claim(database, self.instance, MOST, self.clock.now()).await.unwrap();
        claimed.into_iter().map(|run| run.id).collect()
    }

    /// The run with its journal and inbox.
    pub(crate) async fn loaded(&self, run: RunId) -> LoadedRun {
        load(self.storage.database(), run).await.unwrap().unwrap()
    }

    /// What the run began with.
    pub(crate) async fn started(&self, run: RunId) -> RunStarted {
        match self.loaded(run).await.entries.into_iter().next().map(|entry| entry.body) {
            Some(EntryBody::RunStarted(started)) => *started,
            other => panic!("{other:?}"),
        }
    }

    /// Appends entries to a claimed run.
    pub(crate) async fn append(&self, run: RunId, bodies: Vec<EntryBody>, change: RunChange) {
        let append = self.prepared(run, bodies, change).await;
        self.writer.append(append).await.unwrap();
    }

    /// Ends a claimed run.
    pub(crate) async fn finish(&self, run: RunId, outcome: Outcome) {
        let finished = EntryBody::RunFinished(outcome.clone());
        let usage = outcome.usage;
        let change = RunChange::Finished { outcome };
        let mut append = self.prepared(run, vec![finished], change).await;
        append.usage = Some(usage);
        append.ends_fire_of = self.started(run).await.origin.schedule_id;
        self.writer.append(append).await.unwrap();
    }

    /// Lets a claimed run ask for an approval, or for a signal.
    pub(crate) async fn awaits(&self, run: RunId, key: &str, request: AwaitRequest) -> ApprovalId {
        let key = Key::new(key);
        let awaited = SignalAwaited { key: key.clone(), request: request.clone() };
        let entries = vec![EntryBody::SignalAwaited(awaited)];
        let mut append = self.prepared(run, entries, RunChange::None).await;
        let id = ApprovalId::from_uuid(run.uuid());
        if matches!(request, AwaitRequest::Approval { .. }) {
            append.approvals_opened = vec![NewApproval { id, key, request }];
        }
        self.writer.append(append).await.unwrap();
        id
    }

    /// Lets an unsafe effect of a claimed run begin, and leaves what is known of it in `state`.
    pub(crate) async fn attempt(&self, run: RunId, key: &str, state: LedgerState) -> EffectId {
        let (key, kind, attempt) = (Key::new(key), EffectKind::Unsafe, 1);
        let effect_id = EffectId::from_uuid(Uuid::from_u128(run.uuid().as_u128() ^ state as u128));
        let attempted =
            EffectAttempted { key: key.clone(), attempt, effect_id, kind, reserved: None };
        let entries = vec![EntryBody::EffectAttempted(attempted)];
        let mut append = self.prepared(run, entries, RunChange::None).await;
        append.ledger = vec![LedgerChange { effect_id, key, kind, attempt, state }];
        self.writer.append(append).await.unwrap();
        effect_id
    }

    /// Lets a claimed run start a child that nobody begins.
    pub(crate) async fn child(&self, parent: RunId, key: &str) -> RunId {
        self.children(parent, key, 1, None).await[0]
    }

    /// Lets a claimed run start children, which `owner` owns, in the order of their ids.
    pub(crate) async fn children(
        &self,
        parent: RunId,
        key: &str,
        count: u128,
        owner: Option<InstanceId>,
    ) -> Vec<RunId> {
        let mut append = self.prepared(parent, Vec::new(), RunChange::None).await;
        let (started, row) = (self.started(parent).await, self.loaded(parent).await.row);
        let children = (1..=count).map(|number| {
            let id = RunId::from_uuid(Uuid::from_u128(parent.uuid().as_u128() + (number << 100)));
            child((parent, &row), id, key, started.clone(), (append.now, owner))
        });
        append.children = children.collect();
        let ids = append.children.iter().map(|child| child.run.id).collect();
        self.writer.append(append).await.unwrap();
        ids
    }

    /// Takes the inbox of a claimed run into its journal: signals, and what a person says of an effect.
    pub(crate) async fn take_in(&self, run: RunId) {
        let loaded = self.loaded(run).await;
        let (mut bodies, mut ledger) = (Vec::new(), Vec::new());
        for row in &loaded.inbox {
            bodies.push(match row.message.clone() {
                InboxMessage::Signal(signal) => EntryBody::SignalReceived(signal),
                InboxMessage::Resolve { key, attempt, resolution, actor } => {
                    let Resolution::Done(output) = resolution else { panic!("{resolution:?}") };
                    let effects = list_effects(run).all(self.storage.database()).await.unwrap();
                    let (effect_id, kind) = (effects[0].id, effects[0].kind);
                    let state = LedgerState::Done;
                    ledger.push(LedgerChange { effect_id, key: key.clone(), kind, attempt, state });
                    EntryBody::EffectSettled(EffectSettled {
                        key,
                        attempt,
                        result: Settlement::Output(output),
                        usage: Usage::default(),
                        settled_by: Some(actor),
                        earlier_attempt: None,
                    })
                }
                other => panic!("{other:?}"),
            });
        }
        let mut append = self.prepared(run, bodies, RunChange::None).await;
        append.ledger = ledger;
        append.inbox_done = loaded.inbox.into_iter().map(|row| row.key).collect();
        self.writer.append(append).await.unwrap();
    }

    /// Drives a claimed run that needs nobody outside to its end.
    pub(crate) async fn drive(&self, run: RunId) -> Outcome {
        use gathering_domain::Clock as _;
        let loaded = self.loaded(run).await;
        let started = self.started(run).await;
        let machine = self.app.definitions().machine(&started, Arc::new(NoCosts)).await.unwrap();
        let mut execution = Execution::replay(run, machine, loaded.entries).unwrap();
        let ids = CountingIds::default();
        let env = Ambient { now: self.clock.now(), ids: &ids, jitter: 0.5 };
        let step = execution.step(env);
        let outcome = step.finished.expect("the run needs nobody outside").outcome;
        let mut append = Append::new(self.instance, run, loaded.row.project_id, self.clock.now());
        append.entries = step.entries;
        append.change = RunChange::Finished { outcome: outcome.clone() };
        self.writer.append(append).await.unwrap();
        outcome
    }

    async fn prepared(&self, run: RunId, bodies: Vec<EntryBody>, change: RunChange) -> Append {
        use gathering_domain::Clock as _;
        let loaded = self.loaded(run).await;
        let now = self.clock.now();
        let next = u32::try_from(loaded.entries.len()).unwrap();
        let entries = (next..).zip(bodies).map(|(seq, body)| Entry { seq, at: now, body });
        let mut append = Append::new(self.instance, run, loaded.row.project_id, now);
        append.entries = entries.collect();
        append.change = change;
        append
    }
}

fn child(
    (parent, row): (RunId, &RunRow),
    id: RunId,
    key: &str,
    started: RunStarted,
    (at, owner): (Timestamp, Option<InstanceId>),
) -> NewChildRun {
    let mut origin = Origin::root(id);
    origin.root = parent;
    origin.parent = Some(ParentLink { run_id: parent, key: Key::new(key) });
    let started = RunStarted { origin: origin.clone(), ..started };
    let run = NewRun {
        id,
        project_id: row.project_id,
        actor: row.actor,
        machine: row.machine.clone(),
        title: row.title.clone(),
        trigger: "parent".to_owned(),
        definition_id: None,
        definition_version_id: None,
        still_at: None,
        owner,
        priority: 0,
        limits: Vec::new(),
        deadline: None,
        origin,
        first_run_id: id,
        budget: None,
        on_cost: gathering_engine::OnCost::Fail,
        idempotency: None,
        fire: None,
        starter: None,
        delivery: None,
        counted: None,
    };
    let entries = vec![Entry { seq: 0, at, body: EntryBody::RunStarted(Box::new(started)) }];
    NewChildRun { run, entries, ledger: Vec::new() }
}
