//! What handlers take from a request; every refusal is a problem.

mod body;
mod caller;
mod headers;
mod origin;
mod path;
mod query;

pub(crate) use body::{Json, is_json, media_type, read_bytes, read_text, text, unsupported};
pub(crate) use caller::Caller;
#[cfg(test)]
pub(crate) use headers::READ as READ_HEADERS;
pub(crate) use headers::{IdempotencyKey, IfMatch, LastEventId, named_project};
pub(crate) use origin::{From, origin};
pub(crate) use path::Path;
pub(crate) use query::{PageQuery, Query};
