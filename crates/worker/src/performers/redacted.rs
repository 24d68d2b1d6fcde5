//! What a performer answers, without the values of secrets that its run's project has used.
//!
//! Whatever an effect ends with goes from here to the log, and from there to events, views and models.

use std::sync::Arc;

use futures::{FutureExt as _, future::BoxFuture};
use gathering_domain::Failure;
use gathering_egress::{Revealed, Revelations};
use gathering_engine::{EffectOrder, Payload};

use crate::performer::{Attempted, Performer, RunContext};

/// A performer whose answers are looked through.
struct Redacted {
    inner: Arc<dyn Performer>,
    revealed: Revelations,
}

/// The same performer, whose answers hold nothing that `revealed` has of their run's project.
pub(super) fn over(inner: Arc<dyn Performer>, revealed: &Revelations) -> Arc<dyn Performer> {
    Arc::new(Redacted { inner, revealed: revealed.clone() })
}

impl Performer for Redacted {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let revealed = self.revealed.of(run.project_id);
        let attempt = self.inner.perform(order, run);
        let redacted = move |attempted| match attempted {
            Attempted::Ended { result, usage } => {
                let result = result.map(|output| payload(&revealed, output));
                Attempted::Ended {
                    result: result.map_err(|error| failure(&revealed, error)),
                    usage,
                }
            }
            Attempted::Postponed { after, error } => {
                Attempted::Postponed { after, error: failure(&revealed, error) }
            }
        };
        attempt.map(redacted).boxed()
    }

    fn reconcile(
        &self,
        order: EffectOrder,
        run: Arc<RunContext>,
    ) -> BoxFuture<'static, Result<Option<Payload>, Failure>> {
        let revealed = self.revealed.of(run.project_id);
        let asked = self.inner.reconcile(order, run);
        let redacted = move |answer: Result<Option<Payload>, Failure>| {
            let answer = answer.map(|output| output.map(|output| payload(&revealed, output)));
            answer.map_err(|error| failure(&revealed, error))
        };
        asked.map(redacted).boxed()
    }
}

fn payload(revealed: &Revealed, output: Payload) -> Payload {
    revealed.redact_value(&output).map_or(output, Payload::new)
}

fn failure(revealed: &Revealed, error: Failure) -> Failure {
    let message = revealed.redact_text(&error.message).into_owned();
    Failure { message, ..error }
}

#[cfg(test)]
mod tests {
    use gathering_domain::{Actor, Duration, EffectId, EffectKind, ProjectId, RunId, Usage};
    use gathering_engine::{Effect, Key, Lineage, RetryPolicy};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const VALUE: &str = "hunter2-hunter2";

    /// Tells what it should not, in every way that it has.
    struct Careless;

    impl Performer for Careless {
        fn perform(&self, order: EffectOrder, _: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
            let error = || Failure::fatal("told", format!("the key was {VALUE}"));
            let usage = Usage::default();
            let attempted = match order.attempt {
                1 => Attempted::Ended { result: Ok(Payload::new(json!([VALUE]))), usage },
                2 => Attempted::Ended { result: Err(error()), usage },
                _ => Attempted::Postponed { after: Duration::from_secs(1), error: error() },
            };
            std::future::ready(attempted).boxed()
        }

        fn reconcile(
            &self,
            order: EffectOrder,
            _: Arc<RunContext>,
        ) -> BoxFuture<'static, Result<Option<Payload>, Failure>> {
            let told = match order.attempt {
                1 => Ok(Some(Payload::new(json!({ "key": VALUE })))),
                _ => Err(Failure::fatal("told", VALUE)),
            };
            std::future::ready(told).boxed()
        }
    }

    #[tokio::test]
    async fn no_way_of_answering_tells_a_value_and_none_tells_of_other_projects() {
        let revealed = Revelations::default();
        let [own, other] = [0, 1].map(|n| revealed.of(ProjectId::from_uuid(Uuid::from_u128(n))));
        own.remember("K", &VALUE.to_owned().into());
        other.remember("OTHER", &"was hunter2".to_owned().into());
        let performer = over(Arc::new(Careless), &revealed);
        let run_id = RunId::from_uuid(Uuid::nil());
        let project_id = ProjectId::from_uuid(Uuid::nil());
        let actor = Actor::LocalOwner;
        let run = RunContext {
            run_id,
            root_run_id: run_id,
            project_id,
            actor,
            api_key_id: None,
            priority: 0,
        };
        for attempt in 1..=3 {
            let order = EffectOrder {
                effect: Effect {
                    key: Key::new("k"),
                    performer: "careless",
                    input: Payload::new(json!(null)),
                    kind: EffectKind::Pure,
                    retry: RetryPolicy::default(),
                    timeout: Duration::from_secs(1),
                    reserve: None,
                },
                attempt,
                effect_id: EffectId::from_uuid(Uuid::nil()),
                lineage: Lineage::default(),
            };
            let attempted = performer.perform(order.clone(), Arc::new(run.clone())).await;
            let asked = performer.reconcile(order, Arc::new(run.clone())).await;
            let told = format!("{attempted:?} {asked:?}");
            assert!(!told.contains(VALUE), "{told}");
            assert!(told.contains("[secret:K]") && !told.contains("OTHER"), "{told}");
        }
    }
}
