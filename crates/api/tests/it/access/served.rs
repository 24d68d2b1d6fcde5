//! What the router serves, and what the description tells, to be compared with the table.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use serde_json::Value;

/// Every method that the router tells apart.
const METHODS: [&str; 9] =
    ["get", "head", "delete", "options", "patch", "post", "put", "trace", "connect"];

/// Method and path of everything that a router serves.
///
/// No list of it is to be had but the text that is meant for debugging. A text that cannot be read fails:
/// nothing may be served without being seen here.
pub(crate) fn served(router: &Router) -> BTreeSet<String> {
    let text = format!("{router:?}");
    let (routes, rest) =
        text.split_once("node: Node { paths: {").expect("a router lists its paths");
    let (paths, _) = rest.split_once("} }").expect("the list of paths ends");
    let paths: BTreeMap<&str, &str> = by_id(paths)
        .map(|(id, path)| (id, path.trim_end_matches([',', ' ']).trim_matches('"')))
        .collect();
    let mut found = BTreeSet::new();
    let mut endpoints = 0;
    for (id, endpoint) in by_id(routes) {
        endpoints += 1;
        let path = paths.get(id).unwrap_or_else(|| panic!("{endpoint} has no path"));
        assert!(
            endpoint.starts_with("MethodRouter("),
            "`{path}` is served for every method: give it handlers for those that it has"
        );
        for method in METHODS {
            let field = format!(" {method}: ");
            let (_, handler) = endpoint.split_once(&field).expect("an endpoint lists its methods");
            if !handler.starts_with("None") {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    assert_eq!(endpoints, paths.len(), "each path has an endpoint: {text}");
    found
}

/// What follows each id of a route.
fn by_id(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("RouteId(").skip(1).map(|part| part.split_once("): ").expect("an id has a value"))
}

/// Every operation that is described, by method and path.
pub(crate) fn described() -> BTreeMap<String, Value> {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    let mut found = BTreeMap::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation.get("responses").is_some() {
                found.insert(format!("{} {path}", method.to_uppercase()), operation.clone());
            }
        }
    }
    found
}
