//! Tests of whoever comes late, or dies in between: what was handled stays so, and what waits has its turn.

use gathering_app::schedules::{FireStatus, ScheduleDocument};
use gathering_domain::{Clock as _, Duration};
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::{after_minutes, end, every_minute, fires, statuses, succeeded};
use crate::support::Bench;

/// Longer than a schedule is left to whoever has taken it.
const BEYOND_THE_LEASE: Duration = Duration::from_secs(4);

each_database! {
    async fn who_comes_late_does_not_cancel_the_run_of_the_slot(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "cancel_previous" })).await;
        bench.clock.set(schedule.next_slot.unwrap());
        let late = bench.app.schedules().take().await.unwrap();
        bench.clock.advance(BEYOND_THE_LEASE);
        bench.app.schedules().sweep(|| false).await.unwrap();
        let run = bench.claim().await[0];
        bench.app.schedules().look_after(&late[0]).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Running]);
        assert!(bench.loaded(run).await.inbox.is_empty());
    }

    async fn who_died_before_it_cancelled_the_run_before_is_made_up_for(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "allow" })).await;
        for _ in 0..2 {
            after_minutes(&bench, 1).await;
        }
        // As it is after a crash between the start of a run and the end of the one before.
        let latest = fires(&bench, &schedule).await[1].id;
        let mark = format!("UPDATE fires SET cancels = true WHERE slot = {}", fires(&bench, &schedule).await[1].slot.micros());
        bench.storage.database().script(mark).await.unwrap();
        let first = fires(&bench, &schedule).await[0].run_id.unwrap();
        after_minutes(&bench, 1).await;
        let inbox = bench.loaded(first).await.inbox;
        assert!(format!("{inbox:?}").contains("started its next run"), "{inbox:?}");
        let fired = fires(&bench, &schedule).await;
        assert_eq!((fired.len(), fired[1].id), (3, latest));
        assert!(bench.loaded(fired[1].run_id.unwrap()).await.inbox.is_empty());
    }

    async fn a_pause_and_a_change_hold_for_what_waits(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "queue" })).await;
        for _ in 0..2 {
            after_minutes(&bench, 1).await;
        }
        end(&bench, succeeded()).await;
        let taken = bench.app.schedules().take().await.unwrap();
        bench.app.schedules().pause(&bench.owner, schedule.id).await.unwrap();
        bench.app.schedules().look_after(&taken[0]).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Ended, FireStatus::Queued]);
        assert!(bench.claim().await.is_empty());
        bench.app.schedules().resume(&bench.owner, schedule.id).await.unwrap();
        let taken = bench.app.schedules().take().await.unwrap();
        // Who has taken it starts nothing of what it was before.
        let now = bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap();
        let document = ScheduleDocument { name: "renamed".to_owned(), ..now.document };
        bench.app.schedules().update(&bench.owner, schedule.id, document, now.version).await.unwrap();
        bench.app.schedules().look_after(&taken[0]).await;
        assert!(bench.claim().await.is_empty());
        bench.clock.advance(BEYOND_THE_LEASE);
        bench.app.schedules().sweep(|| false).await.unwrap();
        let run = bench.claim().await[0];
        assert!(format!("{:?}", bench.started(run).await).contains("schedule"));
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Ended, FireStatus::Running]);
    }

    async fn a_slot_that_rules_of_a_time_zone_have_moved_fires_once(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "allow" })).await;
        let slot = schedule.next_slot.unwrap();
        let was = slot.micros() - 30_000_000;
        let moved = format!("UPDATE schedules SET next_slot = {was}, due_at = {was}");
        bench.storage.database().script(moved).await.unwrap();
        bench.clock.set(slot);
        let swept = bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!(swept.next_due, Some(slot + Duration::from_secs(60)));
        let fired = fires(&bench, &schedule).await;
        let [fire] = &fired[..] else { panic!("{fired:?}") };
        assert_eq!((fire.slot, fire.status), (slot, FireStatus::Running));
    }

    async fn starts_by_hand_that_wait_are_one_and_have_their_turn_though_no_slot_is_left(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "queue", "max_fires": 1 })).await;
        after_minutes(&bench, 1).await;
        let schedules = bench.app.schedules();
        let starts = (0..4).map(|_| schedules.trigger(&bench.owner, schedule.id, None));
        let started = futures::future::join_all(starts).await;
        let mut found: Vec<_> = started.into_iter().map(|fire| fire.unwrap().status).collect();
        found.retain(|status| *status != FireStatus::Skipped);
        assert_eq!(found, [FireStatus::Queued]);
        // Whoever started it by hand has it looked at: the run before may have ended just then.
        assert_eq!(bench.app.schedules().sweep(|| true).await.unwrap().next_due, Some(bench.clock.now()));
        bench.app.schedules().sweep(|| false).await.unwrap();
        end(&bench, succeeded()).await;
        bench.app.schedules().sweep(|| false).await.unwrap();
        let running = statuses(&bench, &schedule).await.into_iter().filter(|status| *status == FireStatus::Running);
        assert_eq!(running.count(), 1);
    }

    async fn an_ended_schedule_may_have_another_name(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "max_fires": 1 })).await;
        after_minutes(&bench, 1).await;
        let now = bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap();
        let document = ScheduleDocument { name: "over".to_owned(), ..now.document };
        let renamed = bench.app.schedules().update(&bench.owner, schedule.id, document, now.version).await;
        assert_eq!(renamed.unwrap().document.name, "over");
    }

    async fn who_cannot_read_a_schedule_leaves_it_to_who_can(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({})).await;
        let slot = schedule.next_slot.unwrap();
        let now = bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap();
        let policy = json!(now.document.policy).to_string();
        let put = async |policy: &str| {
            let put = format!("UPDATE schedules SET policy = '{policy}'");
            bench.storage.database().script(put).await.unwrap();
        };
        // As a newer build writes it, of which another instance is.
        put(r#"{ "of_a_newer_build": true }"#).await;
        bench.clock.set(slot);
        let swept = bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!(swept.looked_at, 1);
        assert!(swept.next_due.unwrap() <= slot + BEYOND_THE_LEASE, "{swept:?}");
        put(&policy).await;
        bench.clock.advance(BEYOND_THE_LEASE);
        bench.app.schedules().sweep(|| false).await.unwrap();
        let fired = fires(&bench, &schedule).await;
        let [fire] = &fired[..] else { panic!("{fired:?}") };
        assert_eq!((fire.slot, fire.status), (slot, FireStatus::Running));
    }
}
