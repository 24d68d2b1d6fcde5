//! `run --provider … --base-url …`: a model elsewhere, and a store that keeps it.

use gathering_testkit::{
    model_server::{ModelServer, Turn, Wire},
    temp_dir,
};

use crate::program::{Program, file};

const ASKS: &str = "
name: asks
agents: [{ name: a, model: scripted/demo, instructions: x }]
nodes:
  - { id: start, type: trigger }
  - { id: ask, type: agent, config: { agent: a, task: How are you? } }
edges: [{ from: start, to: ask }]
";

#[tokio::test]
async fn a_stored_provider_keeps_its_address_and_its_key() {
    let answer = || ModelServer::saying(Wire::OpenAi.say(&Turn::text("well")));
    let (first, other) = (answer().await.unwrap(), answer().await.unwrap());
    let folder = temp_dir();
    let pipeline = file(&folder, "asks.yaml", ASKS);
    let data = folder.path().join("data").display().to_string();
    let run = |server: &ModelServer, key: &str| {
        let base_url = server.base_url(Wire::OpenAi);
        let program = Program::new([
            "run",
            &pipeline,
            "--data-dir",
            &data,
            "--provider",
            "mine/m",
            "--base-url",
            &base_url,
        ]);
        program.env("MINE_API_KEY", key)
    };
    run(&first, "key-of-mine").run().await.ends_with(0);
    assert_eq!(first.asked()[0].header("authorization"), Some("Bearer key-of-mine"));
    let refused = run(&other, "another-key").run().await.ends_with(2);
    assert!(refused.err.contains("another address"), "{}", refused.err);
    run(&first, "another-key").run().await.ends_with(0);
    let keys: Vec<_> =
        first.asked().iter().map(|a| a.header("authorization").map(str::to_owned)).collect();
    assert!(keys.iter().all(|key| key.as_deref() == Some("Bearer key-of-mine")), "{keys:?}");
    assert!(other.asked().is_empty());
}
