//! The schema and the statements on it.

use gathering_database::{Sql, Unit, params};
use gathering_storage::{Storage, StorageError, all_statements, migrate};
use gathering_testkit::{Place, each_database};

use crate::support;

each_database! {
    async fn every_statement_is_prepared_and_its_columns_are_those_of_its_row(place: Place) {
        let storage = Storage::open(support::database(&place).await).await.unwrap();
        let mut faults = Vec::new();
        for declared in all_statements() {
            match storage.database().prepare_check(declared.sql).await {
                Err(error) => faults.push(format!("{}: {error:?}", declared.name)),
                Ok(found) if !declared.columns.is_empty() && found.columns != declared.columns => {
                    faults.push(format!("{}: {:?} is not {:?}", declared.name, found.columns, declared.columns));
                }
                Ok(_) => {}
            }
        }
        assert!(all_statements().count() > 50);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    async fn migrating_twice_and_at_the_same_time_is_harmless(place: Place) {
        let database = support::database(&place).await;
        let (one, other) = tokio::join!(migrate(&database), migrate(&database));
        one.unwrap();
        other.unwrap();
        migrate(&database).await.unwrap();
    }

    async fn database_of_a_newer_program_is_refused(place: Place) {
        const NEWER: Sql = Sql::both(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'later', $1)"
        );
        let database = support::database(&place).await;
        migrate(&database).await.unwrap();
        database.apply(Unit::new().run(NEWER, params![vec![1_u8]])).await.unwrap();
        let error = migrate(&database).await.unwrap_err();
        assert!(matches!(error, StorageError::Newer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("start a newer version"), "{error}");
    }

    async fn migration_that_was_changed_since_is_refused(place: Place) {
        const CHANGE: Sql = Sql::both("UPDATE schema_migrations SET checksum = $1 WHERE version = 2");
        let database = support::database(&place).await;
        migrate(&database).await.unwrap();
        database.apply(Unit::new().expect(1, CHANGE, params![vec![1_u8]])).await.unwrap();
        let error = migrate(&database).await.unwrap_err();
        assert!(matches!(error, StorageError::Changed { version: 2, .. }), "{error}");
    }
}
