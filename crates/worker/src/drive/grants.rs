//! Money for attempts: asked of the budgets that count for a run, and given back when nobody wants it.

use std::{collections::HashMap, sync::Arc};

use futures::future::BoxFuture;
use gathering_engine::{Input, Key, OnCost, Reservation, RunState, Spend, Step};
use gathering_storage::{
    AppendError, GrantAnswer, GrantChanges, GrantRequest, give_back as storage_give_back,
    reserve as storage_reserve,
};
use tokio::sync::oneshot;

use super::Drive;
use crate::shared::Shared;

/// How long to wait before a budget that could not be read is asked again.
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_millis(500);

/// The last question for each effect that is to cost something and is not in the log yet.
#[derive(Default)]
pub(super) struct Asked {
    open: HashMap<Key, GrantRequest>,
    /// Those that the append which is being written uses or gives back.
    writing: Vec<GrantRequest>,
}

/// What budgets answered. Money that was granted is given back unless somebody takes it.
struct Grant {
    shared: Arc<Shared>,
    request: GrantRequest,
    open: bool,
    refused: OnCost,
}

impl Asked {
    /// What a step does with grants, under the names that the store knows them by. The end of a run gives
    /// back what is left of them, also of those that another process was granted.
    pub(super) fn changes(&mut self, step: &Step, state: &RunState) -> Option<GrantChanges> {
        if step.grants.is_empty() && step.finished.is_none() {
            return None;
        }
        let budgets: Arc<[_]> = state.started()?.origin.all_budgets().collect();
        if budgets.is_empty() {
            return None;
        }
        // A grant that was not asked for here is under no number: its attempt is not logged.
        let mut named = |keys: &[Key]| {
            let number = |key: &Key| {
                let Some(request) = self.open.remove(key) else { return (key.clone(), -1) };
                let number = request.number;
                self.writing.push(request);
                (key.clone(), number)
            };
            keys.iter().map(number).collect()
        };
        let (used, returned) = (named(&step.grants.used), named(&step.grants.returned));
        Some(GrantChanges { budgets, used, returned })
    }

    /// What was said of grants is in the log.
    pub(super) fn written(&mut self) {
        self.writing.clear();
    }

    /// All whose money nobody will use: the append was refused, and the run is folded afresh.
    fn left(&mut self) -> impl Iterator<Item = GrantRequest> + use<> {
        let open = std::mem::take(&mut self.open).into_values();
        open.chain(std::mem::take(&mut self.writing))
    }
}

impl Drive {
    /// Asks the budgets for the money of an effect, as an answer in flight.
    pub(super) fn reserve(&mut self, key: Key, spend: Spend) {
        let request = GrantRequest {
            run_id: self.known.context.run_id,
            key: key.clone(),
            instance: self.incarnation.id,
            number: self.shared.next_question(),
            budgets: spend.budgets,
            amount: spend.delta,
        };
        self.asked.open.insert(key.clone(), request.clone());
        self.flights.begin(key, ask(&self.shared, request));
    }

    /// Gives back money that was granted and that nobody wants any more.
    pub(super) fn give_back(&mut self, answer: &Input) {
        if let Input::Reserved { key, answer: Reservation::Granted } = answer
            && let Some(request) = self.asked.open.remove(key)
        {
            give_back(&self.shared, request);
        }
    }

    /// Gives back all money that was granted and is in no journal. Whoever asks for it anew is not
    /// disturbed, for that is another question.
    pub(super) fn give_all_back(&mut self) {
        for request in self.asked.left() {
            give_back(&self.shared, request);
        }
    }
}

/// Asks the budgets for money. While the store cannot be read it asks again, until it answers
/// or nobody waits for the answer any more. Money that is granted after that goes back.
fn ask(shared: &Arc<Shared>, request: GrantRequest) -> BoxFuture<'static, Input> {
    let (key, (reply, answer)) = (request.key.clone(), oneshot::channel());
    let shared_again = Arc::clone(shared);
    shared.tasks.spawn(async move {
        // Until it is known that nothing was granted, something may have been.
        let mut grant = Grant { shared: shared_again, request, open: true, refused: OnCost::Wait };
        while !reply.is_closed() {
            match storage_reserve(&grant.shared.parts.database, &grant.request).await {
                Ok(answer) => {
                    if let GrantAnswer::Refused { on_cost, .. } = answer {
                        (grant.open, grant.refused) = (false, on_cost);
                    }
                    // One that cannot be sent is dropped, and so given back.
                    let _ = reply.send(grant);
                    return;
                }
                Err(AppendError::Fenced | AppendError::NotOwner(_) | AppendError::Closed) => {
                    grant.open = false;
                    return;
                }
                Err(error) => {
                    tracing::warn!(run.id = %grant.request.run_id, error = &error as &dyn std::error::Error, "could not ask budgets for money");
                    tokio::time::sleep(ASK_AGAIN).await;
                }
            }
        }
    });
    Box::pin(async move {
        // Without an answer the run is somebody else's: it is parked here, and that is refused.
        let answer = answer.await.map_or(Reservation::Refused(OnCost::Wait), Grant::take);
        Input::Reserved { key, answer }
    })
}

/// Gives money back to the budgets that was granted and not used. Where this fails, it goes back with the
/// run's end, or when the run asks for the same effect again.
fn give_back(shared: &Arc<Shared>, request: GrantRequest) {
    let shared_again = Arc::clone(shared);
    shared.tasks.spawn(async move {
        if let Err(error) = storage_give_back(&shared_again.parts.database, &request).await {
            tracing::debug!(run.id = %request.run_id, error = &error as &dyn std::error::Error, "could not give money back to budgets before the run ends");
        }
    });
}

impl Grant {
    fn take(mut self) -> Reservation {
        let granted = std::mem::take(&mut self.open);
        if granted { Reservation::Granted } else { Reservation::Refused(self.refused) }
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        if self.open {
            give_back(&self.shared, self.request.clone());
        }
    }
}
