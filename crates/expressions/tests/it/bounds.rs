//! Sources that would take all time or memory end within the bounds.

use gathering_expressions::{
    EvaluateErrorKind, Expression, MAX_EXPRESSION_BYTES, MAX_OUTPUT_BYTES, MAX_SOURCE_BYTES,
    MAX_TOKENS, Scope, Template, ValueTemplate,
};
use serde_json::{Value, json};

#[test]
fn over_long_sources_are_refused() {
    assert!(Expression::parse(&"1".repeat(MAX_EXPRESSION_BYTES + 1)).is_err());
    assert!(Template::parse(&"x".repeat(MAX_SOURCE_BYTES + 1)).is_err());
    assert!(Template::parse(&"x".repeat(MAX_SOURCE_BYTES)).is_ok());
    let long = format!("{{{{ '{}' }}}}", "x".repeat(MAX_EXPRESSION_BYTES));
    assert!(Template::parse(&long).is_err());
    assert!(Expression::parse(&vec!["1"; 66].join("+")).is_err());
    assert!(Expression::parse(&vec!["1"; 65].join("+")).is_ok());
}

#[test]
fn deep_sources_are_refused() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{'a':", "}"), ("-", ""), ("not ", "")] {
        let source = format!("{}1{}", open.repeat(600), close.repeat(600));
        assert!(Expression::parse(&source).is_err(), "{open}");
    }
    for (repeated, tokens) in [
        (".a", 2),
        ("|d", 2),
        ("[0]", 3),
        (" - 1", 2),
        (" and 1", 2),
        (" if 1 else 1", 4),
        (" ** 1", 2),
        (" == 1", 2),
        ("|d(1)", 5),
        (" not in []", 4),
        (" is defined", 2),
    ] {
        let times = |n: usize| format!("input{}", repeated.repeat(n));
        assert!(Expression::parse(&times(MAX_TOKENS)).is_err(), "{repeated}");
        // The deepest that is let through: its compilation must not end the thread.
        let _ = Expression::parse(&times((MAX_TOKENS - 1) / tokens))
            .map(|expression| expression.evaluate(&Scope::new(&json!(1))));
    }
    for (open, close, most) in [("{% if input %}", "{% endif %}", 32), ("{% elif input %}", "", 31)]
    {
        let nested = |n: usize| {
            format!("{{% if input %}}{}{}{{% endif %}}", open.repeat(n), close.repeat(n))
        };
        assert!(Template::parse(&nested(3_000)).is_err());
        assert!(Template::parse(&nested(most - 1)).is_ok());
    }
    let mut value = json!("x");
    for _ in 0..100 {
        value = json!([value]);
    }
    assert!(ValueTemplate::parse(&value).is_err());
}

#[test]
fn costly_evaluations_end() {
    use EvaluateErrorKind::{TooCostly, TooLarge};
    let scope = Scope::new(&json!({
        "text": "a".repeat(100_000), "list": vec![json!("b".repeat(100)); 1_000],
    }));
    let loops = "{% for a in range(99999) %}";
    let replace = "'a' | replace('a', 'aaaaaaaaaa')".to_owned();
    for (source, kind) in [
        (format!("{loops}{loops}{{% endfor %}}{{% endfor %}}"), TooCostly),
        (format!("{loops}{{% if input.list | sort %}}{{% endif %}}{{% endfor %}}"), TooCostly),
        (format!("{loops}{{{{ input.text }}}}{{% endfor %}}"), TooLarge),
        (format!("{{{{ {}{} }}}}", replace, " | replace('a', 'aaaaaaaaaa')".repeat(20)), TooLarge),
        (
            format!(
                "{{{{ input.list | join{} }}}}",
                "('x') | list | join".repeat(0) + "(input.text)"
            ),
            TooLarge,
        ),
        ("{{ input.text | list | join('aaaaaaaaaaaa') }}".to_owned(), TooLarge),
        ("{{ input.text | indent(4) | replace('a', '\n') | indent(900) }}".to_owned(), TooLarge),
        ("{{ '%999999999d' | format(1) }}".to_owned(), TooLarge),
        (format!("{{{{ '\"' {} }}}}", "| tojson".repeat(40)), TooLarge),
        (format!("{{{{ [{}] }}}}", vec!["input.text"; 20].join(",")), TooLarge),
        (format!("{{{{ [{}] | string }}}}", vec!["input.text"; 20].join(",")), TooLarge),
        (format!("x {{{{ {} }}}}", vec!["input.text"; 20].join("~")), TooLarge),
    ] {
        let failure = Template::parse(&source).unwrap().render(&scope).unwrap_err();
        assert_eq!(failure.kind, kind, "{source}: {failure}");
    }
}

#[test]
fn values_of_templates_are_bounded_together() {
    let scope = Scope::new(&json!("a".repeat(MAX_OUTPUT_BYTES / 4)));
    let list = |n: usize| Value::Array(vec![json!("{{ input }}"); n]);
    assert!(ValueTemplate::parse(&list(3)).unwrap().render(&scope).is_ok());
    let failure = ValueTemplate::parse(&list(5)).unwrap().render(&scope).unwrap_err();
    assert_eq!(failure.error.kind, EvaluateErrorKind::TooLarge);
}

#[test]
fn deep_results_are_refused() {
    let mut value = json!(1);
    for _ in 0..70 {
        value = json!([value]);
    }
    let failure = Expression::parse("input").unwrap().evaluate(&Scope::new(&value)).unwrap_err();
    assert_eq!(failure.kind, EvaluateErrorKind::TooLarge);
}
