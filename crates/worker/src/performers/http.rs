//! HTTP actions of pipelines: through the one egress client, with the effect id where it is taken.

mod reconcile;

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::{App, Caller, ProjectHosts, tools::Called};
use gathering_domain::{Advice, Duration, EffectKind, Failure, HostList, ProjectId};
use gathering_egress::{Answer, Egress, EgressRequest, Limits, Method, Sent, Target, read_answer};
use gathering_engine::{EffectOrder, Payload};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{allowed, ended};
use crate::{
    breaker::{Breakers, Leave},
    performer::{Attempted, Performer, RunContext},
};

/// The most redirects that are followed.
const MAX_REDIRECTS: u8 = 5;

/// Makes the requests of `http` actions.
#[derive(Clone)]
pub(super) struct HttpPerformer {
    pub(super) egress: Egress,
    pub(super) breakers: Breakers,
    /// To which hosts projects hold their requests; none where there are no projects.
    pub(super) hosts: Option<ProjectHosts>,
    /// Where it is found who may make requests, and where those with an effect are recorded; none where there
    /// is no trail.
    pub(super) trail: Option<App>,
}

impl HttpPerformer {
    /// Who makes the requests of a run, where there is a trail that tells of them.
    async fn starter(&self, run: &RunContext) -> Result<Option<(App, Caller)>, Failure> {
        match &self.trail {
            Some(app) => Ok(Some((app.clone(), allowed::starter(app, run).await?))),
            None => Ok(None),
        }
    }

    /// The project's list of hosts, if it has one.
    async fn held_to(&self, project_id: ProjectId) -> Result<Option<HostList>, Failure> {
        match &self.hosts {
            Some(hosts) => hosts.find(project_id).await.map_err(|error| super::failure(&error)),
            None => Ok(None),
        }
    }
}

/// What the audit trail is told of a request.
struct Record {
    app: App,
    caller: Caller,
    called: Called,
}

impl Record {
    /// The record of a request, if it has an effect.
    fn of(
        starter: Option<(App, Caller)>,
        order: &EffectOrder,
        url: &str,
        run: &RunContext,
    ) -> Option<Self> {
        let (app, caller) = starter.filter(|_| order.effect.kind != EffectKind::Pure)?;
        // What is no address is refused before anything is sent.
        let target = Target::parse(url).ok()?;
        // Never more of the address than this: the rest may hold what is secret.
        let scheme = if target.is_https() { "https" } else { "http" };
        let host = format!("{scheme}://{}:{}", target.host(), target.port());
        let called = Called::of_host(host, order.effect_id, run.run_id, order.effect.kind);
        Some(Self { app, caller, called })
    }
}

#[derive(Deserialize)]
struct Input {
    method: String,
    url: String,
    headers: Map<String, Value>,
    body: Value,
    idempotency_header: Option<String>,
    #[serde(default)]
    reconcile: Option<reconcile::Question>,
}

impl Performer for HttpPerformer {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let this = self.clone();
        Box::pin(async move {
            let starter = match this.starter(&run).await {
                Ok(starter) => starter,
                Err(error) => return allowed::refused(error),
            };
            let input = match read(&order) {
                Ok(input) => input,
                Err(error) => return Attempted::failed(error),
            };
            let held_to = match this.held_to(run.project_id).await {
                Ok(held_to) => held_to,
                Err(error) => return Attempted::failed(error),
            };
            let timeout = order.effect.timeout;
            let leave = match this.breakers.ask(run.project_id, &target(&input.url)) {
                Ok(leave) => leave.within(timeout),
                Err(after) => return Attempted::Postponed { after, error: breaker_open(after) },
            };
            let record = Record::of(starter, &order, &input.url, &run);
            // This future is dropped where the request takes too long or the run is cancelled.
            if let Some(Record { app, caller, called }) = &record
                && let Err(error) = app.call_begun(caller, called).await
            {
                return Attempted::failed(super::failure(&error));
            }
            let request = request(&input, &order).map(|request| request.held_to(held_to));
            let attempted = match answer(&this.egress, leave, request, order.effect.kind).await {
                Ok(answer) if answer.status >= 400 => {
                    let why = format!("{} answered {}", answer.url, answer.status);
                    Attempted::failed(Failure::fatal("http_status", why))
                }
                Ok(answer) => match serde_json::to_value(answer) {
                    Ok(mut output) => {
                        if input.reconcile.is_some() {
                            output["reconciled"] = false.into();
                        }
                        Attempted::output(output)
                    }
                    Err(fault) => {
                        Attempted::failed(Failure::fatal("unreadable_answer", fault.to_string()))
                    }
                },
                Err(error) => Attempted::failed(error),
            };
            if let Some(Record { app, caller, called }) = &record {
                ended(app, caller, called, attempted.failure()).await;
            }
            attempted
        })
    }

    fn reconcile(
        &self,
        order: EffectOrder,
        run: Arc<RunContext>,
    ) -> BoxFuture<'static, Result<Option<Payload>, Failure>> {
        let this = self.clone();
        Box::pin(async move {
            let starter = this.starter(&run).await?;
            let record = Record::of(starter, &order, &read(&order)?.url, &run);
            let happened = reconcile::ask(this, order, run.project_id).await?;
            if let (Some(Record { app, caller, called }), Some(_)) = (&record, &happened) {
                ended(app, caller, called, None).await;
            }
            Ok(happened)
        })
    }
}

