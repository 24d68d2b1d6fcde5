//! From the log to webhooks: which events go where.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use futures::{FutureExt as _, future::BoxFuture};
use gathering_domain::{ProjectId, RunId};
use gathering_expressions::{EvaluateError, Expression, Names, Scope};
use gathering_storage::{
    find_run,
    webhooks::{self as rows, WebhookRow},
};

use super::{ActsFor, MOST_WEBHOOKS, machine::DeliveryMachine};
use crate::{
    App, Caller, Error, Result,
    events::{Envelope, Follows, any_fits, by_project, tell_all},
};

/// The name of the cursor.
const CURSOR: &str = "webhooks";
/// How much of what is wrong with a filter is kept, in characters.
const FILTER_ERROR_CHARS: usize = 500;
/// The code of a delivery whose webhook has a filter that this build cannot read.
const INVALID_FILTER: &str = "invalid_expression";

/// Has the events of a log sent to the webhooks that want them.
pub struct WebhookFollower {
    app: App,
}

/// A webhook to which events are sent.
struct Target {
    project_id: ProjectId,
    row: WebhookRow,
    /// Or what is wrong with it.
    filter: Result<Option<Expression>, String>,
    /// For whom it acts, whatever they may do.
    caller: Caller,
}

/// Which runs of a page are deliveries.
type Deliveries = Mutex<HashMap<RunId, bool>>;

impl WebhookFollower {
    /// One of this app.
    pub fn new(app: &App) -> Self {
        Self { app: app.clone() }
    }

    async fn act_on(&self, events: &[Envelope]) -> Result<()> {
        let of_projects = by_project(events);
        let mut targets = Vec::new();
        for (project_id, events) in &of_projects {
            let found = self.targets(*project_id).await?;
            targets.extend(found.into_iter().map(|target| (target, events)));
        }
        let deliveries = &Deliveries::default();
        let telling =
            targets.iter().map(|(target, events)| self.tell(target, events, deliveries).boxed());
        tell_all(telling.collect()).await
    }

    /// Has those of the events that a webhook wants sent to it, one after the other.
    async fn tell(
        &self,
        target: &Target,
        events: &[&Envelope],
        deliveries: &Deliveries,
    ) -> Result<()> {
        let Target { project_id, row, filter, caller } = target;
        let webhooks = self.app.webhooks();
        let mut failed = None;
        for event in events.iter().filter(|event| fits(row, event)) {
            let wanted = match filter {
                Ok(filter) => wants(filter.as_ref(), event).map_err(|error| error.to_string()),
                Err(_) => Ok(true),
            };
            if wanted == Ok(false) || !self.concerns(target, event, deliveries).await? {
                continue;
            }
            match (filter, wanted) {
                (Ok(_), Ok(_)) => webhooks.deliver(row, caller, event).await?,
                (Ok(_), Err(why)) => failed = Some(why),
                (Err(why), _) => {
                    webhooks.pass_over(*project_id, row, event, INVALID_FILTER).await?;
                    failed = Some(why.clone());
                }
            }
        }
        let Some(why) = failed else { return Ok(()) };
        let why: String = why.chars().take(FILTER_ERROR_CHARS).collect();
        if row.filter_error.as_ref() != Some(&why) {
            self.app.write(rows::filter_failed(*project_id, row, &why)).await?;
        }
        Ok(())
    }

    /// Whether an event is any of a webhook's business. What deliveries do is told to none, retries of them
    /// included.
    async fn concerns(
        &self,
        target: &Target,
        event: &Envelope,
        deliveries: &Deliveries,
    ) -> Result<bool> {
        let known = || deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(&event.run_id).copied();
        let is_delivery = if let Some(known) = found {
            known
        } else {
            let run = find_run(event.run_id).first(self.app.database()).await?;
            let is_delivery = run.is_some_and(|run| run.machine == DeliveryMachine::NAME);
            known().insert(event.run_id, is_delivery);
            is_delivery
        };
        Ok(!is_delivery && self.may_see(&target.caller, event).await?)
    }

    /// The webhooks of a project to which events are sent.
    async fn targets(&self, project_id: ProjectId) -> Result<Vec<Target>> {
        let rows = rows::enabled(project_id, MOST_WEBHOOKS).all(self.app.database()).await?;
        let mut targets = Vec::with_capacity(rows.len());
        for row in rows {
            let filter = row.filter.as_deref();
            let filter = filter.map(|text| Expression::parse_with(text, Names::EVENT));
            let filter = filter.transpose().map_err(|error| error.to_string());
            let by = ActsFor { actor: row.actor, api_key_id: row.api_key_id, project_id };
            let acting = self.app.webhooks().acting(&by).await?;
            let caller = acting.unwrap_or_else(|_| by.without_rights());
            targets.push(Target { project_id, row, filter, caller });
        }
        Ok(targets)
    }

    /// Whether whoever the webhook acts for may see the run: it may answer another person's message.
    async fn may_see(&self, caller: &Caller, event: &Envelope) -> Result<bool> {
        match self.app.runs().require_visible(caller, event.run_id).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether a pattern of the webhook fits the event.
fn fits(row: &WebhookRow, event: &Envelope) -> bool {
    let Envelope { event_type, subject, .. } = event;
    any_fits(row.events.iter().map(String::as_str), (event_type, subject))
}

/// Whether a filter lets an event through.
fn wants(filter: Option<&Expression>, event: &Envelope) -> Result<bool, EvaluateError> {
    filter.map_or(Ok(true), |filter| filter.holds(&Scope::of_event(&event.seen())))
}

impl Follows for WebhookFollower {
    fn cursor(&self) -> &'static str {
        CURSOR
    }

    fn wanted(&self) -> BoxFuture<'_, Result<bool>> {
        async move {
            let any = rows::any_enabled().first(self.app.database()).await?;
            Ok(any.is_some_and(|(count,)| count > 0))
        }
        .boxed()
    }

    fn act<'a>(&'a self, events: &'a [Envelope]) -> BoxFuture<'a, Result<()>> {
        self.act_on(events).boxed()
    }

    fn give_up<'a>(&'a self, event: &'a Envelope, why: &'a Error) -> BoxFuture<'a, Result<()>> {
        async move {
            let deliveries = Deliveries::default();
            for target in self.targets(event.project_id).await? {
                let Target { project_id, row, filter, .. } = &target;
                // What cannot be evaluated does not hold; what cannot be read might.
                let wanted = || match filter {
                    Ok(filter) => wants(filter.as_ref(), event).unwrap_or_default(),
                    Err(_) => true,
                };
                if !fits(row, event) || !wanted() {
                    continue;
                }
                // Those that have done theirs have a delivery, which stays.
                if self.concerns(&target, event, &deliveries).await? {
                    self.app.webhooks().pass_over(*project_id, row, event, why.code()).await?;
                }
            }
            Ok(())
        }
        .boxed()
    }
}
