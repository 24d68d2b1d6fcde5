//! What a run has under way in this process: attempts, questions and reservations as futures.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::Arc,
};

use futures::{
    FutureExt, StreamExt,
    future::{AbortHandle, Abortable, BoxFuture},
    stream::FuturesUnordered,
};
use gathering_domain::{Failure, Usage};
use gathering_engine::{EffectOrder, Input, Key, Payload};
use serde_json::Value;
use tracing::Instrument as _;

use crate::{
    observer::{self, Watched},
    performer::{Attempted, Performers, RunContext},
};

/// The most bytes of one effect's output, as far as they can be told without writing them out.
const MAX_OUTPUT_BYTES: usize = 16 * 1024 * 1024;

/// The most levels of one effect's output: what holds it in the log has a few more, and a reader of JSON
/// takes 127.
const MAX_OUTPUT_LEVELS: usize = 100;

/// The attempts of one run that are in flight. Dropping it drops them all.
#[derive(Default)]
pub(crate) struct Flights {
    futures: FuturesUnordered<Abortable<BoxFuture<'static, Input>>>,
    handles: HashMap<Key, AbortHandle>,
    /// Answers that came while the run was busy with the store.
    landed: VecDeque<Input>,
}

impl Flights {
    /// Whether nothing is in flight and no answer is unread.
    pub(crate) fn is_empty(&self) -> bool {
        self.handles.is_empty() && self.landed.is_empty()
    }

    /// Begins something that answers with an input for `key`.
    pub(crate) fn begin(&mut self, key: Key, future: BoxFuture<'static, Input>) {
        let (handle, registration) = AbortHandle::new_pair();
        self.futures.push(Abortable::new(future, registration));
        self.handles.insert(key, handle);
    }

    /// Drops what is in flight for `key`; answers that are there already come back.
    pub(crate) fn drop_key(&mut self, key: &Key) -> Vec<Input> {
        if let Some(handle) = self.handles.remove(key) {
            handle.abort();
            // The future itself goes when it is next polled: at once, for what hangs on it.
            self.sweep();
        }
        let is_its = |input: &Input| answers(input) == Some(key);
        let (dropped, kept): (Vec<Input>, Vec<Input>) = self.landed.drain(..).partition(is_its);
        self.landed = kept.into();
        dropped
    }

    /// The next answer; pending for ever when nothing is in flight.
    pub(crate) async fn next(&mut self) -> Input {
        match self.landed.pop_front() {
            Some(input) => input,
            None => self.land().await,
        }
    }

    /// An answer that is there already.
    pub(crate) fn ready(&mut self) -> Option<Input> {
        self.landed.pop_front().or_else(|| self.land().now_or_never())
    }

    /// Waits for something else without letting what is in flight stand still.
    pub(crate) async fn while_waiting<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        loop {
            tokio::select! {
                biased;
                done = &mut other => return done,
                input = self.land() => self.landed.push_back(input),
            }
        }
    }

    /// Answers that nobody took in.
    pub(crate) fn unread(&mut self) -> Vec<Input> {
        self.landed.drain(..).collect()
    }

    async fn land(&mut self) -> Input {
        loop {
            match self.futures.next().await {
                Some(Ok(input)) => {
                    if let Some(key) = answers(&input) {
                        self.handles.remove(key);
                    }
                    return input;
                }
                Some(Err(_aborted)) => {}
                None => std::future::pending::<()>().await,
            }
        }
    }

    /// Polls once, so that what was aborted is dropped.
    fn sweep(&mut self) {
        if let Some(input) = self.land().now_or_never() {
            self.landed.push_back(input);
        }
    }
}

/// The key that an input answers.
fn answers(input: &Input) -> Option<&Key> {
    match input {
        Input::Outcome { key, .. }
        | Input::Postponed { key, .. }
        | Input::Reserved { key, .. }
        | Input::Reconciled { key, .. } => Some(key),
        Input::Resolved { .. }
        | Input::Signal(_)
        | Input::Child(_)
        | Input::Cancel { .. }
        | Input::Limit { .. }
        | Input::Raised { .. }
        | Input::Held { .. } => None,
    }
}

/// One attempt, held to its time limit, as a future that answers with the execution's input.
pub(crate) fn attempt(
    performers: &Performers,
    order: EffectOrder,
    run: Arc<RunContext>,
) -> BoxFuture<'static, Input> {
    let (key, attempt, timeout) = (order.effect.key.clone(), order.attempt, order.effect.timeout);
    let (name, kind) = (order.effect.performer, order.effect.kind);
    let Some(performer) = performers.find(name).cloned() else {
        let (result, usage) = (Err(unknown_performer(name)), Usage::default());
        return Box::pin(std::future::ready(Input::Outcome { key, attempt, result, usage }));
    };
    let observer = Arc::clone(&performers.observer);
    let span = span(&order);
    let attempted = async move {
        let watched = Watched::begin(observer.as_ref(), name, kind);
        // Made here, so that a panic on the way is caught as well.
        let performed = async move { performer.perform(order, run).await };
        let performed = AssertUnwindSafe(performed).catch_unwind();
        let attempted = match tokio::time::timeout(timeout.std(), performed).await {
            Ok(Ok(Attempted::Ended { result, usage })) => {
                Attempted::Ended { result: result.and_then(bounded), usage }
            }
            Ok(Ok(postponed)) => postponed,
            Ok(Err(_panic)) => Attempted::failed(panicked(name)),
            Err(_elapsed) => {
                let why = format!("no answer within {timeout}");
                Attempted::failed(Failure::unknown("timeout", why))
            }
        };
        watched.ended(observer::word(&attempted));
        record(&attempted);
        match attempted {
            Attempted::Ended { result, usage } => Input::Outcome { key, attempt, result, usage },
            Attempted::Postponed { after, error } => {
                Input::Postponed { key, attempt, after, error }
            }
        }
    };
    Box::pin(attempted.instrument(span))
}

