//! Saying a plan as a stream, at the pace that the script sets.

use std::{collections::VecDeque, time::Duration as StdDuration};

use futures::{StreamExt as _, stream};
use gathering_llm::{ModelError, ModelErrorKind, ModelEvent, ModelStream, StopReason};

use super::choose::Plan;

struct Saying {
    events: VecDeque<Result<ModelEvent, ModelError>>,
    wait: StdDuration,
    token: StdDuration,
}

/// Makes the stream of a plan.
pub(super) fn stream(plan: Plan, provider: &str, model: &str) -> ModelStream {
    let (wait, token) = (plan.first_delay.std(), plan.token_delay.std());
    let cut_after = plan.cut_after;
    let mut events: VecDeque<_> = events(plan, !token.is_zero()).into_iter().map(Ok).collect();
    if let Some(cut) = cut_after.filter(|cut| *cut < events.len()) {
        events.truncate(cut);
        let message = "the script cuts the stream here";
        events.push_back(Err(ModelError::new(ModelErrorKind::CutStream, provider, model, message)));
    }
    let saying = Saying { events, wait, token };
    stream::unfold(saying, |mut saying| async move {
        let event = saying.events.pop_front()?;
        if !saying.wait.is_zero() {
            tokio::time::sleep(saying.wait).await;
        }
        saying.wait = saying.token;
        Some((event, saying))
    })
    .boxed()
}

/// The events of a plan: word by word if there is a pace to hear, else whole.
fn events(plan: Plan, by_word: bool) -> Vec<ModelEvent> {
    let words = |text: &str| -> Vec<String> {
        match text {
            "" => Vec::new(),
            text if by_word => text.split_inclusive(' ').map(str::to_owned).collect(),
            text => vec![text.to_owned()],
        }
    };
    let mut events = Vec::new();
    if !plan.reasoning.is_empty() {
        let deltas = words(&plan.reasoning).into_iter();
        events.extend(deltas.map(|text| ModelEvent::ReasoningDelta { text }));
        events.push(ModelEvent::ReasoningEnd { signature: None, redacted: None });
    }
    events.extend(words(&plan.text).into_iter().map(|text| ModelEvent::TextDelta { text }));
    let called = !plan.calls.is_empty();
    for (index, call) in (0..).zip(plan.calls) {
        events.push(ModelEvent::ToolCallBegin { index, id: call.id, name: call.tool });
        let deltas = words(&call.arguments).into_iter();
        events.extend(deltas.map(|text| ModelEvent::ToolCallDelta { index, text }));
        events.push(ModelEvent::ToolCallEnd { index, signature: None });
    }
    events.push(ModelEvent::Usage { usage: plan.usage });
    let natural = if called { StopReason::ToolCalls } else { StopReason::EndTurn };
    events.push(ModelEvent::Done { stop_reason: plan.stop.unwrap_or(natural) });
    events
}
