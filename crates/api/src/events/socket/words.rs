//! What is said over a socket: the client's requests, and the server's messages.

use gathering_app::events::FURTHEST_BACK;
use gathering_domain::{RunId, SubjectPattern};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    Problem,
    decode::{decode_part, part_from_value},
    events::EnvelopeView,
    problem::ProblemView,
};

/// How deeply a request may be nested: none has more than a list.
const MOST_DEPTH: usize = 4;
/// The longest name of a subscription, in characters.
const ID_CHARS: usize = 64;
/// How the parts of a request are called in what is said of them.
const WHAT: &str = "message";

/// What a client says, as JSON text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum SocketRequest {
    /// Tell me events from now on, or from a position on.
    Subscribe(Subscribe),
    /// Tell me no more of them.
    Unsubscribe(Unsubscribe),
    /// Are you there?
    Ping(Ping),
}

/// Which events, and from where on, as the query of `GET /api/v1/events` says it.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SocketSubscribe)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscribe {
    /// What the client calls it; other than its subscriptions that are open.
    #[schema(example = "board", min_length = 1, max_length = 64)]
    pub(super) id: String,
    /// What comes after this position; `0` for everything, absent for what comes from now on. `-500` begins 500
    /// rows before the end of the log, in which what all projects do at once shares a row.
    #[schema(minimum = -1000)]
    pub(super) after: Option<i64>,
    /// Types or subjects; all if empty. `*` stands for a word between dots, at the end for the rest.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 50, example = json!(["run.*", "approval.requested"]))]
    pub(super) types: Vec<SubjectPattern>,
    /// Those of this run and of its descendants.
    #[schema(value_type = Option<String>)]
    pub(super) run_id: Option<RunId>,
    /// Whether answers that are being written come, too, piece by piece (`run.delta`).
    #[serde(default)]
    pub(super) previews: bool,
}

/// Which subscription is to end.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SocketUnsubscribe)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unsubscribe {
    /// What the client has called it.
    pub(super) id: String,
}

/// Nothing more.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SocketPing)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ping {}

/// What the server says, as JSON text. `id` is the subscription of which it speaks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum SocketMessage {
    /// The subscription is open. What comes after `resume_after` will be told.
    Subscribed {
        /// The subscription.
        id: String,
        /// The position from which it goes on.
        resume_after: i64,
    },
    /// Something has happened; or, without a position, an answer is being written.
    Event {
        /// The subscription.
        id: String,
        /// The event.
        event: EnvelopeView,
    },
    /// Previews were lost, because the client was slow. Events never are.
    Lagged {
        /// The subscription.
        id: String,
        /// The position up to which all has been told.
        resume_after: i64,
    },
    /// Events between the position from which the subscription was to go on and this one were removed,
    /// because they are old. The oldest that there are follow.
    Gone {
        /// The subscription.
        id: String,
        /// The position after which the oldest events come.
        resume_after: i64,
    },
    /// The subscription has ended, as the client asked: nothing more comes for it.
    Unsubscribed {
        /// The subscription.
        id: String,
    },
    /// The server has ended the subscription.
    Ended {
        /// The subscription.
        id: String,
        /// Why.
        problem: ProblemView,
    },
    /// A request could not be done. All else goes on.
    Error {
        /// What the request named, as far as that could be read.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        id: Option<String>,
        /// What is wrong with it.
        problem: ProblemView,
        /// Seconds after which to try again, where that helps.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        retry_after: Option<u64>,
    },
    /// I am here.
    Pong,
}

/// A request that cannot be done.
#[derive(Debug)]
pub(super) struct Refused {
    /// The subscription that it names.
    pub(super) id: Option<String>,
    pub(super) problem: Box<Problem>,
}

impl SocketMessage {
    /// As it goes over the wire.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("what is said is JSON")
    }
}

impl Refused {
    pub(super) fn of(id: Option<String>, problem: Problem) -> Self {
        Self { id, problem: Box::new(problem) }
    }
}

/// Reads a request. Its parts are read one after the other, for the sake of the places in what is told of
/// its faults: a reader of tagged unions forgets them.
pub(super) fn read(text: &str) -> Result<SocketRequest, Refused> {
    let mut members: Map<String, Value> =
        decode_part(WHAT, text, MOST_DEPTH).map_err(|problem| Refused::of(None, problem))?;
    let id = members.get("id").and_then(Value::as_str).filter(|id| is_id(id)).map(str::to_owned);
    request(&mut members).map_err(|problem| Refused::of(id, problem))
}

