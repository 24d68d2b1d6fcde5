//! Instances: a dead one writes nothing, whatever it had on its way.

use std::sync::{Arc, mpsc};

use gathering_database::{Sql, Unit, params};
use gathering_domain::{Duration, InstanceId, Timestamp};
use gathering_storage::{
    AppendError, Death, Heart, InboxMessage, Poked, RunChange, StorageError, claim, find_run,
    list_instances, load_journal, mark_dead, register, retention, retire, silent_instances,
};
use gathering_testkit::{Place, each_database};

use crate::support::{self, Node, PATIENCE, node, settled, soon, waiting_for_locks};

each_database! {
    async fn dead_instance_cannot_write_and_its_runs_are_free(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let death = mark_dead(node.database(), node.id, node.now()).await.unwrap();
        assert_eq!(death, Death::Declared { freed: 1 });
        let mut append = node.append(run_id);
        append.entries = vec![settled(1, node.now(), "from the grave")];
        let error = node.writer.append(append).await.unwrap_err();
        assert!(matches!(error, AppendError::Fenced), "{error}");
        assert_eq!(load_journal(node.database(), run_id).await.unwrap().len(), 1);
        let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
        assert_eq!((row.owner, row.recoveries), (None, 1));
        let again = mark_dead(node.database(), node.id, node.now()).await.unwrap();
        assert_eq!(again, Death::Already);
        node.stop().await;
    }

    async fn instance_that_ends_at_its_own_wish_has_none_of_its_runs_to_blame(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let death = retire(node.database(), node.id, node.now()).await.unwrap();
        assert_eq!(death, Death::Declared { freed: 1 });
        let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
        assert_eq!((row.owner, row.recoveries), (None, 0));
        assert_eq!(row.runnable_at, Some(node.now()));
        let next = InstanceId::next(&node.world.ids);
        register(node.database(), next, &"next".into(), node.now()).await.unwrap();
        let claimed = claim(node.database(), next, 1, node.now()).await.unwrap();
        assert_eq!((claimed[0].id, claimed[0].recoveries), (run_id, 0));
        node.stop().await;
    }

    async fn fenced_process_goes_on_under_a_new_name(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        mark_dead(node.database(), node.id, node.now()).await.unwrap();
        let reborn = InstanceId::next(&node.world.ids);
        register(node.database(), reborn, &"test".into(), node.now()).await.unwrap();
        node.writer.become_instance(reborn);
        let mut late = node.append(run_id);
        late.change = RunChange::Released;
        let error = node.writer.append(late).await.unwrap_err();
        assert!(matches!(error, AppendError::Fenced), "what comes in the old name is refused: {error}");
        let claimed = claim(node.database(), reborn, 1, node.now()).await.unwrap();
        assert_eq!((claimed[0].id, claimed[0].recoveries), (run_id, 1));
        let mut append = node.append(run_id);
        append.instance = reborn;
        append.entries = vec![settled(1, node.now(), "on we go")];
        node.writer.append(append).await.unwrap();
        assert_eq!(load_journal(node.database(), run_id).await.unwrap().len(), 2);
        node.stop().await;
    }

    async fn instances_go_that_have_been_dead_for_long(place: Place) {
        let node = node(&place).await;
        mark_dead(node.database(), node.id, node.now()).await.unwrap();
        let next = InstanceId::next(&node.world.ids);
        register(node.database(), next, &"next".into(), node.now()).await.unwrap();
        let remove = async |end| {
            let unit = Unit::new().with(retention::remove_instances(end, 100).into());
            node.database().apply(unit).await.unwrap().count(0)
        };
        let died_at = node.now();
        assert_eq!(remove(Timestamp::from_micros(died_at.micros() - 1)).await, 0);
        assert_eq!(remove(died_at).await, 1);
        let left = list_instances(node.database(), died_at).await.unwrap();
        assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [next]);
    }

    async fn dead_instance_can_still_tell_runs(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        mark_dead(node.database(), node.id, node.now()).await.unwrap();
        let cancel = InboxMessage::Cancel { actor: gathering_domain::Actor::System, reason: String::new() };
        let mut append = node.append(run_id);
        append.entries = vec![settled(1, node.now(), "refused")];
        // Together in one flush.
        let (refused, told) =
            tokio::join!(node.writer.append(append), node.writer.poke(run_id, &cancel, node.now()));
        assert!(matches!(refused, Err(AppendError::Fenced)));
        assert!(matches!(told, Ok(Poked::Told(told)) if told.owner.is_none()));
        node.stop().await;
    }

    async fn instance_that_does_not_beat_is_silent(place: Place) {
        let node = node(&place).await;
        let silent = silent_instances(node.database(), Duration::ZERO).await.unwrap();
        assert_eq!(silent.iter().map(|row| row.id).collect::<Vec<_>>(), [node.id]);
        let silent = silent_instances(node.database(), Duration::from_secs(3_600)).await.unwrap();
        assert_eq!(silent, []);
        let living = list_instances(node.database(), node.now()).await.unwrap();
        assert!(living[0].alive && living[0].beat_at.is_some());
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_whoever_registers_finds_the_others_dead() {
    let place = Place::sqlite();
    let node = node(&place).await;
    let run_id = node.own().await;
    let next = Node::start(&node.storage, &node.world).await;
    let claimed = claim(next.database(), next.id, 1, next.now()).await.unwrap();
    assert_eq!((claimed[0].id, claimed[0].recoveries), (run_id, 1));
    next.stop().await;
    node.stop().await;
}

/// Whoever cannot beat is taken for dead, so a beat waits for nothing that others wait for.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_beat_does_not_wait_behind_the_work_of_others() {
    const LOCK: Sql = Sql::both("UPDATE runs SET title = title WHERE id = $1");
    let place = Place::postgres().await;
    let node = Arc::new(node(&place).await);
    let run_id = node.own().await;
    let heart = Heart::open(node.database()).await.unwrap();
    let (locked, is_locked) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let database = node.database().clone();
    let holder = support::spawn(async move {
        let held = database.transact(move |tx| {
            tx.execute(LOCK, params![run_id.uuid()])?;
            let _ = locked.send(());
            let _ = released.lock().unwrap().recv_timeout(PATIENCE);
            Ok::<_, StorageError>(())
        });
        let _ = held.await;
    });
    tokio::task::spawn_blocking(move || is_locked.recv_timeout(PATIENCE)).await.unwrap().unwrap();
    // All that commits the work of others stands before the locked row.
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let database = node.database().clone();
            let unit = Unit::new().run(LOCK, params![run_id.uuid()]);
            support::spawn(async move { database.apply(unit).await })
        })
        .collect();
    soon(async {
        while waiting_for_locks(&node).await < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let beaten = soon(heart.beat(node.id)).await.unwrap();
    assert!(beaten.is_some());
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()), "they wait still");
    release.send(()).unwrap();
    holder.await.unwrap();
    for waiting in waiting {
        soon(waiting).await.unwrap().unwrap();
    }
    mark_dead(node.database(), node.id, node.now()).await.unwrap();
    assert_eq!(heart.beat(node.id).await.unwrap(), None, "the dead do not beat");
}

