//! Acts on events: finds the triggers that are for them, and starts what they start, once.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt as _, future::BoxFuture};
use gathering_domain::{Actor, Duration, Permission, ProjectId, RunId, SubjectPattern, Timestamp};
use gathering_engine::{EntryBody, Lineage, Origin};
use gathering_expressions::Scope;
use gathering_storage::{
    Position,
    starters::Starter,
    triggers::{self as rows, FiringOutcome, FiringRow, TriggerRow},
};
use serde::Deserialize as _;
use serde_json::Value;

use super::{CURSOR, MOST_KEPT, MOST_TRIGGERS, TriggerRules, rate::Starts};
use crate::{
    App, Error, Result,
    events::{Envelope, Follows, any_fits, by_project, tell_all},
    runs::Trigger,
    starting::{Mapping, NotStarted, StartOnce},
    store_error::has_changed,
};

/// What an agent is told of an event.
const TOLD: &str = "Something has happened. This is the event:";
/// How often it is decided anew about an event whose trigger is changed meanwhile.
const DECISIONS: u32 = 5;
/// When it is looked at again after that.
const CHANGED_TOO_OFTEN: Duration = Duration::from_secs(1);

/// Acts on events for all triggers of all projects.
pub struct Triggering {
    app: App,
    starts: Mutex<Starts>,
}

/// A trigger that an event may be for.
struct Ready {
    row: TriggerRow,
    /// Which events it is for. None if this build cannot read even that: it may be for any.
    subjects: Option<Vec<SubjectPattern>>,
    /// Whether it fires for what its own runs do.
    own_events: bool,
    /// What it does, or what of it this build cannot read.
    does: Result<(TriggerRules, Mapping), NotStarted>,
}

/// Whose the runs of a page's events are.
type Persons = Mutex<HashMap<RunId, Option<Actor>>>;

/// What becomes of an event.
enum Verdict {
    /// It is not for the trigger after all.
    NotFor,
    /// It is.
    Fired(FiringOutcome, Option<RunId>, Option<NotStarted>),
    /// The trigger was changed before its run came into being.
    Changed,
}

impl Ready {
    fn of(row: TriggerRow) -> Self {
        let subjects = Vec::deserialize(&row.rules["subjects"]).ok();
        let own_events = row.rules["own_events"].as_bool().unwrap_or_default();
        let does = TriggerRules::read_whole(&row.rules);
        Self { row, subjects, own_events, does }
    }

    /// Whether a pattern fits the event.
    fn fits(&self, event: &Envelope) -> bool {
        let Envelope { event_type, subject, .. } = event;
        self.subjects.as_ref().is_none_or(|subjects| {
            any_fits(subjects.iter().map(SubjectPattern::as_str), (event_type, subject))
        })
    }

    /// Whether the filter lets an event through.
    fn wants(&self, scope: &Scope) -> Result<bool, NotStarted> {
        let (_, mapping) = self.does.as_ref().map_err(Clone::clone)?;
        mapping.wants(scope)
    }
}

impl Triggering {
    /// For the triggers of this app.
    pub fn new(app: &App) -> Self {
        Self { app: app.clone(), starts: Mutex::default() }
    }

    async fn act_on(&self, events: &[Envelope]) -> Result<()> {
        let of_projects = by_project(events);
        let mut ready = Vec::new();
        for (project_id, events) in &of_projects {
            let found = self.ready(*project_id).await?;
            ready.extend(found.into_iter().map(|trigger| (trigger, events)));
        }
        let persons = &Persons::default();
        let firing =
            ready.iter().map(|(trigger, events)| self.fire_for(trigger, events, persons).boxed());
        tell_all(firing.collect()).await
    }

    /// Fires for those of the events that a trigger is for, one after the other.
    async fn fire_for(
        &self,
        trigger: &Ready,
        events: &[&Envelope],
        persons: &Persons,
    ) -> Result<()> {
        for event in events {
            if self.concerns(trigger, event, persons).await? {
                self.fire(trigger, event).await?;
            }
        }
        Ok(())
    }

