//! The description of the API (OpenAPI 3.1), from the annotations that route and the table of routes.

mod forms;

use std::collections::BTreeMap;

use gathering_domain::{Permission, Reach};
use http::StatusCode;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Components, Content, ContentBuilder, Header, Object, ObjectBuilder, Ref, RefOr, Required,
        ResponseBuilder, Schema, SecurityRequirement, Type,
        extensions::ExtensionsBuilder,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem},
        schema::SchemaType,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    access::{Access, RateClass},
    events::{EnvelopeView, SocketMessage, SocketRequest},
    problem::{ProblemView, code},
    router::described,
    routes::{ROUTES, Route},
};

/// What is described by a name of its own.
type Schemas = BTreeMap<String, RefOr<Schema>>;

/// The name of the scheme by which callers show who they are.
const TOKEN: &str = "token";
/// By which limit the requests of a route are counted.
const RATE_CLASS: &str = "x-rate-class";
/// Refusals that every route has.
const OF_ALL: [&str; 5] =
    ["headers_too_large", "internal", "overloaded", "uri_too_long", "wrong_host"];
/// Refusals of routes that ask the store: all but those for whoever watches the server.
const OF_STORE: [&str; 2] = ["busy", "store_unavailable"];
/// Refusals that routes of each class have which is limited.
const OF_LIMITED: [&str; 1] = ["too_many_requests"];
/// What the answers of routes which are limited tell in their headers.
const LIMIT_HEADERS: &[(&str, &str)] = &[
    ("Retry-After", "Seconds after which to come back."),
    ("RateLimit-Limit", "How many may come at once after a rest."),
    ("RateLimit-Remaining", "How many may come at once now."),
    ("RateLimit-Reset", "Seconds until all of them may, or where none may, until one may."),
    ("RateLimit-Policy", "The limit, and in how many seconds it is whole again."),
];
/// The name of the scheme of callers whose browser keeps the token.
const COOKIE: &str = "cookie";
/// Refusals that routes with a caller have. The header that names a project may be none, or name one in
/// which the caller does not act.
const OF_CALLERS: [&str; 5] =
    ["csrf_failed", "forbidden", "invalid_header", "not_found", "unauthenticated"];
/// Refusals of routes that act in a project.
const OF_PROJECTS: [&str; 1] = ["project_required"];
/// Refusals that routes with a body have.
const OF_BODIES: [&str; 8] = [
    "incomplete_body",
    "invalid",
    "invalid_json",
    "not_utf8",
    "slow_body",
    "too_deep",
    "too_large",
    "unsupported_media_type",
];

/// What is described beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Gathering",
        description = "A server for teams of AI agents. Every failure has one shape \
            (`application/problem+json`); its `code` is explained under `/api/errors/{code}`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/")),
    tags(
        (name = "auth", description = "Set-up, invitations, sign-in, sign-out, sessions."),
        (name = "users", description = "People, and invitations to become one of them."),
        (name = "projects", description = "What everything belongs to, and who acts in it."),
        (name = "api-keys", description = "Keys by which programs act for a user."),
        (name = "providers", description = "Model providers."),
        (name = "secrets", description = "Values that are written and never read back."),
        (name = "channels", description = "Ways to notify people."),
        (name = "webhooks", description = "Where events are sent."),
        (name = "agents", description = "Configured model users, with immutable versions."),
        (name = "threads", description = "Conversations of one user with an agent."),
        (name = "tools", description = "What agents and pipelines can call."),
        (name = "pipelines", description = "What users design, with immutable versions."),
        (name = "runs", description = "Executions of pipelines and agents."),
        (name = "schedules", description = "What starts work at its times."),
        (name = "hooks", description = "Addresses at which requests from outside start runs."),
        (name = "triggers", description = "What starts runs when something happens."),
        (name = "approvals", description = "What runs ask of people."),
        (name = "artifacts", description = "Named stored outputs."),
        (name = "events", description = "Everything that happens, as a stream."),
        (name = "audit", description = "Who did what."),
        (name = "search", description = "What has such a name."),
        (name = "system", description = "The server itself."),
        (name = "health", description = "For whoever watches the server."),
    ),
    components(schemas(ProblemView, EnvelopeView, SocketRequest, SocketMessage)),
    modifiers(&Scheme),
)]
pub(crate) struct Described;

