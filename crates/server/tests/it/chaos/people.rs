//! People: they decide approvals, and say of unknown outcomes what they find at the target.

use std::{collections::HashMap, sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    client::Client,
    dice::Dice,
    effects::Effects,
    history::Verdict,
    notes::Notes,
    pipelines::{token, unsafe_path},
};

/// How often people look at their lists when nobody calls them.
const LOOK: Duration = Duration::from_millis(500);

/// Decides approvals, for ever.
pub(crate) async fn decide(client: Arc<Client>, notes: Arc<Notes>, mut dice: Dice) {
    let mut asked = notes.asked();
    let mut decided: HashMap<String, &str> = HashMap::new();
    loop {
        let page = client.get("/api/v1/approvals?limit=200").await;
        for approval in page["items"].as_array().unwrap() {
            let id = approval["id"].as_str().unwrap();
            let fresh = if dice.chance(200) { "rejected" } else { "approved" };
            let answer = *decided.entry(id.to_owned()).or_insert(fresh);
            let path = format!("/api/v1/approvals/{id}/decide");
            let body = json!({ "answer": answer });
            let (status, now) = client.ask(Method::POST, &path, None, Some(&body)).await;
            let said = &now["decision"]["answer"];
            if status != StatusCode::OK || said != answer {
                notes.complain(format!("the decision {answer} of {approval}: {status} {now}"));
            }
        }
        let _ = timeout(LOOK, asked.changed()).await;
    }
}

/// Settles unknown outcomes, for ever. What the target knows of has happened, and what it does not
/// has not; but now and then somebody is wrong, and has it sent again.
pub(crate) async fn settle(
    client: Arc<Client>,
    notes: Arc<Notes>,
    effects: Arc<Effects>,
    mut dice: Dice,
) {
    let mut asked = notes.asked();
    let mut settled: HashMap<(String, u64), bool> = HashMap::new();
    loop {
        let page = client.get("/api/v1/unknown-outcomes?limit=200").await;
        for unknown in page["items"].as_array().unwrap() {
            let effect = unknown["effect_id"].as_str().unwrap().to_owned();
            let attempt = unknown["attempt"].as_u64().unwrap();
            if settled.contains_key(&(effect.clone(), attempt)) {
                continue;
            }
            let verdict = judge(&client, &effects, unknown, &mut dice).await;
            settled.insert((effect, attempt), verdict.done);
            notes.verdicts.lock().unwrap().push(verdict.clone());
            say(&client, &notes, &verdict).await;
        }
        let _ = timeout(LOOK, asked.changed()).await;
    }
}

async fn judge(client: &Client, effects: &Effects, unknown: &Value, dice: &mut Dice) -> Verdict {
    let text = |name: &str| unknown[name].as_str().unwrap().to_owned();
    let (run_id, key) = (text("run_id"), text("key"));
    let run = client.get(&format!("/api/v1/runs/{run_id}")).await;
    let path = unsafe_path(&token(&run["input"]).unwrap(), &key);
    let seen = effects.count(&path);
    let attempt = u32::try_from(unknown["attempt"].as_u64().unwrap()).unwrap();
    Verdict { run_id, key, attempt, path, done: seen > 0 && !dice.chance(150), seen }
}

/// Says it until it is heard. Somebody who is told that nothing waits for it was heard before.
async fn say(client: &Client, notes: &Notes, verdict: &Verdict) {
    let path = format!("/api/v1/runs/{}/settle", verdict.run_id);
    let what = if verdict.done {
        json!({ "type": "done", "output": { "status": 200 } })
    } else {
        json!({ "type": "not_done" })
    };
    let body = json!({ "key": verdict.key, "attempt": verdict.attempt, "verdict": what });
    let (status, said) = client.ask(Method::POST, &path, None, Some(&body)).await;
    if status != StatusCode::NO_CONTENT && said["code"] != "not_awaited" {
        notes.complain(format!("the verdict {verdict:?}: {status} {said}"));
    }
}
