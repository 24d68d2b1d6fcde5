//! Expressions and templates: any text ends within its bounds, and gives JSON or a reason.
#![no_main]

use gathering_expressions::{Expression, Scope, Template};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|source: &str| {
    let input = json!({ "n": 3, "text": "a b", "list": [1, "2", null, { "x": true }], "none": null });
    let scope = Scope::new(&input);
    if let Ok(expression) = Expression::parse(source) {
        let _ = expression.evaluate(&scope);
    }
    if let Ok(template) = Template::parse(source) {
        let _ = template.render(&scope);
    }
});
