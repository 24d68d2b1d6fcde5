//! Random pipelines under random orders of outcomes, crashes and time.

use gathering_domain::{Duration, NodeStatus, RunStatus};
use gathering_engine::Outcome;
use gathering_pipelines::Definition;
use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::json;

use crate::world::{World, broken, done, pinned};

/// What a node is and how it joins; its place in the list is its place in the order.
#[derive(Debug, Clone)]
struct Shape {
    kind: u8,
    join: u8,
    on_error: u8,
    /// For each earlier node whether an edge leads from it, and which label of its type it has.
    from: Vec<Option<u8>>,
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let count = 2_usize..10;
    count.prop_flat_map(|count| {
        let shape = (
            0_u8..10,
            0_u8..5,
            0_u8..3,
            prop::collection::vec(prop::option::weighted(0.4, 0_u8..4), count),
        );
        prop::collection::vec(shape, count).prop_map(|shapes| {
            shapes
                .into_iter()
                .map(|(kind, join, on_error, from)| Shape { kind, join, on_error, from })
                .collect()
        })
    })
}

const CONFIGS: [&str; 10] = [
    "tool, config: { tool: calculate }",
    "agent, config: { agent: writer, task: Write. }, retry: { attempts: 2, first_delay: 1s }",
    "condition, config: { when: input.truth }",
    "switch, config: { cases: [{ name: one, when: input.truth }, { name: two, when: not input.truth }] }",
    "parallel, config: { limit: 1 }",
    "map, config: { over: input.list, tool: calculate, limit: 2 }",
    "delay, config: { for: 5s }",
    "approval, config: { title: Go?, deadline: 20s }",
    "tool, config: { tool: asking }",
    "transform, config: { value: '{{ input.list | length }}' }",
];

fn labels(kind: u8) -> &'static [&'static str] {
    match kind {
        2 => &["true", "false", "", ""],
        3 => &["one", "two", "default", ""],
        7 => &["approved", "rejected", "expired", ""],
        _ => &["", "", "", ""],
    }
}

/// A valid definition of the shapes: the first node follows the trigger, and so does each that no
/// other leads to.
fn definition(shapes: &[Shape]) -> Definition {
    let mut nodes = vec!["{ id: t, type: trigger }".to_owned()];
    let mut edges = Vec::new();
    for (at, shape) in shapes.iter().enumerate() {
        let mut count = 0;
        for (from, label) in shape.from.iter().enumerate().take(at) {
            let Some(label) = label else { continue };
            let routes = shapes[from].on_error == 2 && shapes[from].kind != 4 && *label == 3;
            let label = if routes { "error" } else { labels(shapes[from].kind)[*label as usize] };
            let when = if label.is_empty() { String::new() } else { format!(", when: '{label}'") };
            edges.push(format!("{{ from: n{from}, to: n{at}{when} }}"));
            count += 1;
        }
        if count == 0 {
            edges.push(format!("{{ from: t, to: n{at} }}"));
            count = 1;
        }
        let join = match shape.join {
            0 | 1 => "all".to_owned(),
            2 | 3 => "any".to_owned(),
            _ => format!("n:{}", count.min(2)),
        };
        // A fan-out cannot fail, and so takes no `on_error`.
        let on_error =
            if shape.kind == 4 || shape.on_error != 1 { "" } else { ", on_error: continue" };
        nodes.push(format!(
            "{{ id: n{at}, join: '{join}'{on_error}, type: {} }}",
            CONFIGS[shape.kind as usize]
        ));
    }
    let list =
        |lines: &[String]| lines.iter().map(|line| format!("  - {line}\n")).collect::<String>();
    let text = format!(
        "name: p\nlimits: {{ concurrency: 5 }}\nnodes:\n{}edges:\n{}",
        list(&nodes),
        list(&edges)
    );
    Definition::from_yaml(&text).unwrap_or_else(|faults| panic!("{text}\n{faults:#?}"))
}

/// Lets one thing happen; which, the number says.
fn happen(world: &mut World, choice: u16) {
    let open = world.open();
    let way = choice % 7;
    match open.get(usize::from(choice / 7) % open.len().max(1)) {
        _ if way == 0 => world.crash(),
        _ if way == 1 => world.pass(Duration::from_secs(3)),
        None => world.pass(Duration::from_secs(7)),
        Some(key) if world.questions.contains_key(key.as_str()) => {
            let answer = if way < 4 { "approved" } else { "rejected" };
            world.answer(key, json!({ "answer": answer }));
        }
        Some(key) if world.children.contains_key(key.as_str()) => {
            let outcome =
                if way < 5 { done(json!("text")) } else { Outcome::failed(broken("bad")) };
            world.finish_child(key, outcome);
        }
        Some(key) => {
            let result = if way < 6 { Ok(json!(1)) } else { Err(broken("bad")) };
            world.finish_effect(key, result);
        }
    }
}

