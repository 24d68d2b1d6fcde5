//! A request to a hook: verified, mapped, and made a run once.

use std::collections::BTreeMap;

use gathering_domain::{DeliveryId, Duration};
use gathering_expressions::Scope;
use gathering_storage::{
    Unit,
    hooks::{self as rows, DeliveryOutcome, HookDeliveryRow, HookRow},
    starters::Starter,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, HookRules, Hooks, MOST_KEPT, change, rules::ReadRules};
use crate::{
    Caller, Conflict, Error, Origin, Result, Unauthenticated,
    identity::{TokenKind, token_hash_of},
    runs::{RunSummary, Trigger},
    starting::{NotStarted, StartOnce},
    store_error::has_changed,
};

/// The longest name of a delivery that is kept, in characters.
const DELIVERY_CHARS: usize = 200;
/// How often a request is carried out anew because its hook is changed meanwhile.
const DECISIONS: u32 = 5;
/// When it may be sent again after that.
const CHANGED_TOO_OFTEN: Duration = Duration::from_secs(1);
/// What an agent is told of a request.
const TOLD: &str = "A request came from outside. This is what it says:";

/// A request that came to the address of a hook.
#[derive(Debug, Clone)]
pub struct HookRequest {
    /// The method.
    pub method: String,
    /// The query: texts by name, lists of texts where a name came more than once.
    pub query: Value,
    /// The headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, byte by byte.
    pub body: Vec<u8>,
    /// Where it came from.
    pub origin: Origin,
}

/// A request that has a run.
#[derive(Debug, Clone)]
pub struct Called {
    /// The run.
    pub run: RunSummary,
    /// What the request is answered.
    pub answer: Answer,
    /// For whom the hook acts.
    pub caller: Caller,
}

/// A hook that believes a request.
struct Believed {
    row: HookRow,
    rules: HookRules,
    /// What is kept of the request.
    told: HookDeliveryRow,
}

/// What is known of a request that is to start a run.
struct Wanted<'a> {
    row: &'a HookRow,
    rules: &'a HookRules,
    caller: &'a Caller,
    key: Option<String>,
}

