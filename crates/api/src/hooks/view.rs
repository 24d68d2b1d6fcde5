//! Hooks as clients read and write them.

use gathering_app::hooks::{
    Answer, DeliveryOutcome, Hook, HookCounts, HookDelivery, HookRules, HookSpec, HookWithToken,
    Verification,
};
use gathering_domain::{DeliveryId, Duration, HookId, RunId};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    starting::{NotStartedView, StartableView},
    views::{ActorView, Time},
};

/// A hook that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateHookBody {
    /// What it is called.
    #[schema(example = "Orders of the shop")]
    name: String,
    /// What it starts.
    starts: StartableView,
    /// An expression over `request`; requests for which it does not hold start nothing.
    #[serde(default)]
    #[schema(example = "request.body.action == 'opened'")]
    filter: Option<String>,
    /// The input of the run: any value, whose texts are templates over `request`. Absent:
    /// `{"request": …}`; of an agent a task that shows the request.
    #[serde(default)]
    #[schema(example = json!({ "order": "{{ request.body.id }}" }))]
    input: Option<Value>,
    /// How requests are told from those of others. Where it is changed to another type it needs a secret
    /// of its own; else the secret stays if it is absent.
    #[serde(default)]
    verification: VerificationBody,
    /// An expression over `request` that names the delivery, in place of the header that the verification
    /// knows: the same delivery starts no second run.
    #[serde(default)]
    #[schema(example = "request.body.id")]
    delivery_id: Option<String>,
    /// Headers that `request` has beside `content-type`, `user-agent` and those that the verification
    /// knows. None that proves who somebody is.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["x-shop-topic"]))]
    headers: Vec<String>,
    /// What a request is answered.
    #[serde(default)]
    answer: AnswerView,
}

/// How requests are told from those of others.
#[derive(Deserialize, ToSchema)]
#[schema(as = HookVerificationBody)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum VerificationBody {
    /// By the address alone.
    None {},
    /// By an HMAC-SHA256 of the body, in hexadecimal digits or in base64.
    HmacSha256 {
        /// The header that has it.
        #[schema(example = "x-signature")]
        header: String,
        /// What stands before it.
        #[serde(default)]
        #[schema(example = "sha256=")]
        prefix: String,
        /// The secret. Never shown; in a change of the same type it may be absent, and stays.
        #[schema(write_only)]
        secret: Option<String>,
    },
    /// By Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` and `webhook-signature`, within five
    /// minutes.
    StandardWebhooks {
        /// The secret, `whsec_…`. Never shown; in a change of the same type it may be absent, and stays.
        #[schema(write_only)]
        secret: Option<String>,
    },
    /// By GitHub's `X-Hub-Signature-256`.
    Github {
        /// The secret. Never shown; in a change of the same type it may be absent, and stays.
        #[schema(write_only)]
        secret: Option<String>,
    },
}

/// How requests are told from those of others, without the secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HookVerification)]
#[serde(tag = "type", rename_all = "snake_case")]
enum VerificationView {
    /// By the address alone.
    None,
    /// By an HMAC-SHA256 of the body.
    HmacSha256 {
        /// The header that has it.
        header: String,
        /// What stands before it.
        prefix: String,
    },
    /// By Standard Webhooks 1.0.
    StandardWebhooks,
    /// By GitHub's signature.
    Github,
}

/// What a request is answered.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = HookAnswer)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AnswerView {
    /// `202` with the run's id, at once.
    Accepted {},
    /// `200` with the run's output, if it succeeds in time; `202` with its id if it has not ended.
    Wait {
        /// How long at most, up to `20s`.
        #[schema(value_type = String, example = "10s")]
        at_most: Duration,
    },
}

/// An address at which requests start runs.
#[derive(Serialize, ToSchema)]
#[schema(as = Hook)]
pub(crate) struct HookView {
    /// Its id.
    #[schema(value_type = String, example = "hok_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: HookId,
    /// What it is called.
    name: String,
    /// What it starts.
    starts: StartableView,
    /// An expression over `request`; requests for which it does not hold start nothing.
    filter: Option<String>,
    /// The input of the run, by templates over `request`.
    input: Option<Value>,
    /// How requests are told from those of others.
    verification: VerificationView,
    /// An expression over `request` that names the delivery.
    delivery_id: Option<String>,
    /// Headers that `request` has beside those that it always has.
    headers: Vec<String>,
    /// What a request is answered.
    answer: AnswerView,
    /// Whether it takes requests.
    enabled: bool,
    /// For whom it acts: whoever changed it last.
    acts_for: ActorView,
    /// How many requests had which outcome.
    counts: HookCountsView,
    /// When the last one came.
    last_at: Option<Time>,
    /// Rises with each change; what `If-Match` names.
    version: u64,
    /// When it was made.
    created_at: Time,
    /// When it was changed last.
    updated_at: Time,
}

/// A hook with its address, which is told once.
#[derive(Serialize, ToSchema)]
#[schema(as = HookWithToken)]
pub(crate) struct HookWithTokenView {
    /// The last part of its address. Told once: absent when the request was made before with the same
    /// idempotency key.
    #[schema(example = "gth_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Where requests go, on this server. Absent when the token is.
    #[schema(example = "/hooks/gth_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The rest of it.
    #[serde(flatten)]
    hook: HookView,
}

