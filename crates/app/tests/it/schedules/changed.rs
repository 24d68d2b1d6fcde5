//! Tests of changes amid fires: no slot is lost, and none is handled twice, whosever clock goes wrong.

use gathering_app::schedules::{FireStatus, Schedule, ScheduleDocument};
use gathering_domain::{Clock as _, Duration, Timestamp};
use gathering_storage::schedules as rows;
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use super::{after_minutes, create, end, every_minute, fires, pipeline, statuses, succeeded};
use crate::support::Bench;

/// Changes the timing of a schedule.
async fn change(bench: &Bench, schedule: &Schedule, timing: Value) -> Schedule {
    let schedules = bench.app.schedules();
    let now = schedules.get(&bench.owner, schedule.id).await.unwrap();
    let timing = serde_json::from_value(timing).unwrap();
    let document = ScheduleDocument { timing, ..now.document };
    schedules.update(&bench.owner, schedule.id, document, now.version).await.unwrap()
}

/// A schedule whose next slot has come a minute ago, and is put off for longer than that; and until when.
async fn put_off(bench: &Bench) -> (Schedule, Timestamp) {
    let pipeline = pipeline(bench, &bench.owner).await;
    // By how much it is put off is drawn from its id.
    for nth in 0..20 {
        let schedule = create(
            bench,
            &bench.owner,
            json!({
                "name": format!("daily {nth}"),
                "timing": { "type": "cron", "expression": "0 9 * * *" },
                "policy": { "jitter": "1h" },
                "action": { "type": "pipeline", "pipeline_id": pipeline, "input": { "n": 4 } },
            }),
        );
        let schedule = schedule.await;
        let row = rows::find(bench.owner.project(), schedule.id).first(bench.storage.database());
        let (slot, due) =
            (schedule.next_slot.unwrap(), row.await.unwrap().unwrap().due_at.unwrap());
        if due.since(slot) > Duration::from_secs(120) {
            bench.clock.set(slot + Duration::from_secs(60));
            return (schedule, due);
        }
        bench.app.schedules().delete(&bench.owner, schedule.id).await.unwrap();
    }
    panic!("of so many one is put off");
}

fn interval(every: &str) -> Value {
    json!({ "type": "interval", "every": every })
}

/// So many milliseconds before a moment.
const fn before(moment: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_micros(moment.micros() - millis * 1_000)
}

