//! Recipes of pipelines: one journal for each thing that a pipeline can do.

use std::{collections::BTreeMap, fmt::Write as _};

use gathering_agents::TurnMachine;
use gathering_domain::{EffectKind, Failure};
use gathering_engine::{ChildSpec, Limits, Outcome, Payload, Resolution};
use gathering_pipelines::{
    Definition, PIPELINE_BEHAVIOUR, PIPELINE_MACHINE, Pinned, PinnedAgent, PinnedPipeline,
    PinnedTool, Program,
};
use serde_json::{Value, json};

use super::{Recipe, recorder::Recorder};

/// All of them.
pub(super) const RECIPES: &[Recipe] = &[
    ("pipeline", "condition_and_switch", || {
        pipeline(
            "c: condition, config: { when: input.n > 1 }
             s: switch, config: { cases: [{ name: two, when: input.n == 2 }, { name: few, when: input.n < 5 }] }
             low: tool, config: { tool: look }
             two: tool, config: { tool: look }
             few: tool, config: { tool: look }, input: { n: '{{ input.n }}' }",
            "t>c c>s:true c>low:false s>two:two s>few:few",
            json!({ "n": 3 }),
        )
        .ok("node:few", json!({ "n": 1 }))
        .ended("condition_and_switch", "succeeded")
    }),
    ("pipeline", "parallel_with_a_limit_and_join_all", || {
        pipeline(
            "fan: parallel, config: { limit: 2 }
             a: tool, config: { tool: look }
             a2: tool, config: { tool: look }
             b: tool, config: { tool: look }
             c: tool, config: { tool: look }
             j: transform, config: { value: ['{{ nodes.a2.output }}', '{{ nodes.b.output }}', '{{ nodes.c.output }}'] }",
            "t>fan fan>a a>a2 fan>b fan>c a2>j b>j c>j",
            json!({}),
        )
        .ok("node:a", json!(1))
        .ok("node:b", json!(2))
        .crash()
        .ok("node:a2", json!(3))
        .ok("node:c", json!(4))
        .ended("parallel_with_a_limit_and_join_all", "succeeded")
    }),
    ("pipeline", "join_any", || {
        pipeline(
            "a: tool, config: { tool: look }
             b: tool, config: { tool: send }
             c: tool, config: { tool: look }
             d: tool, config: { tool: look }
             j: tool, join: any, config: { tool: look }, input: { of: '{{ nodes.c.status }}' }",
            "t>a t>b t>c a>j b>j c>j c>d",
            json!({}),
        )
        .ok("node:a", json!(1))
        .ok("node:c", json!(2))
        .ok("node:j", json!(3))
        .ok("node:d", json!(4))
        .ended("join_any", "succeeded")
    }),
    ("pipeline", "join_n", || {
        pipeline(
            "a: tool, config: { tool: look }, on_error: continue
             b: tool, config: { tool: look }
             c: tool, config: { tool: look }
             j: tool, join: 'n:2', config: { tool: look }",
            "t>a t>b t>c a>j b>j c>j",
            json!({}),
        )
        .fails("node:a", broken())
        .ok("node:c", json!(1))
        .ok("node:j", json!(2))
        .ended("join_n", "succeeded")
    }),
    ("pipeline", "join_n_out_of_reach", || {
        pipeline(
            "c1: condition, config: { when: 'false' }
             c2: condition, config: { when: 'true' }
             j: tool, join: 'n:2', config: { tool: look }",
            "t>c1 t>c2 c1>j:true c2>j:true",
            json!({}),
        )
        .ended("join_n_out_of_reach", "failed")
    }),
    ("pipeline", "notify", || {
        pipeline(
            "n: action, config: { kind: notify, channel: ops, title: 'Hello {{ input.who }}', text: Done., data: { n: '{{ input.n }}' } }",
            "t>n",
            json!({ "who": "Ann", "n": 1 }),
        )
        .ok("node:n", json!({ "channel_type": "slack", "status": 200, "answer": "ok" }))
        .ended("notify", "succeeded")
    }),
    ("pipeline", "map_of_a_tool", || {
        pipeline(
            "m: map, config: { over: input, tool: look, limit: 2, on_item_error: continue }, input: { n: '{{ item * 10 }}' }
             x: transform, config: { value: '{{ nodes.m.output | length }}' }",
            "t>m m>x",
            json!([1, 2, 3]),
        )
        .ok("node:m[1]", json!("b"))
        .fails("node:m[0]", broken())
        .crash()
        .ok("node:m[2]", json!("c"))
        .ended("map_of_a_tool", "succeeded")
    }),
    ("pipeline", "map_of_an_agent", || {
        pipeline(
            "m: map, config: { over: input, agent: writer, task: 'Sort {{ item.text }}', limit: 2, output_schema: { type: object } }",
            "t>m",
            json!([{ "text": "a" }, { "text": "b" }, { "text": "c" }]),
        )
        .child("node:m[1]", Outcome::succeeded(json!({ "urgent": true })))
        .child("node:m[0]", Outcome::failed(broken()))
        .ended("map_of_an_agent", "failed")
    }),
    ("pipeline", "agent_that_is_tried_again", || {
        pipeline(
            "a: agent, config: { agent: writer, task: Write. }, input: { about: tea }, retry: { attempts: 2, first_delay: 1s }, timeout: 1m, cost: 0.5",
            "t>a",
            json!({}),
        )
        .child("node:a", Outcome::failed(broken()))
        .pass(1)
        .child("node:a/try:2", Outcome::succeeded(json!("text")))
        .ended("agent_that_is_tried_again", "succeeded")
    }),
    ("pipeline", "approval", || {
        pipeline(
            "ask: approval, config: { title: 'Go, {{ input.who }}?', detail: { n: 1 }, form: { type: object }, deadline: 2h, on_deadline: reject }
             yes: tool, config: { tool: look }, input: { note: '{{ nodes.ask.output.data }}' }
             no: tool, config: { tool: look }",
            "t>ask ask>yes:approved ask>no:rejected",
            json!({ "who": "Ann" }),
        )
        .crash()
        .answers("node:ask", json!({ "answer": "approved", "data": { "n": 2 } }))
        .ok("node:yes", json!(1))
        .ended("approval", "succeeded")
    }),
    ("pipeline", "approval_of_named_deciders", || {
        pipeline(
            "ask: approval, config: { title: Go?, deciders: [operator, Ada@Example.com] }",
            "t>ask",
            json!({}),
        )
        .answers("node:ask", json!({ "answer": "rejected" }))
        .ended("approval_of_named_deciders", "succeeded")
    }),
    ("pipeline", "approval_that_nobody_decided", || {
        pipeline(
            "ask: approval, config: { title: Go?, deadline: 2h }
             late: tool, config: { tool: look }",
            "t>ask ask>late:expired",
            json!({}),
        )
        .pass(7_200)
        .ok("node:late", json!(1))
        .ended("approval_that_nobody_decided", "succeeded")
    }),
    ("pipeline", "delay_transform_and_event", || {
        pipeline(
            "d: delay, config: { for: '{{ input.wait }}' }
             x: transform, config: { value: { n: '{{ input.n + 1 }}' } }
             e: action, config: { kind: emit_event, subject: 'orders.{{ input.what }}', data: { n: '{{ nodes.x.output.n }}' } }",
            "t>d d>x x>e",
            json!({ "wait": "90s", "n": 1, "what": "paid" }),
        )
        .pass(30)
        .crash()
        .pass(60)
        .ended("delay_transform_and_event", "succeeded")
    }),
    ("pipeline", "http_that_is_tried_again", || {
        pipeline(
            "h: action, config: { kind: http, method: POST, url: 'https://example.com/{{ input.path }}', idempotency_header: X-Id, headers: { authorization: \"Bearer {{ secret('KEY') }}\" }, body: { n: '{{ input.n }}' } }, retry: { attempts: 3, first_delay: 1s }, timeout: 30s",
            "t>h",
            json!({ "path": "orders", "n": 1 }),
        )
        .fails("node:h", Failure::retryable("http_status", "it answered 503", None))
        .pass(1)
        .crash()
        .fails("node:h", Failure::unknown("timeout", "no answer came"))
        .pass(2)
        .ok("node:h", json!({ "status": 200, "headers": {}, "body": "ok" }))
        .ended("http_that_is_tried_again", "succeeded")
    }),
    ("pipeline", "http_whose_outcome_is_unknown", || {
        pipeline(
            "h: action, config: { kind: http, method: POST, url: 'https://example.com/' }",
            "t>h",
            json!({}),
        )
        .crash()
        .resolved("node:h", 1, Resolution::NotDone)
        .fails("node:h", Failure::unknown("timeout", "no answer came"))
        .resolved("node:h", 2, Resolution::Done(json!({ "status": 200 }).into()))
        .ended("http_whose_outcome_is_unknown", "succeeded")
    }),
    ("pipeline", "http_whose_target_is_asked_twice", || {
        pipeline(
            "h: action, config: { kind: http, method: POST, url: 'https://example.com/', idempotency_header: X-Id, reconcile: { url: 'https://example.com/{{ input.shop }}/{effect_id}', headers: { authorization: \"Bearer {{ secret('KEY') }}\" }, happened: item.body.n > 0 } }",
            "t>h",
            json!({ "shop": "tea" }),
        )
        .crash()
        .reconciled("node:h", Err(Failure::retryable("outcome_unclear", "it answered 503", None)))
        .crash()
        .pass(1)
        .reconciled("node:h", Ok(Some(json!({ "status": 200, "reconciled": true }))))
        .ended("http_whose_target_is_asked_twice", "succeeded")
    }),
    ("pipeline", "tool_whose_target_is_asked", || {
        pipeline("a: tool, config: { tool: pay }", "t>a", json!({}))
            .answers("node:a/consent", json!({ "answer": "approved" }))
            .fails("node:a", Failure::unknown("timeout", "no answer came"))
            .pass(60)
            .reconciled("node:a", Ok(None))
            .pass(1)
            .crash()
            .reconciled("node:a", Ok(Some(json!({ "n": 1 }))))
            .ended("tool_whose_target_is_asked", "succeeded")
    }),
    ("pipeline", "tool_whose_target_has_not_done_it_yet", || {
        pipeline("a: tool, config: { tool: pay }", "t>a", json!({}))
            .answers("node:a/consent", json!({ "answer": "approved" }))
            .crash()
            .reconciled("node:a", Ok(None))
            .crash()
            .pass(60)
            .reconciled("node:a", Ok(Some(json!({ "n": 1 }))))
            .ended("tool_whose_target_has_not_done_it_yet", "succeeded")
    }),
    ("pipeline", "target_that_cannot_say", || {
        pipeline("a: tool, config: { tool: pay }", "t>a", json!({}))
            .answers("node:a/consent", json!({ "answer": "approved" }))
            .crash()
            .reconciled("node:a", Err(Failure::fatal("down", "nobody listens")))
            .resolved("node:a", 1, Resolution::Failed("it did not".to_owned()))
            .ended("target_that_cannot_say", "failed")
    }),
    ("pipeline", "error_edge", || {
        pipeline(
            "a: tool, config: { tool: look }
             b: tool, config: { tool: look }
             h: tool, config: { tool: look }, input: { why: '{{ nodes.a.error.code }}' }",
            "t>a a>b a>h:error",
            json!({}),
        )
        .fails("node:a", broken())
        .ok("node:h", json!(1))
        .ended("error_edge", "succeeded")
    }),
    ("pipeline", "child_pipeline", || {
        pipeline(
            "c: pipeline, config: { pipeline: child }, input: { n: '{{ input.n }}' }, timeout: 1m
             s: action, config: { kind: start_pipeline, pipeline: child }, input: { n: '{{ nodes.c.output.x }}' }",
            "t>c c>s",
            json!({ "n": 1 }),
        )
        .child("node:c", Outcome::succeeded(json!({ "x": 2 })))
        .ok("node:s", json!({ "run_id": "run_1" }))
        .ended("child_pipeline", "succeeded")
    }),
    ("pipeline", "consent_to_a_tool", || {
        pipeline(
            "a: tool, config: { tool: pay }, input: { n: 7 }, on_error: continue
             b: tool, config: { tool: pay }, input: { n: 8 }",
            "t>a t>b",
            json!({}),
        )
        .answers("node:a/consent", json!({ "answer": "rejected", "note": "too dear" }))
        .answers("node:b/consent", json!({ "answer": "approved" }))
        .ok("node:b", json!({ "n": 8 }))
        .ended("consent_to_a_tool", "succeeded")
    }),
    ("pipeline", "cancel", || {
        pipeline(
            "a: tool, config: { tool: send }
             b: agent, config: { agent: writer, task: Write. }
             ask: approval, config: { title: Go? }
             d: delay, config: { for: 1h }",
            "t>a t>b t>ask t>d",
            json!({}),
        )
        .cancel()
        .ended("cancel", "cancelled")
    }),
    ("pipeline", "time_limit", || {
        let start = |started: &mut gathering_engine::RunStarted| {
            started.limits.timeout = Some(gathering_domain::Duration::from_secs(60));
        };
        let spec = pipeline_spec(
            "d: delay, config: { for: 2h }\n a: tool, config: { tool: look }",
            "t>d t>a",
            json!({}),
        );
        Recorder::start(spec, start).pass(60).ended("time_limit", "timed_out")
    }),
    ("pipeline", "retry_of_what_failed", || {
        pipeline(
            "a: tool, config: { tool: write }
             m: map, config: { over: '[1, 2]', tool: send }, input: { n: '{{ item }}' }
             g: agent, config: { agent: writer, task: '{{ nodes.a.output }}' }
             z: tool, config: { tool: look }",
            "t>a a>m a>g m>z g>z",
            json!({}),
        )
        .ok("node:a", json!("one"))
        .child("node:g", Outcome::succeeded(json!("text")))
        .ok("node:m[0]", json!(10))
        .fails("node:m[1]", broken())
        .retry()
        .ok("node:m[1]", json!(20))
        .ok("node:z", json!("end"))
        .ended("retry_of_what_failed", "succeeded")
    }),
];