    /// Whether an event may be any of a trigger's business. Of what is in the thread of a person whose runs
    /// are not shown to whoever the trigger acts for, nothing is asked and nothing kept.
    async fn concerns(&self, trigger: &Ready, event: &Envelope, persons: &Persons) -> Result<bool> {
        let row = &trigger.row;
        if !trigger.fits(event) || position(event) <= row.since {
            return Ok(false);
        }
        let known = || persons.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(&event.run_id).copied();
        let person = match found {
            Some(known) => known,
            None => match self.app.runs().person(event.run_id).await {
                Ok(person) => {
                    known().insert(event.run_id, person);
                    person
                }
                Err(Error::NotFound { .. }) => return Ok(false),
                Err(error) => return Err(error),
            },
        };
        let Some(person) = person else { return Ok(true) };
        match self.app.identity().acting(row.actor, row.api_key_id, row.project_id).await {
            Ok(caller) => {
                Ok(caller.require_here(Permission::Read).is_ok() && caller.sees_runs_of(person))
            }
            Err(error) if error.may_pass() => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// The triggers of a project that fire.
    async fn ready(&self, project_id: ProjectId) -> Result<Vec<Ready>> {
        let found = rows::list_enabled(project_id, MOST_TRIGGERS).all(self.app.database()).await?;
        let ready: Vec<_> = found.into_iter().map(Ready::of).collect();
        for Ready { row, does, .. } in &ready {
            if let Err(NotStarted { code, detail }) = does {
                tracing::error!(trigger.id = %row.id, code, detail, "could not read a trigger");
            }
        }
        Ok(ready)
    }

    async fn fire(&self, trigger: &Ready, event: &Envelope) -> Result<()> {
        let Verdict::Fired(outcome, run_id, why) = self.verdict(trigger, event).await? else {
            return Ok(());
        };
        self.keep(firing(&trigger.row, event, self.app.now(), outcome, run_id, why)).await
    }

    async fn verdict(&self, trigger: &Ready, event: &Envelope) -> Result<Verdict> {
        let (seen, row) = (event.seen(), &trigger.row);
        let scope = Scope::of_event(&seen);
        // The store is not asked about events that it does not want.
        if trigger.wants(&scope) == Ok(false) {
            return Ok(Verdict::NotFor);
        }
        // Read again after a stop: the key of what it started may have expired by now, this is kept.
        let fired = rows::any_since(row.id, position(event)).first(self.app.database()).await?;
        if fired.is_some() {
            return Ok(Verdict::NotFor);
        }
        let key = format!("{}:{}", row.id, position(event).0);
        // What was started is so, whatever has changed since.
        if let Some(run) = self.app.started_under(row.project_id, (Trigger::Event, &key)).await? {
            return Ok(Verdict::Fired(FiringOutcome::Started, Some(run.id), None));
        }
        for _ in 0..DECISIONS {
            // As it is now: pauses and changes, of other instances as well, hold at once. Its run comes into
            // being only if it stands so until then.
            let now = rows::find(row.project_id, row.id).first(self.app.database()).await?;
            let now = now.filter(|now| now.enabled && position(event) > now.since);
            let Some(now) = now else { return Ok(Verdict::NotFor) };
            let now = Ready::of(now);
            let changed = now.row.version != row.version;
            if changed && !self.concerns(&now, event, &Persons::default()).await? {
                return Ok(Verdict::NotFor);
            }
            match self.start(&now, event, (&seen, &scope), &key).await? {
                Verdict::Changed => {}
                verdict => return Ok(verdict),
            }
        }
        let what = "a trigger that is changed all the time";
        Err(Error::Busy { what, retry_after: CHANGED_TOO_OFTEN })
    }

    /// Starts what the trigger starts if it wants the event, unless there would be no end to it.
    async fn start(
        &self,
        trigger: &Ready,
        event: &Envelope,
        (seen, scope): (&Value, &Scope),
        key: &str,
    ) -> Result<Verdict> {
        let Ready { row, own_events, does, .. } = trigger;
        let origin = self.app.origin_of(event.run_id).await?;
        if origin.triggers.contains(&row.id) && !own_events {
            return Ok(Verdict::NotFor);
        }
        let (rules, mapping) = match does {
            Ok((rules, mapping)) => (rules, mapping),
            Err(why) => return Ok(failed(why.clone())),
        };
        match mapping.wants(scope) {
            Ok(true) => {}
            Ok(false) => return Ok(Verdict::NotFor),
            Err(why) => return Ok(failed(why)),
        }
        let (actor, api_key) = (row.actor, row.api_key_id);
        let caller = match self.app.identity().acting(actor, api_key, row.project_id).await {
            Ok(caller) => caller,
            Err(error) => return refused(error),
        };
        if let Err(error) = caller.require_here(Permission::Read) {
            return refused(error);
        }
        // What is in somebody's thread starts nothing of others.
        match self.app.runs().require_visible(&caller, event.run_id).await {
            Ok(()) => {}
            Err(Error::NotFound { .. }) => return Ok(Verdict::NotFor),
            Err(error) => return refused(error),
        }
        let default = || rules.starts.default_input("event", TOLD, seen);
        let input = match mapping.input(scope, default) {
            Ok(input) => input,
            Err(why) => return Ok(failed(why)),
        };
        if !self.starts().may(row.id, rules.per_minute, self.app.now()) {
            let detail = format!("more than {} in this minute", rules.per_minute);
            let why = NotStarted::new("too_many_requests", &detail);
            return Ok(Verdict::Fired(FiringOutcome::Dropped, None, Some(why)));
        }
        let mut triggers = origin.triggers;
        triggers.push(row.id);
        // The run goes on below the other one, so that a chain ends; it spends its own money.
        let private_to = self.app.runs().person(event.run_id).await?;
        let above = Lineage { depth: origin.depth, budgets: Vec::new(), triggers, private_to };
        let start = StartOnce {
            what: rules.starts,
            input,
            trigger: Trigger::Event,
            key: Some(key.to_owned()),
            above: Some(above),
            starter: Starter::Trigger { id: row.id, version: row.version },
        };
        match self.app.start_once(&caller, start).await {
            Ok(started) => Ok(Verdict::Fired(FiringOutcome::Started, Some(started.run.id), None)),
            Err(error) if has_changed(&error) => {
                self.starts().take_back(row.id);
                Ok(Verdict::Changed)
            }
            Err(error @ (Error::Limit { .. } | Error::Quota { .. })) => {
                Ok(Verdict::Fired(FiringOutcome::Dropped, None, Some((&error).into())))
            }
            Err(error) => refused(error),
        }
    }

    fn starts(&self) -> MutexGuard<'_, Starts> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps and counts what became of an event, once.
    async fn keep(&self, firing: FiringRow) -> Result<()> {
        let kept = self.app.transact(move |tx| {
            if rows::fire(&firing).run_in(tx)? == 1 {
                rows::count_in(&firing).run_in(tx)?;
                rows::prune(firing.trigger_id, MOST_KEPT).run_in(tx)?;
            }
            Ok(())
        });
        kept.await
    }
}

impl Follows for Triggering {
    fn cursor(&self) -> &'static str {
        CURSOR
    }

    fn wanted(&self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async { Ok(rows::any_enabled().first(self.app.database()).await?.is_some()) })
    }

