//! Tests of what is refused: it counts for nothing, and holds up nothing.

use gathering_app::{
    Caller,
    schedules::{FireStatus, Schedule, ScheduleStatus},
};
use gathering_domain::{Actor, Duration, Role};
use gathering_storage::schedules as rows;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::{after_minutes, create, end, every_minute, fires, pipeline, statuses, succeeded};
use crate::{quotas::runs, support::Bench};

const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn now_is(bench: &Bench, schedule: &Schedule) -> Schedule {
    bench.app.schedules().get(&bench.owner, schedule.id).await.unwrap()
}

each_database! {
    async fn a_fire_that_is_refused_is_none_of_those_that_are_allowed(place: Place) {
        let bench = Bench::open(place).await;
        let schedule = every_minute(&bench, json!({ "max_fires": 1 })).await;
        bench.set_quotas(runs(Some(0))).await.unwrap();
        after_minutes(&bench, 1).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Refused]);
        let now = now_is(&bench, &schedule).await;
        assert_eq!((now.fires, now.status), (0, ScheduleStatus::Active));
        let next = schedule.next_slot.unwrap() + Duration::from_secs(60);
        assert_eq!(now.next_slot, Some(next));
        bench.set_quotas(runs(None)).await.unwrap();
        after_minutes(&bench, 1).await;
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Refused, FireStatus::Running]);
        let now = now_is(&bench, &schedule).await;
        assert_eq!((now.fires, now.status), (1, ScheduleStatus::Ended));
    }

    async fn of_several_slots_at_once_those_that_are_refused_do_not_count(place: Place) {
        let bench = Bench::open(place).await;
        let within = json!({ "type": "fire_all", "within": "10m" });
        let policy = json!({ "max_fires": 2, "misfire": within, "overlap": "allow" });
        let schedule = every_minute(&bench, policy).await;
        bench.set_quotas(runs(Some(0))).await.unwrap();
        bench.clock.advance(Duration::from_secs(180));
        let taken = bench.app.schedules().take().await.unwrap();
        bench.app.schedules().look_after(&taken[0]).await;
        // The first of them was refused, and whoever looks next goes on with what is right by then.
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Refused]);
        bench.set_quotas(runs(None)).await.unwrap();
        bench.clock.advance(Duration::from_secs(1));
        bench.app.schedules().sweep(|| false).await.unwrap();
        let wanted = [FireStatus::Refused, FireStatus::Running, FireStatus::Running];
        assert_eq!(statuses(&bench, &schedule).await, wanted);
        assert_eq!(now_is(&bench, &schedule).await.status, ScheduleStatus::Ended);
    }

    async fn what_has_waited_and_is_refused_does_not_count_either(place: Place) {
        let bench = Bench::open(place).await;
        let policy = json!({ "overlap": "queue", "max_fires": 2 });
        let schedule = every_minute(&bench, policy).await;
        for _ in 0..2 {
            after_minutes(&bench, 1).await;
        }
        assert_eq!(now_is(&bench, &schedule).await.status, ScheduleStatus::Ended);
        bench.set_quotas(runs(Some(1))).await.unwrap();
        end(&bench, succeeded()).await;
        bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Ended, FireStatus::Refused]);
        let now = now_is(&bench, &schedule).await;
        let next = schedule.next_slot.unwrap() + Duration::from_secs(120);
        assert_eq!((now.fires, now.status, now.next_slot), (1, ScheduleStatus::Active, Some(next)));
        bench.set_quotas(runs(None)).await.unwrap();
        bench.clock.set(next);
        bench.app.schedules().sweep(|| false).await.unwrap();
        let wanted = [FireStatus::Ended, FireStatus::Refused, FireStatus::Running];
        assert_eq!(statuses(&bench, &schedule).await, wanted);
        let now = now_is(&bench, &schedule).await;
        assert_eq!((now.fires, now.status), (2, ScheduleStatus::Ended));
    }

    async fn runs_of_who_has_left_are_superseded_all_the_same(place: Place) {
        let bench = Bench::open(place).await;
        let member = bench.sign_in_as(Role::Operator, "grace@example.com").await;
        let pipeline = pipeline(&bench, &member).await;
        let schedule = create(&bench, &member, json!({
            "name": "often",
            "timing": { "type": "interval", "every": "1m" },
            "policy": { "overlap": "allow" },
            "action": { "type": "pipeline", "pipeline_id": pipeline, "input": { "n": 4 } },
        }));
        let schedule = schedule.await;
        for _ in 0..2 {
            after_minutes(&bench, 1).await;
        }
        let fired = fires(&bench, &schedule).await;
        // As it is after a crash between the start of a run and the end of the one before.
        let mark = format!("UPDATE fires SET cancels = true WHERE slot = {}", fired[1].slot.micros());
        bench.storage.database().script(mark).await.unwrap();
        let Actor::User { user_id } = member.actor() else { panic!("a person") };
        bench.app.users().deactivate(&bench.owner, user_id).await.unwrap();
        after_minutes(&bench, 1).await;
        let inbox = bench.loaded(fired[0].run_id.unwrap()).await.inbox;
        assert!(format!("{inbox:?}").contains("started its next run"), "{inbox:?}");
        // The slot was handled: nobody starts anything for them any more.
        let wanted = [FireStatus::Ended, FireStatus::Running, FireStatus::Refused];
        assert_eq!(statuses(&bench, &schedule).await, wanted);
        assert!(bench.loaded(fired[1].run_id.unwrap()).await.inbox.is_empty());
    }

    async fn schedules_of_a_closed_project_are_looked_at_no_more(place: Place) {
        let bench = Bench::open(place).await;
        let projects = bench.app.projects();
        let project = projects.create(&bench.owner, "Research", None).await.unwrap().id;
        let caller = Caller::local_owner(project);
        let pipeline = pipeline(&bench, &caller).await;
        let schedule = create(&bench, &caller, json!({
            "name": "often",
            "timing": { "type": "interval", "every": "1m" },
            "action": { "type": "pipeline", "pipeline_id": pipeline, "input": { "n": 4 } },
        }));
        let schedule = schedule.await;
        let other = every_minute(&bench, json!({})).await;
        projects.close(&bench.owner, project).await.unwrap();
        after_minutes(&bench, 2).await;
        let database = bench.storage.database();
        let fired = rows::fires::list(schedule.id, None, 10).all(database).await.unwrap();
        assert_eq!(fired, []);
        let row = rows::find(project, schedule.id).first(database).await.unwrap().unwrap();
        assert_eq!(row.due_at, None);
        assert_eq!(statuses(&bench, &other).await.last(), Some(&FireStatus::Running));
        bench.app.schedules().delete(&bench.owner, other.id).await.unwrap();
        bench.pass(DAY);
        let swept = bench.app.schedules().sweep(|| false).await.unwrap();
        assert_eq!((swept.looked_at, swept.next_due), (0, None));
    }
}
