//! Going over to another configured key, instance by instance, with real servers.

use gathering_testkit::Place;
use reqwest::{Method, StatusCode};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    echo::Echo,
    program::{Program, Said},
    server::{Api, Home, Server},
};

const KEY: &str = "GATHERING_SECRETS_KEY";
const OLD_KEYS: &str = "GATHERING_SECRETS_OLD_KEYS";

/// A pipeline that sends the secret `name` to the target.
fn sends(name: &str, echo: &Echo) -> String {
    let lower = name.to_lowercase();
    format!(
        "name: sends_{lower}\nnodes:\n  - {{ id: start, type: trigger }}\n  - id: call\n    type: action\n    \
         config: {{ kind: http, method: GET, url: \"http://{}/\", \
         headers: {{ authorization: \"Bearer {{{{ secret('{name}') }}}}\" }} }}\n\
         edges: [{{ from: start, to: call }}]\n",
        echo.address
    )
}

async fn put(owner: &Api, name: &str, value: &str) {
    let body = json!({ "value": value, "hosts": ["127.0.0.1"] }).to_string();
    let path = format!("/api/v1/secrets/{name}");
    let (status, said) = owner.send_at(Method::PUT, &path, None, body).await;
    assert_eq!(status, StatusCode::OK, "{said}");
}

/// Runs a pipeline to its end, and answers what the target heard of it.
async fn heard(owner: &Api, pipeline: &str, key: &str, echo: &Echo) -> String {
    let before = echo.authorizations().len();
    let run = owner.start_run(pipeline, key, &json!({})).await;
    owner.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
    echo.authorizations().remove(before)
}

/// A command on the store, under these keys.
async fn command(home: &Home, words: &[&str], keys: &[(&str, &str)]) -> Said {
    let arguments = home.arguments().into_iter().chain(words.iter().map(ToString::to_string));
    let mut program = Program::new(arguments.chain(["--json".to_owned()]));
    for (name, value) in keys {
        program = program.env(name, value);
    }
    program.run().await
}

async fn sealed(home: &Home, keys: &[(&str, &str)]) -> Value {
    let said = command(home, &["doctor"], keys).await.ends_with(0);
    let check = said.lines().into_iter().find(|line| line["check"] == "sealed secrets");
    check.unwrap()["verdict"].clone()
}

async fn stop(server: Server) {
    server.signal(Signal::TERM);
    assert!(server.ended().await.success());
}

gathering_testkit::each_database! {
    async fn instances_go_over_to_another_key_one_by_one(place: Place) {
        let several = place.url().is_some();
        let echo = Echo::start().await;
        let (old, new) = ("0a".repeat(32), "0b".repeat(32));
        let home = Home::new(place)
            .env("GATHERING_EGRESS_ALLOW_PRIVATE", echo.address.to_string())
            .env(KEY, &old);
        let first = home.serve().await;
        let owner = first.set_up().await;
        put(&owner, "EARLY", "value-of-early").await;
        let early = owner.create_pipeline(&sends("EARLY", &echo)).await;
        let late = owner.create_pipeline(&sends("LATE", &echo)).await;
        assert_eq!(heard(&owner, &early, "1", &echo).await, "Bearer value-of-early");
        let first = if several { Some(first) } else { stop(first).await; None };

        // The second has the new key, and seals so that the first can still open it.
        let home = home.env(KEY, &new).env(OLD_KEYS, &old);
        let second = home.serve().await;
        let at_second = second.known(&owner);
        assert_eq!(heard(&at_second, &early, "2", &echo).await, "Bearer value-of-early");
        put(&at_second, "LATE", "value-of-late").await;
        if let Some(first) = first {
            stop(second).await;
            assert_eq!(heard(&owner, &late, "3", &echo).await, "Bearer value-of-late");
            stop(first).await;
        } else {
            assert_eq!(heard(&at_second, &late, "3", &echo).await, "Bearer value-of-late");
            stop(second).await;
        }

        let both = [(KEY, new.as_str()), (OLD_KEYS, old.as_str())];
        // On PostgreSQL beside a server at work.
        let beside = if several { Some(home.serve().await) } else { None };
        assert_eq!(sealed(&home, &both).await, "doubtful");
        // Whoever knows neither the key nor one that opens it is told before the start is refused. An
        // embedded store is in use here by nobody, and one of PostgreSQL may be asked beside a server.
        for unknown in [&new, &"0c".repeat(32)] {
            let said = command(&home, &["doctor"], &[(KEY, unknown)]).await.ends_with(1);
            let checks = said.lines();
            let bad: Vec<_> = checks.iter().filter(|check| check["verdict"] == "bad").collect();
            assert_eq!((bad.len(), &bad[0]["check"]), (1, &json!("secret key")), "{checks:?}");
            let found = bad[0]["found"].as_str().unwrap();
            assert!(found.contains("sealed under another key than `secrets.key`"), "{found}");
            let keys = checks.iter().filter(|check| check["check"] == "secret key");
            assert_eq!(keys.count(), 1, "{checks:?}");
            let rotated = command(&home, &["secrets", "rotate"], &[(KEY, unknown)]).await.ends_with(1);
            assert!(rotated.err.contains(found), "{}", rotated.err);
        }
        let rotated = command(&home, &["secrets", "rotate"], &both).await.ends_with(0).json();
        // Two secrets, and the key of the audit trail.
        assert_eq!((&rotated["resealed"], &rotated["unopened"]), (&json!(3), &json!(0)));
        let again = command(&home, &["secrets", "rotate"], &both).await.ends_with(0).json();
        assert_eq!(again["resealed"], 0);
        assert_eq!(sealed(&home, &both).await, "good");
        if let Some(beside) = beside {
            let at_it = beside.known(&owner);
            assert_eq!(heard(&at_it, &late, "4", &echo).await, "Bearer value-of-late");
            put(&at_it, "LATE", "value-of-later").await;
            stop(beside).await;
        }

        // The old key alone opens nothing any more; the new one alone everything.
        let said = command(&home, &["doctor"], &[(KEY, &old)]).await.ends_with(1);
        assert!(said.out.contains("sealed under another key"), "{}", said.out);
        let refused = command(&home, &["serve", "--listen", "127.0.0.1:0"], &[(KEY, &old)]).await;
        assert!(refused.err.contains("sealed under another key"), "{}", refused.err);
        let home = home.env(OLD_KEYS, "");
        let third = home.serve().await;
        let at_third = third.known(&owner);
        assert_eq!(heard(&at_third, &early, "5", &echo).await, "Bearer value-of-early");
        let later = if several { "Bearer value-of-later" } else { "Bearer value-of-late" };
        assert_eq!(heard(&at_third, &late, "6", &echo).await, later);
        stop(third).await;
    }
}
