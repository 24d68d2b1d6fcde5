//! A target that answers with the secret it was sent, in every notation: nothing here tells it on.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gathering_testkit::{
    Place,
    model_server::{ModelServer, Turn, Wire},
};
use reqwest::{Method, StatusCode};
use rustix::process::Signal;
use serde_json::json;

use crate::{echo::Echo, server::Home};

const VALUE: &str = "s3cr\"t/v+lue-91ab?é";
const MODEL_KEY: &str = "sk-model-key-0123456789";

/// Sends the secret, hands the answer to a model, and asks the target again without it.
fn leaky(echo: &Echo) -> String {
    let url = format!("http://{}", echo.address);
    format!(
        "name: leaky\nagents: [{{ name: reader, model: mine/m, instructions: Read. }}]\nnodes:\n  \
         - {{ id: start, type: trigger }}\n  \
         - {{ id: call, type: action, config: {{ kind: http, method: POST, url: \"{url}/first\", \
             headers: {{ authorization: \"Bearer {{{{ secret('PAGER') }}}}\" }}, body: {{ n: 1 }} }} }}\n  \
         - {{ id: read, type: agent, input: \"{{{{ nodes.call.output }}}}\", \
             config: {{ agent: reader, task: \"Read it.\" }} }}\n  \
         - {{ id: again, type: action, config: {{ kind: http, method: GET, url: \"{url}/big\" }} }}\n\
         edges:\n  - {{ from: start, to: call }}\n  - {{ from: call, to: read }}\n  \
         - {{ from: read, to: again }}\n\
         outputs: {{ all: \"{{{{ nodes.call.output }}}}\", later: \"{{{{ nodes.again.output }}}}\" }}\n"
    )
}

/// What must stand nowhere.
fn hidden(value: &str) -> Vec<Vec<u8>> {
    let hexadecimal = hex::encode(value);
    let quoted = json!(value).to_string();
    // The characters of base64 that are the value's alone, behind `user:` as well.
    let basic = STANDARD.encode(format!("user:{value}"));
    let plain = STANDARD.encode(value);
    let texts = [
        value.to_owned(),
        quoted.trim_matches('"').to_owned(),
        hexadecimal.to_uppercase(),
        hexadecimal,
        plain[..plain.len() - 4].to_owned(),
        basic[8..basic.len() - 4].to_owned(),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

fn assert_silent(what: &str, bytes: &[u8]) {
    for value in [VALUE, MODEL_KEY] {
        for needle in hidden(value) {
            let found = bytes.windows(needle.len()).position(|window| window == needle);
            let shown = found.map(|at| {
                let around = at.saturating_sub(200)..bytes.len().min(at + 200);
                String::from_utf8_lossy(&bytes[around]).into_owned()
            });
            assert_eq!(shown, None, "{what} tells {}", String::from_utf8_lossy(&needle));
        }
    }
}

gathering_testkit::each_database! {
    async fn an_echoed_secret_stands_nowhere(place: Place) {
        let echo = Echo::start().await;
        let model = ModelServer::saying(Wire::OpenAi.say(&Turn::text("read"))).await.unwrap();
        let base_url = model.base_url(Wire::OpenAi);
        let home = Home::new(place)
            .env("GATHERING_EGRESS_ALLOW_PRIVATE", "127.0.0.1")
            .env("GATHERING_LOG_LEVEL", "trace");
        let server = home.serve().await;
        let owner = server.set_up().await;
        for (name, value) in [("PAGER", VALUE), ("MODEL", MODEL_KEY)] {
            let body = json!({ "value": value, "hosts": ["127.0.0.1"] }).to_string();
            let path = format!("/api/v1/secrets/{name}");
            let (status, said) = owner.send_at(Method::PUT, &path, None, body).await;
            assert_eq!(status, StatusCode::OK, "{said}");
            assert_silent("the answer to a new secret", said.to_string().as_bytes());
        }
        let provider = json!({
            "name": "mine", "kind": "openai_compatible", "base_url": base_url, "key_secret": "MODEL",
        });
        let (status, said) = owner.post("/api/v1/providers", &provider).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
        let pipeline = owner.create_pipeline(&leaky(&echo)).await;
        let run = owner.start_run(&pipeline, "1", &json!({})).await;
        let id = run["id"].as_str().unwrap();
        let run = owner.wait_for(id, "succeeded").await;
        assert_eq!(echo.authorizations(), [format!("Bearer {VALUE}"), String::new()]);

        // The model saw the answer, without the value.
        let asked = model.asked();
        assert_eq!(asked[0].header("authorization"), Some(format!("Bearer {MODEL_KEY}").as_str()));
        let shown = format!("{:?}", asked[0].body);
        assert!(shown.contains("[secret:PAGER]"), "{shown}");
        for needle in hidden(VALUE) {
            let needle = String::from_utf8(needle).unwrap();
            assert!(!shown.contains(&needle), "the model is told {needle}: {shown}");
        }

        // A person who asks the target directly gets the rest as an artifact.
        let arguments = json!({ "arguments": { "url": format!("http://{}/big", echo.address) } });
        let (status, invoked) = owner.post("/api/v1/tools/http_request/invoke", &arguments).await;
        assert_eq!(status, StatusCode::OK, "{invoked}");
        let (_, artifacts) = owner.get("/api/v1/artifacts").await;
        let kept: Vec<&str> =
            artifacts["items"].as_array().unwrap().iter().map(|kept| kept["id"].as_str().unwrap()).collect();
        assert!(!kept.is_empty(), "{artifacts}");
        let mut told = vec![("the run", run.to_string()), ("the call", invoked.to_string())];
        for artifact in kept {
            let content = owner.text(&format!("/api/v1/artifacts/{artifact}/content")).await;
            assert!(content.contains("[secret:PAGER]"), "{content:.300}");
            told.push(("an artifact", content));
        }
        for path in ["journal?limit=200", "nodes", "approvals"] {
            told.push(("the API", owner.text(&format!("/api/v1/runs/{id}/{path}")).await));
        }
        for path in ["/api/v1/runs", "/api/v1/secrets", "/api/v1/providers", "/api/v1/providers/mine"] {
            told.push(("the API", owner.text(path).await));
        }
        let mut events = owner.events(id).await;
        let ended = events.find(|event| {
            assert_silent("an event", event.to_string().as_bytes());
            event["type"] == "run.succeeded" && event["data"]["run_id"] == id
        });
        told.push(("the last event", ended.await.to_string()));
        assert!(told.iter().any(|(_, text)| text.contains("[secret:PAGER]")));
        for (what, text) in &told {
            assert_silent(what, text.as_bytes());
        }

        server.signal(Signal::TERM);
        let (status, log) = server.ended_saying().await;
        assert!(status.success());
        assert!(log.contains("TRACE"), "{log:.300}");
        assert_silent("the log", log.as_bytes());
        for file in fs::read_dir(home.data_dir()).unwrap().map(|file| file.unwrap().path()) {
            if file.is_file() {
                assert_silent("the data directory", &fs::read(file).unwrap());
            }
        }
    }
}
