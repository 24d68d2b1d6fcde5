//! The language as its users see it: results, refusals, bounds.

mod bounds;
mod evaluation;
mod parsing;
mod properties;

use gathering_expressions::Scope;
use serde_json::json;

/// A run with an input, two nodes, variables and an item.
fn scope() -> Scope {
    let mut scope = Scope::new(&json!({
        "topic": "owls", "count": 3, "price": 0.5, "big": 9_007_199_254_740_993_i64, "flag": true,
        "none": null, "tickets": [{ "text": "a", "urgent": true }, { "text": "b", "urgent": false }],
    }));
    scope.set_node("sort", &json!({ "output": [{ "urgent": true }, { "urgent": false }] }));
    scope.set_node("skipped", &json!({ "output": null }));
    scope.set_vars(&json!({ "tone": "dry" }));
    scope.set_run(&json!({ "id": "run_1" }));
    scope.with_item(&json!({ "text": "hello" }))
}
