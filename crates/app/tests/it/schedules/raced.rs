//! Tests of two who look at a schedule at once: however far one of them had come, nothing is closed that goes on.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use gathering_app::schedules::{FireStatus, Schedule};
use gathering_domain::Duration;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::{after_minutes, end, every_minute, failed, fires, statuses, succeeded};
use crate::{quotas::runs, support::Bench};

/// Longer than a schedule is left to whoever has taken it.
const BEYOND_THE_LEASE: Duration = Duration::from_secs(4);

/// Lets the first slot come, and looks once then.
async fn first_slot(bench: &Bench, schedule: &Schedule) {
    bench.clock.set(schedule.next_slot.unwrap());
    bench.app.schedules().sweep(|| false).await.unwrap();
}

/// Goes on with what is done until it has waited so often, or to its end: then true.
async fn waits<F: Future>(mut work: Pin<&mut F>, mut times: usize) -> bool {
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending if times == 0 => Poll::Ready(false),
        Poll::Pending => {
            times -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Has two look at what is due. One of them waits for the store so often, then the other has its look, and then it
/// goes on. Whether it had come to its end by then.
async fn overtaken(bench: &Bench, times: usize) -> bool {
    let slow = bench.app.schedules().take().await.unwrap();
    bench.clock.advance(BEYOND_THE_LEASE);
    let quick = bench.app.schedules().take().await.unwrap();
    assert_eq!((slow.len(), quick.len()), (1, 1));
    let schedules = bench.app.schedules();
    let mut look = Box::pin(schedules.look_after(&slow[0]));
    if waits(look.as_mut(), times).await {
        return true;
    }
    schedules.look_after(&quick[0]).await;
    look.await;
    false
}

each_database! {
    async fn who_looks_late_at_what_is_tried_again_does_not_close_it(place: Place) {
        let bench = Bench::open(place).await;
        let retry = json!({ "attempts": 2, "first_delay": "10s" });
        for times in 0.. {
            let schedule = every_minute(&bench, json!({ "retry": retry })).await;
            first_slot(&bench, &schedule).await;
            end(&bench, failed()).await;
            bench.app.schedules().sweep(|| false).await.unwrap();
            assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Retrying]);
            bench.clock.advance(Duration::from_secs(10));
            let was_first = overtaken(&bench, times).await;
            let fire = fires(&bench, &schedule).await.remove(0);
            let found = (fire.status, fire.attempts, fire.error);
            assert_eq!(found, (FireStatus::Running, 2, None), "after {times} waits");
            end(&bench, succeeded()).await;
            // The end of its run is still something to look at.
            bench.app.schedules().sweep(|| false).await.unwrap();
            assert_eq!(statuses(&bench, &schedule).await, [FireStatus::Ended]);
            bench.app.schedules().delete(&bench.owner, schedule.id).await.unwrap();
            if was_first {
                break;
            }
        }
    }

    async fn who_finds_the_quota_used_up_by_the_same_start_does_not_close_it(place: Place) {
        let bench = Bench::open(place).await;
        for times in 0.. {
            bench.set_quotas(runs(None)).await.unwrap();
            let schedule = every_minute(&bench, json!({ "overlap": "queue" })).await;
            first_slot(&bench, &schedule).await;
            after_minutes(&bench, 1).await;
            end(&bench, succeeded()).await;
            bench.set_quotas(runs(Some(1_000))).await.unwrap();
            let used = bench.used().await.runs_today.unwrap();
            bench.set_quotas(runs(Some(used + 1))).await.unwrap();
            let was_first = overtaken(&bench, times).await;
            let wanted = [FireStatus::Ended, FireStatus::Running];
            assert_eq!(statuses(&bench, &schedule).await, wanted, "after {times} waits");
            end(&bench, succeeded()).await;
            bench.app.schedules().delete(&bench.owner, schedule.id).await.unwrap();
            if was_first {
                break;
            }
        }
    }
}
