//! Tests of health and instances.

use gathering_domain::{Duration, Role};
use gathering_testkit::{Place, each_database};

use crate::support::Bench;

each_database! {
    async fn the_server_tells_what_it_is_and_how_it_is(place: Place) {
        let bench = Bench::open(place).await;
        let system = bench.app.system();
        assert!(!system.info(&bench.owner).await.unwrap().set_up);
        bench.sign_in_as(Role::Viewer, "v@example.com").await;
        assert!(system.info(&bench.owner).await.unwrap().set_up);
        assert!(system.health().await.ready());
        bench.app.drain(true);
        let health = system.health().await;
        assert!(health.database && !health.ready());
        let instances = system.instances(&bench.owner).await.unwrap();
        assert_eq!((instances.len(), instances[0].id, instances[0].alive), (1, bench.instance, true));
        bench.storage.database().close().await;
        bench.pass(Duration::from_secs(1));
        assert!(!system.health().await.database);
    }
}
