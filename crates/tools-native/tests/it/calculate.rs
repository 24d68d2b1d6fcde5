//! `calculate` as a caller sees it.

use gathering_tools_native::Calculate;
use serde_json::json;

use crate::{block_on, boxed, call};

#[test]
fn it_answers_value_and_exactness() {
    let output = block_on(call(boxed(Calculate), json!({ "expression": "2 / 3" }))).unwrap();
    assert_eq!(
        output.value,
        json!({ "result": "0.666666666666667", "exact": false, "fraction": "2/3" })
    );
}

#[test]
fn wrong_expression_is_a_failure_that_says_where() {
    let failure = block_on(call(boxed(Calculate), json!({ "expression": "2 +" }))).unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.message.as_str()),
        (
            "invalid_arguments",
            "could not compute the expression: the end at character 4, where a number, a name or `(` was expected"
        )
    );
    let failure = block_on(call(boxed(Calculate), json!({ "expr": "2" }))).unwrap_err();
    assert_eq!(failure.code, "schema");
}
