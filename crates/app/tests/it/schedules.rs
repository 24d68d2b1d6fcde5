//! Tests of schedules: what a slot becomes, once, whoever looks and however late.

mod changed;
mod documents;
mod late;
mod raced;
mod refused;

use std::{collections::HashSet, sync::Arc};

use gathering_app::{
    Caller, PageRequest,
    pipelines::Source,
    schedules::{Fire, FireStatus, Schedule, ScheduleDocument, ScheduleStatus},
};
use gathering_domain::{
    Actor, AuditAction, Clock as _, Duration, Failure, PipelineId, Role, RunId,
};
use gathering_engine::Outcome;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::support::{Bench, echo};

/// A schedule of the pipeline `echo`, every minute, with these policies.
async fn every_minute(bench: &Bench, policy: Value) -> Schedule {
    let pipeline = pipeline(bench, &bench.owner).await;
    let document = json!({
        "name": "often",
        "timing": { "type": "interval", "every": "1m" },
        "policy": policy,
        "action": { "type": "pipeline", "pipeline_id": pipeline, "input": { "n": 4 } },
    });
    create(bench, &bench.owner, document).await
}

/// The pipeline `echo`, which is there once.
async fn pipeline(bench: &Bench, caller: &Caller) -> PipelineId {
    let pipelines = bench.app.pipelines();
    let page = pipelines.list(caller, PageRequest::default()).await.unwrap();
    match page.items.first() {
        Some(found) => found.id,
        None => pipelines.create(caller, Source::Json(echo("echo")), None).await.unwrap().id,
    }
}

async fn create(bench: &Bench, caller: &Caller, document: Value) -> Schedule {
    let document: ScheduleDocument = serde_json::from_value(document).unwrap();
    bench.app.schedules().create(caller, document, None).await.unwrap()
}

/// The fires of a schedule, the oldest first.
async fn fires(bench: &Bench, schedule: &Schedule) -> Vec<Fire> {
    let page = PageRequest { limit: Some(200), cursor: None };
    let page = bench.app.schedules().fires(&bench.owner, schedule.id, page).await.unwrap();
    page.items.into_iter().rev().collect()
}

async fn statuses(bench: &Bench, schedule: &Schedule) -> Vec<FireStatus> {
    fires(bench, schedule).await.into_iter().map(|fire| fire.status).collect()
}

/// Lets minutes pass, and looks once then.
async fn after_minutes(bench: &Bench, minutes: u64) {
    bench.clock.advance(Duration::from_secs(60 * minutes));
    bench.app.schedules().sweep(|| false).await.unwrap();
}

/// Ends the one run that can be claimed.
async fn end(bench: &Bench, outcome: Outcome) -> RunId {
    let claimed = bench.claim().await;
    let [run] = claimed[..] else { panic!("{claimed:?}") };
    bench.finish(run, outcome).await;
    run
}

fn failed() -> Outcome {
    Outcome::failed(Failure::fatal("broken", "it does not work"))
}

fn succeeded() -> Outcome {
    Outcome::succeeded(json!(4))
}