fn read(order: &EffectOrder) -> Result<Input, Failure> {
    Input::deserialize(order.effect.input.as_ref())
        .map_err(|fault| Failure::fatal("invalid_input", fault.to_string()))
}

fn breaker_open(after: Duration) -> Failure {
    Failure::retryable("breaker_open", "the circuit breaker of the host is open", Some(after))
}

/// Sends a request with the breaker's leave, and tells the breaker how it went.
async fn answer(
    egress: &Egress,
    leave: Leave,
    request: Result<EgressRequest, Failure>,
    kind: EffectKind,
) -> Result<Answer, Failure> {
    let answered = match egress.send(request?).await {
        Ok(response) => read_answer(response, kind).await,
        // Refused on this side: nothing was heard of the host.
        Err(error) if error.sent == Sent::No && !error.kind.may_pass() => return Err(error.into()),
        Err(error) => Err(error.into()),
    };
    match &answered {
        Err(Failure { advice: Advice::Retry { .. } | Advice::Unknown { .. }, .. }) => {
            leave.failed();
        }
        Err(_) | Ok(_) => leave.worked(),
    }
    answered
}

fn request(input: &Input, order: &EffectOrder) -> Result<EgressRequest, Failure> {
    let method = Method::from_bytes(input.method.as_bytes())
        .map_err(|fault| Failure::fatal("invalid_input", fault.to_string()))?;
    let mut request = EgressRequest::new(method, input.url.as_str());
    let is_key = |name: &str| {
        input.idempotency_header.as_ref().is_some_and(|key| key.eq_ignore_ascii_case(name))
    };
    for (name, value) in input.headers.iter().filter(|(name, _)| !is_key(name)) {
        if let Some(text) = header_text(value) {
            request = request.header(name, text);
        }
    }
    if let Some(header) = &input.idempotency_header {
        request = request.header(header, order.effect_id.to_string());
    }
    let body = match &input.body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => {
            if !input.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
                request = request.header("content-type", "application/json");
            }
            value.to_string()
        }
    };
    Ok(request.body(body).limits(limits(order.effect.timeout)))
}

/// A header's value as text: a template that is one expression keeps the value's type.
fn header_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    }
}

/// The node's time limit is the only one: an answer that is slow to begin is no unknown outcome
/// before its time is over.
fn limits(timeout: Duration) -> Limits {
    Limits { redirects: MAX_REDIRECTS, ..Limits::within(timeout) }
}

/// What the breaker watches: scheme, host and port.
fn target(url: &str) -> String {
    let end = url
        .find("://")
        .and_then(|scheme| url[scheme + 3..].find(['/', '?', '#']).map(|path| scheme + 3 + path));
    format!("http:{}", &url[..end.unwrap_or(url.len())])
}

#[cfg(test)]
mod tests {
    use gathering_pipelines::{EFFECT_ID, MAX_HTTP_TIMEOUT};

    use super::*;

    #[test]
    fn the_time_limit_of_a_node_is_that_of_its_request() {
        let five_minutes = Duration::from_secs(300);
        let limits = limits(five_minutes);
        assert_eq!(
            (limits.head, limits.idle, limits.total),
            (five_minutes, five_minutes, five_minutes)
        );
    }

    #[test]
    fn what_stands_for_the_effect_id_is_what_definitions_are_checked_for() {
        assert_eq!(reconcile::PLACEHOLDER, EFFECT_ID);
    }

    #[test]
    fn every_time_limit_that_can_be_stored_can_be_asked_for() {
        assert_eq!(Limits::LONGEST, MAX_HTTP_TIMEOUT);
        assert_eq!(limits(gathering_engine::MAX_TIMEOUT).check(), Ok(()));
    }

    #[tokio::test]
    async fn a_request_that_never_left_says_nothing_to_the_breaker() {
        use gathering_domain::{Clock, Timestamp};

        struct Noon;

        impl Clock for Noon {
            fn now(&self) -> Timestamp {
                Timestamp::from_micros(1)
            }
        }

        let here = ProjectId::from_uuid(uuid::Uuid::nil());
        let breakers = Breakers::new(Arc::new(Noon), crate::BreakerPolicy::default());
        let egress = Egress::builder().build();
        let get = |url: &str| EgressRequest::new(Method::GET, url);
        for (request, code) in [
            // An address of a private network, and a header that is none.
            (Ok(get("http://127.0.0.1:9/")), "egress_blocked"),
            (Ok(get("http://host.example/").header("a b", "c")), "invalid_header"),
            (Err(Failure::fatal("invalid_input", "no method")), "invalid_input"),
        ] {
            let leave = breakers.ask(here, "http:host").unwrap_or_else(|_| panic!("closed"));
            let refused = answer(&egress, leave, request, EffectKind::Idempotent).await;
            assert_eq!(refused.unwrap_err().code, code);
            assert_eq!(breakers.view()[0].attempts, 0, "{code}");
        }
    }
}
