//! Each promise that can be broken on purpose is seen to be broken.

use std::time::Duration;

use gathering_database::{Sabotage, Sql, Unit, params};
use gathering_testkit::{Place, each_database};

use crate::support::{amount, insert, open_with, options};

each_database! {
    async fn acknowledged_before_commit_is_not_yet_there(place: Place) {
        let database = open_with(options(&place).sabotage(Sabotage::AcknowledgeBeforeCommit)).await;
        let lane = database.lane().await.unwrap();
        database.apply(insert(1, "a")).await.unwrap();
        lane.apply(insert(2, "b")).await.unwrap();
        assert_eq!(amount(&database, 2).await.unwrap(), None);
    }

    async fn dropped_notices_never_come(place: Place) {
        let database = open_with(options(&place).sabotage(Sabotage::DropNotices)).await;
        let mut listener = database.listen("items").await.unwrap();
        database.apply(Unit::new().notify("items", "a")).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(200), listener.recv()).await.is_err());
    }
}

#[tokio::test]
async fn skipped_sync_reaches_the_server() {
    const SETTING: Sql = Sql::both("SELECT current_setting('synchronous_commit')");
    let place = Place::postgres().await;
    let database = open_with(options(&place).sabotage(Sabotage::SkipSync)).await;
    assert_eq!(
        database.query::<(String,)>(SETTING, params![]).await.unwrap(),
        [("off".to_owned(),)]
    );
}