each_database! {
    async fn a_clock_that_is_behind_brings_no_handled_slot_back(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "allow" })).await;
        let slot = schedule.next_slot.unwrap();
        bench.clock.set(slot);
        bench.app.schedules().sweep(|| false).await.unwrap();
        let back = |millis| bench.clock.set(before(slot, millis));
        back(100);
        let changed = change(&bench, &schedule, interval("30s")).await;
        assert_eq!(changed.next_slot, Some(slot + Duration::from_secs(30)));
        bench.app.schedules().pause(&bench.owner, schedule.id).await.unwrap();
        back(50);
        let resumed = bench.app.schedules().resume(&bench.owner, schedule.id).await.unwrap();
        assert_eq!(resumed.next_slot, Some(slot + Duration::from_secs(30)));
        bench.clock.set(slot + Duration::from_secs(30));
        bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Running, FireStatus::Running]);
    }

    async fn a_slot_that_has_come_fires_before_a_change_takes_its_place(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({})).await;
        let slot = schedule.next_slot.unwrap();
        bench.clock.set(slot);
        change(&bench, &schedule, interval("1h")).await;
        let fired = fires(&bench, &schedule).await;
        let [fire] = &fired[..] else { panic!("{fired:?}") };
        assert_eq!((fire.slot, fire.status), (slot, FireStatus::Running));
    }

    async fn who_took_a_schedule_before_a_change_goes_past_none_of_its_slots(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "allow" })).await;
        let slot = schedule.next_slot.unwrap();
        bench.clock.set(slot);
        let taken = bench.app.schedules().take().await.unwrap();
        // The instance that changes it has looked at its clock just before the slot.
        bench.clock.set(before(slot, 1));
        let changed = change(&bench, &schedule, interval("10s")).await;
        assert_eq!(changed.next_slot, Some(slot));
        bench.clock.set(slot);
        bench.app.schedules().look_after(&taken[0]).await;
        bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!(fires(&bench, &schedule).await.len(), 1);
        let now = bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap();
        assert_eq!(now.next_slot, Some(slot + Duration::from_secs(10)));
    }

    async fn what_waited_for_a_run_that_ended_in_a_pause_starts_after_it(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "overlap": "queue", "max_fires": 2 })).await;
        for _ in 0..2 {
            after_minutes(&bench, 1).await;
        }
        bench.app.schedules().pause(&bench.owner, schedule.id).await.unwrap();
        end(&bench, succeeded()).await;
        bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Ended, FireStatus::Queued]);
        bench.app.schedules().resume(&bench.owner, schedule.id).await.unwrap();
        bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Ended, FireStatus::Running]);
    }

    async fn a_pause_records_what_it_leaves_out(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({})).await;
        let first = schedule.next_slot.unwrap();
        bench.clock.set(first + Duration::from_secs(121));
        let paused = bench.app.schedules().pause(&bench.owner, schedule.id).await;
        paused.unwrap();
        // Paused once more, and while others look, nothing more comes of it.
        bench.app.schedules().pause(&bench.owner, schedule.id).await.unwrap();
        after_minutes(&bench, 5).await;
        bench.app.schedules().resume(&bench.owner, schedule.id).await.unwrap();
        let fired = fires(&bench, &schedule).await;
        let [fire] = &fired[..] else { panic!("{fired:?}") };
        assert_eq!((fire.slot, fire.status, fire.missed), (first, FireStatus::Missed, 3));
        assert_eq!(fire.missed_until, Some(first + Duration::from_secs(120)));
        assert!(bench.clock.now() > first + Duration::from_secs(121));
    }

    async fn a_change_of_its_times_records_a_slot_that_is_still_put_off(place: Place) {
        let bench = Bench::open(place).await;
        let (schedule, _) = put_off(&bench).await;
        let slot = schedule.next_slot.unwrap();
        let later = json!({ "type": "cron", "expression": "30 9 * * *" });
        let changed = change(&bench, &schedule, later).await;
        assert_eq!(changed.next_slot, Some(slot + Duration::from_secs(30 * 60)));
        let fired = fires(&bench, &schedule).await;
        let [fire] = &fired[..] else { panic!("{fired:?}") };
        assert_eq!((fire.slot, fire.status, fire.missed), (slot, FireStatus::Missed, 1));
        assert_eq!(fire.missed_until, Some(slot));
    }

    async fn a_change_that_moves_no_slot_keeps_one_that_is_still_put_off(place: Place) {
        let bench = Bench::open(place).await;
        let (schedule, due) = put_off(&bench).await;
        let slot = schedule.next_slot.unwrap();
        let mut document = schedule.document.clone();
        document.policy.overlap = gathering_app::schedules::Overlap::Allow;
        let schedules = bench.app.schedules();
        let changed = schedules.update(&bench.owner, schedule.id, document, schedule.version);
        assert_eq!(changed.await.unwrap().next_slot, Some(slot));
        assert_eq!(schedules.sweep(|| false).await.unwrap().next_due, Some(due));
        assert_eq!(fires(&bench, &schedule).await, []);
        bench.clock.set(due);
        schedules.sweep(|| false).await.unwrap();
        let fired = fires(&bench, &schedule).await;
        let [fire] = &fired[..] else { panic!("{fired:?}") };
        assert_eq!((fire.slot, fire.status), (slot, FireStatus::Running));
    }

    async fn a_pause_records_a_slot_that_is_still_put_off(place: Place) {
        let bench = Bench::open(place).await;
        let (schedule, due) = put_off(&bench).await;
        let slot = schedule.next_slot.unwrap();
        bench.app.schedules().pause(&bench.owner, schedule.id).await.unwrap();
        bench.clock.advance(Duration::from_secs(5));
        let resumed = bench.app.schedules().resume(&bench.owner, schedule.id).await.unwrap();
        assert_eq!(resumed.next_slot, Some(slot + Duration::from_secs(24 * 3_600)));
        bench.clock.set(due);
        bench.app.schedules().sweep(|| false).await.unwrap();
        let fired = fires(&bench, &schedule).await;
        let [fire] = &fired[..] else { panic!("{fired:?}") };
        assert_eq!((fire.slot, fire.status, fire.missed), (slot, FireStatus::Missed, 1));
    }
}
