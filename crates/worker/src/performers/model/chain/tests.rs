//! What a chain of models is charged for, whatever becomes of each.

use std::sync::Mutex;

use futures::{FutureExt as _, StreamExt as _, future, stream};
use gathering_agents::ModelPurpose;
use gathering_domain::{Clock, Cost, MicroUsd, Timestamp, TokenUsage};
use gathering_llm::{
    Message, ModelErrorKind, ModelFuture, ModelInfo, ModelRequest, ModelStream, ProviderTest,
    StopReason,
};

use super::*;
use crate::BreakerPolicy;

const PRICES: &str = r#"
    date = "2026-11-01"
    [[price]]
    provider = "paid"
    model = "*"
    input = 1
    output = 10
    [[price]]
    provider = "free"
    model = "*"
    input = 0
    output = 0
"#;

/// A provider whose models do as they are called.
struct Acting {
    kind: &'static str,
    asked: Arc<Mutex<Vec<ModelRequest>>>,
}

const HERE: ProjectId = ProjectId::from_uuid(uuid::Uuid::nil());

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1)
    }
}

impl ModelProvider for Acting {
    fn name(&self) -> &str {
        self.kind
    }

    fn kind(&self) -> &str {
        self.kind
    }

    fn stream(&self, request: ModelRequest) -> ModelFuture<'_, ModelStream> {
        let fault = |kind| ModelError::new(kind, self.kind, &request.model, "as it was told");
        let text = || Ok(ModelEvent::TextDelta { text: "so".to_owned() });
        let usage = TokenUsage { input: 1_000, output: 100, ..TokenUsage::default() };
        let usage = || Ok(ModelEvent::Usage { usage });
        let done = || Ok(ModelEvent::Done { stop_reason: StopReason::EndTurn });
        let answer = match request.model.as_str() {
            "well" => Ok(vec![text(), usage(), done()]),
            "silent" => Ok(vec![text(), done()]),
            "empty" => Ok(vec![usage(), done()]),
            "cut" => Ok(vec![usage(), text()]),
            "overloaded-midway" => Ok(vec![text(), Err(fault(ModelErrorKind::Overloaded))]),
            "busy" => Err(fault(ModelErrorKind::RateLimited)),
            "gone" => Err(fault(ModelErrorKind::Unreachable)),
            "slow" => Err(fault(ModelErrorKind::Timeout)),
            "denied" => Err(fault(ModelErrorKind::AuthRefused)),
            "blocked" => Err(fault(ModelErrorKind::Blocked)),
            "refused" => Err(fault(ModelErrorKind::InvalidRequest)),
            other => panic!("there is no model {other}"),
        };
        self.asked.lock().unwrap().push(request);
        future::ready(answer.map(|events| stream::iter(events).boxed())).boxed()
    }

    fn list_models(&self) -> ModelFuture<'_, Vec<ModelInfo>> {
        future::ready(Ok(Vec::new())).boxed()
    }

    fn test(&self) -> ModelFuture<'_, ProviderTest> {
        future::ready(Ok(ProviderTest { models: 0, scripted: false })).boxed()
    }
}

/// The outcome's code, `well` if it is an answer, with what was used and what was sent.
fn asked(models: &[&str]) -> (String, Usage, Vec<ModelRequest>) {
    let breakers = Breakers::new(Arc::new(Noon), BreakerPolicy::default());
    let (ended, seen) = asked_with(&breakers, models);
    let Attempted::Ended { result, usage } = ended else { panic!("put off") };
    (result.map_or_else(|failure| failure.code, |_| "well".to_owned()), usage, seen)
}

fn asked_with(breakers: &Breakers, models: &[&str]) -> (Attempted, Vec<ModelRequest>) {
    asked_before(&crate::Unobserved, breakers, models)
}

fn asked_before(
    observer: &dyn Observer,
    breakers: &Breakers,
    models: &[&str],
) -> (Attempted, Vec<ModelRequest>) {
    let models: Vec<ModelRef> = models.iter().map(|model| model.parse().unwrap()).collect();
    let mut request = ModelRequest::new("", vec![Message::user("Go.")]);
    request.max_output_tokens = Some(500);
    let call = ModelCall { models, request, purpose: ModelPurpose::Step };
    let prices = Prices::from_toml(PRICES).unwrap();
    let seen = Arc::default();
    let adapter_of = |name: String| {
        let kind = ["paid", "free", "odd"].into_iter().find(|kind| *kind == name).unwrap();
        let adapter = Acting { kind, asked: Arc::clone(&seen) };
        future::ready(Ok(Arc::new(adapter) as Arc<dyn ModelProvider>))
    };
    let timeout = Duration::from_secs(60);
    let chain = Chain { prices: &prices, breakers, project_id: HERE, timeout, observer };
    let ended = chain.ask(&call, adapter_of, &mut |_| {}).now_or_never().unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (ended, seen)
}

/// What an answer of 1,000 tokens read and 100 written costs.
const ANSWER: i64 = 2_000;

