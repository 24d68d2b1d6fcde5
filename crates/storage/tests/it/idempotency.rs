//! Idempotency keys: one start for each, whoever asks at the same time.

use gathering_storage::{
    Append, AppendError, IDEMPOTENCY_CONSTRAINT, Idempotency, NewRun, find_idempotency_key,
    find_run,
};
use gathering_testkit::{Place, each_database};

use crate::support::{join_all, node, started};

each_database! {
    async fn starts_under_one_key_at_the_same_time_give_one_run(place: Place) {
        let node = node(&place).await;
        let runs: Vec<NewRun> = (0_u8..8)
            .map(|number| NewRun {
                idempotency: Some(Idempotency {
                    scope: "run.start".into(),
                    key: "k".into(),
                    request_hash: vec![number],
                }),
                ..node.world.run()
            })
            .collect();
        let starts = runs.iter().map(|run| {
            let entries = vec![started(run, node.now())];
            node.writer.append(Append::create(node.id, node.now(), run.clone(), entries))
        });
        let results = join_all(starts).await;
        let mut won = Vec::new();
        for (run, result) in runs.iter().zip(results) {
            match result {
                Ok(_) => won.push(run),
                Err(AppendError::Conflict { constraint }) => {
                    assert_eq!(constraint, IDEMPOTENCY_CONSTRAINT);
                    assert_eq!(find_run(run.id).first(node.database()).await.unwrap(), None);
                }
                Err(error) => panic!("{error}"),
            }
        }
        let [won] = won[..] else { panic!("{} starts won", won.len()) };
        let found = find_idempotency_key(node.world.project, "run.start", "k")
            .first(node.database())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.target_id, won.id.uuid());
        assert_eq!(Some(found.request_hash), won.idempotency.as_ref().map(|i| i.request_hash.clone()));
        node.stop().await;
    }
}