/// An instance that is stopped inside an open flush, its transaction holding its share of the fence.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn instance_stopped_inside_a_flush_is_ended_and_writes_nothing() {
    const LOCK: Sql = Sql::both("UPDATE runs SET title = title WHERE id = $1");
    let place = Place::postgres().await;
    let node = Arc::new(node(&place).await);
    let run_id = node.own().await;
    // Somebody holds the run's row, so that the flush stops in its middle.
    let (locked, is_locked) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let database = node.database().clone();
    let holder = support::spawn(async move {
        let held = database.transact(move |tx| {
            tx.execute(LOCK, params![run_id.uuid()])?;
            let _ = locked.send(());
            let _ = released.lock().unwrap().recv_timeout(PATIENCE);
            Ok::<_, StorageError>(())
        });
        let _ = held.await;
    });
    tokio::task::spawn_blocking(move || is_locked.recv_timeout(PATIENCE)).await.unwrap().unwrap();
    let flushing = {
        let node = Arc::clone(&node);
        support::spawn(async move {
            let mut append = node.append(run_id);
            append.entries = vec![settled(1, node.now(), "too late")];
            append.change = RunChange::Released;
            node.writer.append(append).await
        })
    };
    // The flush has its share of the fence and stands before the locked row.
    soon(async {
        while waiting_for_locks(&node).await == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let other = Arc::new(Node::without_index(&node.storage, &node.world).await);
    let takeover = {
        let (other, dead) = (Arc::clone(&other), node.id);
        support::spawn(async move {
            loop {
                match mark_dead(other.database(), dead, other.now()).await {
                    Err(AppendError::Busy(_)) => {}
                    declared => return declared,
                }
            }
        })
    };
    // The row is let go only after that, so it is the takeover that ends the flush.
    let flushed = soon(flushing).await.unwrap();
    assert!(matches!(flushed, Err(AppendError::Lost)), "{flushed:?}");
    release.send(()).unwrap();
    holder.await.unwrap();
    assert_eq!(soon(takeover).await.unwrap().unwrap(), Death::Declared { freed: 1 });
    assert_eq!(load_journal(other.database(), run_id).await.unwrap().len(), 1);
    let claimed = claim(other.database(), other.id, 1, other.now()).await.unwrap();
    assert_eq!(claimed[0].id, run_id);
    // Awake again, it finds itself fenced off.
    let mut append = node.append(run_id);
    append.entries = vec![settled(1, node.now(), "awake")];
    let error = soon(node.writer.append(append)).await.unwrap_err();
    assert!(matches!(error, AppendError::Fenced), "{error}");
}
