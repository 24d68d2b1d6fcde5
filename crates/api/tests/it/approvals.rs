//! `/api/v1/approvals`.

use gathering_domain::Role;
use gathering_engine::{AwaitRequest, Outcome};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::{
    runs::begin,
    support::{Asked, Bench},
};

/// Asks those whom it names, or all who may.
pub(crate) fn request(deciders: &[&str]) -> AwaitRequest {
    let form = json!({
        "type": "object",
        "required": ["who"],
        "properties": { "who": { "type": "string" } },
        "additionalProperties": false,
    });
    AwaitRequest::Approval {
        title: "Page the on-call?".to_owned(),
        detail: json!({ "why": "urgent" }).into(),
        form: form.into(),
        options: vec!["approved".to_owned(), "rejected".to_owned()],
        deciders: deciders.iter().map(|decider| decider.parse().unwrap()).collect(),
        deadline: None,
    }
}

each_database! {
    async fn a_question_is_found_in_the_inbox_and_decided_once(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let (run, _) = begin(&bench, &token, 1).await;
        bench.claim().await;
        let id = bench.awaits(run, "node:ask", request(&[])).await;
        let inbox = bench.get("/api/v1/approvals", &token).await;
        let asked = inbox["items"][0].clone();
        assert_eq!((&asked["id"], &asked["run_id"]), (&json!(id), &json!(run)));
        assert_eq!((&asked["status"], &asked["decision"]), (&json!("open"), &Value::Null));
        let path = format!("/api/v1/approvals/{id}");
        assert_eq!(bench.get(&path, &token).await, asked);

        let decide = |answer: &str, data: Value| {
            let body = json!({ "answer": answer, "data": data, "note": "because" });
            Asked::new("POST", &format!("{path}/decide")).token(&token).json(&body)
        };
        for (answer, data, pointer) in [
            ("perhaps", Value::Null, "/answer"),
            ("approved", json!({ "who": 1 }), "/data/who"),
        ] {
            let refused = bench.ask(decide(answer, data)).await;
            assert_eq!(refused.problem(), (422, "invalid".to_owned()));
            let errors = refused.json()["errors"].to_string();
            assert!(errors.contains(&format!("\"{pointer}\"")), "{errors}");
        }
        let decided = bench.ask(decide("approved", json!({ "who": "Ada" }))).await.ok();
        assert_eq!(decided["status"], "decided");
        assert_eq!((&decided["decision"]["answer"], &decided["decision"]["actor"]["type"]),
            (&json!("approved"), &json!("user")));
        assert_eq!(bench.ask(decide("approved", json!({ "who": "Ada" }))).await.ok(), decided);
        let other = bench.ask(decide("rejected", Value::Null)).await;
        assert_eq!(other.problem(), (409, "already_decided".to_owned()));
        assert_eq!(bench.get("/api/v1/approvals", &token).await["items"], json!([]));
        let done = bench.get("/api/v1/approvals?status=decided", &token).await;
        assert_eq!(done["items"], json!([decided]));
        let of_run = bench.get(&format!("/api/v1/runs/{run}/approvals"), &token).await;
        assert_eq!(of_run["items"], json!([decided]));
    }
}

#[tokio::test]
async fn only_those_whom_a_question_names_may_decide_it() {
    let bench = Bench::new().await;
    let [operator, member] = [bench.token(Role::Operator).await, bench.token(Role::Member).await];
    let (run, _) = begin(&bench, &member, 1).await;
    bench.claim().await;
    let id = bench.awaits(run, "node:ask", request(&["operator"])).await;
    let path = format!("/api/v1/approvals/{id}");
    let decide = |token: &str| {
        let body = json!({ "answer": "rejected" });
        Asked::new("POST", &format!("{path}/decide")).token(token).json(&body)
    };
    let seen = bench.get(&path, &member).await;
    assert_eq!((&seen["deciders"], &seen["may_decide"]), (&json!(["operator"]), &json!(false)));
    assert_eq!(bench.get(&path, &operator).await["may_decide"], true);
    let mine = "/api/v1/approvals?may_decide=true";
    assert_eq!(bench.get(mine, &member).await["items"], json!([]));
    assert_eq!(bench.get(mine, &operator).await["items"][0]["id"], json!(id));
    let others = "/api/v1/approvals?may_decide=false";
    assert_eq!(bench.get(others, &member).await["items"][0]["id"], json!(id));

    let refused = bench.ask(decide(&member)).await;
    assert_eq!(refused.problem(), (403, "not_a_decider".to_owned()));
    assert_eq!(bench.get(&path, &member).await["status"], "open");
    assert_eq!(bench.ask(decide(&operator)).await.ok()["status"], "decided");
}

#[tokio::test]
async fn the_question_of_an_ended_run_cannot_be_decided() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let (run, _) = begin(&bench, &token, 1).await;
    bench.claim().await;
    let id = bench.awaits(run, "node:ask", request(&[])).await;
    bench.finish(run, Outcome::cancelled("enough")).await;
    let body = json!({ "answer": "rejected" });
    let path = format!("/api/v1/approvals/{id}/decide");
    let late = bench.ask(Asked::new("POST", &path).token(&token).json(&body)).await;
    assert_eq!(late.problem().0, 409);
}