/// What must hold of a run at every moment.
fn check(world: &World) -> Result<(), TestCaseError> {
    let jobs = world.in_flight.len() + world.children.len();
    prop_assert!(jobs <= 5, "{jobs} jobs at work");
    // Whoever waits for nobody outside waits for time.
    prop_assert!(
        world.outcome.is_some() || !world.open().is_empty() || world.wake_at.is_some(),
        "nothing will ever happen"
    );
    Ok(())
}

/// What must hold of a run that has ended.
fn check_end(world: &World, definition: &Definition) -> Result<(), TestCaseError> {
    let nodes = world.nodes();
    let status = |id: &str| nodes.iter().find(|node| node.id == id).unwrap().status;
    let (run, _) = world.result();
    for node in &nodes {
        prop_assert!(
            !matches!(node.status, NodeStatus::Pending | NodeStatus::Running | NodeStatus::Waiting),
            "{} is {:?}",
            node.id,
            node.status
        );
        prop_assert_eq!(
            node.error.is_some(),
            matches!(node.status, NodeStatus::Failed | NodeStatus::TimedOut)
        );
    }
    if run == RunStatus::Failed {
        prop_assert!(nodes.iter().any(|node| node.error.is_some()));
        return Ok(());
    }
    prop_assert_eq!(run, RunStatus::Succeeded);
    for edge in &definition.edges {
        // A node that nothing before it reached did not run.
        let (from, to) = (status(edge.from.as_str()), edge.to.as_str());
        let only = definition.edges.iter().filter(|other| other.to == edge.to).count() == 1;
        if only && matches!(from, NodeStatus::Skipped | NodeStatus::Cancelled) {
            prop_assert!(matches!(status(to), NodeStatus::Skipped | NodeStatus::Cancelled), "{to}");
        }
        // With the join `all` and an edge without label, a node follows what succeeded.
        let joins_all =
            definition.nodes.iter().any(|node| node.id == edge.to && node.join.is_default());
        if joins_all && edge.when.is_none() && from == NodeStatus::Succeeded {
            prop_assert!(status(to) != NodeStatus::Skipped, "{to} was skipped");
        }
    }
    Ok(())
}

/// The folds of two prefixes of a journal agree where the shorter one says that a node has ended.
fn check_prefixes(world: &World) -> Result<(), TestCaseError> {
    use gathering_pipelines::nodes_view;
    let mut before: Vec<gathering_pipelines::NodeView> = Vec::new();
    for end in 1..=world.journal.len() {
        let now = nodes_view(std::sync::Arc::clone(&world.program), &world.journal[..end]);
        for (earlier, later) in before.iter().zip(&now) {
            if earlier.ended_at.is_some() {
                prop_assert_eq!(&earlier.status, &later.status);
                prop_assert_eq!(&earlier.output, &later.output);
                prop_assert_eq!(&earlier.ended_at, &later.ended_at);
            }
        }
        before = now;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn every_run_ends(
        shapes in shapes(),
        truth in any::<bool>(),
        items in 0_usize..4,
        choices in prop::collection::vec(any::<u16>(), 400),
    ) {
        let definition = definition(&shapes);
        let pinned = pinned(&[&definition]);
        let input = json!({ "truth": truth, "list": vec![json!({}); items] });
        let mut world = World::run(&pinned, input.clone(), vec![]);
        for choice in &choices {
            check(&world)?;
            if world.outcome.is_some() {
                break;
            }
            happen(&mut world, *choice);
        }
        prop_assert!(world.outcome.is_some(), "still runs: {:?} {:?}", world.open(), world.nodes());
        check_end(&world, &definition)?;
        check_prefixes(&world)?;

        // A retry of a failed run ends as well, and keeps each result that it begins with.
        if world.result().0 == RunStatus::Failed {
            let mut retried = world.retry(&pinned, input);
            for choice in choices.iter().rev() {
                check(&retried)?;
                if retried.outcome.is_some() {
                    break;
                }
                happen(&mut retried, *choice);
            }
            prop_assert!(retried.outcome.is_some(), "still runs: {:?} {:?}", retried.open(), retried.nodes());
            check_end(&retried, &definition)?;
        }
    }
}
