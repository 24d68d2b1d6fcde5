//! What a run has under way in this process: attempts, questions and reservations as futures.

use std::{collections::HashMap, sync::Arc};

use futures::{
    FutureExt, StreamExt,
    future::{AbortHandle, Abortable, BoxFuture},
    stream::FuturesUnordered,
};
use gathering_domain::{Failure, Usage};
use gathering_engine::{EffectOrder, Input, Key};

use crate::performer::{Attempted, Performers, RunContext};

/// The attempts of one run that are in flight. Dropping it drops them all.
#[derive(Default)]
pub(crate) struct Flights {
    futures: FuturesUnordered<Abortable<BoxFuture<'static, Input>>>,
    handles: HashMap<Key, AbortHandle>,
}

impl Flights {
    pub(crate) fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// Begins something that answers with an input for `key`.
    pub(crate) fn begin(&mut self, key: Key, future: BoxFuture<'static, Input>) {
        let (handle, registration) = AbortHandle::new_pair();
        self.futures.push(Abortable::new(future, registration));
        self.handles.insert(key, handle);
    }

    /// Drops what is in flight for `key`.
    pub(crate) fn drop_key(&mut self, key: &Key) {
        if let Some(handle) = self.handles.remove(key) {
            handle.abort();
        }
    }

    /// The next answer; pending for ever when nothing is in flight.
    pub(crate) async fn next(&mut self) -> Input {
        loop {
            match self.futures.next().await {
                Some(Ok(input)) => {
                    self.landed(&input);
                    return input;
                }
                Some(Err(_aborted)) => {}
                None => std::future::pending::<()>().await,
            }
        }
    }

    /// An answer that is there already.
    pub(crate) fn ready(&mut self) -> Option<Input> {
        loop {
            match self.futures.next().now_or_never()?? {
                Ok(input) => {
                    self.landed(&input);
                    return Some(input);
                }
                Err(_aborted) => {}
            }
        }
    }

    fn landed(&mut self, input: &Input) {
        let key = match input {
            Input::Outcome { key, .. }
            | Input::Postponed { key, .. }
            | Input::Reserved { key, .. }
            | Input::Reconciled { key, .. } => key,
            Input::Resolved { .. }
            | Input::Signal(_)
            | Input::Child(_)
            | Input::Cancel { .. }
            | Input::Limit { .. } => {
                return;
            }
        };
        self.handles.remove(key);
    }
}

/// One attempt, held to its time limit, as a future that answers with the execution's input.
pub(crate) fn attempt(
    performers: &Performers,
    order: EffectOrder,
    run: Arc<RunContext>,
) -> BoxFuture<'static, Input> {
    let (key, attempt, timeout) = (order.effect.key.clone(), order.attempt, order.effect.timeout);
    let Some(performer) = performers.find(order.effect.performer) else {
        let why = format!("nothing here performs `{}`", order.effect.performer);
        let result = Err(Failure::fatal("unknown_performer", why));
        return Box::pin(std::future::ready(Input::Outcome {
            key,
            attempt,
            result,
            usage: Usage::default(),
        }));
    };
    let performed = performer.perform(order, run);
    Box::pin(async move {
        match tokio::time::timeout(timeout.std(), performed).await {
            Ok(Attempted::Ended { result, usage }) => {
                Input::Outcome { key, attempt, result, usage }
            }
            Ok(Attempted::Postponed { after, error }) => {
                Input::Postponed { key, attempt, after, error }
            }
            Err(_elapsed) => {
                let error = Failure::unknown("timeout", format!("no answer within {timeout}"));
                Input::Outcome { key, attempt, result: Err(error), usage: Usage::default() }
            }
        }
    })
}

/// One question to a target whether an attempt happened.
pub(crate) fn reconcile(
    performers: &Performers,
    order: EffectOrder,
    run: Arc<RunContext>,
) -> BoxFuture<'static, Input> {
    let (key, attempt, timeout) = (order.effect.key.clone(), order.attempt, order.effect.timeout);
    let Some(performer) = performers.find(order.effect.performer) else {
        let answer = Err(Failure::fatal("unknown_performer", "nothing here performs it"));
        return Box::pin(std::future::ready(Input::Reconciled { key, attempt, answer }));
    };
    let asked = performer.reconcile(order, run);
    Box::pin(async move {
        let answer = tokio::time::timeout(timeout.std(), asked).await.unwrap_or_else(|_| {
            Err(Failure::unknown(
                "timeout",
                format!("the target did not say within {timeout} what happened"),
            ))
        });
        Input::Reconciled { key, attempt, answer }
    })
}