/// How many requests of a hook had which outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HookCounts)]
struct HookCountsView {
    /// They started a run.
    started: u64,
    /// They had come before.
    repeated: u64,
    /// The filter did not want them.
    ignored: u64,
    /// They could not be verified.
    refused: u64,
    /// They started no run, though they should have.
    failed: u64,
}

/// A request that came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HookDelivery)]
pub(crate) struct HookDeliveryView {
    /// Its id.
    #[schema(value_type = String, example = "dlv_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    id: DeliveryId,
    /// When it came.
    at: Time,
    /// From where.
    #[schema(example = "192.0.2.1")]
    address: Option<String>,
    /// What its sender calls it.
    #[schema(example = "msg_2bjYdFMPKPvT3Dpx7RTsvp")]
    delivery: Option<String>,
    /// What became of it.
    outcome: HookOutcomeWord,
    /// The run that it started.
    #[schema(value_type = Option<String>, example = "run_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    run_id: Option<RunId>,
    /// Why it started none.
    why: Option<NotStartedView>,
}

/// What became of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HookOutcome)]
#[serde(rename_all = "snake_case")]
enum HookOutcomeWord {
    /// It started a run.
    Started,
    /// It had come before, and its run was started then.
    Repeated,
    /// The filter did not want it.
    Ignored,
    /// It could not be verified.
    Refused,
    /// It started no run, though it should have.
    Failed,
}

impl Default for VerificationBody {
    fn default() -> Self {
        Self::None {}
    }
}

impl Default for AnswerView {
    fn default() -> Self {
        Self::Accepted {}
    }
}

impl From<CreateHookBody> for HookSpec {
    fn from(body: CreateHookBody) -> Self {
        let CreateHookBody { name, starts, filter, input, verification, .. } = body;
        let (verification, secret) = match verification {
            VerificationBody::None {} => (Verification::None, None),
            VerificationBody::HmacSha256 { header, prefix, secret } => {
                (Verification::HmacSha256 { header, prefix }, secret)
            }
            VerificationBody::StandardWebhooks { secret } => {
                (Verification::StandardWebhooks, secret)
            }
            VerificationBody::Github { secret } => (Verification::Github, secret),
        };
        let answer = match body.answer {
            AnswerView::Accepted {} => Answer::Accepted,
            AnswerView::Wait { at_most } => Answer::Wait { at_most },
        };
        let (delivery_id, headers, starts) = (body.delivery_id, body.headers, starts.into());
        let rules = HookRules { starts, filter, input, verification, delivery_id, headers, answer };
        Self { name, rules, secret: secret.map(Into::into) }
    }
}

impl From<Verification> for VerificationView {
    fn from(verification: Verification) -> Self {
        match verification {
            Verification::None => Self::None,
            Verification::HmacSha256 { header, prefix } => Self::HmacSha256 { header, prefix },
            Verification::StandardWebhooks => Self::StandardWebhooks,
            Verification::Github => Self::Github,
        }
    }
}

impl From<Answer> for AnswerView {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Accepted => Self::Accepted {},
            Answer::Wait { at_most } => Self::Wait { at_most },
        }
    }
}

impl HookView {
    /// What was written of it, as a document that a patch changes.
    pub(super) fn written(&self) -> Value {
        let Self {
            name, starts, filter, input, verification, delivery_id, headers, answer, ..
        } = self;
        json!({
            "name": name,
            "starts": starts,
            "filter": filter,
            "input": input,
            "verification": verification,
            "delivery_id": delivery_id,
            "headers": headers,
            "answer": answer,
        })
    }
}

impl From<Hook> for HookView {
    fn from(hook: Hook) -> Self {
        let Hook { id, name, rules, enabled, acts_for, counts, last_at, .. } = hook;
        let HookRules { starts, filter, input, verification, delivery_id, headers, answer } = rules;
        let HookCounts { started, repeated, ignored, refused, failed } = counts;
        Self {
            id,
            name,
            starts: starts.into(),
            filter,
            input,
            verification: verification.into(),
            delivery_id,
            headers,
            answer: answer.into(),
            enabled,
            acts_for: acts_for.into(),
            counts: HookCountsView { started, repeated, ignored, refused, failed },
            last_at: last_at.map(Time::from),
            version: hook.version,
            created_at: hook.created_at.into(),
            updated_at: hook.updated_at.into(),
        }
    }
}

impl From<HookWithToken> for HookWithTokenView {
    fn from(made: HookWithToken) -> Self {
        let token = made.token.map(|token| token.expose_secret().to_owned());
        let path = token.as_ref().map(|token| format!("/hooks/{token}"));
        Self { token, path, hook: made.hook.into() }
    }
}

impl From<HookDelivery> for HookDeliveryView {
    fn from(came: HookDelivery) -> Self {
        let HookDelivery { id, at, address, delivery, outcome, run_id, why } = came;
        Self {
            id,
            at: at.into(),
            address,
            delivery,
            outcome: match outcome {
                DeliveryOutcome::Started => HookOutcomeWord::Started,
                DeliveryOutcome::Repeated => HookOutcomeWord::Repeated,
                DeliveryOutcome::Ignored => HookOutcomeWord::Ignored,
                DeliveryOutcome::Refused => HookOutcomeWord::Refused,
                DeliveryOutcome::Failed => HookOutcomeWord::Failed,
            },
            run_id,
            why: why.map(NotStartedView::from),
        }
    }
}