/// The scheme by which callers show who they are.
struct Scheme;

impl Modify for Scheme {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that `POST /api/v1/auth/login` answers, or an API key."))
            .build();
        let components = openapi.components.get_or_insert_with(Components::new);
        components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
        let cookie = ApiKeyValue::with_description(
            "gathering_session",
            "What `POST /api/v1/auth/login` sets if its body says `\"cookie\": true`; over `https` its \
             name is `__Host-gathering`. Requests that may change something show the session's \
             `csrf_token` in the header `X-CSRF-Token` as well.",
        );
        components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The description of the whole API. Needs no store and no server.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut openapi = described().into_openapi();
    let schemas = openapi.components.as_ref().map(|all| all.schemas.clone()).unwrap_or_default();
    for route in ROUTES.iter() {
        let item = openapi.paths.paths.get_mut(route.path);
        if let Some(operation) = item.and_then(|item| operation(item, route)) {
            complete(operation, route, &schemas);
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    forms::of_parameter(parameter);
                }
            }
        }
    }
    for (name, schema) in openapi.components.iter_mut().flat_map(|all| &mut all.schemas) {
        forms::of_component(name, schema);
    }
    openapi
}

fn operation<'a>(item: &'a mut PathItem, route: &Route) -> Option<&'a mut Operation> {
    let operation = match route.method.as_str() {
        "GET" => &mut item.get,
        "POST" => &mut item.post,
        "PUT" => &mut item.put,
        "PATCH" => &mut item.patch,
        "DELETE" => &mut item.delete,
        _ => return None,
    };
    operation.as_mut()
}

fn limit_header(name: &str, told: &str) -> Header {
    let kind = if name == "RateLimit-Policy" { Type::String } else { Type::Integer };
    let mut header = Header::new(Object::with_type(kind));
    header.description = Some(told.to_owned());
    header
}

/// Tells who may use a route, by which limit its requests are counted, and every way in which it
/// refuses.
fn complete(operation: &mut Operation, route: &Route, schemas: &Schemas) {
    let class = ExtensionsBuilder::new().add(RATE_CLASS, route.class.word()).build();
    operation.extensions.get_or_insert_default().merge(class);
    let has_body = operation.request_body.is_some();
    let of_caller = route.access != Access::Open;
    if of_caller {
        let none: [&str; 0] = [];
        let by = |scheme| SecurityRequirement::new(scheme, none);
        operation.security = Some(vec![by(TOKEN), by(COOKIE)]);
        operation.parameters.get_or_insert_default().push(RefOr::T(project()));
    }
    let permissions: Vec<Permission> = route.access.permissions().collect();
    if !permissions.is_empty() {
        let words: Vec<String> =
            permissions.iter().map(|it| format!("`{}`", it.as_str())).collect();
        let what = if words.len() == 1 { "permission" } else { "permissions" };
        let needs = format!("Needs the {what} {}.", words.join(" and "));
        let told = operation.description.take().unwrap_or_default();
        operation.description = Some(format!("{told}\n\n{needs}").trim().to_owned());
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        let optional = body.content.values().any(|content| match content {
            RefOr::T(Content { schema: Some(schema), .. }) => may_be_empty(schema, schemas),
            _ => false,
        });
        body.required = Some(if optional { Required::False } else { Required::True });
    }
    let mut by_status = BTreeMap::<u16, Vec<&str>>::new();
    let of_all = OF_ALL.iter().chain(route.errors);
    let of_store = OF_STORE.iter().filter(|_| route.class != RateClass::Free);
    let of_limited = OF_LIMITED.iter().filter(|_| route.class != RateClass::Free);
    let of_callers = OF_CALLERS.iter().filter(|_| of_caller);
    let in_project = permissions.iter().any(|permission| permission.reach() == Reach::Project);
    let of_projects = OF_PROJECTS.iter().filter(|_| in_project);
    let of_bodies = OF_BODIES.iter().filter(|_| has_body);
    let of_all = of_all.chain(of_store);
    for name in of_all.chain(of_limited).chain(of_callers).chain(of_projects).chain(of_bodies) {
        let names = by_status.entry(code(name).status.as_u16()).or_default();
        if !names.contains(name) {
            names.push(name);
        }
    }
    for (status, mut names) in by_status {
        names.sort_unstable();
        let codes: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let content = ContentBuilder::new()
            .schema(Some(RefOr::Ref(Ref::from_schema_name("Problem"))))
            .build();
        let mut response = ResponseBuilder::new()
            .description(codes.join(", "))
            .content("application/problem+json", content);
        if status == StatusCode::SERVICE_UNAVAILABLE.as_u16() {
            let (name, told) = LIMIT_HEADERS[0];
            response = response.header(name, limit_header(name, told));
        }
        if status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
            for (name, told) in LIMIT_HEADERS {
                response = response.header(*name, limit_header(name, told));
            }
        }
        let response = response.build();
        operation.responses.responses.insert(status.to_string(), RefOr::T(response));
    }
}