fn request(members: &mut Map<String, Value>) -> Result<SocketRequest, Problem> {
    let Some(word) = members.remove("type") else {
        return Err(Problem::invalid("/type", "missing_field", "missing field `type`"));
    };
    match word.as_str() {
        Some("subscribe") => rest(members).and_then(checked).map(SocketRequest::Subscribe),
        Some("unsubscribe") => rest(members).map(SocketRequest::Unsubscribe),
        Some("ping") => rest(members).map(SocketRequest::Ping),
        _ => {
            let message = "`type` is one of `subscribe`, `unsubscribe`, `ping`";
            Err(Problem::invalid("/type", "unknown_value", message))
        }
    }
}

fn rest<T: DeserializeOwned>(members: &mut Map<String, Value>) -> Result<T, Problem> {
    part_from_value(WHAT, Value::Object(std::mem::take(members)))
}

fn checked(subscribe: Subscribe) -> Result<Subscribe, Problem> {
    if !is_id(&subscribe.id) {
        let message = format!("a name of 1 to {ID_CHARS} characters");
        return Err(Problem::invalid("/id", "out_of_range", message));
    }
    if subscribe.after.is_some_and(|position| position < -FURTHEST_BACK) {
        let message = format!("the position of an event, or at most {FURTHEST_BACK} back");
        return Err(Problem::invalid("/after", "out_of_range", message));
    }
    Ok(subscribe)
}

fn is_id(id: &str) -> bool {
    (1..=ID_CHARS).contains(&id.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_message_is_told_with_its_place() {
        for (text, id, code, pointer) in [
            ("{", None, "invalid_json", None),
            ("[]", None, "invalid", Some("")),
            ("[[[[[", None, "too_deep", None),
            ("{}", None, "invalid", Some("/type")),
            (r#"{"type":7,"id":"a"}"#, Some("a"), "invalid", Some("/type")),
            (r#"{"type":"shout","id":"a"}"#, Some("a"), "invalid", Some("/type")),
            (r#"{"type":"subscribe"}"#, None, "invalid", Some("/id")),
            (r#"{"type":"subscribe","id":""}"#, None, "invalid", Some("/id")),
            (
                r#"{"type":"subscribe","id":"a","after":-1001}"#,
                Some("a"),
                "invalid",
                Some("/after"),
            ),
            (r#"{"type":"subscribe","id":"a","after":"x"}"#, Some("a"), "invalid", Some("/after")),
            (
                r#"{"type":"subscribe","id":"a","types":["run.*","a b"]}"#,
                Some("a"),
                "invalid",
                Some("/types/1"),
            ),
            (
                r#"{"type":"subscribe","id":"a","run_id":"x"}"#,
                Some("a"),
                "invalid",
                Some("/run_id"),
            ),
            (r#"{"type":"subscribe","id":"a","more":1}"#, Some("a"), "invalid", Some("/more")),
            (r#"{"type":"unsubscribe"}"#, None, "invalid", Some("/id")),
            (r#"{"type":"ping","loud":true}"#, None, "invalid", Some("/loud")),
        ] {
            let refused = read(text).unwrap_err();
            let place = refused.problem.faults().first().map(|fault| fault.pointer.as_str());
            assert_eq!((refused.problem.code(), place), (code, pointer), "{text}");
            assert_eq!(refused.id.as_deref(), id, "{text}");
        }
    }

    #[test]
    fn requests_are_read() {
        let all = r#"{"type":"subscribe","id":"a","after":7,"types":["run.*"],"previews":true}"#;
        let Ok(SocketRequest::Subscribe(subscribe)) = read(all) else { panic!("{all}") };
        assert_eq!((subscribe.id.as_str(), subscribe.after), ("a", Some(7)));
        assert_eq!((subscribe.types[0].as_str(), subscribe.previews), ("run.*", true));
        assert!(matches!(read(r#"{"type":"ping"}"#), Ok(SocketRequest::Ping(_))));
    }

    #[test]
    fn a_message_says_what_it_is() {
        let text = SocketMessage::Lagged { id: "a".to_owned(), resume_after: 7 }.text();
        assert_eq!(text, r#"{"type":"lagged","id":"a","resume_after":7}"#);
        let text = SocketMessage::Gone { id: "a".to_owned(), resume_after: 7 }.text();
        assert_eq!(text, r#"{"type":"gone","id":"a","resume_after":7}"#);
        assert_eq!(SocketMessage::Pong.text(), r#"{"type":"pong"}"#);
    }
}
