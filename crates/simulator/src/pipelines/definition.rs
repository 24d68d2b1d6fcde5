//! A random definition: a valid graph over the node types, written as a person would write it.

use gathering_pipelines::Definition;

use crate::Dice;

/// The most nodes besides the trigger.
const MAX_NODES: u64 = 7;

/// A kind of node: how it is written, and the labels of its outgoing edges.
type Kind = (&'static str, &'static [&'static str]);

const KINDS: [Kind; 15] = [
    ("tool, config: { tool: look }", &[""]),
    ("tool, config: { tool: send }", &[""]),
    ("tool, config: { tool: send }, retry: { attempts: 2, first_delay: 100ms }", &[""]),
    ("tool, config: { tool: pay }", &[""]),
    ("tool, config: { tool: write }, timeout: 20s", &[""]),
    ("agent, config: { agent: writer, task: Write. }", &[""]),
    ("condition, config: { when: input.truth }", &["true", "false", ""]),
    ("switch, config: { cases: [{ name: one, when: input.truth }] }", &["one", "default", ""]),
    ("parallel, config: { limit: 1 }", &[""]),
    ("map, config: { over: input.list, tool: send, limit: 2 }", &[""]),
    ("map, config: { over: input.list, agent: sorter, task: Sort., limit: 2 }", &[""]),
    ("delay, config: { for: 5s }", &[""]),
    ("approval, config: { title: Go?, deadline: 8s }", &["approved", "rejected", "expired", ""]),
    ("transform, config: { value: '{{ input.list | length }}' }", &[""]),
    ("action, config: { kind: http, method: POST, url: 'https://example.com/' }", &[""]),
];

/// The kinds of nodes that take an input of their own.
const TAKE_INPUT: [&str; 3] = ["tool", "agent", "pipeline"];

/// A valid definition; `child` is a pipeline that it may start and wait for.
pub(super) fn random(dice: &mut Dice, name: &str, child: Option<&str>) -> Definition {
    let count = usize::try_from(1 + dice.below(MAX_NODES)).unwrap_or(1);
    let mut nodes = vec!["{ id: t, type: trigger }".to_owned()];
    let mut edges = Vec::new();
    let mut chosen: Vec<(Kind, u64)> = Vec::new();
    for at in 0..count {
        let mut last = None;
        for (from, ((_, labels), on_error)) in chosen.iter().enumerate() {
            if !dice.chance(350) {
                continue;
            }
            let label = if *on_error == 2 { "error" } else { dice.pick(labels) };
            let when = if label.is_empty() { String::new() } else { format!(", when: '{label}'") };
            edges.push(format!("{{ from: n{from}, to: n{at}{when} }}"));
            last = Some(from);
        }
        if last.is_none() {
            edges.push(format!("{{ from: t, to: n{at} }}"));
        }
        let kind = dice.pick(&KINDS);
        let fans_out = kind.0.starts_with("parallel");
        let on_error = if fans_out { 0 } else { dice.below(4) };
        let continues = if on_error == 1 { ", on_error: continue" } else { "" };
        let join = dice.pick(&["all", "all", "any"]);
        let written = match child {
            Some(child) if !fans_out && on_error < 2 && dice.chance(120) => {
                format!("pipeline, config: {{ pipeline: {child} }}")
            }
            _ => kind.0.to_owned(),
        };
        let labels = if written == kind.0 { kind } else { ("", &[""][..]) };
        let takes_input = TAKE_INPUT.iter().any(|kind| written.starts_with(kind));
        let fed = match last {
            Some(from) if takes_input && dice.chance(500) => format!(
                ", input: {{ truth: '{{{{ nodes.n{from}.status == \"succeeded\" }}}}', \
                 list: '{{{{ input.list }}}}', from: '{{{{ nodes.n{from}.output }}}}' }}"
            ),
            _ => String::new(),
        };
        nodes.push(format!("{{ id: n{at}, join: '{join}'{continues}, type: {written}{fed} }}"));
        // An edge for errors needs its node to route them; those nodes lead nowhere else.
        chosen.push((labels, on_error));
    }
    let list = |lines: &[String]| {
        lines.iter().fold(String::new(), |list, line| list + "  - " + line + "\n")
    };
    let text = format!("name: {name}\nnodes:\n{}edges:\n{}", list(&nodes), list(&edges));
    Definition::from_yaml(&text).unwrap_or_else(|faults| panic!("{text}\n{faults:#?}"))
}
