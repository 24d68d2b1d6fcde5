//! Tests of the one executor of tools.

use gathering_app::{
    Caller, Error, PageRequest,
    tools::{Consent, InvokeTool, ToolCall},
};
use gathering_domain::{
    Actor, Clock as _, Duration, EffectId, HostList, ListOwner, ProjectId, Role,
};
use gathering_storage::{Unit, projects};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Bench;

fn call(tool: &str, arguments: Value, consent: Consent) -> ToolCall {
    let effect_id = EffectId::from_uuid(Uuid::from_u128(5));
    ToolCall {
        tool: tool.to_owned(),
        arguments,
        effect_id,
        run_id: None,
        consent,
        timeout: None,
        hosts: Vec::new(),
    }
}

each_database! {
    async fn every_refusal_has_its_code_and_calls_nothing(place: Place) {
        let bench = Bench::open(place).await;
        let project = bench.owner.project();
        let [member, viewer] =
            [Role::Member, Role::Viewer].map(|role| Caller::new(Actor::LocalOwner, role, project));
        let executor = bench.app.executor();
        for (tool, arguments, consent, caller, code) in [
            ("none", json!({}), Consent::Given, &member, "unknown_tool"),
            ("echo", json!({ "x": 1 }), Consent::Given, &member, "invalid_arguments"),
            ("echo", json!({ "text": 1 }), Consent::Given, &member, "invalid_arguments"),
            ("echo", json!({}), Consent::Given, &viewer, "forbidden"),
            ("owners", json!({}), Consent::Given, &member, "forbidden"),
            ("asks", json!({}), Consent::None, &member, "approval_required"),
            ("denied", json!({}), Consent::Given, &member, "denied"),
            ("slow", json!({}), Consent::Given, &member, "timeout"),
            ("broken", json!({}), Consent::Given, &member, "tool_fault"),
        ] {
            let refused = executor.call(caller, call(tool, arguments, consent)).await.unwrap_err();
            assert_eq!(refused.code, code, "{tool}");
        }
        for (tool, consent, caller) in [
            ("echo", Consent::None, &member),
            ("asks", Consent::Given, &member),
            ("owners", Consent::None, &bench.owner),
        ] {
            let answer = executor.call(caller, call(tool, json!({ "text": "hi" }), consent)).await;
            assert_eq!(answer.unwrap().value["text"], "hi", "{tool}");
        }
    }

    async fn a_tool_is_asked_what_became_of_a_call_under_the_rules_of_a_call(place: Place) {
        let bench = Bench::open(place).await;
        let project = bench.owner.project();
        let [member, viewer] =
            [Role::Member, Role::Viewer].map(|role| Caller::new(Actor::LocalOwner, role, project));
        let executor = bench.app.executor();
        let asked = call("echo", json!({}), Consent::None);
        let happened = executor.reconcile(&member, asked.clone()).await.unwrap().unwrap();
        assert_eq!(happened.value["effect"], json!(asked.effect_id));
        let asks = call("asks", json!({}), Consent::Given);
        assert_eq!(executor.reconcile(&member, asks).await.unwrap(), None);
        let long = call("long", json!({}), Consent::None);
        let long = executor.reconcile(&member, long).await.unwrap().unwrap();
        assert_eq!((&long.value["truncated"], long.artifacts.len()), (&json!(true), 1));
        for (tool, arguments, consent, caller, code) in [
            ("none", json!({}), Consent::Given, &member, "unknown_tool"),
            ("echo", json!({ "x": 1 }), Consent::Given, &member, "invalid_arguments"),
            ("echo", json!({}), Consent::Given, &viewer, "forbidden"),
            ("asks", json!({}), Consent::None, &member, "approval_required"),
            ("denied", json!({}), Consent::Given, &member, "denied"),
            ("slow", json!({}), Consent::Given, &member, "timeout"),
            ("broken", json!({}), Consent::Given, &member, "tool_fault"),
        ] {
            let asked = executor.reconcile(caller, call(tool, arguments, consent)).await;
            assert_eq!(asked.unwrap_err().code, code, "{tool}");
        }
    }

    async fn a_call_is_held_to_the_lists_of_its_caller_and_of_the_project(place: Place) {
        let bench = Bench::open(place).await;
        let project = bench.owner.project();
        let own = HostList::new(ListOwner::Agent, vec!["a.example".parse().unwrap()]);
        let held_to = async || {
            let call = ToolCall { hosts: vec![own.clone()], ..call("echo", json!({}), Consent::None) };
            let answer = bench.app.executor().call(&bench.owner, call).await.unwrap();
            answer.value["hosts"].clone()
        };
        let listed = |hosts: Option<&[&str]>| {
            let texts = hosts.map(|hosts| hosts.iter().map(ToString::to_string).collect::<Vec<_>>());
            let set = projects::update(project, "default", texts.as_deref(), bench.clock.now());
            let database = bench.storage.database().clone();
            async move { database.apply(Unit::new().with(set.into())).await.unwrap() }
        };
        let narrowed = |hosts: &[&str]| json!([own, { "of": "project", "hosts": hosts }]);
        assert_eq!(held_to().await, json!([own]));
        // A change holds within a second, and where it was made at once.
        listed(Some(&["*.b.example", "c.example:444"])).await;
        bench.pass(Duration::from_secs(1));
        assert_eq!(held_to().await, narrowed(&["*.b.example", "c.example:444"]));
        listed(Some(&[])).await;
        bench.app.project_hosts().forget(project);
        assert_eq!(held_to().await, narrowed(&[]));
        listed(None).await;
        assert_eq!(held_to().await, narrowed(&[]), "it is not read for each call");
        bench.pass(Duration::from_secs(1));
        assert_eq!(held_to().await, json!([own]));
        // What nobody can read allows nothing.
        listed(Some(&["no host"])).await;
        bench.pass(Duration::from_secs(1));
        let refused = bench.app.executor().call(&bench.owner, call("echo", json!({}), Consent::None));
        assert_eq!(refused.await.unwrap_err().code, "internal");
        let gone = ProjectId::from_uuid(Uuid::from_u128(404));
        let list = bench.app.project_hosts().find(gone).await.unwrap();
        assert_eq!(list, Some(HostList::new(ListOwner::Project, Vec::new())));
    }

    async fn what_is_too_long_becomes_an_artifact(place: Place) {
        let bench = Bench::open(place).await;
        let long = || call("long", json!({}), Consent::None);
        let answer = bench.app.executor().call(&bench.owner, long()).await.unwrap();
        assert_eq!(answer.value["truncated"], true);
        assert!(answer.text().len() < 2_000);
        let stored = &answer.artifacts[0];
        let again = bench.app.executor().call(&bench.owner, long()).await.unwrap();
        assert_eq!(again.artifacts[0].artifact_id, stored.artifact_id);
        let artifacts = bench.app.artifacts();
        let (artifact, bytes) = artifacts.download(&bench.owner, stored.artifact_id).await.unwrap();
        assert_eq!((bytes.len(), artifact.name.as_str()), (5_000, "long-output.txt"));
        let listed = artifacts.list(&bench.owner, None, PageRequest::default()).await.unwrap();
        assert_eq!(listed.items, [artifact]);
    }

    async fn a_person_calls_a_tool_directly(place: Place) {
        let bench = Bench::open(place).await;
        let tools = bench.app.tools();
        let invoke = |name: &str, arguments: Value, key: Option<&str>| InvokeTool {
            name: name.to_owned(),
            arguments,
            idempotency_key: key.map(str::to_owned),
        };
        let effect = |invoked: gathering_app::tools::Invoked| invoked.result.unwrap().value["effect"].clone();
        let owner = &bench.owner;
        let one = effect(tools.invoke(owner, invoke("asks", json!({}), Some("k"))).await.unwrap());
        let same = effect(tools.invoke(owner, invoke("asks", json!({}), Some("k"))).await.unwrap());
        let other = effect(tools.invoke(owner, invoke("asks", json!({}), None)).await.unwrap());
        assert_eq!(one, same);
        assert_ne!(one, other);
        let unknown = tools.invoke(owner, invoke("none", json!({}), None)).await.unwrap_err();
        assert_eq!(unknown.code(), "not_found");
        let bad = tools.invoke(owner, invoke("echo", json!({ "x": 1 }), None)).await.unwrap_err();
        assert!(matches!(bad, Error::Invalid { .. }), "{bad:?}");
        let failed = tools.invoke(owner, invoke("slow", json!({}), None)).await.unwrap();
        assert_eq!(failed.result.unwrap_err().code, "timeout");
        assert_eq!(tools.list(owner).unwrap().len(), 7);
        assert_eq!(tools.get(owner, "echo").unwrap().name.as_str(), "echo");
    }
}
