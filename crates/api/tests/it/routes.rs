//! The table of routes: each is described, guarded, and refuses as it says.

use std::collections::BTreeSet;

use gathering_domain::Role;
use serde_json::{Value, json};

use crate::support::{Asked, Bench};

/// Routes that anybody may use.
const OPEN: [(&str, &str); 6] = [
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/api/v1/auth/accept"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/reset"),
    ("POST", "/api/v1/auth/setup"),
];

/// Routes that need a caller and no permission: they show each what is theirs.
const OF_EVERYBODY: [(&str, &str); 2] =
    [("GET", "/api/v1/projects"), ("GET", "/api/v1/projects/{project_id}")];

/// What a viewer may do, beside asking with `GET`.
const OF_VIEWERS: [(&str, &str); 9] = [
    ("PATCH", "/api/v1/auth/me"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/password"),
    ("DELETE", "/api/v1/auth/sessions"),
    ("DELETE", "/api/v1/auth/sessions/{session_id}"),
    ("POST", "/api/v1/api-keys"),
    ("DELETE", "/api/v1/api-keys/{key_id}"),
    ("POST", "/api/v1/agents/{agent_id}/preview"),
    ("POST", "/api/v1/pipelines/validate"),
];

/// What a viewer may not even ask for.
const HIDDEN_FROM_VIEWERS: [(&str, &str); 11] = [
    ("GET", "/api/v1/invitations"),
    ("GET", "/api/v1/projects/{project_id}/members"),
    ("GET", "/api/v1/users"),
    ("GET", "/api/v1/users/{user_id}"),
    ("GET", "/api/v1/users/{user_id}/sessions"),
    ("GET", "/api/v1/users/{user_id}/api-keys"),
    ("GET", "/api/v1/audit"),
    ("GET", "/api/v1/audit/export"),
    ("GET", "/api/v1/secrets"),
    ("GET", "/api/v1/system/instances"),
    ("GET", "/api/v1/system/breakers"),
];

/// Method and path of every operation that is described.
fn operations() -> Vec<(String, String, Value)> {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("responses").is_some() {
                found.push((method.to_uppercase(), path.clone(), operation.clone()));
            }
        }
    }
    found
}

/// The path with something that has the right form in each of its variable parts.
fn example(path: &str) -> String {
    let id = "_00000000000000000000000000000009";
    path.replace("{agent_id}", &format!("agt{id}"))
        .replace("{agent_version_id}", &format!("agv{id}"))
        .replace("{pipeline_id}", &format!("pip{id}"))
        .replace("{pipeline_version_id}", &format!("piv{id}"))
        .replace("{run_id}", &format!("run{id}"))
        .replace("{thread_id}", &format!("thr{id}"))
        .replace("{artifact_id}", &format!("art{id}"))
        .replace("{approval_id}", &format!("apr{id}"))
        .replace("{project_id}", &format!("prj{id}"))
        .replace("{user_id}", &format!("usr{id}"))
        .replace("{invitation_id}", &format!("inv{id}"))
        .replace("{session_id}", &format!("ses{id}"))
        .replace("{key_id}", &format!("key{id}"))
        .replace("{name}", "none")
}

fn asked(method: &str, path: &str) -> Asked {
    Asked::new(method, &example(path)).json(&json!({}))
}

fn is_in(list: &[(&str, &str)], method: &str, path: &str) -> bool {
    list.contains(&(method, path))
}

#[tokio::test]
async fn every_route_but_the_open_ones_needs_a_valid_token() {
    let bench = Bench::new().await;
    let mut open = 0;
    for (method, path, operation) in operations() {
        let answer = bench.ask(asked(&method, &path)).await;
        if is_in(&OPEN, &method, &path) {
            open += 1;
            assert_eq!(operation.get("security"), None, "{method} {path}");
            assert_ne!(answer.status, 401, "{method} {path}");
            continue;
        }
        let nobody = (401, "unauthenticated".to_owned());
        assert_eq!(answer.problem(), nobody, "{method} {path}");
        let forged = bench.ask(asked(&method, &path).token("gts_forged")).await;
        assert_eq!(forged.problem(), nobody, "{method} {path}");
        let schemes = json!([{ "token": [] }, { "cookie": [] }]);
        assert_eq!(operation["security"], schemes, "{method} {path}");
    }
    assert_eq!(open, OPEN.len());
}

#[tokio::test]
async fn a_viewer_only_looks() {
    let bench = Bench::new().await;
    let mut token = bench.token(Role::Viewer).await;
    for (method, path, _) in operations() {
        if path.ends_with("/events") || is_in(&OPEN, &method, &path) {
            continue;
        }
        let answer = bench.ask(asked(&method, &path).token(&token)).await;
        let looks = (method == "GET" && !is_in(&HIDDEN_FROM_VIEWERS, &method, &path))
            || is_in(&OF_VIEWERS, &method, &path);
        if looks {
            let status = answer.status.as_u16();
            assert!(status != 401 && status != 403, "{method} {path}: {status}");
        } else {
            assert_eq!(answer.problem(), (403, "forbidden".to_owned()), "{method} {path}");
        }
        if path.ends_with("/logout") {
            token = bench.token(Role::Viewer).await;
        }
    }
}

#[tokio::test]
async fn every_route_answers_an_owner_with_something_that_it_says_it_answers() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    for (method, path, operation) in operations() {
        if path.ends_with("/events") || path.ends_with("/logout") {
            continue;
        }
        let answer = bench.ask(asked(&method, &path).token(&token)).await;
        let status = answer.status.as_u16();
        assert_ne!(status, 500, "{method} {path}: {}", answer.text());
        let told = &operation["responses"][status.to_string()];
        assert!(told.is_object(), "{method} {path} does not say that it answers {status}");
        if status >= 400 {
            let (_, code) = answer.problem();
            let codes = told["description"].as_str().unwrap();
            assert!(codes.contains(&format!("`{code}`")), "{method} {path}: {code} not in {codes}");
        }
    }
}

#[test]
fn every_operation_has_a_name_a_tag_and_words() {
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations() {
        let place = format!("{method} {path}");
        let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!name.is_empty() && names.insert(name), "{place}");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{place}");
        let words = operation["summary"].as_str().unwrap_or_default();
        assert!(!words.is_empty(), "{place}");
        let guarded = path.starts_with("/api/v1/")
            && !["/api/v1/auth/", "/api/v1/api-keys"].iter().any(|own| path.starts_with(own))
            && !is_in(&OF_EVERYBODY, &method, &path);
        let told = operation["description"].as_str().unwrap_or_default();
        assert_eq!(guarded, told.contains("Needs the permission"), "{place}: {told}");
        for code in ["internal", "overloaded"] {
            assert!(operation["responses"].to_string().contains(&format!("`{code}`")), "{place}");
        }
        let class = operation["x-rate-class"].as_str().unwrap();
        let limited = &operation["responses"]["429"];
        assert_eq!(limited.is_object(), class != "free", "{place}: {class}");
        for header in ["Retry-After", "RateLimit-Limit", "RateLimit-Policy"] {
            assert_eq!(limited["headers"][header].is_object(), class != "free", "{place}");
        }
    }
    assert!(names.len() > 60, "{}", names.len());
}

#[test]
fn every_schema_that_is_named_is_described() {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    let schemas = &description["components"]["schemas"];
    let mut named = BTreeSet::new();
    references(&description, &mut named);
    assert!(named.len() > 30, "{named:?}");
    for name in named {
        let name = name.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.get(name).is_some(), "{name}");
        assert!(!name.ends_with("View") && !name.ends_with("Word"), "{name} is an inner name");
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.clone());
            }
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
