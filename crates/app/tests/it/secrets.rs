//! Tests of secrets.

use gathering_app::{
    PageRequest,
    providers::ProviderSpec,
    secrets::{PutSecret, SecretKey, UnsealError, Vault, VaultError},
};
use gathering_testkit::{Place, each_database};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::support::Bench;

const VALUE: &str = "hunter2-hunter2-hunter2";

fn put(name: &str, value: &str) -> PutSecret {
    let hosts = vec!["api.example.com".to_owned()];
    PutSecret { name: name.to_owned(), value: value.to_owned().into(), hosts }
}

each_database! {
    async fn a_value_is_written_and_only_the_vault_reads_it(place: Place) {
        let bench = Bench::open(place).await;
        let secrets = bench.app.secrets();
        let command = put("PAGER", VALUE);
        assert!(!format!("{command:?}").contains(VALUE));
        let info = secrets.put(&bench.owner, command).await.unwrap();
        assert!(!format!("{info:?}").contains(VALUE));
        secrets.put(&bench.owner, put("PAGER", "another")).await.unwrap();
        secrets.put(&bench.owner, put("PAGER", VALUE)).await.unwrap();
        let listed = secrets.list(&bench.owner, PageRequest::default()).await.unwrap();
        assert_eq!(listed.items.len(), 1);
        assert_eq!(listed.items[0].hosts, ["api.example.com"]);

        let database = bench.storage.database();
        let key = SecretKey::from_bytes([7; 32]);
        let vault = Vault::new(database.clone(), key);
        let found = vault.find(bench.owner.project(), "PAGER").await.unwrap().unwrap();
        assert_eq!(found.value.expose_secret(), VALUE);
        assert!(!format!("{found:?}").contains(VALUE));
        assert!(vault.find(bench.owner.project(), "NONE").await.unwrap().is_none());

        let other = Vault::new(database.clone(), SecretKey::from_bytes([8; 32]));
        let refused = other.find(bench.owner.project(), "PAGER").await.unwrap_err();
        assert!(matches!(refused, VaultError::Unseal(UnsealError::OtherKey)));
        assert!(!format!("{refused:?}{refused}").contains(VALUE));
    }

    async fn names_values_and_hosts_are_checked(place: Place) {
        let bench = Bench::open(place).await;
        let secrets = bench.app.secrets();
        for (name, value, host, code) in [
            ("A B", "v", "a.example", "invalid"),
            ("", "v", "a.example", "invalid"),
            ("A", "", "a.example", "invalid"),
            ("A", "v", "", "invalid"),
            ("A", "v", "a b", "invalid"),
            ("A", "v", "https://api.example.com", "invalid"),
            ("A", "v", "a.example/path", "invalid"),
            ("A", "v", "*", "invalid"),
        ] {
            let command = PutSecret { hosts: vec![host.to_owned()], ..put(name, value) };
            let refused = secrets.put(&bench.owner, command).await.unwrap_err();
            assert_eq!(refused.code(), code, "{name:?} {host:?}");
        }
        let long = secrets.put(&bench.owner, put("A", &"x".repeat(20_000))).await.unwrap_err();
        assert_eq!(long.code(), "too_large");
    }

    async fn a_secret_that_a_provider_needs_stays(place: Place) {
        let bench = Bench::open(place).await;
        let (secrets, providers) = (bench.app.secrets(), bench.app.providers());
        secrets.put(&bench.owner, put("KEY", VALUE)).await.unwrap();
        let spec = ProviderSpec {
            name: "mine".to_owned(),
            kind: "openai".to_owned(),
            base_url: Some("https://api.example.com".to_owned()),
            key_secret: Some("KEY".to_owned()),
            default_model: None,
            options: json!({}),
        };
        providers.create(&bench.owner, spec, None).await.unwrap();
        let refused = secrets.delete(&bench.owner, "KEY").await.unwrap_err();
        assert_eq!(refused.code(), "in_use");
        providers.delete(&bench.owner, "mine").await.unwrap();
        secrets.delete(&bench.owner, "KEY").await.unwrap();
        assert_eq!(secrets.delete(&bench.owner, "KEY").await.unwrap_err().code(), "not_found");
    }
}

each_database! {
    async fn a_store_keeps_to_the_key_that_opened_it_first(place: Place) {
        let bench = Bench::open(place).await;
        let vault = |byte| Vault::new(bench.storage.database().clone(), SecretKey::from_bytes([byte; 32]));
        assert_eq!(vault(7).knows_this_store().await.unwrap(), None);
        assert!(vault(7).is_for_this_store().await.unwrap());
        assert!(!vault(8).is_for_this_store().await.unwrap());
        assert_eq!(vault(7).knows_this_store().await.unwrap(), Some(true));
        assert_eq!(vault(8).knows_this_store().await.unwrap(), Some(false));
        assert!(vault(7).is_for_this_store().await.unwrap());
    }
}
