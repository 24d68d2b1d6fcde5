//! Runs of pipelines: each node type, joins, failures, limits, retries.

use gathering_domain::{Duration, EffectKind, Failure, NodeStatus, RunStatus};
use gathering_engine::{Limits, Outcome};
use gathering_pipelines::Definition;
use serde_json::{Value, json};

use crate::{
    definition::TRIAGE,
    world::{World, broken, done, pinned},
};

/// A pipeline of the given nodes and edges, each as a line of YAML.
fn pipeline(nodes: &[&str], edges: &[&str]) -> String {
    let list =
        |lines: &[&str]| lines.iter().map(|line| format!("  - {line}\n")).collect::<String>();
    format!(
        "name: p\nnodes:\n  - {{ id: t, type: trigger }}\n{}edges:\n{}",
        list(nodes),
        list(edges)
    )
}

fn start(nodes: &[&str], edges: &[&str], input: Value) -> World {
    World::start(&pipeline(nodes, edges), input)
}

/// A node that calls a tool and shows its arguments.
fn tool(id: &str, rest: &str) -> String {
    format!("{{ id: {id}, type: tool, config: {{ tool: calculate }}{rest} }}")
}

fn edge(from: &str, to: &str) -> String {
    format!("{{ from: {from}, to: {to} }}")
}

/// Edges `a>b`, with a label `a>b:label`.
fn edges(paths: &[&str]) -> Vec<String> {
    paths
        .iter()
        .map(|path| {
            let (from, rest) = path.split_once('>').unwrap();
            match rest.split_once(':') {
                Some((to, label)) => format!("{{ from: {from}, to: {to}, when: '{label}' }}"),
                None => edge(from, rest),
            }
        })
        .collect()
}

