//! Tests of what a schedule may say, and of what is told of faults.

use gathering_app::{Error, pipelines::Source, schedules::ScheduleDocument};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use super::pipeline;
use crate::support::{Bench, agent, echo};

/// A schedule's document with other members.
fn with(members: &Value) -> Value {
    let mut document = json!({
        "name": "nightly",
        "timing": { "type": "cron", "expression": "0 3 * * *", "zone": "Europe/Paris" },
        "action": { "type": "action", "config": { "kind": "http", "method": "POST",
            "url": "https://example.com/", "body": { "at": "{{ input.slot }}" } } },
    });
    for (name, value) in members.as_object().unwrap() {
        document[name] = value.clone();
    }
    document
}

async fn refused(bench: &Bench, document: Value) -> Vec<(String, String)> {
    let document: ScheduleDocument = serde_json::from_value(document).unwrap();
    match bench.app.schedules().create(&bench.owner, document, None).await.unwrap_err() {
        Error::Invalid { faults, .. } => faults
            .into_iter()
            .map(|fault| (fault.pointer.as_str().to_owned(), fault.code))
            .collect(),
        other => panic!("{other:?}"),
    }
}

each_database! {
    async fn each_fault_is_named_with_its_place(place: Place) {
        let bench = Bench::open(place).await;
        let absent = "00000000000000000000000000000009";
        for (members, wanted) in [
            (json!({ "timing": { "type": "cron", "expression": "61 3 * * *" } }), vec![("/timing/expression", "invalid_cron")]),
            (json!({ "timing": { "type": "cron", "expression": "0 3 30 2 *" } }), vec![("/timing/expression", "never_comes")]),
            (json!({ "timing": { "type": "cron", "expression": "0 3 * * *", "zone": "Mars/Base" } }), vec![("/timing/zone", "unknown_zone")]),
            (json!({ "timing": { "type": "interval", "every": "10ms" } }), vec![("/timing/every", "out_of_range")]),
            (json!({ "timing": { "type": "once", "at": "1970-01-01T00:00:00Z" } }), vec![("/timing", "never_comes")]),
            (json!({ "name": "", "policy": { "jitter": "2h" } }), vec![("/policy/jitter", "out_of_range"), ("/name", "invalid_name")]),
            (json!({ "action": { "type": "pipeline", "pipeline_id": format!("pip_{absent}") } }), vec![("/action/pipeline_id", "not_found")]),
            (json!({ "action": { "type": "agent", "agent_id": format!("agt_{absent}"), "task": "Do." } }), vec![("/action/agent_id", "not_found")]),
            (json!({ "action": { "type": "action", "config": { "kind": "http", "method": "GET", "url": "{{ nope" } } }), vec![("/action/config/url", "invalid_template")]),
        ] {
            let found = refused(&bench, with(&members)).await;
            let found: Vec<_> = found.iter().map(|(place, code)| (place.as_str(), code.as_str())).collect();
            assert_eq!(found, wanted, "{members}");
        }
    }

    async fn what_its_pipeline_does_not_take_is_named_with_its_place(place: Place) {
        let bench = Bench::open(place).await;
        let shape = json!({
            "type": "object",
            "properties": {
                "n": { "type": "integer" },
                "at": { "type": "string" },
                "list": { "items": { "type": "boolean" } },
            },
            "required": ["n"],
        });
        let mut takes = echo("takes");
        takes["inputs"] = shape;
        let takes = bench.app.pipelines().create(&bench.owner, Source::Json(takes), None).await.unwrap().id;
        let of = |members: Value| {
            let mut action = json!({ "type": "pipeline", "pipeline_id": takes });
            action.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            with(&json!({ "action": action }))
        };
        for (members, wanted) in [
            (json!({ "input": { "n": "four" } }), "/action/input/n"),
            // A slot is a text, whichever it is.
            (json!({ "input": { "n": "{{ input.slot }}" } }), "/action/input/n"),
            (json!({ "input": { "n": 4, "list": [true, "{{ input.schedule }}"] } }), "/action/input/list/1"),
            (json!({ "input": {} }), "/action/input/n"),
            // The fire itself.
            (json!({}), "/action/input/n"),
        ] {
            let found = refused(&bench, of(members.clone())).await;
            let places: Vec<_> = found.iter().map(|(place, _)| place.as_str()).collect();
            assert_eq!(places, [wanted], "{members}");
        }
        let good = of(json!({ "input": { "n": 4, "at": "{{ input.slot }}", "list": ["{{ input.manual }}"] } }));
        let good: ScheduleDocument = serde_json::from_value(good).unwrap();
        let schedules = bench.app.schedules();
        let schedule = schedules.create(&bench.owner, good.clone(), None).await.unwrap();
        let bad: ScheduleDocument = serde_json::from_value(of(json!({ "input": { "n": true } }))).unwrap();
        let changed = schedules.update(&bench.owner, schedule.id, bad, schedule.version).await;
        assert_eq!(changed.unwrap_err().code(), "invalid");
    }

    async fn what_it_means_is_said_in_words(place: Place) {
        let bench = Bench::open(place).await;
        let document: ScheduleDocument = serde_json::from_value(with(&json!({}))).unwrap();
        let schedule = bench.app.schedules().create(&bench.owner, document.clone(), None).await.unwrap();
        assert!(schedule.meaning.starts_with("At 03:00"), "{}", schedule.meaning);
        assert!(schedule.meaning.contains("Europe/Paris"), "{}", schedule.meaning);
        let preview = bench.app.schedules().preview(&bench.owner, schedule.id, 3).await.unwrap();
        assert_eq!((preview.slots.len(), Some(preview.slots[0])), (3, schedule.next_slot));
        let again = bench.app.schedules().create(&bench.owner, document, None).await;
        assert_eq!(again.unwrap_err().code(), "name_taken");
    }

    async fn templates_see_the_fire(place: Place) {
        let bench = Bench::open(place).await;
        let pipeline = pipeline(&bench, &bench.owner).await;
        let helper = bench.app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
        for (action, wanted) in [
            (json!({ "type": "pipeline", "pipeline_id": pipeline,
                     "input": { "n": 1, "by": "{{ input.schedule }}", "hand": "{{ input.manual }}" } }),
             json!({ "n": 1, "by": "nightly", "hand": true })),
            (json!({ "type": "agent", "agent_id": helper.id, "task": "Report of {{ input.schedule }}" }),
             json!({ "task": "Report of nightly" })),
        ] {
            let document = serde_json::from_value(with(&json!({ "action": action }))).unwrap();
            let schedules = bench.app.schedules();
            let schedule = schedules.create(&bench.owner, document, None).await.unwrap();
            let fire = schedules.trigger(&bench.owner, schedule.id, None).await.unwrap();
            let run = bench.started(fire.run_id.unwrap()).await;
            assert_eq!(*run.input, wanted);
            schedules.delete(&bench.owner, schedule.id).await.unwrap();
        }
    }
}