    fn act<'a>(&'a self, events: &'a [Envelope]) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.act_on(events))
    }

    fn give_up<'a>(&'a self, event: &'a Envelope, why: &'a Error) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (scope, persons) = (Scope::of_event(&event.seen()), Persons::default());
            // Whose it is may be what cannot be found out.
            let above = match self.app.origin_of(event.run_id).await {
                Ok(origin) => origin.triggers,
                Err(error) if error.is_outage() => return Err(error),
                Err(_) => Vec::new(),
            };
            for trigger in self.ready(event.project_id).await? {
                let own = above.contains(&trigger.row.id) && !trigger.own_events;
                let wanted = !own && trigger.wants(&scope) != Ok(false);
                if !wanted || !self.concerns(&trigger, event, &persons).await? {
                    continue;
                }
                // Those that have done theirs are no part of it.
                let done = rows::any_since(trigger.row.id, position(event));
                if done.first(self.app.database()).await?.is_none() {
                    let (outcome, now) = (FiringOutcome::Failed, self.app.now());
                    let why = Some(why.into());
                    self.keep(firing(&trigger.row, event, now, outcome, None, why)).await?;
                }
            }
            Ok(())
        })
    }
}

impl App {
    /// Where a run comes from.
    pub(crate) async fn origin_of(&self, run_id: RunId) -> Result<Origin> {
        let first = gathering_storage::load_first(self.database(), run_id).await?;
        match first.map(|first| first.body) {
            Some(EntryBody::RunStarted(started)) => Ok(started.origin),
            _ => Err(Error::defect("find how the run of an event began")),
        }
    }
}

fn position(event: &Envelope) -> Position {
    Position(event.position.unwrap_or_default())
}

/// What may pass is tried again; all else is kept.
fn refused(error: Error) -> Result<Verdict> {
    if error.may_pass() { Err(error) } else { Ok(failed((&error).into())) }
}

const fn failed(why: NotStarted) -> Verdict {
    Verdict::Fired(FiringOutcome::Failed, None, Some(why))
}

fn firing(
    row: &TriggerRow,
    event: &Envelope,
    at: Timestamp,
    outcome: FiringOutcome,
    run_id: Option<RunId>,
    why: Option<NotStarted>,
) -> FiringRow {
    let (code, detail) = why.map(|why| (why.code, why.detail)).unzip();
    FiringRow {
        trigger_id: row.id,
        position: position(event),
        at,
        event_type: event.event_type.clone(),
        subject: event.subject.clone(),
        event_run_id: event.run_id,
        outcome,
        run_id,
        code,
        detail,
    }
}
