//! What expressions and templates give.

use gathering_expressions::{EvaluateErrorKind, Expression, Names, Scope, Template, ValueTemplate};
use serde_json::json;

use crate::scope;

#[test]
fn expressions_give_values() {
    for (source, expected) in [
        ("1 + 2 * 3", json!(7)),
        ("input.price * 3", json!(1.5)),
        ("-input.count * -2 ** 2 * 2", json!(-24)),
        ("7 // 2", json!(3)),
        ("input.big", json!(9_007_199_254_740_993_i64)),
        ("18446744073709551615", json!(u64::MAX)),
        ("input.topic ~ '!'", json!("owls!")),
        ("input.topic | upper | length", json!(4)),
        ("nodes.sort.output | selectattr('urgent') | list | length > 0", json!(true)),
        ("nodes['sort'].output[0].urgent", json!(true)),
        ("nodes.sort.output[0:1]", json!([{ "urgent": true }])),
        ("nodes.skipped.output is none", json!(true)),
        ("nodes.skipped.output", json!(null)),
        ("input.missing | default('x')", json!("x")),
        ("input.missing is defined", json!(false)),
        ("input.missing is not defined", json!(true)),
        ("input.tickets | map(attribute='text') | join(', ')", json!("a, b")),
        ("input.tickets | map(attribute='text') | map('upper') | list", json!(["A", "B"])),
        ("{'a': input.count, 'b': [none, true]}", json!({ "a": 3, "b": [null, true] })),
        ("range(3) | list", json!([0, 1, 2])),
        ("(input.price * 3) | round(1)", json!(1.5)),
        ("input.tickets[0] | tojson", json!(r#"{"text":"a","urgent":true}"#)),
        ("'a b&c' | urlencode", json!("a%20b%26c")),
        ("'%.2f' | format(input.price)", json!("0.50")),
        ("'a-b' | replace('-', '+')", json!("a+b")),
        ("'x\ny' | indent(2)", json!("x\n  y")),
        ("vars.tone if input.flag else item.text", json!("dry")),
        ("run.id", json!("run_1")),
        ("not input.count > 2 or input.topic < 'z' and 2 >= 1.5", json!(true)),
        ("[1 < 2, (3 > 2) == true, {'a': 1 + 1 <= 2}]", json!([true, true, { "a": true }])),
        ("'yes' if input.tickets | length >= 2 else 'no'", json!("yes")),
        ("input.tickets[2 > 1 and 1].text", json!("b")),
        ("input.x | default(1 > 2)", json!(false)),
        ("-1 < -input.count * -1", json!(true)),
        ("'a < b > c' ~ 1", json!("a < b > c1")),
        ("[1, 5, 3] | select('gt', 2) | list", json!([5, 3])),
        ("[2, 1] < [2, 2]", json!(true)),
        ("item.text", json!("hello")),
    ] {
        let value = Expression::parse(source).unwrap().evaluate(&scope());
        assert_eq!(value, Ok(expected), "{source}");
    }
}

#[test]
fn template_of_one_expression_keeps_its_type() {
    for (source, expected) in [
        ("{{ input.tickets | length }}", json!(2)),
        ("{{input.none}}", json!(null)),
        ("\n  {{- input.count -}}\n", json!(3)),
        ("{{-1}}", json!(1)),
        ("{{ -1 }}", json!(-1)),
        ("{{ {'a': {'b': 1}} }}", json!({ "a": { "b": 1 } })),
        ("{{ '}}' }}", json!("}}")),
        ("{{ input.count * 2 }}", json!(6)),
    ] {
        assert_eq!(Template::parse(source).unwrap().render(&scope()), Ok(expected), "{source}");
    }
}

#[test]
fn any_other_template_gives_text() {
    for (source, expected) in [
        ("plain { text } 100%", "plain { text } 100%"),
        ("{{ input.count }}.", "3."),
        ("{{ 'a' }}{{ 'b' }}", "ab"),
        ("{{ input.tickets[0] }} ok", r#"{"text":"a","urgent":true} ok"#),
        ("{{ [1, 'a', none] }} ok", r#"[1,"a",null] ok"#),
        ("{% for item in input.tickets %}{{ item.text }};{% endfor %}", "a;b;"),
        ("{% for t in input.tickets if t.urgent %}{{ loop.index }}{{ t.text }}{% endfor %}", "1a"),
        ("{% if input.count > 5 %}many{% elif input.flag %}few{% else %}?{% endif %}", "few"),
        (
            "{% for n in range(9) %}{% if n == 2 %}{% break %}{% endif %}{{ n * 2 }}{% endfor %}",
            "02",
        ),
        (
            "{% if input.count > 2 and input.count <= 3 %}{{ 1 < 2 }}{% elif 1 > 2 %}{% endif %}",
            "true",
        ),
        ("{% for t in input.tickets if t.urgent or 2 > 1 %}{{ t.text }}{% endfor %}", "ab"),
        ("{% raw %}{{ x }}{% endraw %}{# no #}", "{{ x }}"),
        ("a <b> {{ '<&>' }}", "a <b> <&>"),
        ("{{ true }} {{ none }} {{ 1.5 }} {{ 2 }}", "true null 1.5 2"),
    ] {
        let value = Template::parse(source).unwrap().render(&scope());
        assert_eq!(value, Ok(json!(expected)), "{source}");
    }
}

#[test]
fn failures_say_their_kind() {
    use EvaluateErrorKind::{Failed, Undefined};
    for (source, kind) in [
        ("input.missing", Undefined),
        ("input.missing.deeper", Undefined),
        ("input.missing ~ 'x'", Undefined),
        ("nodes.unknown.output", Undefined),
        ("input.topic + 1", Failed),
        ("1 / 0 > 0 and 'a' | abs", Failed),
        ("input.topic * 3", Failed),
        ("3 * input.topic", Failed),
        ("[1] * 3", Failed),
        ("3 * [1]", Failed),
        ("2 ** 100", Failed),
        ("secret('A')", Failed),
        ("range(1000000)", Failed),
        ("input.topic > 1", Failed),
        ("'10' > 9", Failed),
        ("input.none < 1", Failed),
        ("input.flag >= 0", Failed),
        ("input.missing > 1", Undefined),
        ("['3', '4'] | select('gt', 2) | list", Failed),
        ("input.topic is gt(1)", Failed),
        ("input.topic.upper()", Failed),
    ] {
        let failure = Expression::parse(source).unwrap().evaluate(&scope()).unwrap_err();
        assert_eq!(failure.kind, kind, "{source}: {failure}");
    }
    let failure = Template::parse("a {{ input.missing }}").unwrap().render(&scope()).unwrap_err();
    assert_eq!(failure.kind, Undefined);
    assert!(
        failure.to_string().contains("could not evaluate `a {{ input.missing }}`"),
        "{failure}"
    );
}

#[test]
fn only_true_and_false_are_answers_of_a_condition() {
    for (source, expected) in [
        ("input.count > 1", Some(true)),
        ("not input.flag", Some(false)),
        ("'yes'", None),
        ("'true'", None),
        ("1", None),
        ("input.none", None),
        ("nodes.sort.output", None),
        ("input.missing", None),
    ] {
        assert_eq!(Expression::parse(source).unwrap().holds(&scope()).ok(), expected, "{source}");
    }
    let failure = Expression::parse("'yes'").unwrap().holds(&scope()).unwrap_err();
    assert_eq!(failure.kind, EvaluateErrorKind::NotABoolean);
}

#[test]
fn secret_gives_what_the_scope_makes_of_its_name() {
    let with = scope().with_secrets(|name| (name == "PAGER").then(|| format!("<{name}>")));
    let template = Template::parse("Bearer {{ secret('PAGER') }}").unwrap();
    assert_eq!(template.render(&with), Ok(json!("Bearer <PAGER>")));
    assert!(template.render(&scope()).is_err());
    assert!(Template::parse("{{ secret('OTHER') }}").unwrap().render(&with).is_err());
}

#[test]
fn value_template_renders_each_text() {
    let value = json!({
        "n": "{{ nodes.sort.output | length }}", "deep": [{ "t": "{{ item.text }}!" }, 4, null],
        "{{ not.a.template }}": "constant",
    });
    let template = ValueTemplate::parse(&value).unwrap();
    assert_eq!(
        template.render(&scope()).unwrap(),
        json!({ "n": 2, "deep": [{ "t": "hello!" }, 4, null], "{{ not.a.template }}": "constant" })
    );
    let references = template.references();
    assert!(references.item && references.nodes.contains("sort"));

    let failing = ValueTemplate::parse(&json!({ "a/b": ["x", "{{ input.missing }}"] })).unwrap();
    let failed = failing.render(&scope()).unwrap_err();
    assert_eq!(failed.pointer, "/a~1b/1");
    assert!(failed.to_string().starts_with("at `/a~1b/1`: "), "{failed}");

    let whole = ValueTemplate::parse(&json!("{{ input.missing }}")).unwrap();
    let failed = whole.render(&scope()).unwrap_err();
    assert_eq!(failed.to_string(), failed.error.to_string());
}

#[test]
fn value_template_reports_every_fault() {
    let value = json!({ "a": "{{ 1 +", "b": ["fine", "{{ who }}"] });
    let faults = ValueTemplate::parse(&value).unwrap_err();
    let places: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(places, ["/a", "/b/1"]);
}

#[test]
fn item_of_a_clone_does_not_leak() {
    let outer = scope();
    let inner = outer.with_item(&json!(2));
    let item = Expression::parse("item").unwrap();
    assert_eq!(item.evaluate(&inner), Ok(json!(2)));
    assert_eq!(item.evaluate(&inner), Ok(json!(2)));
    assert_eq!(item.evaluate(&outer), Ok(json!({ "text": "hello" })));
}

#[test]
fn a_source_for_an_event_or_a_request_knows_no_other_name() {
    let event = json!({ "type": "run.failed", "data": { "n": 2 } });
    let holds = Expression::parse_with("event.data.n > 1", Names::EVENT).unwrap();
    assert!(holds.holds(&Scope::of_event(&event)).unwrap());
    let value = json!({ "all": "{{ event.data }}", "text": "it is {{ event.type }}" });
    let template = ValueTemplate::parse_with(&value, Names::EVENT).unwrap();
    let wanted = json!({ "all": { "n": 2 }, "text": "it is run.failed" });
    assert_eq!(template.render(&Scope::of_event(&event)).unwrap(), wanted);
    for name in ["input", "request", "secret('X')", "nodes.a.output", "vars.a"] {
        let refused = Expression::parse_with(name, Names::EVENT).unwrap_err();
        assert!(refused.message.contains("there is event"), "{refused}");
    }
    let request = Expression::parse_with("request.body", Names::REQUEST).unwrap();
    assert_eq!(request.evaluate(&Scope::of_request(&json!({ "body": 1 }))).unwrap(), json!(1));
    assert!(Expression::parse("event").is_err() && Expression::parse("request").is_err());
}