impl Hooks<'_> {
    /// Carries out a request to the hook of the token; it has no run if the filter does not want it. `read`
    /// makes of the body what expressions see of it, once the request is believed.
    pub async fn call<E: From<Error>>(
        &self,
        token: &str,
        request: HookRequest,
        read: impl FnOnce(&HookRequest) -> Result<Value, E> + Send,
    ) -> Result<Option<Called>, E> {
        let mut believed = self.believe(token, &request).await?;
        let body = match read(&request) {
            Ok(body) => body,
            Err(refused) => {
                let why = NotStarted::new(
                    "invalid_body",
                    "the body cannot be read as what it says it is",
                );
                self.keep(believed.told, DeliveryOutcome::Failed, Some(why)).await?;
                return Err(refused);
            }
        };
        for _ in 0..DECISIONS {
            let Believed { row, rules, mut told } = believed;
            let seen = seen(&rules, &request, &body);
            match self.start(&row, &rules, &seen, &mut told).await {
                Ok(Some(((outcome, run), caller))) => {
                    told.run_id = Some(run.id);
                    self.keep_of_run(told, outcome).await;
                    return Ok(Some(Called { run, answer: rules.answer, caller }));
                }
                Ok(None) => {
                    self.keep(told, DeliveryOutcome::Ignored, None).await?;
                    return Ok(None);
                }
                Err(Refusal::Changed) => believed = self.believe(token, &request).await?,
                Err(Refusal::Passing(error)) => return Err(error.into()),
                Err(Refusal::NotStarted(why)) => {
                    self.keep(told, DeliveryOutcome::Failed, Some(why)).await?;
                    return Err(Error::HookFailed.into());
                }
                Err(Refusal::Told(error)) => {
                    let why = Some((&error).into());
                    self.keep(told, DeliveryOutcome::Failed, why).await?;
                    return Err(error.into());
                }
            }
        }
        let what = "a hook that is changed all the time";
        Err(Error::Busy { what, retry_after: CHANGED_TOO_OFTEN }.into())
    }

    /// The hook of a token as it is now, if it takes requests and believes this one.
    async fn believe(&self, token: &str, request: &HookRequest) -> Result<Believed> {
        let hash = token_hash_of(TokenKind::Hook, token);
        let found = rows::find_by_token(hash.bytes()).first(self.app.database()).await?;
        let row = found.filter(|row| hash.matches(&row.token_hash));
        let row = row.ok_or_else(|| Error::not_found("hook", "at this address"))?;
        if !row.enabled {
            let message = "the hook is paused, and takes no requests";
            return Err(Error::conflict(Conflict::HookPaused, message));
        }
        let rules = HookRules::read(row.rules.clone())?;
        let secret = change::open(self.app, &row)?;
        let verified = rules.verification.verify(secret.as_ref(), request, self.app.now());
        let told = self.told(&row, &rules, request);
        if let Err(why) = verified {
            let why = NotStarted::new("wrong_signature", &why.to_string());
            self.keep(told, DeliveryOutcome::Refused, Some(why)).await?;
            return Err(Error::Unauthenticated(Unauthenticated::WrongSignature));
        }
        Ok(Believed { row, rules, told })
    }

    /// Starts the run of a request that is believed; none if the filter does not want it.
    async fn start(
        &self,
        row: &HookRow,
        rules: &HookRules,
        request: &Value,
        told: &mut HookDeliveryRow,
    ) -> Result<Option<((DeliveryOutcome, RunSummary), Caller)>, Refusal> {
        let mut faults = Vec::new();
        let read = rules.expressions(&mut faults);
        if let Some(fault) = faults.first() {
            return Err(NotStarted::from(fault).into());
        }
        let scope = Scope::of_request(request);
        if let Some(named) = delivery_id(&read, &scope)? {
            told.delivery = Some(named);
        }
        let named = told.delivery.as_deref();
        let key = named.map(|named| format!("{}:{}", row.id, hex::encode(Sha256::digest(named))));
        if let Some(text) = &mut told.delivery {
            *text = text.chars().take(DELIVERY_CHARS).collect();
        }
        let (actor, api_key) = (row.actor, row.api_key_id);
        let caller = self.app.identity().acting(actor, api_key, row.project_id).await?;
        let wanted = Wanted { row, rules, caller: &caller, key };
        let started = self.start_wanted(&wanted, &read, &scope, request).await?;
        Ok(started.map(|started| (started, caller)))
    }

    async fn start_wanted(
        &self,
        wanted: &Wanted<'_>,
        read: &ReadRules,
        scope: &Scope,
        request: &Value,
    ) -> Result<Option<(DeliveryOutcome, RunSummary)>, Refusal> {
        let Wanted { row, rules, caller, key } = wanted;
        // Asked before the rules, which may have changed since.
        if let Some(key) = key
            && let Some(run) = self.app.started_under(row.project_id, (Trigger::Hook, key)).await?
        {
            return Ok(Some((DeliveryOutcome::Repeated, run)));
        }
        if !read.mapping.wants(scope)? {
            return Ok(None);
        }
        let default = || rules.starts.default_input("request", TOLD, request);
        let input = read.mapping.input(scope, default)?;
        let start = StartOnce {
            what: rules.starts,
            input,
            trigger: Trigger::Hook,
            key: key.clone(),
            above: None,
            starter: Starter::Hook { id: row.id, version: row.version },
        };
        let started = self.app.start_once(caller, start).await?;
        let outcome =
            if started.fresh { DeliveryOutcome::Started } else { DeliveryOutcome::Repeated };
        Ok(Some((outcome, started.run)))
    }

    fn told(&self, row: &HookRow, rules: &HookRules, request: &HookRequest) -> HookDeliveryRow {
        let header = rules.verification.delivery_header();
        let delivery = header.and_then(|header| request.headers.get(header)).cloned();
        HookDeliveryRow {
            id: DeliveryId::next(&*self.app.inner.ids),
            hook_id: row.id,
            at: self.app.now(),
            address: request.origin.address.map(|address| address.to_string()),
            delivery,
            outcome: DeliveryOutcome::Failed,
            run_id: None,
            code: None,
            detail: None,
        }
    }

    /// Keeps what became of a request.
    async fn keep(
        &self,
        mut told: HookDeliveryRow,
        outcome: DeliveryOutcome,
        why: Option<NotStarted>,
    ) -> Result<()> {
        told.outcome = outcome;
        if let Some(text) = &mut told.delivery {
            *text = text.chars().take(DELIVERY_CHARS).collect();
        }
        (told.code, told.detail) = why.map(|why| (why.code, why.detail)).unzip();
        let [count, insert] = rows::deliver(&told);
        let unit = Unit::new().with(count.into()).with(insert.into());
        let unit = unit.with(rows::prune(told.hook_id, MOST_KEPT).into());
        self.app.database().apply(unit).await?;
        Ok(())
    }

    /// The same for one that has its run: that it was not kept is no reason to send it again.
    async fn keep_of_run(&self, told: HookDeliveryRow, outcome: DeliveryOutcome) {
        let hook_id = told.hook_id;
        if let Err(error) = self.keep(told, outcome, None).await {
            tracing::warn!(hook.id = %hook_id, error = %error, "could not keep a request to a hook");
        }
    }
}

/// Why a request has no run.
enum Refusal {
    /// It may be sent again.
    Passing(Error),
    /// It would have none again.
    NotStarted(NotStarted),
    /// The same, and whoever sent it is told why.
    Told(Error),
    /// The hook was changed before the run came into being.
    Changed,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            error if error.may_pass() => Self::Passing(error),
            error if has_changed(&error) => Self::Changed,
            error @ Error::Quota { .. } => Self::Told(error),
            error => Self::NotStarted((&error).into()),
        }
    }
}

impl From<NotStarted> for Refusal {
    fn from(why: NotStarted) -> Self {
        Self::NotStarted(why)
    }
}

/// What expressions see of a request.
fn seen(rules: &HookRules, request: &HookRequest, body: &Value) -> Value {
    let headers = request.headers.iter().filter(|(name, _)| rules.sees(name));
    let headers: BTreeMap<_, _> = headers.collect();
    json!({
        "method": request.method,
        "query": request.query,
        "headers": headers,
        "body": body,
    })
}

/// What the hook's own expression calls the delivery.
fn delivery_id(read: &ReadRules, scope: &Scope) -> Result<Option<String>, NotStarted> {
    let Some(expression) = &read.delivery_id else { return Ok(None) };
    match expression.evaluate(scope)? {
        Value::String(text) if !text.is_empty() => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => {
            let detail = "`delivery_id` must give a text or a number";
            Err(NotStarted::new("invalid_delivery_id", detail))
        }
    }
}