fn broken() -> Failure {
    Failure::fatal("bad", "it went badly")
}

fn pipeline(nodes: &str, edges: &str, input: Value) -> Recorder {
    Recorder::start(pipeline_spec(nodes, edges, input), |_| {})
}

/// A pipeline of nodes `id: type, rest`, a line each, and of edges `from>to:label`.
fn pipeline_spec(nodes: &str, edges: &str, input: Value) -> ChildSpec {
    let mut yaml = "name: recorded\nnodes:\n  - { id: t, type: trigger }\n".to_owned();
    for line in nodes.lines().map(str::trim) {
        let (id, rest) = line.split_once(": ").unwrap();
        writeln!(yaml, "  - {{ id: {id}, type: {rest} }}").unwrap();
    }
    yaml.push_str("edges:\n");
    for path in edges.split_whitespace() {
        let (from, to) = path.split_once('>').unwrap();
        let (to, label) = to.split_once(':').unwrap_or((to, ""));
        let when = if label.is_empty() { String::new() } else { format!(", when: '{label}'") };
        writeln!(yaml, "  - {{ from: {from}, to: {to}{when} }}").unwrap();
    }
    let main = Definition::from_yaml(&yaml).unwrap_or_else(|faults| panic!("{yaml}\n{faults:#?}"));
    let child = "name: child\ninputs: { type: object, properties: { n: { type: integer } } }\n\
                 limits: { timeout: 1h, cost: 2 }\nnodes: [{ id: t, type: trigger }]\n";
    let child = Definition::from_yaml(child).unwrap();
    let is_parent = yaml.contains("type: pipeline,");
    let pinned = Pinned {
        main: "recorded".to_owned(),
        pipelines: std::iter::once(&main)
            .chain(is_parent.then_some(&child))
            .map(|definition| (definition.name.to_string(), pin(definition)))
            .collect(),
    };
    let definition = Payload::new(serde_json::to_value(&pinned).unwrap());
    let limits: Limits = Program::load(&definition).unwrap().limits();
    ChildSpec {
        machine: PIPELINE_MACHINE,
        behaviour: PIPELINE_BEHAVIOUR,
        definition,
        input: input.into(),
        limits,
        title: "recorded".to_owned(),
    }
}

fn pin(definition: &Definition) -> PinnedPipeline {
    let used = definition.used_names();
    let agent = |name: &String| {
        let definition = json!({ "name": name });
        (name.clone(), PinnedAgent { behaviour: TurnMachine::BEHAVIOUR, definition })
    };
    let tool = |name: &String| {
        let kind = match name.as_str() {
            "write" => EffectKind::Idempotent,
            "send" => EffectKind::Unsafe,
            "pay" => EffectKind::Reconcilable,
            _ => EffectKind::Pure,
        };
        (name.clone(), PinnedTool { kind, timeout: None, consent: name == "pay" })
    };
    PinnedPipeline {
        hash: definition.content_hash(),
        definition: definition.to_value(),
        agents: used.agents.iter().map(agent).collect(),
        tools: used.tools.iter().map(tool).collect::<BTreeMap<_, _>>(),
        channels: used.channels.into_iter().map(|name| (name, EffectKind::Unsafe)).collect(),
    }
}
