//! Anthropic's messages API.

mod request;
mod stream;

use gathering_llm::{ModelErrorKind, ModelInfo, ModelRequest};
use serde::Deserialize;

use crate::{
    exchange::{Ask, Decoder, Wire},
    fault::{WireFault, kind_of_status, says_too_long, words_of},
};

/// The kind under which its seals are made.
const KIND: &str = "anthropic";

/// The wire.
pub(crate) struct Anthropic;

impl Wire for Anthropic {
    fn ask(&self, request: &ModelRequest) -> Result<Ask, WireFault> {
        Ok(Ask::json("/v1/messages", &request::Body::of(request, true)?))
    }

    fn decoder(&self, _request: &ModelRequest) -> Box<dyn Decoder> {
        Box::new(stream::Events::default())
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-api-key", "")
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn explain(&self, status: u16, body: &str) -> WireFault {
        let error: Option<Envelope> = serde_json::from_str(body).ok();
        let error_type = error.as_ref().map_or("", |envelope| &envelope.error.r#type);
        let message = error.as_ref().map_or("", |envelope| &envelope.error.message);
        let kind = match kind_of_error(error_type, message) {
            Some(kind) => kind,
            None => kind_of_status(status),
        };
        WireFault::new(kind, words_of(status, body))
    }

    fn models_path(&self) -> &'static str {
        "/v1/models?limit=1000"
    }

    fn read_models(&self, body: &[u8]) -> Result<Vec<ModelInfo>, WireFault> {
        let list: Models = serde_json::from_slice(body)
            .map_err(|error| WireFault::malformed("the list of models", &error))?;
        let info = |model: Model| ModelInfo {
            name: model.id,
            title: model.display_name,
            context_tokens: model.max_input_tokens,
        };
        Ok(list.data.into_iter().map(info).collect())
    }

    fn ask_count(&self, request: &ModelRequest) -> Option<Result<Ask, WireFault>> {
        let body = request::Body::of(request, false);
        Some(body.map(|body| Ask::json("/v1/messages/count_tokens", &body.without_limits())))
    }

    fn read_count(&self, body: &[u8]) -> Option<u64> {
        serde_json::from_slice::<Count>(body).ok().map(|count| count.input_tokens)
    }
}

#[derive(Deserialize)]
struct Envelope {
    error: ErrorBody,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Models {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    display_name: Option<String>,
    max_input_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Count {
    input_tokens: u64,
}

/// What a named error means, in a body or within a stream.
fn kind_of_error(error_type: &str, message: &str) -> Option<ModelErrorKind> {
    Some(match error_type {
        "invalid_request_error" if says_too_long(message) => ModelErrorKind::ContextTooLong,
        "invalid_request_error" if message.contains("credit balance") => {
            ModelErrorKind::QuotaExhausted
        }
        "invalid_request_error" | "request_too_large" => ModelErrorKind::InvalidRequest,
        "authentication_error" | "permission_error" => ModelErrorKind::AuthRefused,
        "billing_error" => ModelErrorKind::QuotaExhausted,
        "not_found_error" => ModelErrorKind::UnknownModel,
        "rate_limit_error" => ModelErrorKind::RateLimited,
        "overloaded_error" => ModelErrorKind::Overloaded,
        "timeout_error" => ModelErrorKind::Timeout,
        "api_error" => ModelErrorKind::ServerError,
        _ => return None,
    })
}