#[test]
fn every_model_that_was_tried_is_counted() {
    for (models, code, known, unpriced_calls, calls) in [
        (&["paid/well"] as &[&str], "well", ANSWER, 0, 1),
        // What was refused, or never arrived, costs nothing.
        (&["paid/busy", "paid/gone", "paid/well"], "well", ANSWER, 0, 1),
        (&["paid/refused", "paid/well"], "model_invalid_request", 0, 0, 0),
        (&["paid/busy", "paid/gone"], "model_unreachable", 0, 0, 0),
        // What broke off may cost anything, and what comes after it costs as well.
        (&["paid/cut", "paid/well"], "well", ANSWER, 1, 2),
        (&["paid/slow", "paid/busy"], "rate_limited", 0, 1, 1),
        (&["paid/overloaded-midway", "paid/well"], "well", ANSWER, 1, 2),
        // An empty answer has a usage of its own.
        (&["paid/empty", "paid/well"], "well", 2 * ANSWER, 0, 2),
        (&["paid/silent"], "well", 0, 1, 1),
        // Nothing is unknown of what costs nothing; all is of what has no price.
        (&["free/cut", "free/silent"], "well", 0, 0, 2),
        (&["odd/well"], "well", 0, 1, 1),
    ] {
        let (ended, usage, _) = asked(models);
        let cost = Cost { known: MicroUsd(known), unpriced_calls };
        assert_eq!((ended.as_str(), usage.cost), (code, cost), "{models:?}");
        assert_eq!(usage.model_calls, calls, "{models:?}");
    }
}

#[test]
fn each_model_that_was_asked_is_told_with_what_it_used() {
    #[derive(Default)]
    struct Ear(Mutex<Vec<(String, bool, Usage)>>);

    impl Observer for Ear {
        fn model_call(&self, call: &ModelCallSeen<'_>) {
            self.0.lock().unwrap().push((call.provider.to_owned(), call.answered, call.usage));
        }
    }

    let breakers = Breakers::new(Arc::new(Noon), BreakerPolicy::default());
    while breakers.ask(HERE, "model:odd/well").map(crate::breaker::Leave::failed).is_ok() {}
    let ear = Ear::default();
    // The one whose breaker is open was not asked.
    let (_, _) = asked_before(&ear, &breakers, &["odd/well", "paid/busy", "free/cut", "paid/well"]);
    let told = ear.0.into_inner().unwrap();
    let names: Vec<_> = told.iter().map(|(kind, answered, _)| (kind.as_str(), *answered)).collect();
    assert_eq!(names, [("paid", false), ("free", false), ("paid", true)]);
    assert_eq!((told[0].2, told[2].2.tokens.input), (Usage::default(), 1_000));
}

#[test]
fn each_model_gets_the_bound_that_was_reserved() {
    let (_, _, sent) = asked(&["paid/cut", "free/slow", "paid/well"]);
    let sent: Vec<_> =
        sent.iter().map(|sent| (sent.model.as_str(), sent.max_output_tokens)).collect();
    assert_eq!(sent, [("cut", Some(500)), ("slow", Some(500)), ("well", Some(500))]);
}

#[test]
fn a_call_waits_for_a_breaker_whatever_became_of_the_models_before() {
    let breakers = Breakers::new(Arc::new(Noon), BreakerPolicy::default());
    while breakers.ask(HERE, "model:paid/well").map(crate::breaker::Leave::failed).is_ok() {}
    // That one is refused for good is no reason to give up on the other.
    let (ended, seen) = asked_with(&breakers, &["paid/denied", "paid/well"]);
    let Attempted::Postponed { after, error } = ended else { panic!("ended") };
    assert_eq!((seen.len(), error.code.as_str()), (1, "breaker_open"));
    assert_eq!(after, BreakerPolicy::default().open_for);
    // What was used on the way is counted, and the call made again.
    let (ended, _) = asked_with(&breakers, &["paid/empty", "paid/denied", "paid/well"]);
    let Attempted::Ended { result: Err(error), usage } = ended else { panic!("lost its usage") };
    assert_eq!((error.code.as_str(), usage.cost.known), ("breaker_open", MicroUsd(ANSWER)));
    assert!(matches!(error.advice, Advice::Retry { after: Some(_) }));
    // Without another one it is over.
    let (ended, _) = asked_with(&breakers, &["paid/denied"]);
    assert!(
        matches!(ended, Attempted::Ended { result: Err(error), .. } if error.code == "model_auth_refused")
    );
}

#[test]
fn a_request_that_never_left_says_nothing_to_the_breaker() {
    let breakers = Breakers::new(Arc::new(Noon), BreakerPolicy::default());
    asked_with(&breakers, &["paid/blocked"]);
    asked_with(&breakers, &["paid/denied"]);
    let counted: Vec<_> =
        breakers.view().into_iter().map(|view| (view.target, view.attempts)).collect();
    let expected = [("model:paid/blocked".to_owned(), 0), ("model:paid/denied".to_owned(), 1)];
    assert_eq!(counted, expected);
}
