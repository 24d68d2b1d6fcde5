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

/// Constants are worked out as they are read: this would be a text of many gigabytes.
#[test]
fn products_cost_nothing_to_read() {
    let list = "3 ~ 99999999999*[0]";
    assert!(Expression::parse(list).unwrap().evaluate(&Scope::new(&json!({}))).is_err());
    for template in [format!("{{{{ {list} }}}}"), format!("a {{{{ {list} }}}}")] {
        let parsed = Template::parse(&template).unwrap();
        assert!(parsed.render(&Scope::new(&json!({}))).is_err(), "{template}");
    }
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
fn operators_cost_what_they_read() {
    let big = "a".repeat(1 << 20);
    let items = vec![json!("b"); 10_000];
    let scope =
        Scope::new(&json!({ "big": big, "same": big, "list": items, "also": items, "one": ["b"] }));
    let each = "{% for x in input.list %}";
    for read in [
        "'zz' in input.big",
        "'zz' not in input.big",
        "not 'zz' in input.big",
        "'zz' is in input.big",
        "'zz' is not in(input.big)",
        "input.big == input.same",
        "input.big != input.same",
        "input.list == input.also",
        "[input.list] != [input.also]",
        "'c' in input.list",
        "input.big ~ x",
        "x ~ input.big",
        "x ~ (input.big|default('d')) ~ x",
        "input.big + x",
        "x + input['big']",
        "input.big[1:]",
        "(input.big)[1:]",
        "input['big'][-1:]",
        "input.list[::2]",
        "input.big is eq input.same",
        "input.big is ne(input.same)",
        "input.big is sameas input.same",
        "input.big is startingwith 'b'",
        "input.big is endingwith input.same",
        "input.big is lower",
        "input.big < input.same",
        "input.big >= x",
        "x is lt input.big",
        "[input.big] | select('==', input.same) | length",
        "[input.big] | select('in', input.same) | length",
        "[input.big] | select('>', input.same) | length",
    ] {
        let source = format!("{each}{{% if {read} %}}{{% endif %}}{{% endfor %}}");
        let failure = Template::parse(&source).unwrap().render(&scope).unwrap_err();
        assert_eq!(failure.kind, EvaluateErrorKind::TooCostly, "{source}: {failure}");
        // Once is no fault.
        let once = source.replace("in input.list %}", "in input.one %}");
        Template::parse(&once).unwrap().render(&scope).unwrap_or_else(|e| panic!("{once}: {e}"));
    }
    assert!(Template::parse("{% for x in input %}{{ loop.changed(x) }}{% endfor %}").is_err());
}

#[test]
fn counted_operators_mean_what_they_meant() {
    let scope = Scope::new(&json!({
        "a": "x", "b": "y", "list": ["x", 1, [2]], "map": { "x": 1, "deep": { "k": [3, 4] } },
        "n": 3, "none": null, "text": "xyz",
    }));
    for (source, value) in [
        ("input.a ~ input.b ~ 1", json!("xy1")),
        ("(input.n + 1) ~ 2", json!("42")),
        ("-input.n + 5 == 2", json!(true)),
        ("input.n == -(-3)", json!(true)),
        ("input.a in input.list and input.b not in input.list", json!(true)),
        ("not input.a in input.list", json!(false)),
        ("input.a == 'x' == true", json!(false)),
        ("'x' in input.map and 'k' in input.map.deep", json!(true)),
        ("input.map.deep.k[1:] == [4]", json!(true)),
        ("input.text[1:][:1] + input.text[::-1]", json!("yzyx")),
        ("(input.text ~ 'w')[2:]", json!("zw")),
        ("input.none == none", json!(true)),
        ("input.a is in input.list", json!(true)),
        ("input.a is not in ['q']", json!(true)),
        ("input.a is eq 'x' and input.a is not ne 'x'", json!(true)),
        ("(input.a | upper) == 'X'", json!(true)),
        ("input.a | upper == 'X'", json!(true)),
        ("1 if input.a == 'x' else 2", json!(1)),
        ("{'k': input.a == 'x', 'l': [input.n + 1]}", json!({ "k": true, "l": [4] })),
        ("input.list | select('in', ['x', [2]]) | list", json!(["x", [2]])),
        ("input.n + 1 < 5 and input.a ~ 'a' >= 'x'", json!(true)),
        ("input.n+1<5", json!(true)),
        ("input.n * 2 + 1 == 7", json!(true)),
        ("input.a is defined == true", json!(true)),
    ] {
        let found = Expression::parse(source).unwrap().evaluate(&scope);
        assert_eq!(found.unwrap_or_else(|e| panic!("{source}: {e}")), value, "{source}");
    }
    let template = "{% for x in input.list if x in ['x', 1] %}{{ x }};{% endfor %}";
    assert_eq!(Template::parse(template).unwrap().render(&scope).unwrap(), json!("x;1;"));
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
