//! Which trees go, and what goes with them.

use gathering_database::{Unit, params};
use gathering_domain::{
    Actor, AgentId, ArtifactId, EffectId, EffectKind, MessageId, MicroUsd, ThreadId,
};
use gathering_engine::{Key, LedgerChange, LedgerState};
use gathering_storage::{
    AppendError, Blob, RETRIED_CONSTRAINT, Storage,
    artifacts::{self, ArtifactRow},
    find_run, insert_blob,
    threads::{self, NewMessage, NewThread},
};
use gathering_testkit::{Place, each_database};

use super::*;
use crate::support::{World, caught_up, database, join_all, node};

impl Node {
    /// An ended run with an effect of this state.
    async fn with_effect(&self, state: LedgerState) -> RunId {
        let run_id = self.own().await;
        let mut append = self.append(run_id);
        append.ledger = vec![LedgerChange {
            effect_id: EffectId::next(&self.world.ids),
            key: Key::new("step:1"),
            kind: EffectKind::Unsafe,
            attempt: 1,
            state,
        }];
        self.writer.append(append).await.unwrap();
        self.finish(run_id, 1).await;
        run_id
    }

    /// A message, and its answer, which has ended.
    async fn answer(&self, thread_id: ThreadId) -> RunId {
        let run = self.world.run();
        let message = NewMessage {
            id: MessageId::next(&self.world.ids),
            project_id: self.world.project,
            actor: Actor::LocalOwner,
            thread_id,
            run_id: run.id,
            content: "Hello.",
            now: self.now(),
        };
        let unit = Unit::new().with(threads::insert_message(&message).into());
        self.database().apply(unit).await.unwrap();
        self.ended_as(run, "an answer").await
    }

    async fn thread(&self) -> ThreadId {
        let id = ThreadId::next(&self.world.ids);
        let thread = NewThread {
            id,
            project_id: self.world.project,
            actor: Actor::LocalOwner,
            agent_id: AgentId::next(&self.world.ids),
            title: "A talk",
            now: self.now(),
        };
        let unit = Unit::new().with(threads::insert(&thread).into());
        self.database().apply(unit).await.unwrap();
        id
    }

    fn retry_of(&self, earlier: RunId) -> NewRun {
        let mut run = NewRun { first_run_id: earlier, ..self.world.run() };
        run.origin.retry_of = Some(earlier);
        run
    }
}

fn sorted<const N: usize>(mut runs: [RunId; N]) -> [RunId; N] {
    runs.sort_unstable();
    runs
}

