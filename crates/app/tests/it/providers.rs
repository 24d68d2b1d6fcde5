//! Tests of model providers.

use std::sync::Arc;

use gathering_app::{Error, PageRequest, providers::ProviderSpec, secrets::PutSecret};
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::support::Bench;

fn spec(name: &str, kind: &str, key: Option<&str>) -> ProviderSpec {
    ProviderSpec {
        name: name.to_owned(),
        kind: kind.to_owned(),
        base_url: None,
        key_secret: key.map(str::to_owned),
        default_model: None,
        options: json!({}),
    }
}

each_database! {
    async fn the_scripted_provider_is_always_there(place: Place) {
        let bench = Bench::open(place).await;
        let providers = bench.app.providers();
        let listed = providers.list(&bench.owner, PageRequest::default()).await.unwrap();
        assert_eq!(listed.items[0].name, "scripted");
        let report = providers.test(&bench.owner, "scripted").await.unwrap();
        assert!(report.scripted && report.failure.is_none());
        let model = providers.model_ref(&bench.owner, "scripted").await.unwrap();
        assert_eq!(model.to_string(), "scripted/demo");
        let refused = providers.create(&bench.owner, spec("scripted", "openai", None), None).await;
        assert_eq!(refused.unwrap_err().code(), "invalid");
    }

    async fn a_provider_without_key_says_so(place: Place) {
        let bench = Bench::open(place).await;
        let providers = bench.app.providers();
        providers.create(&bench.owner, spec("mine", "openai", None), None).await.unwrap();
        let report = providers.test(&bench.owner, "mine").await.unwrap();
        assert_eq!(report.failure.unwrap().code, "model_auth_missing");
        let project = bench.owner.project();
        let missing = providers.adapter(project, "other").await.err().unwrap();
        assert_eq!(missing.kind.code(), "unknown_provider");
        let unnamed = providers.model_ref(&bench.owner, "mine").await.unwrap_err();
        assert_eq!(unnamed.code(), "invalid");
    }

    async fn a_changed_provider_is_made_anew_with_its_key(place: Place) {
        let bench = Bench::open(place).await;
        let (providers, owner) = (bench.app.providers(), &bench.owner);
        let made = providers.create(owner, spec("mine", "openai", None), None).await.unwrap();
        assert_eq!(providers.models(owner, "mine").await.unwrap()[0].name, "openai-None");
        let value = "12345".to_owned().into();
        let secret = PutSecret { name: "KEY".to_owned(), value, hosts: vec![] };
        bench.app.secrets().put(owner, secret).await.unwrap();
        let with_key = spec("mine", "openai", Some("KEY"));
        let changed = providers.update(owner, "mine", with_key.clone(), made.version).await.unwrap();
        assert_eq!(changed.version, made.version + 1);
        assert_eq!(providers.models(owner, "mine").await.unwrap()[0].name, "openai-Some(5)@api.openai.com:443");
        let stale = providers.update(owner, "mine", with_key, made.version).await.unwrap_err();
        assert_eq!(stale.code(), "precondition_failed");
        let kinds = providers.kinds(owner.project()).await.unwrap();
        assert_eq!(kinds["mine"], "openai");
    }

    async fn an_adapter_and_its_connections_last_until_its_configuration_changes(place: Place) {
        let bench = Bench::open(place).await;
        let (providers, owner, secrets) = (bench.app.providers(), &bench.owner, bench.app.secrets());
        let key = |value: &str| {
            let value = value.to_owned().into();
            PutSecret { name: "KEY".to_owned(), value, hosts: vec!["*.example".to_owned()] }
        };
        secrets.put(owner, key("12345")).await.unwrap();
        let at = |url: &str| {
            let base_url = Some(url.to_owned());
            ProviderSpec { base_url, ..spec("mine", "openai", Some("KEY")) }
        };
        let made = providers.create(owner, at("https://one.example"), None).await.unwrap();
        let adapter = || async { providers.adapter(owner.project(), "mine").await.unwrap() };
        let first = adapter().await;
        bench.pass(gathering_domain::Duration::from_secs(3_600));
        assert!(Arc::ptr_eq(&first, &adapter().await));
        // What another instance changes holds for the next call here, too.
        let other = bench.another_app().await;
        other.secrets().put(owner, key("1234567")).await.unwrap();
        let rekeyed = adapter().await;
        assert!(!Arc::ptr_eq(&first, &rekeyed));
        assert_eq!(rekeyed.list_models().await.unwrap()[0].name, "openai-Some(7)@*.example");
        let others = other.providers();
        let moved = others.update(owner, "mine", at("https://two.example"), made.version);
        moved.await.unwrap();
        let moved = adapter().await;
        assert!(!Arc::ptr_eq(&rekeyed, &moved) && Arc::ptr_eq(&moved, &adapter().await));
        let scripted = || async { providers.adapter(owner.project(), "scripted").await.unwrap() };
        assert!(Arc::ptr_eq(&scripted().await, &scripted().await));
    }

    async fn a_key_goes_to_the_hosts_of_its_secret_and_nowhere_else(place: Place) {
        let bench = Bench::open(place).await;
        let (providers, secrets, owner) =
            (bench.app.providers(), bench.app.secrets(), &bench.owner);
        let put = |hosts: &[&str]| {
            let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
            PutSecret { name: "PAGER".to_owned(), value: "12345".to_owned().into(), hosts }
        };
        let at = |base_url: &str| ProviderSpec {
            base_url: Some(base_url.to_owned()),
            ..spec("x", "openai_compatible", Some("PAGER"))
        };
        let field_code = |error: Error| match error {
            Error::Invalid { faults, .. } => faults[0].code.clone(),
            other => panic!("{other:?}"),
        };
        secrets.put(owner, put(&["api.pager.example"])).await.unwrap();
        let evil = providers.create(owner, at("https://evil.example/v1"), None).await.unwrap_err();
        assert_eq!(field_code(evil), "secret_for_other_host");
        let made = providers.create(owner, at("https://api.pager.example/v1"), None).await.unwrap();
        let moved = providers.update(owner, "x", at("https://evil.example/v1"), made.version).await;
        assert_eq!(field_code(moved.unwrap_err()), "secret_for_other_host");
        let by_kind = ProviderSpec { base_url: None, kind: "openai".to_owned(), ..at("") };
        let moved = providers.update(owner, "x", by_kind, made.version).await;
        assert_eq!(field_code(moved.unwrap_err()), "secret_for_other_host");
        assert_eq!(providers.models(owner, "x").await.unwrap()[0].name, "openai_compatible-Some(5)@api.pager.example");
        // Who knows the value may let it go elsewhere: the provider then waits for its new host.
        secrets.put(owner, put(&["new.example"])).await.unwrap();
        assert_eq!(providers.models(owner, "x").await.unwrap()[0].name, "openai_compatible-Some(5)@new.example");
        providers.update(owner, "x", at("https://new.example/v1"), made.version).await.unwrap();
    }

    async fn a_secret_without_hosts_belongs_to_the_first_provider_that_takes_it(place: Place) {
        let bench = Bench::open(place).await;
        let (providers, secrets, owner) =
            (bench.app.providers(), bench.app.secrets(), &bench.owner);
        let put = || PutSecret { name: "KEY".to_owned(), value: "12345".to_owned().into(), hosts: vec![] };
        let at = |name: &str, base_url: &str| ProviderSpec {
            base_url: Some(base_url.to_owned()),
            ..spec(name, "openai_compatible", Some("KEY"))
        };
        let stored = secrets.put(owner, put()).await.unwrap();
        assert_eq!(stored.key_host, None);
        let made = providers.create(owner, at("one", "https://one.example/v1"), None).await.unwrap();
        let listed = secrets.list(owner, PageRequest::default()).await.unwrap();
        assert_eq!(listed.items[0].key_host.as_deref(), Some("one.example:443"));
        assert_eq!(listed.items[0].hosts, Vec::<String>::new());
        for refused in [
            providers.update(owner, "one", at("one", "https://evil.example"), made.version).await,
            providers.update(owner, "one", at("one", "https://one.example:8443"), made.version).await,
            providers.create(owner, at("two", "https://evil.example"), None).await,
        ] {
            assert_eq!(refused.unwrap_err().code(), "invalid");
        }
        // Another path of the same host is no other place.
        providers.update(owner, "one", at("one", "https://one.example/v2"), made.version).await.unwrap();
        assert_eq!(providers.models(owner, "one").await.unwrap()[0].name, "openai_compatible-Some(5)@one.example:443");
        // Writing the value again keeps it with the provider that uses it.
        assert_eq!(secrets.put(owner, put()).await.unwrap().key_host.as_deref(), Some("one.example:443"));
        // Nor does the host change hands with the provider's end.
        providers.delete(owner, "one").await.unwrap();
        let again = providers.create(owner, at("one", "https://evil.example"), None).await;
        assert_eq!(again.unwrap_err().code(), "invalid");
        assert_eq!(secrets.put(owner, put()).await.unwrap().key_host, None);
        providers.create(owner, at("one", "https://two.example"), None).await.unwrap();
    }

    async fn what_cannot_work_is_refused(place: Place) {
        let bench = Bench::open(place).await;
        let (providers, owner) = (bench.app.providers(), &bench.owner);
        providers.create(owner, spec("mine", "openai", None), None).await.unwrap();
        for (case, spec, code) in [
            ("taken", spec("mine", "openai", None), "name_taken"),
            ("unknown kind", spec("a", "gpt", None), "invalid"),
            ("no address", spec("a", "openai_compatible", None), "invalid"),
            ("unknown secret", spec("a", "openai", Some("NONE")), "invalid"),
            ("bad name", spec("A B", "openai", None), "invalid"),
            ("bad options", ProviderSpec { options: json!([]), ..spec("a", "openai", None) }, "invalid"),
        ] {
            assert_eq!(providers.create(owner, spec, None).await.unwrap_err().code(), code, "{case}");
        }
        let renamed = providers.update(owner, "mine", spec("other", "openai", None), 1).await;
        assert_eq!(renamed.unwrap_err().code(), "invalid");
    }
}
