//! Tests of model providers.

use gathering_app::{PageRequest, providers::ProviderSpec, secrets::PutSecret};
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
        assert_eq!(providers.models(owner, "mine").await.unwrap()[0].name, "openai-Some(5)");
        let stale = providers.update(owner, "mine", with_key, made.version).await.unwrap_err();
        assert_eq!(stale.code(), "precondition_failed");
        let kinds = providers.kinds(owner.project()).await.unwrap();
        assert_eq!(kinds["mine"], "openai");
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