each_database! {
    async fn trees_go_whole_once_all_of_them_is_old(place: Place) {
        let node = node(&place).await;
        node.ended("alone").await;
        let parent = node.ended("parent").await;
        node.ended_as(node.world.child(parent, "a"), "child").await;
        let of_open = node.ended("parent of one that has not ended").await;
        let open = node.create(node.world.child(of_open, "a")).await;
        let waiting = node.own().await;
        let of_young = node.ended("parent of one that ended later").await;
        let young = node.world.child(of_young, "a");
        let young = node.create(NewRun { owner: Some(node.id), ..young }).await;
        assert_eq!(node.remove(node.old()).await, 0, "nothing is old");
        node.world.clock.advance(KEPT);
        node.finish(young, 1).await;
        node.world.clock.advance(DAY);
        let fresh = node.ended("fresh").await;
        assert_eq!(node.remove(node.old()).await, 3);
        assert_eq!(node.runs().await, sorted([of_open, open, waiting, of_young, young, fresh]));
        node.world.clock.advance(KEPT);
        assert_eq!(node.remove(node.old()).await, 3);
        assert_eq!(node.runs().await, sorted([of_open, open, waiting]));
        node.stop().await;
    }

    async fn what_somebody_still_needs_stays(place: Place) {
        let node = node(&place).await;
        let unknown = node.with_effect(LedgerState::Unknown).await;
        node.with_effect(LedgerState::Done).await;
        let retried = node.ended("retried").await;
        let retry = node.create(NewRun { owner: Some(node.id), ..node.retry_of(retried) }).await;
        node.world.clock.advance(KEPT);
        assert_eq!(node.remove(node.old()).await, 1);
        assert_eq!(node.runs().await, sorted([unknown, retried, retry]));
        // The chain goes once its end is old, and a settled outcome lets its run go.
        node.finish(retry, 1).await;
        let settle = Sql::both("UPDATE effects SET state = 'done' WHERE run_id = $1");
        write(node.database(), settle, params![unknown.uuid()]).await;
        node.world.clock.advance(KEPT);
        assert_eq!(node.remove(node.old()).await, 3);
        assert_eq!(node.runs().await, []);
        assert_eq!(count(node.database(), "SELECT count(*) FROM effects").await, 0);
        node.stop().await;
    }

    async fn a_run_that_a_schedule_is_to_retry_stays(place: Place) {
        let node = node(&place).await;
        let run_id = node.ended("to be retried").await;
        node.fire("retrying", Some(run_id), true).await;
        let other = node.ended("of a schedule that is not looked at any more").await;
        node.fire("started", Some(other), true).await;
        node.world.clock.advance(KEPT);
        assert_eq!(node.remove(node.old()).await, 1);
        assert_eq!(node.runs().await, [run_id]);
        node.stop().await;
    }

    async fn talks_stay_until_they_have_been_silent_for_long_enough(place: Place) {
        let node = node(&place).await;
        let (silent, lively) = (node.thread().await, node.thread().await);
        let first = node.answer(silent).await;
        // Its answer failed, and was given by a retry.
        node.ended_as(node.retry_of(first), "a better answer").await;
        let old = node.answer(lively).await;
        node.world.clock.advance(KEPT);
        node.world.clock.advance(DAY);
        let new = node.answer(lively).await;
        assert_eq!(node.remove(node.old()).await, 0, "talks are kept");
        let old_talks = Trees { silent_since: Some(node.ago(KEPT)), ..node.old() };
        assert_eq!(node.remove(old_talks).await, 2);
        assert_eq!(node.runs().await, sorted([old, new]));
        let left: Vec<(uuid::Uuid,)> = ask(node.database(), "SELECT id FROM threads").await;
        assert_eq!(left, [(lively.uuid(),)]);
        assert_eq!(count(node.database(), "SELECT count(*) FROM messages").await, 2);
        node.stop().await;
    }

    async fn all_that_hangs_on_a_run_goes_with_it(place: Place) {
        let node = node(&place).await;
        let run = NewRun { owner: Some(node.id), budget: Some(MicroUsd(5)), ..node.world.run() };
        let run_id = node.create(run).await;
        let bytes = Blob::new(b"what a tool made");
        let artifact = ArtifactRow {
            id: ArtifactId::next(&node.world.ids),
            run_id: Some(run_id),
            name: "a.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size: bytes.size,
            hash: bytes.hash.0.to_vec(),
            created_at: node.now(),
        };
        let effect = EffectId::next(&node.world.ids);
        let insert = artifacts::insert(node.world.project, Actor::LocalOwner, effect, &artifact);
        let unit = Unit::new().with(insert_blob(&bytes).into()).with(insert.into());
        node.database().apply(unit).await.unwrap();
        node.say(run_id, 1, &"large ".repeat(2_000)).await;
        node.finish(run_id, 2).await;
        caught_up(&node).await;
        node.world.clock.advance(KEPT);
        assert_eq!(node.remove(node.old()).await, 1);
        for table in ["SELECT count(*) FROM artifacts", "SELECT count(*) FROM run_budgets"] {
            assert_eq!(count(node.database(), table).await, 0, "{table}");
        }
        let blobs = "SELECT count(*) FROM blobs";
        assert_eq!(count(node.database(), blobs).await, 2, "who has found it may still read it");
        assert_eq!(node.clear().await, Cleared { runs: 1, blobs: 2, more: false });
        for table in [
            blobs,
            "SELECT count(*) FROM blob_refs",
            "SELECT count(*) FROM journal_index",
            "SELECT count(*) FROM removed_runs",
        ] {
            assert_eq!(count(node.database(), table).await, 0, "{table}");
        }
        node.stop().await;
    }

    async fn retry_of_a_run_that_has_just_gone_is_refused(place: Place) {
        let node = node(&place).await;
        let run_id = node.ended("old").await;
        node.world.clock.advance(KEPT);
        let retry = node.retry_of(run_id);
        assert_eq!(node.remove(node.old()).await, 1);
        let refused = node.try_create(retry).await.unwrap_err();
        let AppendError::Conflict { constraint } = refused else { panic!("{refused}") };
        assert_eq!(constraint, RETRIED_CONSTRAINT);
        assert!(find_run(run_id).first(node.database()).await.unwrap().is_none());
        node.stop().await;
    }

    async fn many_walk_at_the_same_time(place: Place) {
        let storage = Storage::open(database(&place).await).await.unwrap();
        let world = World::new();
        let node = Node::start(&storage, &world).await;
        for number in 0..60 {
            let parent = node.ended("parent").await;
            if number % 3 == 0 {
                node.ended_as(world.child(parent, "a"), "child").await;
            }
        }
        let kept = node.own().await;
        world.clock.advance(KEPT);
        let walks = join_all((0..4).map(|_| node.remove(node.old()))).await;
        assert_eq!(walks.iter().sum::<u64>(), 80, "{walks:?}");
        assert_eq!(node.runs().await, [kept]);
        join_all((0..4).map(|_| node.clear())).await;
        while node.clear().await.runs > 0 {}
        assert_eq!(count(node.database(), "SELECT count(*) FROM removed_runs").await, 0);
        node.stop().await;
    }

    async fn while_an_earlier_program_is_alive_nothing_is_understood(place: Place) {
        let node = node(&place).await;
        assert!(retention::is_understood(node.database()).await.unwrap());
        let earlier = Sql::both("UPDATE instances SET retains = false");
        write(node.database(), earlier, params![]).await;
        assert!(!retention::is_understood(node.database()).await.unwrap());
        let dead = Sql::both("UPDATE instances SET state = 'dead'");
        write(node.database(), dead, params![]).await;
        assert!(retention::is_understood(node.database()).await.unwrap());
        node.stop().await;
    }
}
