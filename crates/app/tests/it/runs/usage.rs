//! Tests of what runs have come to and used.

use gathering_app::{
    pipelines::Source,
    runs::{Runnable, RunsUsage},
    threads::PostMessage,
};
use gathering_domain::{
    Clock as _, Cost, Duration, Failure, MicroUsd, Role, RunId, RunStatus, Timestamp, TokenUsage,
    Usage,
};
use gathering_engine::Outcome;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use super::start::start;
use crate::support::{Bench, agent, echo};

/// A run, not begun.
async fn begin(bench: &Bench) -> RunId {
    let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 1 }));
    bench.app.runs().start(&bench.owner, command).await.unwrap().run.id
}

/// Ends the run, after calls of which one has no known price.
async fn end(bench: &Bench, run: RunId, mut outcome: Outcome) {
    outcome.usage = Usage {
        tokens: TokenUsage { input: 100, output: 20, ..TokenUsage::default() },
        cost: Cost { known: MicroUsd(1_500), unpriced_calls: 1 },
        model_calls: 3,
        tool_calls: 2,
    };
    bench.finish(run, outcome).await;
}

/// All that was accepted until now.
async fn until_now(bench: &Bench) -> RunsUsage {
    let now = bench.clock.now() + Duration::from_millis(1);
    bench.app.runs().usage(&bench.owner, Timestamp::default(), now).await.unwrap()
}

each_database! {
    async fn runs_are_counted_by_status_and_what_they_used_is_summed_up(place: Place) {
        let bench = Bench::open(place).await;
        assert_eq!(until_now(&bench).await, RunsUsage::default());
        let (first, second) = (begin(&bench).await, begin(&bench).await);
        bench.claim().await;
        begin(&bench).await;
        end(&bench, first, Outcome::succeeded(json!(1))).await;
        end(&bench, second, Outcome::failed(Failure::fatal("broken", "it broke"))).await;
        let mut sums = until_now(&bench).await;
        sums.runs.sort_by_key(|(status, _)| status.as_str());
        let counts = [(RunStatus::Failed, 1), (RunStatus::Queued, 1), (RunStatus::Succeeded, 1)];
        assert_eq!(sums, RunsUsage {
            runs: counts.to_vec(),
            input_tokens: 200,
            output_tokens: 40,
            cost: Cost { known: MicroUsd(3_000), unpriced_calls: 2 },
            model_calls: 6,
            tool_calls: 4,
        });
    }

    async fn only_topmost_runs_of_the_time_are_counted(place: Place) {
        let bench = Bench::open(place).await;
        let early = begin(&bench).await;
        bench.claim().await;
        bench.child(early, "node:part").await;
        bench.pass(Duration::from_secs(60));
        let since = bench.clock.now();
        begin(&bench).await;
        assert_eq!(until_now(&bench).await.runs.iter().map(|(_, count)| count).sum::<u64>(), 2);
        let now = since + Duration::from_millis(1);
        let late = bench.app.runs().usage(&bench.owner, since, now).await.unwrap();
        assert_eq!(late.runs, [(RunStatus::Queued, 1)]);
        let none = bench.app.runs().usage(&bench.owner, now, since).await.unwrap();
        assert_eq!(none, RunsUsage::default());
    }

    async fn what_answers_a_persons_messages_counts_for_them_alone(place: Place) {
        let bench = Bench::open(place).await;
        let helper = bench.app.agents().create(&bench.owner, agent("helper"), None).await.unwrap();
        let other = bench.sign_in_as(Role::Member, "bob@example.com").await;
        let thread = bench.app.threads().open(&other, helper.id, "Chat", None).await.unwrap();
        let message = PostMessage { text: "Hi.".to_owned(), busy: None, idempotency_key: None };
        bench.app.threads().post(&other, thread.id, message).await.unwrap();
        let third = bench.sign_in_as(Role::Member, "eve@example.com").await;
        let now = bench.clock.now() + Duration::from_millis(1);
        let counted = async |caller| {
            bench.app.runs().usage(caller, Timestamp::default(), now).await.unwrap().runs.len()
        };
        assert_eq!((counted(&other).await, counted(&third).await), (1, 0));
    }
}