/// Whether a body may be left out: it is read as `{}`, and nothing has to be in it; or it may be anything.
fn may_be_empty(schema: &RefOr<Schema>, schemas: &Schemas) -> bool {
    let reference = match schema {
        RefOr::Ref(reference) => reference,
        RefOr::T(Schema::Object(any)) => return any.schema_type == SchemaType::AnyValue,
        RefOr::T(_) => return false,
    };
    let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
    matches!(schemas.get(name), Some(RefOr::T(Schema::Object(body))) if body.required.is_empty())
}

/// The header by which a caller says in which project they act.
fn project() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    ParameterBuilder::new()
        .name("Gathering-Project")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The project, `prj_…`, in which the caller acts. Without it the only one of which they are a \
             member; for owners and operators the project `default`.",
        ))
        .schema(Some(schema))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_that_asks_the_store_says_that_it_may_be_away() {
        let openapi = serde_json::to_value(openapi()).expect("a description is JSON");
        for route in ROUTES.iter() {
            let method = route.method.as_str().to_lowercase();
            let answer = &openapi["paths"][route.path][method]["responses"]["503"];
            let told = answer["description"].as_str().unwrap_or_default();
            let asks = !["/healthz", "/readyz"].contains(&route.path);
            assert_eq!(told.contains("`busy`, "), asks, "{} {told}", route.path);
            assert_eq!(told.contains("`store_unavailable`"), asks, "{} {told}", route.path);
            assert!(answer["headers"]["Retry-After"].is_object(), "{}", route.path);
        }
    }

    /// The names under which the types of this source are described.
    fn described_in(source: &str) -> Vec<String> {
        let word = |text: &str| {
            let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
            text[..end.unwrap_or(text.len())].to_owned()
        };
        let (mut names, mut is_described, mut named) = (Vec::new(), false, None);
        for line in source.lines().map(str::trim) {
            if line.contains("ToSchema") && (line.starts_with("#[derive(") || line.ends_with(")]"))
            {
                (is_described, named) = (true, None);
            } else if let (true, Some((_, name))) = (is_described, line.split_once("(as = ")) {
                named = Some(word(name));
            } else if is_described
                && let Some((_, name)) =
                    line.split_once("struct ").or_else(|| line.split_once("enum "))
                && !line.starts_with("//")
            {
                names.push(named.take().unwrap_or_else(|| word(name)));
                is_described = false;
            }
        }
        names
    }

    #[test]
    fn no_two_types_are_described_under_one_name() {
        let mut folders =
            vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        let mut found = BTreeMap::<String, std::path::PathBuf>::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the source is there") {
                let path = entry.expect("it has a name").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).expect("source is text");
                for name in described_in(&source) {
                    if let Some(other) = found.insert(name.clone(), path.clone()) {
                        panic!("`{name}` is in {} and {}", other.display(), path.display());
                    }
                }
            }
        }
        // The first would be described as the other, and nothing would say so.
        let components = openapi().components.expect("has schemas").schemas;
        for name in ["PreviewMessageBody", "PreviewTimingBody", "Schedule", "Run"] {
            assert!(found.contains_key(name) && components.contains_key(name), "{name}");
        }
        assert!(found.len() > 130, "{} are found", found.len());
    }
}
