//! Tests of artifacts.

use gathering_app::artifacts::Sink;
use gathering_domain::{ArtifactId, Clock as _, EffectId};
use gathering_testkit::{CountingIds, Place, each_database};
use gathering_tools::{ArtifactSink as _, NewArtifact, ToolContext};
use std::sync::Arc;
use uuid::Uuid;

use crate::support::Bench;

each_database! {
    async fn equal_bytes_are_kept_once_and_found_under_each_name(place: Place) {
        let bench = Bench::open(place).await;
        let ids = Arc::new(CountingIds::default());
        let sink = Sink::new(bench.storage.database().clone(), Arc::clone(&bench.clock) as _, ids);
        let context = |effect: u128| ToolContext {
            effect_id: EffectId::from_uuid(Uuid::from_u128(effect)),
            run_id: None,
            project_id: bench.owner.project(),
            actor: bench.owner.actor(),
            deadline: bench.clock.now(),
            hosts: Arc::default(),
        };
        let new = |name: &str, text: &str| {
            NewArtifact::new(name, "text/plain", text.as_bytes().to_vec()).unwrap()
        };
        let one = sink.save(&context(1), new("a.txt", "hello")).await.unwrap();
        let same = sink.save(&context(1), new("a.txt", "hello again")).await.unwrap();
        assert_eq!(one, same);
        let named = sink.save(&context(1), new("b.txt", "hello")).await.unwrap();
        let other = sink.save(&context(2), new("a.txt", "hello")).await.unwrap();
        assert!(one.artifact_id != named.artifact_id && one.artifact_id != other.artifact_id);
        let artifacts = bench.app.artifacts();
        let (first, bytes) = artifacts.download(&bench.owner, one.artifact_id).await.unwrap();
        assert_eq!(bytes, b"hello");
        let second = artifacts.get(&bench.owner, other.artifact_id).await.unwrap();
        assert_eq!(first.hash, second.hash);
        let missing = artifacts.get(&bench.owner, ArtifactId::from_uuid(Uuid::nil())).await;
        assert_eq!(missing.unwrap_err().code(), "not_found");
    }
}
