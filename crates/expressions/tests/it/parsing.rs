//! What is refused when a definition is saved, and where.

use gathering_expressions::{Expression, Template};

#[test]
fn expression_faults_name_their_place() {
    for (source, line, column, message) in [
        ("1 +", 1, 3, "unexpected end of input"),
        ("", 1, 1, "unexpected end"),
        ("a b", 1, 3, "unexpected input"),
        ("who > 1", 1, 1, "unknown name `who`"),
        ("input.x and\n  who", 2, 3, "unknown name `who`"),
        ("input.x | nope", 1, 11, "unknown filter `nope`"),
        ("input.x is nope", 1, 12, "unknown test `nope`"),
        ("input.x is not nope", 1, 16, "unknown test `nope`"),
        ("nodes", 1, 1, "write `nodes.`"),
        ("nodes[input.x]", 1, 1, "write `nodes.`"),
        ("secret(input.x)", 1, 1, "write `secret('NAME')`"),
        ("secret", 1, 1, "write `secret('NAME')`"),
        ("'ünï' ~ who", 1, 9, "unknown name `who`"),
        ("dict(a=1)", 1, 1, "unknown name `dict`"),
        ("namespace()", 1, 1, "unknown name `namespace`"),
        ("debug()", 1, 1, "unknown name `debug`"),
        ("loop.index", 1, 1, "unknown name `loop`"),
        ("\"\"\u{15}#>[*\"\"\u{15}#>[*\u{10}", 1, 7, "where a value was expected"),
        ("1 < input.x < 5", 1, 3, "joined by `and`"),
        ("input.x == 1 > 5", 1, 14, "joined by `and`"),
    ] {
        let fault = Expression::parse(source).unwrap_err();
        assert!(fault.message.contains(message), "{source}: {fault}");
        assert_eq!((fault.line, fault.column), (line, column), "{source}: {fault}");
    }
}

#[test]
fn template_faults_name_their_place() {
    for (source, line, message) in [
        ("a\n{{ input.x", 2, "unexpected end"),
        ("{{ who }}", 1, "unknown name `who`"),
        ("{% if input.x %}", 1, "unexpected end"),
        ("{% include 'x' %}", 1, "include"),
        ("{% import 'x' as y %}", 1, "import"),
        ("{% macro m() %}{% endmacro %}", 1, "macro"),
        ("\n{% set x = 1 %}", 2, "`set` is not a statement"),
        ("{% with x = 1 %}{% endwith %}", 1, "`with` is not a statement"),
        ("{% filter upper %}a{% endfilter %}", 1, "`filter` is not a statement"),
        ("{% do range(1) %}", 1, "`do` is not a statement"),
        ("{% for x in [1, 2] %}{% endfor %}", 1, "the list of a loop"),
        ("{% for x in input.x ~ input.x %}{% endfor %}", 1, "the list of a loop"),
        ("{% for x in input.a, input.b %}{% endfor %}", 1, "unexpected `,`"),
        ("{% for x in (input.a) %}{% endfor %}", 1, "the list of a loop"),
        ("{% for x in input.a|default([[input.a]]) %}{% endfor %}", 1, "the list of a loop"),
        ("{% for x in input.a recursive %}{% endfor %}", 1, "the list of a loop"),
        ("{% for nodes in input.x %}{% endfor %}", 1, "cannot be the name of a loop"),
        ("{{ x }}{% for y in input.x %}{% endfor %}", 1, "unknown name `x`"),
    ] {
        let fault = Template::parse(source).unwrap_err();
        assert!(fault.message.contains(message), "{source}: {fault}");
        assert_eq!(fault.line, line, "{source}: {fault}");
    }
}

#[test]
fn references_are_found_wherever_they_stand() {
    for (source, nodes) in [
        ("{{ nodes.a.output }}", vec!["a"]),
        ("{{ nodes['b'].output[0:nodes.c.output] }}", vec!["b", "c"]),
        ("{{ input.x | default(nodes.d.output) }}", vec!["d"]),
        ("{% for t in nodes.e.output %}{{ t }}{% endfor %}", vec!["e"]),
        ("{% if nodes.f.output is eq(nodes.g.output) %}{% endif %}", vec!["f", "g"]),
        ("{% raw %}{{ nodes.h }}{% endraw %}{# {{ nodes.i }} #} nodes.j", vec![]),
        ("{{ 'nodes.k' }}{{ input.nodes.l }}{{ {'nodes': 1} }}", vec![]),
    ] {
        let template = Template::parse(source).unwrap();
        let found: Vec<_> = template.references().nodes.iter().map(String::as_str).collect();
        assert_eq!(found, nodes, "{source}");
    }
    let template = Template::parse("{{ secret('A') }}{{ item.x }}{{ vars.tone }}").unwrap();
    let references = template.references();
    assert!(references.item);
    assert!(references.secrets.contains("A") && references.vars.contains("tone"));
    let loops = Template::parse("{% for item in input.x %}{{ item }}{% endfor %}").unwrap();
    assert!(!loops.references().item);
}
