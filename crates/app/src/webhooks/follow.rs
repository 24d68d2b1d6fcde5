//! From the log to webhooks: which events go where.

use std::collections::{HashMap, hash_map::Entry};

use futures::{FutureExt as _, future::BoxFuture};
use gathering_domain::{ProjectId, RunId, subject_fits};
use gathering_expressions::{Expression, Names, Scope};
use gathering_storage::{
    find_run,
    webhooks::{self as rows, WebhookRow},
};
use serde_json::json;

use super::{MOST_WEBHOOKS, machine::DeliveryMachine};
use crate::{
    App, Caller, Error, Result,
    events::{Envelope, Follows},
};

/// The name of the cursor.
const CURSOR: &str = "webhooks";

/// Has the events of a log sent to the webhooks that want them.
pub struct WebhookFollower {
    app: App,
}

/// What is known of the webhooks of a project, for one page of events.
struct Known {
    webhooks: Vec<(WebhookRow, Option<Expression>, Result<Caller>)>,
}

impl WebhookFollower {
    /// One of this app.
    pub fn new(app: &App) -> Self {
        Self { app: app.clone() }
    }

    async fn act_on(&self, events: &[Envelope]) -> Result<()> {
        let mut projects = HashMap::new();
        let mut deliveries: HashMap<RunId, bool> = HashMap::new();
        for event in events {
            let project_id = event.project_id;
            let known = match projects.entry(project_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(self.known(project_id).await?),
            };
            for (row, filter, caller) in &known.webhooks {
                if !wants(row, filter.as_ref(), event) {
                    continue;
                }
                // What deliveries do is told to no webhook, retries of them included.
                let is_delivery = match deliveries.entry(event.run_id) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(unknown) => {
                        let run = find_run(event.run_id).first(self.app.database()).await?;
                        *unknown.insert(run.is_some_and(|run| run.machine == DeliveryMachine::NAME))
                    }
                };
                if is_delivery || !self.may_see(caller, event).await? {
                    continue;
                }
                self.app.webhooks().deliver(project_id, row, caller, event).await?;
            }
        }
        Ok(())
    }

    /// The webhooks of a project to which events are sent, and whom each acts for.
    async fn known(&self, project_id: ProjectId) -> Result<Known> {
        let rows = rows::enabled(project_id, MOST_WEBHOOKS).all(self.app.database()).await?;
        let mut webhooks = Vec::with_capacity(rows.len());
        for row in rows {
            let filter =
                row.filter.as_deref().map(|text| Expression::parse_with(text, Names::EVENT));
            let filter = filter.transpose();
            let filter =
                filter.map_err(|error| Error::internal("read the filter of a webhook", error))?;
            let acting = self.app.identity().acting(row.actor, row.api_key_id, project_id).await;
            let caller = match acting {
                Err(error) if error.may_pass() => return Err(error),
                acting => acting.and_then(may_send),
            };
            webhooks.push((row, filter, caller));
        }
        Ok(Known { webhooks })
    }

    /// Whether whoever the webhook acts for may see the run: it may answer another person's message.
    async fn may_see(&self, caller: &Result<Caller>, event: &Envelope) -> Result<bool> {
        let Ok(caller) = caller else { return Ok(true) };
        match self.app.runs().require_visible(caller, event.run_id).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whoever wrote a webhook must still be allowed to say where events go, and to see them.
fn may_send(caller: Caller) -> Result<Caller> {
    use gathering_domain::Permission;
    caller.require_here(Permission::IntegrationWrite)?;
    caller.require_here(Permission::Read)?;
    Ok(caller)
}

/// Whether a webhook wants an event. A filter that fails on an event does not hold for it.
fn wants(row: &WebhookRow, filter: Option<&Expression>, event: &Envelope) -> bool {
    let Envelope { event_type, subject, .. } = event;
    let fits =
        |pattern: &String| subject_fits(pattern, event_type) || subject_fits(pattern, subject);
    if !row.events.iter().any(fits) {
        return false;
    }
    let Some(filter) = filter else { return true };
    let seen = json!({
        "id": event.id,
        "type": event_type,
        "subject": subject,
        "at": event.at.to_rfc3339(),
        "run_id": event.run_id,
        "data": event.data,
    });
    filter.holds(&Scope::of_event(&seen)).unwrap_or_else(|error| {
        tracing::debug!(webhook.id = %row.id, event = event.id, error = %error, "a filter failed");
        false
    })
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

    /// Whatever concerns one webhook stands in its deliveries; what is given up here concerns none, and is in
    /// the server's log.
    fn give_up<'a>(&'a self, _: &'a Envelope, _: &'a Error) -> BoxFuture<'a, Result<()>> {
        std::future::ready(Ok(())).boxed()
    }
}
