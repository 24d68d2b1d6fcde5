//! Whatever is typed, parsing and evaluation end without a panic and within the bounds.

use gathering_expressions::{Expression, MAX_OUTPUT_BYTES, Template};
use proptest::prelude::*;

use crate::scope;

/// Texts of pieces that the language knows, so that many of them parse.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "input",
        ".count",
        ".topic",
        ".tickets",
        "nodes.sort",
        ".output",
        "item",
        "[0]",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "{{",
        "}}",
        "{%",
        "%}",
        " for x in ",
        " endfor ",
        " if ",
        " else ",
        " endif ",
        "{{ input.count }}",
        "{% for t in input.tickets %}",
        "{% endfor %}",
        "1",
        "2.5",
        "'a'",
        "\"b\"",
        " + ",
        " * ",
        " ~ ",
        " ** ",
        " - ",
        " == ",
        " and ",
        " not ",
        " is ",
        "none",
        " | ",
        "length",
        "upper",
        "join(',')",
        "tojson",
        "map('upper')",
        "default(1)",
        ",",
        ":",
        "{#",
        "#}",
        "'",
        "é",
        "{% raw %}",
        "{% endraw %}",
        "{%-",
        "-%}",
        "*",
        "secret('A')",
        "range(3)",
        "\n",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_parses_or_is_refused(source in any::<String>()) {
        let _ = Expression::parse(&source);
        if let Ok(template) = Template::parse(&source) {
            let _ = template.render(&scope());
        }
    }

    #[test]
    fn any_arrangement_ends_within_bounds(source in pieces()) {
        if let Ok(expression) = Expression::parse(&source)
            && let Ok(value) = expression.evaluate(&scope())
        {
            prop_assert!(value.to_string().len() <= 8 * MAX_OUTPUT_BYTES);
        }
        match Template::parse(&source) {
            Ok(template) => {
                if let Ok(serde_json::Value::String(text)) = template.render(&scope()) {
                    prop_assert!(text.len() <= MAX_OUTPUT_BYTES);
                }
            }
            Err(fault) => prop_assert!(fault.line >= 1 && fault.column >= 1),
        }
    }

    #[test]
    fn text_without_markup_is_itself(source in "[^{]*") {
        let rendered = Template::parse(&source).unwrap().render(&scope());
        prop_assert_eq!(rendered, Ok(serde_json::Value::String(source)));
    }

    #[test]
    fn products_of_numbers_are_unchanged_by_their_guard(a in -1_000_i64..1_000, b in -1_000_i64..1_000, c in -9_i64..9) {
        let source = format!("{a} * {b} * {c} + {a} * {b} ** 2");
        let value = Expression::parse(&source).unwrap().evaluate(&scope()).unwrap();
        prop_assert_eq!(value, serde_json::json!(a * b * c + a * b.pow(2)));
    }
}