/// Tools `ids`, joined by `paths`; `extra` adds fields to single nodes.
fn tools(ids: &[&str], paths: &[&str], extra: &[(&str, &str)]) -> World {
    let rest = |id: &str| {
        extra
            .iter()
            .filter(|(of, _)| *of == id)
            .map(|(_, rest)| format!(", {rest}"))
            .collect::<String>()
    };
    let nodes: Vec<String> = ids.iter().map(|id| tool(id, &rest(id))).collect();
    let edges = edges(paths);
    start(
        &nodes.iter().map(String::as_str).collect::<Vec<_>>(),
        &edges.iter().map(String::as_str).collect::<Vec<_>>(),
        json!({}),
    )
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn documented_pipeline_runs_to_its_end() {
    let tickets = json!({ "tickets": [{ "text": "a" }, { "text": "b" }] });
    let mut world = World::start(TRIAGE, tickets);
    assert_eq!(world.open(), ["node:sort[0]", "node:sort[1]"]);
    let (_, child) = world.children.values().next().unwrap();
    assert_eq!(child.machine, "agent_turn");
    assert_eq!(child.input["task"], "Sort this: a");
    assert_eq!(child.input["output_schema"]["required"], json!(["urgent"]));
    world.finish_child("node:sort[1]", done(json!({ "urgent": true })));
    world.crash();
    world.finish_child("node:sort[0]", done(json!({ "urgent": false })));
    assert_eq!(world.open(), ["node:ask"]);
    assert_eq!(world.status("ask"), NodeStatus::Waiting);
    assert_eq!(world.status("rest"), NodeStatus::Skipped);
    world.answer("node:ask", json!({ "answer": "approved", "data": null }));
    let order = world.in_flight.values().next().unwrap();
    assert_eq!(order.effect.kind, EffectKind::Idempotent);
    assert_eq!(order.effect.retry.attempts, 5);
    assert_eq!(order.effect.timeout, secs(30));
    assert_eq!(order.effect.input["body"], json!({ "n": 2 }));
    let header = order.effect.input["headers"]["authorization"].as_str().unwrap();
    assert_eq!(header, format!("Bearer {}", gathering_domain::secret_marker("PAGER")));
    world.finish_effect("node:page", Ok(json!({ "status": 200 })));
    let sorted = json!({ "sorted": [{ "urgent": false }, { "urgent": true }] });
    assert_eq!(world.result(), (RunStatus::Succeeded, sorted));
    assert_eq!(world.node("page").usage.tool_calls, 1);
}

#[test]
fn deadline_of_an_approval_means_what_it_says() {
    for (on_deadline, label, next) in [
        ("expire", Some("expired"), "late"),
        ("reject", Some("rejected"), "no"),
        ("approve", Some("approved"), "yes"),
        ("fail", None, ""),
    ] {
        let ask = format!(
            "{{ id: ask, type: approval, config: {{ title: 'Go, {{{{ input.who }}}}?', deadline: 2h, on_deadline: {on_deadline} }} }}"
        );
        let nodes =
            [ask.as_str(), &tool("yes", ""), &tool("no", ""), &tool("late", "")].map(str::to_owned);
        let paths = edges(&["t>ask", "ask>yes:approved", "ask>no:rejected", "ask>late:expired"]);
        let mut world = start(
            &nodes.each_ref().map(String::as_str),
            &paths.iter().map(String::as_str).collect::<Vec<_>>(),
            json!({ "who": "Ann" }),
        );
        let question = serde_json::to_value(world.questions.values().next().unwrap()).unwrap();
        assert_eq!(question["title"], "Go, Ann?");
        assert_eq!(question["options"], json!(["approved", "rejected"]));
        world.pass(secs(7199));
        assert_eq!(world.status("ask"), NodeStatus::Waiting);
        world.crash();
        world.pass(secs(1));
        assert!(world.questions.is_empty());
        assert_eq!(world.node("ask").label.as_deref(), label, "{on_deadline}");
        match label {
            Some(_) => assert_eq!(world.open(), [format!("node:{next}")]),
            None => assert_eq!(world.failure().code, "deadline_passed"),
        }
    }
}

#[test]
fn approval_names_its_deciders_in_one_form() {
    let ask = "{ id: ask, type: approval, config: { title: Go?, deciders: [operator, Ada@Example.com] } }";
    let world = start(&[ask], &["{ from: t, to: ask }"], json!({}));
    let question = serde_json::to_value(world.questions.values().next().unwrap()).unwrap();
    assert_eq!(question["deciders"], json!(["operator", "ada@example.com"]));
    let ask = "{ id: ask, type: approval, config: { title: Go? } }";
    let world = start(&[ask], &["{ from: t, to: ask }"], json!({}));
    let question = serde_json::to_value(world.questions.values().next().unwrap()).unwrap();
    assert_eq!(question.get("deciders"), None, "as it was before deciders could be named");
}

#[test]
fn answers_take_their_edges() {
    let nodes = [
        "{ id: ask, type: approval, config: { title: Go? } }".to_owned(),
        tool("yes", ""),
        tool("no", ""),
    ];
    let paths = edges(&["t>ask", "ask>yes:approved", "ask>no:rejected"]);
    let run = || {
        start(
            &nodes.each_ref().map(String::as_str),
            &paths.iter().map(String::as_str).collect::<Vec<_>>(),
            json!({}),
        )
    };
    let mut world = run();
    world.answer("node:ask", json!({ "answer": "rejected", "note": "not today" }));
    assert_eq!(
        (world.status("yes"), world.status("no")),
        (NodeStatus::Skipped, NodeStatus::Running)
    );
    assert_eq!(world.node("ask").output["note"], "not today");
    let mut world = run();
    world.answer("node:ask", json!({ "answer": "perhaps" }));
    assert_eq!(world.failure().code, "invalid_answer");
}

#[test]
fn conditions_and_switches_choose_their_branch() {
    let nodes = [
        "{ id: c, type: condition, config: { when: input.n > 1 } }".to_owned(),
        "{ id: s, type: switch, config: { cases: [{ name: two, when: input.n == 2 }, { name: few, when: input.n < 5 }] } }".to_owned(),
        tool("low", ""), tool("two", ""), tool("few", ""), tool("many", ""),
    ];
    let paths =
        edges(&["t>c", "c>s:true", "c>low:false", "s>two:two", "s>few:few", "s>many:default"]);
    let run = |input: Value| {
        start(
            &nodes.each_ref().map(String::as_str),
            &paths.iter().map(String::as_str).collect::<Vec<_>>(),
            input,
        )
    };
    for (n, open) in [(0, "low"), (2, "two"), (3, "few"), (9, "many")] {
        assert_eq!(run(json!({ "n": n })).open(), [format!("node:{open}")], "{n}");
    }
    for (input, code) in [(json!({}), "undefined_name"), (json!({ "n": "3" }), "expression_failed")]
    {
        let world = run(input);
        assert_eq!(world.status("c"), NodeStatus::Failed);
        assert_eq!(world.failure().code, code);
        assert!(world.failure().message.starts_with("node `c` failed"), "{:?}", world.failure());
    }
}

#[test]
fn condition_that_is_no_boolean_fails() {
    let world = start(
        &["{ id: c, type: condition, config: { when: \"'1 > 2'\" } }"],
        &["{ from: t, to: c }"],
        json!({}),
    );
    assert_eq!(world.failure().code, "condition_not_boolean");
}

#[test]
fn branches_run_at_the_same_time() {
    let world = tools(&["a", "b", "c"], &["t>a", "t>b", "t>c"], &[]);
    assert_eq!(world.open(), ["node:a", "node:b", "node:c"]);
}

#[test]
fn limited_branches_start_as_others_end() {
    let nodes = [
        "{ id: fan, type: parallel, config: { limit: 2 } }".to_owned(),
        tool("a", ""),
        tool("a2", ""),
        tool("b", ""),
        tool("c", ""),
        tool("j", ""),
    ];
    let paths = edges(&["t>fan", "fan>a", "a>a2", "fan>b", "fan>c", "a2>j", "b>j", "c>j"]);
    let mut world = start(
        &nodes.each_ref().map(String::as_str),
        &paths.iter().map(String::as_str).collect::<Vec<_>>(),
        json!({}),
    );
    assert_eq!(world.open(), ["node:a", "node:b"]);
    world.finish_effect("node:a", Ok(json!(1)));
    assert_eq!(world.open(), ["node:a2", "node:b"]);
    world.crash();
    world.finish_effect("node:b", Ok(json!(1)));
    assert_eq!(world.open(), ["node:a2", "node:c"]);
    world.finish_effect("node:a2", Ok(json!(1)));
    world.finish_effect("node:c", Ok(json!(1)));
    assert_eq!(world.open(), ["node:j"]);
}

#[test]
fn concurrency_of_a_run_is_bounded() {
    let text = pipeline(
        &[
            "{ id: m, type: map, config: { over: input.n, tool: calculate, limit: 3 } }",
            &tool("a", ""),
            &tool("b", ""),
        ],
        &["{ from: t, to: m }", "{ from: t, to: a }", "{ from: t, to: b }"],
    ) + "limits: { concurrency: 4 }\n";
    let mut world = World::start(&text, json!({ "n": [{}, {}, {}, {}, {}] }));
    assert_eq!(world.open(), ["node:a", "node:m[0]", "node:m[1]", "node:m[2]"]);
    world.finish_effect("node:m[1]", Ok(json!(1)));
    assert_eq!(world.open(), ["node:a", "node:m[0]", "node:m[2]", "node:m[3]"]);
    world.finish_effect("node:a", Ok(json!(1)));
    assert_eq!(world.open(), ["node:b", "node:m[0]", "node:m[2]", "node:m[3]"]);
}

#[test]
fn map_gives_outputs_in_the_order_of_its_items() {
    let map = "{ id: m, type: map, config: { over: input, limit: 2, tool: calculate }, input: { n: '{{ item * 10 }}' } }";
    let mut world = start(&[map], &["{ from: t, to: m }"], json!([1, 2, 3]));
    assert_eq!(world.open(), ["node:m[0]", "node:m[1]"]);
    let order = &world.in_flight.values().next().unwrap().effect;
    assert_eq!(
        (order.performer, &*order.input),
        (
            "tool",
            &json!({ "tool": "calculate", "arguments": { "n": 10 }, "call_id": "m[0]", "approved": false })
        )
    );
    world.finish_effect("node:m[1]", Ok(json!("b")));
    assert_eq!(world.open(), ["node:m[0]", "node:m[2]"]);
    world.finish_effect("node:m[2]", Ok(json!("c")));
    let items = world.node("m").items.unwrap();
    assert_eq!((items.total, items.ended, items.failed), (3, 2, 0));
    world.finish_effect("node:m[0]", Ok(json!("a")));
    assert_eq!(world.result(), (RunStatus::Succeeded, json!({ "m": ["a", "b", "c"] })));
}

#[test]
fn map_of_nothing_and_of_no_list() {
    let map = "{ id: m, type: map, config: { over: input, tool: calculate } }";
    let world = start(&[map], &["{ from: t, to: m }"], json!([]));
    assert_eq!(world.result(), (RunStatus::Succeeded, json!({ "m": [] })));
    for (input, code) in [(json!({}), "not_a_list"), (json!(vec![1; 10_001]), "too_many_items")] {
        let world = start(&[map], &["{ from: t, to: m }"], input);
        assert_eq!(world.failure().code, code);
    }
}

#[test]
fn failed_item_fails_its_map_or_not() {
    let map = |rest: &str| {
        format!("{{ id: m, type: map, config: {{ over: input, tool: calculate{rest} }} }}")
    };
    let mut world = start(&[&map("")], &["{ from: t, to: m }"], json!([1, 2, 3]));
    world.finish_effect("node:m[1]", Err(broken("bad_item")));
    assert!(world.open().is_empty(), "the other items are given up");
    assert_eq!(world.failure().code, "bad_item");
    assert!(world.failure().message.contains("item 1: "), "{:?}", world.failure());

    let mut world =
        start(&[&map(", on_item_error: continue")], &["{ from: t, to: m }"], json!([1, 2, 3]));
    world.finish_effect("node:m[1]", Err(broken("bad_item")));
    world.finish_effect("node:m[0]", Ok(json!("a")));
    world.finish_effect("node:m[2]", Ok(json!("c")));
    assert_eq!(world.result().1, json!({ "m": ["a", null, "c"] }));
    assert_eq!(world.node("m").items.unwrap().failed, 1);
}

#[test]
fn delays_are_durable_timers() {
    for (config, wait) in [
        ("for: 90s", 90),
        ("for: '{{ input.wait }}'", 90),
        ("until: '2023-11-14T22:14:50Z'", 90),
        ("until: '{{ input.past }}'", 0),
    ] {
        let node = format!("{{ id: d, type: delay, config: {{ {config} }} }}");
        let input = json!({ "wait": "1m30s", "past": "2001-01-01T00:00:00Z" });
        let mut world = start(&[&node], &["{ from: t, to: d }"], input);
        if wait > 0 {
            assert_eq!(world.status("d"), NodeStatus::Waiting);
            world.pass(secs(wait - 1));
            world.crash();
            assert!(world.outcome.is_none(), "{config}");
            assert_eq!(world.wake_at, Some(world.now + secs(1)));
            world.pass(secs(1));
        }
        assert_eq!(world.result().0, RunStatus::Succeeded, "{config}");
    }
    let bad = "{ id: d, type: delay, config: { for: '{{ input }}' } }";
    assert_eq!(
        start(&[bad], &["{ from: t, to: d }"], json!("soon")).failure().code,
        "invalid_duration"
    );
    let bad = "{ id: d, type: delay, config: { until: '{{ input }}' } }";
    assert_eq!(
        start(&[bad], &["{ from: t, to: d }"], json!("soon")).failure().code,
        "invalid_time"
    );
}

#[test]
fn child_pipeline_gets_its_input_and_gives_its_output() {
    let parent = Definition::from_yaml(&(pipeline(
        &["{ id: c, type: pipeline, config: { pipeline: child }, input: { n: '{{ input.n + 1 }}' }, timeout: 1m }"],
        &["{ from: t, to: c }"],
    ) + "outputs: { got: '{{ nodes.c.output }}' }\n")).unwrap();
    let child = Definition::from_yaml("name: child\ninputs: { type: object, properties: { n: { type: integer } } }\nlimits: { timeout: 1h, cost: 2 }\nnodes: [{ id: t, type: trigger }]\n").unwrap();
    let pinned = pinned(&[&parent, &child]);
    let mut world = World::run(&pinned, json!({ "n": 1 }), vec![]);
    let (_, spec) = world.children.values().next().unwrap();
    assert_eq!((spec.machine, &*spec.input), ("pipeline", &json!({ "n": 2 })));
    assert_eq!(spec.definition["main"], "child");
    assert_eq!(spec.limits.timeout, Some(secs(60)));
    world.finish_child("node:c", done(json!({ "x": 1 })));
    assert_eq!(world.result().1, json!({ "got": { "x": 1 } }));

    let world = World::run(&pinned, json!({ "n": 0.5 }), vec![]);
    assert_eq!(world.failure().code, "invalid_input");
    assert!(world.failure().message.contains("/n: "), "{:?}", world.failure());
}

#[test]
fn ended_children_give_their_status() {
    let node =
        "{ id: a, type: agent, config: { agent: writer, task: Write. }, cost: 0.5, timeout: 1m }";
    for (outcome, status, code) in [
        (Outcome::timed_out(), NodeStatus::TimedOut, "timeout"),
        (Outcome::cancelled("no"), NodeStatus::Cancelled, "cancelled"),
        (Outcome::failed(broken("bad")), NodeStatus::Failed, "bad"),
    ] {
        let mut world = start(&[node], &["{ from: t, to: a }"], json!({}));
        let (_, spec) = world.children.values().next().unwrap();
        assert_eq!(
            spec.limits,
            Limits {
                timeout: Some(secs(60)),
                cost: Some(gathering_domain::MicroUsd(500_000)),
                ..Limits::default()
            }
        );
        world.finish_child("node:a", outcome);
        assert_eq!(world.status("a"), status);
        assert_eq!(world.failure().code, code);
        assert_eq!(world.result().0, RunStatus::Failed);
    }
}

#[test]
fn agent_is_tried_again_where_the_node_says_so() {
    let node = "{ id: a, type: agent, config: { agent: writer, task: Write. }, retry: { attempts: 3, first_delay: 1s } }";
    let mut world = start(&[node], &["{ from: t, to: a }"], json!({}));
    world.finish_child("node:a", Outcome::failed(broken("bad")));
    assert_eq!((world.status("a"), world.node("a").attempts), (NodeStatus::Waiting, 1));
    world.crash();
    world.pass(secs(1));
    assert_eq!(world.open(), ["node:a/try:2"]);
    world.finish_child("node:a/try:2", Outcome::failed(broken("bad")));
    world.pass(secs(1));
    assert!(world.open().is_empty());
    world.pass(secs(1));
    world.finish_child("node:a/try:3", done(json!("text")));
    assert_eq!(world.result().1, json!({ "a": "text" }));
    assert_eq!((world.node("a").attempts, world.node("a").children.len()), (3, 3));

    let mut world = start(&[node], &["{ from: t, to: a }"], json!({}));
    for key in ["node:a", "node:a/try:2", "node:a/try:3"] {
        world.finish_child(key, Outcome::failed(broken("bad")));
        world.pass(secs(10));
    }
    assert_eq!(world.failure().code, "bad");
    let mut world = start(&[node], &["{ from: t, to: a }"], json!({}));
    world.finish_child("node:a", Outcome::cancelled("no"));
    assert_eq!(world.failure().code, "cancelled");
}

#[test]
fn failure_ends_the_run_goes_on_or_is_routed() {
    let run = |rest: &str, paths: &[&str]| {
        let mut world = tools(
            &["a", "b", "h"],
            paths,
            &[("a", rest), ("h", "input: { why: '{{ nodes.a.error.code }}' }")],
        );
        world.finish_effect("node:a", Err(broken("bad")));
        world
    };
    let world = run("on_error: fail", &["t>a", "a>b", "a>h"]);
    assert_eq!(world.result(), (RunStatus::Failed, Value::Null));
    assert_eq!(world.status("b"), NodeStatus::Skipped);

    let world = run("on_error: continue", &["t>a", "a>b", "a>h"]);
    assert_eq!(world.open(), ["node:b", "node:h"]);
    assert_eq!(world.status("a"), NodeStatus::Failed);

    let mut world = run("on_error: route", &["t>a", "a>b", "a>h:error"]);
    assert_eq!(world.open(), ["node:h"]);
    assert_eq!(
        world.in_flight.values().next().unwrap().effect.input["arguments"],
        json!({ "why": "bad" })
    );
    assert_eq!(world.status("b"), NodeStatus::Skipped);
    world.finish_effect("node:h", Ok(json!(1)));
    assert_eq!(world.result().0, RunStatus::Succeeded);
}

#[test]
fn error_edge_alone_routes() {
    let mut world = tools(&["a", "h"], &["t>a", "a>h:error"], &[]);
    world.finish_effect("node:a", Ok(json!(1)));
    assert_eq!(world.status("h"), NodeStatus::Skipped);
    assert_eq!(world.result().0, RunStatus::Succeeded);
}

#[test]
fn effect_that_timed_out_shows_it() {
    let mut world = tools(&["a"], &["t>a"], &[]);
    let failure = Failure::fatal("timeout", "too slow");
    world.finish_effect("node:a", Err(failure));
    assert_eq!(world.status("a"), NodeStatus::TimedOut);
}

#[test]
fn join_any_starts_with_the_first_and_gives_up_the_rest() {
    let mut world = tools(
        &["a", "b", "b2", "c", "d", "j"],
        &["t>a", "t>b", "b>b2", "b2>j", "a>j", "t>c", "c>j", "c>d"],
        &[("j", "join: any")],
    );
    world.finish_effect("node:a", Ok(json!(1)));
    // What serves the join alone is given up; `c` also leads to `d`.
    assert_eq!(world.open(), ["node:c", "node:j"]);
    assert_eq!(
        (world.status("b"), world.status("b2")),
        (NodeStatus::Cancelled, NodeStatus::Cancelled)
    );
    world.crash();
    world.finish_effect("node:c", Ok(json!(1)));
    world.finish_effect("node:j", Ok(json!(1)));
    assert_eq!(world.open(), ["node:d"]);
}

#[test]
fn join_of_n_waits_for_n_or_fails() {
    let run = || {
        tools(
            &["a", "b", "c", "j"],
            &["t>a", "t>b", "t>c", "a>j", "b>j", "c>j"],
            &[("a", "on_error: continue"), ("b", "on_error: fail"), ("j", "join: 'n:2'")],
        )
    };
    let mut world = run();
    world.finish_effect("node:c", Ok(json!(1)));
    assert_eq!(world.status("j"), NodeStatus::Pending);
    world.finish_effect("node:b", Ok(json!(1)));
    assert_eq!(world.open(), ["node:j"]);
    assert_eq!(world.status("a"), NodeStatus::Cancelled);
}

/// A condition per branch decides which of three edges are taken and which are skipped.
fn joined(join: &str, taken: [bool; 3]) -> World {
    let mut nodes =
        vec![format!("{{ id: j, type: transform, join: '{join}', config: {{ value: 7 }} }}")];
    let mut paths = Vec::new();
    for (at, taken) in taken.into_iter().enumerate() {
        nodes.push(format!("{{ id: c{at}, type: condition, config: {{ when: '{taken}' }} }}"));
        paths.push(format!("{{ from: t, to: c{at} }}"));
        paths.push(format!("{{ from: c{at}, to: j, when: 'true' }}"));
    }
    start(
        &nodes.iter().map(String::as_str).collect::<Vec<_>>(),
        &paths.iter().map(String::as_str).collect::<Vec<_>>(),
        json!({}),
    )
}

#[test]
fn joins_count_only_edges_that_were_not_skipped() {
    for (join, taken, status) in [
        ("all", [true, true, true], NodeStatus::Succeeded),
        ("all", [true, false, true], NodeStatus::Succeeded),
        ("all", [false, false, false], NodeStatus::Skipped),
        ("any", [false, false, true], NodeStatus::Succeeded),
        ("any", [false, false, false], NodeStatus::Skipped),
        ("n:2", [true, false, true], NodeStatus::Succeeded),
        ("n:2", [false, true, false], NodeStatus::Failed),
        ("n:3", [true, true, false], NodeStatus::Failed),
        ("n:2", [false, false, false], NodeStatus::Skipped),
    ] {
        let world = joined(join, taken);
        assert_eq!(world.status("j"), status, "{join} {taken:?}");
        let failed = status == NodeStatus::Failed;
        assert_eq!(world.result().0, if failed { RunStatus::Failed } else { RunStatus::Succeeded });
        if failed {
            assert_eq!(world.failure().code, "join_out_of_reach");
        }
    }
}

#[test]
fn node_sees_what_had_ended_when_it_started() {
    let rest = "join: any, input: { other: '{{ nodes.b.status }}', value: '{{ nodes.b.output }}' }";
    let mut world =
        tools(&["a", "b", "c", "j"], &["t>a", "t>b", "a>j", "b>j", "b>c"], &[("j", rest)]);
    world.finish_effect("node:a", Ok(json!(1)));
    let input_of = |world: &World| {
        let mut orders = world.in_flight.values();
        let order = orders.find(|order| order.effect.key.as_str() == "node:j");
        order.unwrap().effect.input.as_ref().clone()
    };
    let before = input_of(&world);
    assert_eq!(before["arguments"], json!({ "other": "pending", "value": null }));
    world.finish_effect("node:b", Ok(json!(2)));
    world.crash();
    assert_eq!(input_of(&world), before, "an effect id never stands for two inputs");
}

#[test]
fn actions_say_what_repeating_them_means() {
    for (config, kind) in [
        ("kind: http, method: GET, url: 'https://a.b'", EffectKind::Idempotent),
        ("kind: http, method: DELETE, url: 'https://a.b'", EffectKind::Idempotent),
        ("kind: http, method: POST, url: 'https://a.b'", EffectKind::Unsafe),
        ("kind: http, method: PATCH, url: 'https://a.b'", EffectKind::Unsafe),
        (
            "kind: http, method: POST, url: 'https://a.b', idempotency_header: X-Id",
            EffectKind::Idempotent,
        ),
        (
            "kind: http, method: POST, url: 'https://a.b', idempotency_header: X-Id, reconcile: { url: 'https://a.b/{effect_id}' }",
            EffectKind::Reconcilable,
        ),
        ("kind: start_pipeline, pipeline: other", EffectKind::Idempotent),
    ] {
        let node = format!("{{ id: a, type: action, config: {{ {config} }} }}");
        let world = start(&[&node], &["{ from: t, to: a }"], json!({ "x": 1 }));
        let effect = &world.in_flight.values().next().unwrap().effect;
        assert_eq!(effect.kind, kind, "{config}");
        if effect.performer == "start_pipeline" {
            assert_eq!(*effect.input, json!({ "pipeline": "other", "input": { "x": 1 } }));
        }
    }
}

#[test]
fn question_to_a_target_is_rendered_but_for_the_effect_id() {
    let asked = "{ url: 'https://a.b/{{ input.shop }}?key={effect_id}', headers: { x: \"{{ secret('OWN') }} {effect_id}\" }, happened: item.body.n > 0 }";
    let node = format!(
        "{{ id: a, type: action, config: {{ kind: http, method: POST, url: 'https://a.b', idempotency_header: X-Id, reconcile: {asked} }} }}"
    );
    let run = |shop: &str| start(&[&node], &["{ from: t, to: a }"], json!({ "shop": shop }));
    let world = run("tea");
    let marker = gathering_domain::secret_marker("OWN");
    assert_eq!(
        world.in_flight.values().next().unwrap().effect.input["reconcile"],
        json!({
            "url": "https://a.b/tea?key={effect_id}",
            "headers": { "x": format!("{marker} {{effect_id}}") },
            "happened": "item.body.n > 0",
        })
    );
    assert_eq!(run(&marker).failure().code, "foreign_secret_marker");
}

#[test]
fn event_is_emitted_once() {
    let node = "{ id: e, type: action, config: { kind: emit_event, subject: 'orders.{{ input.what }}', data: { n: '{{ input.n }}' } } }";
    let world = start(&[node], &["{ from: t, to: e }"], json!({ "what": "paid", "n": 1 }));
    let events: Vec<_> = world
        .journal
        .iter()
        .filter_map(|entry| match &entry.body {
            gathering_engine::EntryBody::EventEmitted(event) => {
                Some((event.subject.as_str(), event.data.as_ref().clone()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(events, [("orders.paid", json!({ "n": 1 }))]);
    assert_eq!(world.result().0, RunStatus::Succeeded);
    let world = start(&[node], &["{ from: t, to: e }"], json!({ "what": "Not one", "n": 1 }));
    assert_eq!(world.failure().code, "invalid_subject");
}

#[test]
fn marker_that_came_with_data_is_refused() {
    let node = "{ id: a, type: action, config: { kind: http, method: POST, url: 'https://a.b', headers: { x: \"{{ secret('OWN') }}\" }, body: { text: '{{ input }}' } } }";
    let run = |input: Value| start(&[node], &["{ from: t, to: a }"], input);
    assert_eq!(run(json!("hello")).open(), ["node:a"]);
    for forged in [
        json!(gathering_domain::secret_marker("OWN")),
        json!({ gathering_domain::secret_marker("OTHER"): 1 }),
    ] {
        assert_eq!(run(forged).failure().code, "foreign_secret_marker");
    }
}

#[test]
fn cancel_and_time_limit_end_every_node() {
    let mut world = tools(&["a", "b"], &["t>a", "a>b"], &[]);
    world.cancel();
    assert_eq!(world.result().0, RunStatus::Cancelled);
    assert_eq!(
        (world.status("t"), world.status("a"), world.status("b")),
        (NodeStatus::Succeeded, NodeStatus::Cancelled, NodeStatus::Skipped)
    );

    let text = pipeline(&["{ id: d, type: delay, config: { for: 2h } }"], &["{ from: t, to: d }"])
        + "limits: { timeout: 1h }\n";
    let mut world = World::start(&text, json!({}));
    world.pass(secs(3600));
    assert_eq!(world.result().0, RunStatus::TimedOut);
    assert_eq!(world.status("d"), NodeStatus::TimedOut);
}

#[test]
fn outputs_that_fail_fail_the_run() {
    let text =
        pipeline(&["{ id: x, type: transform, config: { value: 1 } }"], &["{ from: t, to: x }"])
            + "outputs: { a: '{{ nodes.x.output.deep }}' }\n";
    let world = World::start(&text, json!({}));
    assert_eq!(world.failure().code, "undefined_name");
    assert!(world.failure().message.contains("/a"), "{:?}", world.failure());
}

#[test]
fn ten_transforms_take_one_step() {
    let nodes: Vec<String> = (0..10)
        .map(|n| {
            format!(
                "{{ id: n{n}, type: transform, config: {{ value: '{{{{ {} }}}}' }} }}",
                if n == 0 {
                    "input.x".to_owned()
                } else {
                    format!("nodes.n{}.output + vars.by", n - 1)
                }
            )
        })
        .collect();
    let paths: Vec<String> = (0..10)
        .map(|n| {
            edge(&if n == 0 { "t".to_owned() } else { format!("n{}", n - 1) }, &format!("n{n}"))
        })
        .collect();
    let text = pipeline(
        &nodes.iter().map(String::as_str).collect::<Vec<_>>(),
        &paths.iter().map(String::as_str).collect::<Vec<_>>(),
    ) + "vars: { by: 2 }\n";
    let world = World::start(&text, json!({ "x": 1 }));
    assert_eq!(world.result().1, json!({ "n9": 19 }));
}

#[test]
fn retry_keeps_what_succeeded() {
    let definition = Definition::from_yaml(&pipeline(
        &[
            &tool("a", ""),
            "{ id: m, type: map, config: { over: '[1, 2, 3]', tool: calculate }, input: { n: '{{ item }}' } }",
            "{ id: g, type: agent, config: { agent: writer, task: '{{ nodes.a.output }}' }, retry: { attempts: 2 } }",
            &tool("z", ""),
        ],
        &["{ from: t, to: a }", "{ from: a, to: m }", "{ from: a, to: g }", "{ from: m, to: z }", "{ from: g, to: z }"],
    )).unwrap();
    let pinned = pinned(&[&definition]);
    let mut world = World::run(&pinned, json!({}), vec![]);
    world.finish_effect("node:a", Ok(json!("one")));
    world.finish_child("node:g", Outcome::failed(broken("bad")));
    world.pass(secs(60));
    world.finish_child("node:g/try:2", done(json!("text")));
    world.finish_effect("node:m[0]", Ok(json!(10)));
    world.finish_effect("node:m[2]", Ok(json!(30)));
    world.finish_effect("node:m[1]", Err(broken("bad_item")));
    assert_eq!(world.result().0, RunStatus::Failed);

    let mut retried = world.retry(&pinned, json!({}));
    assert_eq!(retried.open(), ["node:m[1]"], "only the failed item is left");
    assert_eq!(retried.node("g").output.as_ref(), &json!("text"));
    retried.crash();
    retried.finish_effect("node:m[1]", Ok(json!(20)));
    assert_eq!(retried.node("m").output.as_ref(), &json!([10, 20, 30]));
    retried.finish_effect("node:z", Ok(json!("end")));
    assert_eq!(retried.result().1, json!({ "z": "end" }));
}

#[test]
fn retry_does_not_keep_what_followed_a_failure() {
    let definition = Definition::from_yaml(&pipeline(
        &[&tool("a", ""), &tool("h", ""), &tool("ok", ""), &tool("z", "")],
        &[
            "{ from: t, to: a }",
            "{ from: a, to: h, when: error }",
            "{ from: a, to: ok }",
            "{ from: t, to: z }",
        ],
    ))
    .unwrap();
    let pinned = pinned(&[&definition]);
    let mut world = World::run(&pinned, json!({}), vec![]);
    world.finish_effect("node:a", Err(broken("bad")));
    world.finish_effect("node:h", Ok(json!(1)));
    world.finish_effect("node:z", Err(broken("bad")));
    let mut retried = world.retry(&pinned, json!({}));
    assert_eq!(retried.open(), ["node:a", "node:z"]);
    retried.finish_effect("node:a", Ok(json!(1)));
    assert_eq!(retried.status("h"), NodeStatus::Skipped);
}

#[test]
fn a_tool_node_holds_its_call_to_its_hosts() {
    let node = "{ id: a, type: tool, config: { tool: calculate, hosts: [api.example] } }";
    let world = start(&[node], &["{ from: t, to: a }"], json!({}));
    let input = &world.in_flight.values().next().unwrap().effect.input;
    assert_eq!(input["hosts"], json!([{ "of": "tool", "hosts": ["api.example"] }]));
}

#[test]
fn tool_that_needs_consent_waits_for_it() {
    let node = "{ id: a, type: tool, config: { tool: asking }, input: { x: '{{ input.x }}' } }";
    let run = || start(&[node], &["{ from: t, to: a }"], json!({ "x": 1 }));
    let mut world = run();
    assert_eq!(world.open(), ["node:a/consent"]);
    let question = serde_json::to_value(world.questions.values().next().unwrap()).unwrap();
    assert_eq!(question["detail"]["arguments"], json!({ "x": 1 }));
    world.crash();
    world.answer("node:a/consent", json!({ "answer": "approved" }));
    assert_eq!(world.open(), ["node:a"]);
    assert_eq!(world.in_flight.values().next().unwrap().effect.input["approved"], json!(true));
    world.crash();
    world.finish_effect("node:a", Ok(json!("done")));
    assert_eq!(world.result().1, json!({ "a": "done" }));

    let mut world = run();
    world.answer("node:a/consent", json!({ "answer": "rejected", "note": "not now" }));
    assert_eq!(world.failure().code, "refused");
    assert!(world.failure().message.ends_with("not now"), "{:?}", world.failure());
    let mut world = run();
    world.pass(secs(7 * 24 * 3600));
    assert_eq!(world.failure().code, "refused");
}

#[test]
fn each_item_of_a_map_needs_its_own_consent() {
    let node =
        "{ id: m, type: map, config: { over: input, tool: asking, on_item_error: continue } }";
    let mut world = start(&[node], &["{ from: t, to: m }"], json!([{}, {}]));
    assert_eq!(world.open(), ["node:m[0]/consent", "node:m[1]/consent"]);
    world.answer("node:m[0]/consent", json!({ "answer": "rejected" }));
    world.answer("node:m[1]/consent", json!({ "answer": "approved" }));
    assert_eq!(world.open(), ["node:m[1]"]);
    world.finish_effect("node:m[1]", Ok(json!(2)));
    assert_eq!(world.result().1, json!({ "m": [null, 2] }));
}
