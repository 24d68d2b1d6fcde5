//! Breakers: what cannot be tried now waits on a durable timer, and does not count as an attempt.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_domain::{Duration, Failure, RunStatus, Waiting};
use gathering_engine::EffectOrder;
use gathering_testkit::{Place, each_database};
use gathering_worker::{
    Attempted, BreakerPolicy, BreakerState, Breakers, Performer, Performers, RunContext,
};
use serde_json::json;

use crate::{
    ambient::WrongClock,
    node::{Node, count, options, usual},
    world::{Hands, World},
};

/// Asks a breaker before each attempt.
struct Careful(Breakers, Hands);

impl Performer for Careful {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let leave = match self.0.ask(run.project_id, "target") {
            Ok(leave) => leave,
            Err(after) => {
                let error = Failure::retryable("breaker_open", "the breaker is open", Some(after));
                return Box::pin(std::future::ready(Attempted::Postponed { after, error }));
            }
        };
        let attempt = self.1.perform(order, run);
        Box::pin(async move {
            let attempted = attempt.await;
            match &attempted {
                Attempted::Ended { result: Ok(_), .. } => leave.worked(),
                _ => leave.failed(),
            }
            attempted
        })
    }
}

each_database! {
    async fn an_open_breaker_puts_attempts_off_durably(place: Place) {
        let world = World::new();
        let policy = BreakerPolicy {
            least_attempts: 2,
            open_for: Duration::from_millis(600),
            ..BreakerPolicy::default()
        };
        let breakers = Breakers::new(Arc::new(WrongClock::default()), policy);
        let careful = Careful(breakers.clone(), Hands(Arc::clone(&world)));
        let change = |_| Performers::default().with("hands", Arc::new(careful));
        let node = Node::open_performing(options(&place), usual(), &world, change).await;
        for _ in 0..2 {
            let run = node.start(json!([{ "do": "bad", "input": { "then": "fatal" } }])).await;
            node.ended(run, RunStatus::Failed).await;
        }
        assert_eq!(breakers.view()[0].state, BreakerState::Open);

        let run = node.start(json!([{ "do": "good" }])).await;
        assert_eq!(node.waits(run).await.waiting, Some(Waiting::Timer));
        assert_eq!(world.attempts("good"), []);
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert!(count(&journal, "attempt_failed") >= 1);
        let seen = world.attempts("good");
        assert_eq!((seen.len(), seen[0].attempt), (1, 1), "what was put off was no attempt");
        assert_eq!(breakers.view()[0].state, BreakerState::Closed);
        node.stop().await;
    }
}