/// The span of an attempt. What it does and what comes of it stays out: it may be secret.
fn span(order: &EffectOrder) -> tracing::Span {
    let key = order.effect.key.as_str();
    // The key of a pipeline's effect begins with its node: `node:page[3]/try:2`.
    let node = key.strip_prefix("node:").and_then(|rest| rest.split(['[', '/']).next());
    tracing::info_span!(
        "worker.effect",
        otel.name = format_args!("effect {}", order.effect.performer),
        otel.status_code = tracing::field::Empty,
        node.id = node,
        effect.key = key,
        effect.id = %order.effect_id,
        effect.performer = order.effect.performer,
        effect.attempt = order.attempt,
        error.type = tracing::field::Empty,
    )
}

/// Tells the span of an attempt, and the log, why it did not go well. The code alone: the message may
/// repeat what the target said.
fn record(attempted: &Attempted) {
    let (Attempted::Ended { result: Err(error), .. } | Attempted::Postponed { error, .. }) =
        attempted
    else {
        tracing::debug!("an attempt went well");
        return;
    };
    let span = tracing::Span::current();
    span.record("error.type", error.code.as_str());
    span.record("otel.status_code", "ERROR");
    tracing::info!("an attempt did not go well");
}

/// One question to a target whether an attempt happened.
pub(crate) fn reconcile(
    performers: &Performers,
    order: EffectOrder,
    run: Arc<RunContext>,
) -> BoxFuture<'static, Input> {
    let (key, attempt, timeout) = (order.effect.key.clone(), order.attempt, order.effect.timeout);
    let name = order.effect.performer;
    let Some(performer) = performers.find(name).cloned() else {
        let answer = Err(unknown_performer(name));
        return Box::pin(std::future::ready(Input::Reconciled { key, attempt, answer }));
    };
    let span = span(&order);
    let answered = async move {
        let asked = async move { performer.reconcile(order, run).await };
        let asked = AssertUnwindSafe(asked).catch_unwind();
        let answer = match tokio::time::timeout(timeout.std(), asked).await {
            Ok(Ok(Ok(Some(output)))) => bounded(output).map(Some),
            Ok(Ok(answer)) => answer,
            Ok(Err(_panic)) => Err(panicked(name)),
            Err(_elapsed) => Err(Failure::unknown(
                "timeout",
                format!("the target did not say within {timeout} what happened"),
            )),
        };
        Input::Reconciled { key, attempt, answer }
    };
    Box::pin(answered.instrument(span))
}

fn unknown_performer(name: &str) -> Failure {
    Failure::fatal("unknown_performer", format!("nothing here performs `{name}`"))
}

fn panicked(name: &str) -> Failure {
    tracing::error!(performer = name, "a performer panicked");
    Failure::unknown("panicked", format!("a defect stopped `{name}` in the middle of its work"))
}

fn bounded(output: Payload) -> Result<Payload, Failure> {
    if !levels_within(&output, MAX_OUTPUT_LEVELS) {
        let why = format!("the output is nested more than {MAX_OUTPUT_LEVELS} levels deep");
        return Err(Failure::fatal("output_too_deep", why));
    }
    let bytes = bytes_of(&output);
    if bytes > MAX_OUTPUT_BYTES {
        let why = format!("the output has {bytes} bytes where {MAX_OUTPUT_BYTES} are allowed");
        return Err(Failure::fatal("output_too_large", why));
    }
    Ok(output)
}

/// How many bytes an input brings, roughly.
pub(crate) fn weight(input: &Input) -> usize {
    match input {
        Input::Outcome { result: Ok(output), .. }
        | Input::Reconciled { answer: Ok(Some(output)), .. } => bytes_of(output),
        _ => 0,
    }
}

/// Whether a value has at most so many arrays and objects in one another.
fn levels_within(value: &Value, most: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        Value::Array(items) => most
            .checked_sub(1)
            .is_some_and(|below| items.iter().all(|item| levels_within(item, below))),
        Value::Object(fields) => most
            .checked_sub(1)
            .is_some_and(|below| fields.values().all(|field| levels_within(field, below))),
    }
}

/// The length of a value as JSON, but for escapes.
fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| bytes_of(item) + 1).sum::<usize>(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| name.len() + 4 + bytes_of(value));
            2 + fields.sum::<usize>()
        }
    }
}
