//! `/api/docs`, `/api/openapi.json` and `/api/errors`: the API explains itself, without a network.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, header};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    Problem, error_reference,
    extract::Path,
    openapi,
    problem::{CODES, FAILURES},
    state::Edge,
};

/// What the documentation's page may load: its own scripts and styles, and the pictures in them. It
/// sets styles from its scripts, so that those are admitted in line.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The routes of the documentation, which are open.
pub(crate) fn router() -> Router<Edge> {
    let ui = SwaggerUi::new("/api/docs").config(utoipa_swagger_ui::Config::from(DESCRIPTION));
    let ui = Router::from(ui).layer(middleware::from_fn(may_load));
    Router::new()
        .route(DESCRIPTION, get(description))
        .route("/api/errors", get(errors))
        .route("/api/errors/{code}", get(error))
        .merge(ui)
}

/// Where the description is.
const DESCRIPTION: &str = "/api/openapi.json";

/// The description, which never changes while the program runs.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let description: OpenApi = openapi();
    description.to_json().expect("a description is JSON")
});

async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

async fn errors() -> impl IntoResponse {
    page(error_reference())
}

async fn error(Path(name): Path<String>) -> Result<impl IntoResponse, Problem> {
    let answer = CODES.iter().find(|code| code.name == name).map(|code| code.page);
    let failure = || FAILURES.iter().find(|code| code.name == name).map(|code| code.page);
    match answer.or_else(failure) {
        Some(text) => Ok(page(text.to_owned())),
        None => Err(Problem::new("not_found", format!("there is no error code `{name}`"))),
    }
}

fn page(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], text)
}

async fn may_load(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
