//! The question to a target whether a request has happened that was made with an effect id.

use gathering_domain::{EffectKind, Failure, ProjectId};
use gathering_egress::{Answer, EgressRequest, Limits, Method};
use gathering_engine::{EffectOrder, Payload};
use gathering_expressions::{Expression, Scope};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{HttpPerformer, answer, breaker_open, header_text, limits, read, target};

/// What stands for the effect id in address and headers. The id comes of the whole input, so that only
/// here it can be put in. It is `eff_` and hexadecimal digits, which need no escape in a URL.
pub(super) const PLACEHOLDER: &str = "{effect_id}";

/// What an action says of the question.
#[derive(Deserialize)]
pub(super) struct Question {
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
    /// Over the answer, which is `item`.
    happened: Option<String>,
}

/// Asks once. The failure of a target that cannot say it is one that may pass, unless nothing that it
/// could answer would help.
pub(super) async fn ask(
    this: HttpPerformer,
    order: EffectOrder,
    project_id: ProjectId,
) -> Result<Option<Payload>, Failure> {
    let input = read(&order)?;
    let Some(question) = &input.reconcile else {
        let why = "the action does not say how its target is asked what happened";
        return Err(Failure::fatal("cannot_reconcile", why));
    };
    let condition = question.happened.as_deref().map(Expression::parse).transpose();
    let condition =
        condition.map_err(|fault| Failure::fatal("cannot_reconcile", fault.to_string()))?;
    let id = order.effect_id.to_string();
    let url = question.url.replace(PLACEHOLDER, &id);
    let mut request = EgressRequest::new(Method::GET, url.as_str());
    for (name, value) in &question.headers {
        if let Some(text) = header_text(value) {
            request = request.header(name, text.replace(PLACEHOLDER, &id));
        }
    }
    let request = request.held_to(this.held_to(project_id).await?);
    let timeout = order.effect.timeout;
    let leave = this.breakers.ask(project_id, &target(&url)).map_err(breaker_open)?;
    let leave = leave.within(timeout);
    // To ask is harmless, whatever is asked about. Where a redirect leads says nothing of the effect.
    let request = Ok(request.limits(Limits { redirects: 0, ..limits(timeout) }));
    let answer = answer(&this.egress, leave, request, EffectKind::Pure).await?;
    verdict(&answer, condition.as_ref())
}

/// What an answer says: an output, that nothing has happened, or nothing.
fn verdict(answer: &Answer, condition: Option<&Expression>) -> Result<Option<Payload>, Failure> {
    let unclear = |why: String| {
        let message = format!("{} does not say what happened: {why}", answer.url);
        Failure::retryable("outcome_unclear", message, None)
    };
    match answer.status {
        200..=299 => {}
        404 | 410 => return Ok(None),
        status => return Err(unclear(format!("it answered {status}"))),
    }
    let mut output = json!(answer);
    if let Some(condition) = condition {
        let scope = Scope::new(&Value::Null).with_item(&output);
        if !condition.holds(&scope).map_err(|fault| unclear(fault.to_string()))? {
            return Ok(None);
        }
    }
    output["reconciled"] = json!(true);
    Ok(Some(Payload::new(output)))
}

#[cfg(test)]
mod tests {
    use gathering_domain::Advice;

    use super::*;

    fn said(status: u16, body: Value, happened: Option<&str>) -> String {
        let url = "https://target.example/".to_owned();
        let (headers, truncated) = (std::collections::BTreeMap::new(), false);
        let answer = Answer { status, url, headers, body, truncated };
        let condition = happened.map(|source| Expression::parse(source).expect("it can be parsed"));
        match verdict(&answer, condition.as_ref()) {
            Ok(Some(output)) => {
                assert_eq!(
                    (&output["reconciled"], &output["status"]),
                    (&json!(true), &json!(status))
                );
                "happened".to_owned()
            }
            Ok(None) => "did not".to_owned(),
            Err(failure) => {
                assert!(matches!(failure.advice, Advice::Retry { .. }), "{failure:?}");
                failure.code
            }
        }
    }

    #[test]
    fn answers_say_whether_it_happened() {
        for (status, meant) in [
            (200, "happened"),
            (204, "happened"),
            (404, "did not"),
            (410, "did not"),
            (302, "outcome_unclear"),
            (400, "outcome_unclear"),
            (401, "outcome_unclear"),
            (403, "outcome_unclear"),
            (409, "outcome_unclear"),
        ] {
            assert_eq!(said(status, Value::Null, None), meant, "{status}");
        }
    }

    #[test]
    fn a_condition_reads_the_answer() {
        let found = "item.body.orders | length > 0";
        assert_eq!(said(200, json!({ "orders": [1] }), Some(found)), "happened");
        assert_eq!(said(200, json!({ "orders": [] }), Some(found)), "did not");
        assert_eq!(said(404, json!({ "orders": [1] }), Some(found)), "did not");
        // An answer of another shape says nothing.
        assert_eq!(said(200, json!("busy"), Some(found)), "outcome_unclear");
        assert_eq!(said(200, json!({ "orders": [] }), Some("item.body.orders")), "outcome_unclear");
    }
}
