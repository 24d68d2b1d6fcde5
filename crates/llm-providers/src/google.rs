//! Google's Gemini API.

mod request;
mod stream;

use gathering_domain::Duration;
use gathering_llm::{ModelErrorKind, ModelInfo, ModelRequest};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    exchange::{Ask, Decoder, Wire},
    fault::{WireFault, kind_of_status, says_too_long, words_of},
};

/// The kind under which its seals are made.
const KIND: &str = "google";

/// The wire.
pub(crate) struct Google;

impl Wire for Google {
    fn ask(&self, request: &ModelRequest) -> Result<Ask, WireFault> {
        let model = model_path(&request.model)?;
        let body = request::Body::of(request)?;
        Ok(Ask::json(format!("/{model}:streamGenerateContent?alt=sse"), &body))
    }

    fn decoder(&self, request: &ModelRequest) -> Box<dyn Decoder> {
        Box::new(stream::Chunks::new(request))
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-goog-api-key", "")
    }

    fn explain(&self, status: u16, body: &str) -> WireFault {
        let error = error_of(body);
        let kind = kind_of_error(status, &error);
        let fault = WireFault::new(kind, words_of(status, body));
        WireFault { retry_after: error.retry_delay(), ..fault }
    }

    fn models_path(&self) -> &'static str {
        "/models?pageSize=1000"
    }

    fn read_models(&self, body: &[u8]) -> Result<Vec<ModelInfo>, WireFault> {
        let list: Models = serde_json::from_slice(body)
            .map_err(|error| WireFault::malformed("the list of models", &error))?;
        let talks = |model: &Model| {
            model.supported_generation_methods.iter().any(|method| method == "generateContent")
        };
        let info = |model: Model| ModelInfo {
            name: model.name.strip_prefix("models/").unwrap_or(&model.name).to_owned(),
            title: model.display_name,
            context_tokens: model.input_token_limit,
        };
        Ok(list.models.into_iter().filter(talks).map(info).collect())
    }

    fn ask_count(&self, request: &ModelRequest) -> Option<Result<Ask, WireFault>> {
        let ask = || {
            let model = model_path(&request.model)?;
            let body = request::Body::of(request)?;
            let count = request::Count::of(&model, body);
            Ok(Ask::json(format!("/{model}:countTokens"), &count))
        };
        Some(ask())
    }

    fn read_count(&self, body: &[u8]) -> Option<u64> {
        serde_json::from_slice::<Counted>(body).ok().map(|counted| counted.total_tokens)
    }
}

/// The model's place below the base URL. Its name becomes part of the path, so only plain ones pass.
fn model_path(model: &str) -> Result<String, WireFault> {
    let fits = !model.is_empty()
        && !model.contains("..")
        && model.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
    if !fits {
        let message = format!("`{model}` cannot be the name of a Gemini model");
        return Err(WireFault::new(ModelErrorKind::UnknownModel, message));
    }
    let known_place = model.starts_with("models/") || model.starts_with("tunedModels/");
    Ok(if known_place { model.to_owned() } else { format!("models/{model}") })
}

#[derive(Deserialize)]
struct Models {
    #[serde(default)]
    models: Vec<Model>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    name: String,
    display_name: Option<String>,
    input_token_limit: Option<u64>,
    #[serde(default)]
    supported_generation_methods: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    total_tokens: u64,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    code: u16,
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Value>,
}

/// The error in a body, which is an object or, for streams, a list of one.
fn error_of(body: &str) -> ErrorBody {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let value = value.get(0).unwrap_or(&value);
    let error = value.get("error").cloned().unwrap_or_default();
    serde_json::from_value(error).unwrap_or_default()
}

impl ErrorBody {
    /// The wait that the error asks for, written as `34s` or `1.5s`.
    fn retry_delay(&self) -> Option<Duration> {
        let delay = self.details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
        let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
        let seconds = (0.0..=86_400.0).contains(&seconds).then_some(seconds)?;
        u64::try_from(std::time::Duration::from_secs_f64(seconds).as_millis())
            .ok()
            .map(Duration::from_millis)
    }
}

fn kind_of_error(status: u16, error: &ErrorBody) -> ModelErrorKind {
    let reason = |wanted: &str| {
        error.details.iter().any(|detail| detail.get("reason").is_some_and(|r| r == wanted))
    };
    match error.status.as_str() {
        // A wrong key is an invalid argument here.
        _ if reason("API_KEY_INVALID") || error.message.contains("API key not valid") => {
            ModelErrorKind::AuthRefused
        }
        "INVALID_ARGUMENT" if says_too_long(&error.message) => ModelErrorKind::ContextTooLong,
        "INVALID_ARGUMENT" | "FAILED_PRECONDITION" => ModelErrorKind::InvalidRequest,
        "UNAUTHENTICATED" | "PERMISSION_DENIED" => ModelErrorKind::AuthRefused,
        "NOT_FOUND" => ModelErrorKind::UnknownModel,
        "RESOURCE_EXHAUSTED" => ModelErrorKind::RateLimited,
        "UNAVAILABLE" => ModelErrorKind::Overloaded,
        "DEADLINE_EXCEEDED" => ModelErrorKind::Timeout,
        "INTERNAL" => ModelErrorKind::ServerError,
        _ if status == 0 => kind_of_status(error.code),
        _ => kind_of_status(status),
    }
}
