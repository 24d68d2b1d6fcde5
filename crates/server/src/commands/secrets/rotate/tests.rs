//! A rotation that is cut off after each of its steps.
//!
//! What is stored stays readable, a start works, and the same command again ends it.

use anyhow::bail;
use gathering_app::secrets::{PutSecret, SecretKey};
use gathering_domain::{AuditAction, ProjectId};
use gathering_storage::audit;
use gathering_testkit::{Place, each_database, temp_dir};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::*;
use crate::{
    cli::Global,
    instance::{Instance, open_database},
    settings,
};

/// More than one batch.
const SECRETS: usize = 230;

/// A store with secrets in it, on a data directory with a key.
struct Shop {
    config: Config,
    project: ProjectId,
    _place: Place,
    _folder: TempDir,
}

impl Shop {
    async fn open(place: Place) -> Self {
        let folder = temp_dir();
        let global = Global {
            config: None,
            data_dir: Some(folder.path().to_owned()),
            database_url: place.url().map(str::to_owned),
            json: false,
        };
        let config = settings::load(&global, None).unwrap().config;
        let shop = Self {
            config,
            project: ProjectId::from_uuid(uuid::Uuid::nil()),
            _place: place,
            _folder: folder,
        };
        let project = shop.put(0..SECRETS).await;
        Self { project, ..shop }
    }

    /// Starts, writes secrets and stops.
    async fn put(&self, numbers: impl IntoIterator<Item = usize>) -> ProjectId {
        let instance = Instance::without_worker(&self.config).await.unwrap();
        for number in numbers {
            let name = format!("S{number}");
            let value = format!("value-of-{number}").into();
            let command = PutSecret { name, value, hosts: Vec::new() };
            instance.app.secrets().put(&instance.owner(), command).await.unwrap();
        }
        let project = instance.app.project();
        instance.stop().await;
        project
    }

    /// Rotates, and crashes after that step, if one is named and comes to pass; says whether it did.
    async fn rotate_until(&self, last: Option<Step>) -> bool {
        let database = open_database(&self.config).await.unwrap();
        let mut crashed = false;
        let mut after = |step| {
            if Some(step) == last {
                crashed = true;
                bail!("the power went");
            }
            Ok(())
        };
        let rotated = rotate(&self.config, &database, &mut after).await;
        assert_eq!(rotated.is_err(), crashed);
        database.close().await;
        crashed
    }

    /// How many of the secrets open, as a start would open them.
    async fn readable(&self, most: usize) -> usize {
        let database = open_database(&self.config).await.unwrap();
        let vault = Vault::new(database.clone(), secret_key::load(&self.config).unwrap());
        let mut readable = 0;
        for number in 0..most {
            let found = vault.find(self.project, &format!("S{number}")).await.unwrap().unwrap();
            assert_eq!(found.value.expose_secret(), format!("value-of-{number}"));
            readable += 1;
        }
        database.close().await;
        readable
    }

    /// What the audit trail has of rotations, chained or not.
    async fn recorded(&self) -> Vec<String> {
        let database = open_database(&self.config).await.unwrap();
        let action = AuditAction::SecretsRotate.as_str();
        let all = Timestamp::from_micros(i64::MAX);
        let pending = audit::pending(uuid::Uuid::nil(), all, 1_000).all(&database).await.unwrap();
        let pending = pending.into_iter().filter(|row| row.action == action);
        let mut found: Vec<_> = pending.map(|row| row.content).collect();
        let filter = audit::EntryFilter { action: Some(action), ..audit::EntryFilter::default() };
        let chained = audit::list(&filter, None, 1_000).all(&database).await.unwrap();
        found.extend(chained.into_iter().map(|row| row.content));
        database.close().await;
        found
    }

    fn key(&self) -> String {
        std::fs::read_to_string(secret_key::file(&self.config)).unwrap()
    }

    /// How many are sealed under another key than the one in its place, and nothing else.
    async fn outstanding(&self) -> u64 {
        let database = open_database(&self.config).await.unwrap();
        let bytes = hex::decode(self.key().trim()).unwrap();
        let key = SecretKey::from_bytes(bytes.try_into().unwrap());
        let rotation = Rotation::new(database.clone(), key, Arc::new(OsRandomness));
        let (outstanding, named) =
            (rotation.outstanding().await.unwrap(), rotation.is_named().await.unwrap());
        database.close().await;
        outstanding + u64::from(!named)
    }
}

each_database! {
    async fn a_rotation_that_crashes_at_any_step_loses_nothing_and_goes_on(place: Place) {
        let shop = Shop::open(place).await;
        let first = shop.key();
        let mut written = SECRETS;
        for step in [
            Step::Made,
            Step::Batch,
            Step::Resealed,
            Step::Named,
            Step::Straggled,
            Step::Succeeded,
        ] {
            assert!(shop.rotate_until(Some(step)).await, "{step:?} comes to pass");
            assert_eq!(shop.readable(written).await, written, "after {step:?}");
            assert_eq!(secret_key::is_between(&shop.config), step != Step::Succeeded);
            // A start works, and what it writes is found by the rest of the rotation.
            shop.put([written, 7]).await;
            written += 1;
            assert_eq!(shop.readable(written).await, written, "written after {step:?}");
        }
        assert_ne!(shop.key(), first);
        assert!(!secret_key::is_between(&shop.config));
        // Once, however often it was begun: the change is that of the key that the store names.
        let recorded = shop.recorded().await;
        let [entry] = &recorded[..] else { panic!("{recorded:?}") };
        assert!(entry.contains(r#""actor":{"type":"local_owner"}"#), "{entry}");
        assert!(entry.contains(r#""target":{"type":"key""#) && entry.contains("before"), "{entry}");
        assert_eq!((shop.readable(written).await, shop.outstanding().await), (written, 0));
    }

    async fn crashes_in_a_row_at_one_step_make_one_key(place: Place) {
        let shop = Shop::open(place).await;
        for _ in 0..3 {
            assert!(shop.rotate_until(Some(Step::Made)).await);
        }
        let next = std::fs::read_to_string(shop.config.server.data_dir.join("secrets.key.next")).unwrap();
        assert!(!shop.rotate_until(None).await);
        assert_eq!(shop.key(), next);
        assert_eq!((shop.readable(SECRETS).await, shop.outstanding().await), (SECRETS, 0));
    }

    async fn a_present_key_that_is_gone_is_never_made_anew(place: Place) {
        let shop = Shop::open(place).await;
        shop.rotate_until(Some(Step::Batch)).await;
        let key = secret_key::file(&shop.config);
        let aside = key.with_extension("aside");
        std::fs::rename(&key, &aside).unwrap();
        assert!(secret_key::load(&shop.config).unwrap_err().to_string().contains("put it back"));
        std::fs::rename(&aside, &key).unwrap();
        assert!(!shop.rotate_until(None).await);
        assert_eq!((shop.readable(SECRETS).await, shop.outstanding().await), (SECRETS, 0));
    }
}
