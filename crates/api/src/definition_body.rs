//! A pipeline's definition as a body: JSON, or the text of a YAML file.

use axum::extract::{FromRequest, Request};
use gathering_app::pipelines::{Format, Source};
use serde::de::IgnoredAny;

use crate::{
    Problem,
    decode::decode,
    extract::{is_json, media_type, read_text, unsupported},
    state::Edge,
};

/// The media types that YAML goes by.
const YAML: [&str; 4] = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];

/// A definition, as it came.
#[derive(Debug)]
pub(crate) struct DefinitionBody(pub(crate) Source);

impl FromRequest<Edge> for DefinitionBody {
    type Rejection = Problem;

    async fn from_request(request: Request, edge: &Edge) -> Result<Self, Problem> {
        let media_type = media_type(request.headers())?;
        let wanted = "`application/json` or `application/yaml`";
        let format = match media_type.as_deref() {
            Some(given) if is_json(given) => Format::Json,
            Some(given) if YAML.contains(&given) => Format::Yaml,
            given => return Err(unsupported(given, wanted)),
        };
        let text = read_text(request, edge).await?;
        if format == Format::Json {
            // Only looked at here, so that what is not JSON is told as everywhere; what it says is
            // read by those who know definitions, who also refuse a key that stands twice.
            decode::<IgnoredAny>(&text, edge.options.json_depth)?;
        }
        Ok(Self(Source::Text { text, format }))
    }
}
