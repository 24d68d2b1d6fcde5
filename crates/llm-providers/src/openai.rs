//! OpenAI's chat completions API, and the dialects of the servers that speak it.

mod dialect;
mod request;
mod stream;

use gathering_llm::{ModelErrorKind, ModelInfo, ModelRequest};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    exchange::{Ask, Decoder, Wire},
    fault::{WireFault, kind_of_status, says_too_long, words_of},
};

pub(crate) use dialect::Dialect;

/// The wire, in one server's dialect.
pub(crate) struct OpenAi {
    pub(crate) dialect: Dialect,
}

impl Wire for OpenAi {
    fn ask(&self, request: &ModelRequest) -> Result<Ask, WireFault> {
        Ok(Ask::json("/chat/completions", &request::Body::of(request, self.dialect)?))
    }

    fn decoder(&self, request: &ModelRequest) -> Box<dyn Decoder> {
        Box::new(stream::Chunks::new(request))
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    fn explain(&self, status: u16, body: &str) -> WireFault {
        let error = serde_json::from_str::<Value>(body).unwrap_or_default();
        let error = error.get("error").unwrap_or(&error);
        let kind = kind_of_error(status, error, body);
        WireFault::new(kind, words_of(status, body))
    }

    fn models_path(&self) -> &'static str {
        "/models"
    }

    fn read_models(&self, body: &[u8]) -> Result<Vec<ModelInfo>, WireFault> {
        // Together answers a bare list.
        let list: ModelList = serde_json::from_slice(body)
            .map_err(|error| WireFault::malformed("the list of models", &error))?;
        let (ModelList::Wrapped { data } | ModelList::Bare(data)) = list;
        let info = |model: Model| ModelInfo {
            name: model.id,
            title: model.name.or(model.display_name),
            context_tokens: model
                .context_length
                .or(model.max_context_length)
                .or(model.max_model_len)
                .or(model.context_window),
        };
        Ok(data.into_iter().map(info).collect())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ModelList {
    Wrapped { data: Vec<Model> },
    Bare(Vec<Model>),
}

/// A model, with the names that different servers have for the same thing.
#[derive(Deserialize)]
struct Model {
    id: String,
    name: Option<String>,
    display_name: Option<String>,
    context_length: Option<u64>,
    max_context_length: Option<u64>,
    max_model_len: Option<u64>,
    context_window: Option<u64>,
}

/// What an error means, in a body or within a stream (`status` 0).
fn kind_of_error(status: u16, error: &Value, body: &str) -> ModelErrorKind {
    let word = |field: &str| error.get(field).and_then(Value::as_str).unwrap_or_default();
    let (code, error_type) = (word("code"), word("type"));
    match (code, error_type) {
        ("context_length_exceeded", _) => return ModelErrorKind::ContextTooLong,
        ("insufficient_quota", _) | (_, "insufficient_quota") => {
            return ModelErrorKind::QuotaExhausted;
        }
        ("model_not_found", _) => return ModelErrorKind::UnknownModel,
        ("invalid_api_key", _) | (_, "authentication_error") => {
            return ModelErrorKind::AuthRefused;
        }
        ("rate_limit_exceeded", _) => return ModelErrorKind::RateLimited,
        _ => {}
    }
    let status = match status {
        // Within a stream, some servers give the status as the code.
        0 => error.get("code").and_then(Value::as_u64).unwrap_or(500),
        status => u64::from(status),
    };
    let about_model = || body.to_ascii_lowercase().contains("model");
    match u16::try_from(status).unwrap_or(500) {
        400 | 413 | 422 | 500 if says_too_long(body) => ModelErrorKind::ContextTooLong,
        400 if body.contains("does not exist") && about_model() => ModelErrorKind::UnknownModel,
        // Without a word about a model, it is the base URL that leads nowhere.
        404 if !about_model() => ModelErrorKind::InvalidRequest,
        status => kind_of_status(status),
    }
}
