//! `http_request`: one request over the network's one door.

use std::{collections::BTreeMap, sync::Arc};

use gathering_domain::{Duration, EffectKind, Failure, Permission, find_secret_markers};
use gathering_egress::{Answer, Egress, EgressRequest, Limits, NoSecrets, read_answer};
use gathering_tools::{Policy, ToolContext, ToolKind, ToolSpec, TypedTool};
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest that one request may take, answer included.
const TIMEOUT: Duration = Duration::from_secs(55);
/// The longest that the executor waits: the request's own limit comes first, and says more.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// The most bytes of an answer that a model sees; the rest becomes an artifact.
const OUTPUT_BYTES: u64 = 64 * 1024;
/// The most redirects.
const MAX_REDIRECTS: u8 = 5;

/// Makes HTTP requests.
pub struct HttpRequest {
    egress: Egress,
}

/// What to ask.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The method.
    #[serde(default)]
    method: Verb,
    /// The address: `https://…`.
    #[schemars(length(min = 1, max = 4000))]
    url: String,
    /// Headers by name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 32))]
    headers: BTreeMap<String, String>,
    /// The body: text is sent as it is, anything else as JSON.
    #[serde(default)]
    body: Option<Value>,
    /// The header by which the target recognises a repeated POST or PATCH, such as
    /// `Idempotency-Key`. Name it only if the target documents it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    idempotency_header: Option<String>,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Verb {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    const fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Head => Method::HEAD,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }

    /// Whether the method itself promises that twice is as good as once.
    const fn is_idempotent(self) -> bool {
        match self {
            Self::Get | Self::Head | Self::Put | Self::Delete => true,
            Self::Post | Self::Patch => false,
        }
    }
}

impl HttpRequest {
    /// A tool that goes out through `egress`, under its rules. Its secrets are not for models: a
    /// request that names one is refused.
    pub fn new(egress: &Egress) -> Self {
        Self { egress: egress.with_secrets(Arc::new(NoSecrets)) }
    }
}

impl Input {
    fn kind(&self) -> EffectKind {
        if self.method.is_idempotent() || self.idempotency_header.is_some() {
            EffectKind::Idempotent
        } else {
            EffectKind::Unsafe
        }
    }

    fn request(&self, context: &ToolContext) -> Result<EgressRequest, Failure> {
        let mut request = EgressRequest::new(self.method.method(), self.url.as_str());
        let has = |name: &str| self.headers.keys().any(|own| own.eq_ignore_ascii_case(name));
        for (name, value) in &self.headers {
            let is_key = |header: &String| header.eq_ignore_ascii_case(name);
            if !self.idempotency_header.as_ref().is_some_and(is_key) {
                request = request.header(name, value);
            }
        }
        if let Some(header) = &self.idempotency_header {
            // The same over attempts and restarts, which no text of a model's is.
            request = request.header(header, context.effect_id.to_string());
        }
        let body = match &self.body {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => {
                if !has("content-type") {
                    request = request.header("content-type", "application/json");
                }
                value.to_string()
            }
        };
        let texts = self.headers.values().chain([&self.url, &body]);
        for text in texts {
            if let Some((_, name)) = find_secret_markers(text).first() {
                let message =
                    format!("a model's request may not name a secret; this one names `{name}`");
                return Err(Failure::fatal("secret_refused", message));
            }
        }
        let limits = Limits {
            // Reading stops at the tool's own bound; this one would make a fault of it.
            body_bytes: Limits::MOST_BODY_BYTES,
            redirects: MAX_REDIRECTS,
            ..Limits::within(TIMEOUT)
        };
        Ok(request.body(body).limits(limits).held_to(context.hosts.iter().cloned()))
    }
}

impl TypedTool for HttpRequest {
    type Input = Input;
    type Output = Answer;

    fn spec(&self) -> ToolSpec {
        let purpose = "Make an HTTP request to a public address and read the answer.";
        let kind = ToolKind::Effect { kind: EffectKind::Unsafe };
        ToolSpec::of::<Input, Answer>("http_request", purpose, kind)
            .needs(Permission::ToolInvoke)
            .policy(Policy::Ask)
            .limits(CALL_TIMEOUT, OUTPUT_BYTES)
    }

    fn kind_of(&self, input: &Input) -> Option<EffectKind> {
        Some(input.kind())
    }

    async fn run(&self, context: &ToolContext, input: Input) -> Result<Answer, Failure> {
        let request = input.request(context)?;
        let response = self.egress.for_project(context.project_id).send(request).await?;
        read_answer(response, input.kind()).await
    }
}