each_database! {
    async fn a_slot_fires_once_however_many_look(place: Place) {
        let bench = Arc::new(Bench::open(place).await);
        let schedule = every_minute(&bench, json!({ "overlap": "allow" })).await;
        assert_eq!(schedule.status, ScheduleStatus::Active);
        let due = schedule.next_slot.unwrap();
        assert_eq!(due.micros() % 60_000_000, 0, "slots lie on the minute");
        bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!(fires(&bench, &schedule).await, []);
        bench.clock.set(due);
        let looks = (0..8).map(|_| {
            let bench = Arc::clone(&bench);
            async move { bench.app.schedules().sweep(|| false).await.unwrap().looked_at }
        });
        let looked: usize = futures::future::join_all(looks).await.into_iter().sum();
        assert_eq!(looked, 1);
        let fired = fires(&bench, &schedule).await;
        let [fire] = &fired[..] else { panic!("{fired:?}") };
        assert_eq!((fire.slot, fire.status, fire.manual), (due, FireStatus::Running, false));
        let run = bench.started(fire.run_id.unwrap()).await;
        assert_eq!((run.trigger.as_str(), run.input.as_ref()), ("schedule", &json!({ "n": 4 })));
        let now = bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap();
        assert_eq!((now.fires, now.next_slot), (1, Some(due + Duration::from_secs(60))));
    }

    async fn two_who_took_the_same_schedule_fire_its_slot_once(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "allow" })).await;
        bench.clock.set(schedule.next_slot.unwrap());
        let first = bench.app.schedules().take().await.unwrap();
        // The lease of whoever took it is over: it was paused, or its host is gone.
        bench.clock.advance(Duration::from_secs(11));
        let late = bench.app.schedules().take().await.unwrap();
        assert_eq!((first.len(), late.len()), (1, 1));
        bench.app.schedules().look_after(&late[0]).await;
        bench.app.schedules().look_after(&first[0]).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Running]);
        assert_eq!(bench.claim().await.len(), 1);
    }

    async fn what_was_missed_is_made_up_for_as_the_policy_says(place: Place) {
        let bench = Bench::open(place).await;
        for (misfire, wanted, missed, runs) in [
            (json!({ "type": "skip" }), vec![FireStatus::Missed, FireStatus::Running], 9, 1),
            (json!({ "type": "fire_once" }), vec![FireStatus::Missed, FireStatus::Running], 9, 1),
            (json!({ "type": "fire_all", "within": "150s" }), vec![FireStatus::Missed, FireStatus::Running, FireStatus::Running, FireStatus::Running], 7, 3),
        ] {
            let schedule = every_minute(&bench, json!({ "misfire": misfire, "overlap": "allow" })).await;
            let first = schedule.next_slot.unwrap();
            bench.clock.set(first + Duration::from_secs(9 * 60 + 1));
            bench.app.schedules().sweep(|| false).await.unwrap();
            let fired = fires(&bench, &schedule).await;
            let found: Vec<_> = fired.iter().map(|fire| fire.status).collect();
            assert_eq!(found, wanted, "{misfire}");
            assert_eq!((fired[0].slot, fired[0].missed), (first, missed), "{misfire}");
            assert_eq!(bench.claim().await.len(), runs, "{misfire}");
            bench.app.schedules().delete(&bench.owner, schedule.id).await.unwrap();
        }
    }

    async fn a_run_under_way_keeps_the_next_slot_from_starting(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({})).await;
        after_minutes(&bench, 1).await;
        after_minutes(&bench, 1).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Running, FireStatus::Skipped]);
        end(&bench, succeeded()).await;
        after_minutes(&bench, 1).await;
        let wanted = [FireStatus::Ended, FireStatus::Skipped, FireStatus::Running];
        assert_eq!(statuses(&bench, &schedule).await, wanted);
    }

    async fn one_slot_waits_for_the_run_under_way(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "queue" })).await;
        for _ in 0..3 {
            after_minutes(&bench, 1).await;
        }
        let wanted = [FireStatus::Running, FireStatus::Queued, FireStatus::Skipped];
        assert_eq!(statuses(&bench, &schedule).await, wanted);
        end(&bench, succeeded()).await;
        // The end itself makes the schedule due.
        bench.app.schedules().sweep(|| false).await.unwrap();
        let wanted = [FireStatus::Ended, FireStatus::Running, FireStatus::Skipped];
        assert_eq!(statuses(&bench, &schedule).await, wanted);
        end(&bench, succeeded()).await;
    }

    async fn the_run_before_is_cancelled_where_the_policy_says_so(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "cancel_previous" })).await;
        after_minutes(&bench, 1).await;
        let first = bench.claim().await[0];
        after_minutes(&bench, 1).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Ended, FireStatus::Running]);
        let inbox = bench.loaded(first).await.inbox;
        assert!(format!("{inbox:?}").contains("started its next run"), "{inbox:?}");
    }

    async fn a_run_that_fails_is_tried_again_so_often_and_no_more(place: Place) {
        let bench = Bench::open(place).await;
        let retry = json!({ "attempts": 3, "first_delay": "10s", "factor": 2.0, "max_delay": "15s" });
        let schedule = every_minute(&bench, json!({ "retry": retry, "max_fires": 1 })).await;
        after_minutes(&bench, 1).await;
        let first = end(&bench, failed()).await;
        bench.app.schedules().sweep(|| false).await.unwrap();
        let fire = fires(&bench, &schedule).await.remove(0);
        assert_eq!((fire.status, fire.attempts, fire.run_id), (FireStatus::Retrying, 1, Some(first)));
        for (wait, attempts) in [(10, 2), (15, 3)] {
            let early = bench.app.schedules().sweep(|| false).await.unwrap();
            assert_eq!(early.next_due.unwrap(), bench.clock.now() + Duration::from_secs(wait));
            bench.clock.advance(Duration::from_secs(wait));
            bench.app.schedules().sweep(|| false).await.unwrap();
            let fire = fires(&bench, &schedule).await.remove(0);
            assert_eq!((fire.status, fire.attempts), (FireStatus::Running, attempts));
            end(&bench, failed()).await;
            bench.app.schedules().sweep(|| false).await.unwrap();
        }
        let fire = fires(&bench, &schedule).await.remove(0);
        assert_eq!((fire.status, fire.attempts), (FireStatus::Ended, 3));
        assert_eq!(bench.app.schedules().sweep(|| false).await.unwrap().next_due, None);
        let schedule = bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap();
        assert_eq!(schedule.status, ScheduleStatus::Ended);
    }

    async fn a_pause_holds_even_for_who_has_taken_the_schedule(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({})).await;
        bench.clock.set(schedule.next_slot.unwrap());
        let taken = bench.app.schedules().take().await.unwrap();
        let paused = bench.app.schedules().pause(&bench.owner, schedule.id).await.unwrap();
        assert_eq!((paused.status, paused.next_slot), (ScheduleStatus::Paused, None));
        bench.app.schedules().look_after(&taken[0]).await;
        after_minutes(&bench, 5).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Missed]);
        let resumed = bench.app.schedules().resume(&bench.owner, schedule.id).await.unwrap();
        assert!(resumed.next_slot.unwrap() > bench.clock.now(), "the pause is not made up for");
        after_minutes(&bench, 1).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Missed, FireStatus::Running]);
        let recorded = [AuditAction::ScheduleCreate, AuditAction::SchedulePause, AuditAction::ScheduleResume];
        assert!(bench.recorded(&recorded).await);
    }

    async fn a_start_by_hand_goes_the_way_of_a_slot(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({})).await;
        bench.app.schedules().pause(&bench.owner, schedule.id).await.unwrap();
        let trigger =
            async || bench.app.schedules().trigger(&bench.owner, schedule.id, None).await.unwrap();
        let fire = trigger().await;
        assert_eq!((fire.manual, fire.status), (true, FireStatus::Running));
        assert_eq!(trigger().await.status, FireStatus::Skipped);
        end(&bench, succeeded()).await;
        assert_eq!(trigger().await.status, FireStatus::Running);
        let schedule = bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap();
        assert_eq!((schedule.fires, schedule.status), (0, ScheduleStatus::Paused));
        assert!(bench.recorded(&[AuditAction::ScheduleTrigger]).await);
    }

    async fn starts_by_hand_at_once_do_not_overlap(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({})).await;
        let schedules = bench.app.schedules();
        let starts = (0..6).map(|_| schedules.trigger(&bench.owner, schedule.id, None));
        let started = futures::future::join_all(starts).await;
        let mut found: Vec<_> = started.into_iter().map(|fire| fire.unwrap().status).collect();
        found.retain(|status| *status != FireStatus::Skipped);
        assert_eq!(found, [FireStatus::Running]);
    }

    async fn a_start_by_hand_happens_once_for_a_key(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "allow" })).await;
        let schedules = bench.app.schedules();
        let key = || Some("again".to_owned());
        let starts = (0..4).map(|_| schedules.trigger(&bench.owner, schedule.id, key()));
        let started = futures::future::join_all(starts).await;
        let ids: HashSet<_> = started.into_iter().map(|fire| fire.unwrap().id).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(bench.claim().await.len(), 1);
        let other = schedules.trigger(&bench.owner, schedule.id, None).await.unwrap();
        assert!(!ids.contains(&other.id));
    }

    async fn what_its_maker_may_not_do_any_more_is_refused_and_told(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Operator, "grace@example.com").await;
        let pipeline = pipeline(&bench, &member).await;
        let document = json!({
            "name": "often",
            "timing": { "type": "interval", "every": "1m" },
            "action": { "type": "pipeline", "pipeline_id": pipeline, "input": { "n": 4 } },
        });
        let schedule = create(&bench, &member, document).await;
        let Actor::User { user_id } = member.actor() else { panic!("a person") };
        bench.app.users().deactivate(&bench.owner, user_id).await.unwrap();
        after_minutes(&bench, 1).await;
        let fired = fires(&bench, &schedule).await;
        assert_eq!(fired[0].status, FireStatus::Refused);
        assert_eq!(fired[0].error.as_ref().unwrap().code, "unauthenticated");
        // Another slot, another chance: somebody else takes it over by changing it.
        let document = bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap();
        bench.app.schedules().update(&bench.owner, schedule.id, document.document, document.version).await.unwrap();
        after_minutes(&bench, 1).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Refused, FireStatus::Running]);
    }
}
