//! The line of the log rises over what is gone, and what is kept reads as before.

use std::collections::{BTreeMap, HashSet};

use gathering_database::{Engine, params};
use gathering_engine::Entry;
use gathering_storage::{
    LogFilter, Position, RunFamily, forget_journal_index, load_journal, read_family_log, read_log,
    retention::{
        Passed, advance_line, drop_below_line, drop_partitions, log_line, make_partitions,
    },
};
use gathering_testkit::{Place, each_database};
use std::sync::mpsc;
use tokio::sync::oneshot;

use super::*;
use crate::support::{caught_up, final_upto, join_all, node, soon, spawn};

const ROWS: &str = "SELECT count(*) FROM log";
const ARCHIVED: &str = "SELECT count(*) FROM log_archive";

/// Rows of a partition.
const PARTITION: i64 = 16;

type Journals = BTreeMap<RunId, Vec<Entry>>;

impl Node {
    async fn settled_log(&self) {
        caught_up(self).await;
        final_upto(&self.tail, self.tail.last_written_row()).await;
    }

    async fn journals(&self, of: &[RunId]) -> Journals {
        let mut journals = Journals::new();
        for run_id in of {
            journals.insert(*run_id, load_journal(self.database(), *run_id).await.unwrap());
        }
        journals
    }

    /// What somebody reads who follows a run.
    async fn followed(&self, root: RunId) -> Vec<(Position, u32)> {
        let runs = HashSet::from([root]);
        let family = RunFamily { project_id: self.world.project, root, runs, most: 10 };
        let start = Position::default();
        let read = read_family_log(self.database(), &self.tail, start, 1_000, family.into());
        let entries = read.await.unwrap().page.entries;
        entries.into_iter().map(|entry| (entry.position, entry.entry.unwrap().seq)).collect()
    }

    async fn advance(&self, old: Timestamp) -> Option<Passed> {
        advance_line(self.database(), &self.tail, old).await.unwrap()
    }

    /// Has the log go on behind its first partition, in small ones, and then in none.
    async fn partitioned(&self) {
        if self.database().engine() == Engine::Postgres {
            self.database().script("SELECT setval('log_id_seq', 1048575)").await.unwrap();
            assert_eq!(make_partitions(self.database(), PARTITION).await.unwrap(), 4);
        }
    }

    async fn drop_all(&self) {
        drop_partitions(self.database()).await.unwrap();
        while drop_below_line(self.database()).await.unwrap() > 0 {}
    }

    /// Two runs that stay, each with entries among those of twenty that have ended.
    async fn stragglers(&self) -> [RunId; 2] {
        let stay = [self.own().await, self.own().await];
        for number in 0..20_u32 {
            // Mostly in one flush, so that rows hold several runs.
            let run = NewRun { owner: Some(self.id), ..self.world.run() };
            let (own, run_id) = (stay[number as usize % 2], run.id);
            let mut append = self.append(own);
            append.entries = vec![settled(number / 2 + 1, self.now(), "stays")];
            let (appended, _) = tokio::join!(self.writer.append(append), self.create(run));
            appended.unwrap();
            self.say(run_id, 1, &"goes ".repeat(100)).await;
            self.finish(run_id, 2).await;
        }
        stay
    }
}

each_database! {
    async fn kept_runs_read_the_same_after_every_step(place: Place) {
        let (node, sqlite) = (node(&place).await, place.directory().is_some());
        node.partitioned().await;
        let stay = node.stragglers().await;
        node.world.clock.advance(KEPT);
        node.settled_log().await;
        let (journals, followed) = (node.journals(&stay).await, node.followed(stay[0]).await);
        assert_eq!((journals[&stay[0]].len(), followed.len()), (11, 11));
        // Whatever was done last may have been the last before a crash.
        let unchanged = async |what: &str| {
            assert_eq!(node.journals(&stay).await, journals, "{what}");
            assert_eq!(node.followed(stay[0]).await, followed, "{what}");
        };
        assert_eq!(node.remove(node.old()).await, 20);
        unchanged("runs are removed").await;
        let rows = count(node.database(), ROWS).await;
        let passed = node.advance(node.ago(KEPT)).await.unwrap();
        assert!(passed.archived > 0 && passed.rows >= passed.archived, "{passed:?}");
        unchanged("the line has risen").await;
        assert_eq!(count(node.database(), ROWS).await, rows, "nothing is dropped yet");
        assert!(drop_partitions(node.database()).await.unwrap() > 0 || sqlite);
        unchanged("partitions are dropped").await;
        assert!(drop_below_line(node.database()).await.unwrap() > 0);
        unchanged("rows are dropped").await;
        node.drop_all().await;
        assert!(count(node.database(), ROWS).await < rows / 2);
        node.clear().await;
        unchanged("what is left is cleared").await;
        forget_journal_index(node.database()).await.unwrap();
        unchanged("the index is gone").await;
        node.settle(stay[0], 11..12).await;
        node.settled_log().await;
        assert_eq!(node.journals(&stay).await[&stay[0]].len(), 12, "the index is built anew");
        assert_eq!(node.followed(stay[0]).await.len(), 12);

        // They go at last, and so does what was archived.
        node.finish(stay[0], 12).await;
        node.finish(stay[1], 11).await;
        node.settled_log().await;
        node.world.clock.advance(KEPT);
        assert_eq!(node.remove(node.old()).await, 2);
        assert!(count(node.database(), ARCHIVED).await > 0);
        while node.clear().await.runs > 0 {}
        assert_eq!(count(node.database(), ARCHIVED).await, 0);
        node.stop().await;
    }

    async fn line_stays_below_what_is_kept_until_that_is_old(place: Place) {
        let node = node(&place).await;
        for _ in 0..4 {
            node.own().await;
        }
        node.settled_log().await;
        assert_eq!(node.advance(node.ago(DAY)).await, None, "most of it is kept");
        node.world.clock.advance(DAY);
        let passed = node.advance(node.ago(DAY)).await.unwrap();
        assert_eq!(passed.rows, passed.archived);
        let line = log_line(node.database()).await.unwrap();
        assert_eq!(line, node.tail.last_row() - 1, "the last row stays");
        assert_eq!(node.advance(node.ago(DAY)).await, None);
        node.stop().await;
    }

    async fn line_waits_for_those_who_act_on_events(place: Place) {
        let node = node(&place).await;
        node.ended("a").await;
        node.ended("b").await;
        node.settled_log().await;
        node.world.clock.advance(KEPT);
        assert_eq!(node.remove(node.old()).await, 2);
        let begin = Sql::both("INSERT INTO cursors (name, position, held_until) VALUES ('c', $1, 0)");
        write(node.database(), begin, params![3 * 4096]).await;
        assert_eq!(node.advance(node.ago(KEPT)).await.unwrap().rows, 2);
        assert_eq!(node.advance(node.ago(KEPT)).await, None);
        write(node.database(), Sql::both("UPDATE cursors SET position = $1"), params![i64::MAX]).await;
        assert!(node.advance(node.ago(KEPT)).await.is_some());
        node.stop().await;
    }

    async fn readers_of_the_log_are_told_what_is_gone(place: Place) {
        let node = node(&place).await;
        for _ in 0..5 {
            node.ended("old").await;
        }
        node.settled_log().await;
        let (seen, all) = (Position(2 * 4096), LogFilter::default());
        let read = async |after| {
            read_log(node.database(), &node.tail, after, 100, all).await.unwrap()
        };
        assert_eq!(read(seen).await.gone, None);
        node.world.clock.advance(KEPT);
        node.remove(node.old()).await;
        node.advance(node.ago(KEPT)).await.unwrap();
        node.drop_all().await;
        let line = log_line(node.database()).await.unwrap();
        let begins = Position((line + 1) * 4096 - 1);
        let page = read(seen).await;
        assert_eq!(page.gone, Some(begins));
        assert!(page.entries.iter().all(|entry| entry.position > begins));
        assert_eq!(read(begins).await.gone, None);
        let start = read(Position(0)).await;
        assert_eq!((start.gone, &start.entries), (None, &page.entries), "nothing was missed");
        // What comes is read without a gap.
        let run_id = node.own().await;
        node.settled_log().await;
        let next = read(page.next).await;
        assert_eq!((next.gone, next.entries.len(), next.entries[0].run_id), (None, 1, run_id));
        node.stop().await;
    }

    async fn many_raise_the_line_at_the_same_time(place: Place) {
        let node = node(&place).await;
        let stay = node.stragglers().await;
        node.settled_log().await;
        let journals = node.journals(&stay).await;
        node.world.clock.advance(KEPT);
        node.remove(node.old()).await;
        let steps = join_all((0..4).map(|_| node.advance(node.ago(KEPT)))).await;
        assert_eq!(steps.iter().flatten().count(), 1, "{steps:?}");
        join_all((0..4).map(|_| async {
            node.drop_all().await;
            node.clear().await;
        }))
        .await;
        assert_eq!(node.journals(&stay).await, journals);
        node.stop().await;
    }

    async fn a_long_life_takes_no_more_room_than_a_short_one(place: Place) {
        let node = node(&place).await;
        node.partitioned().await;
        let (straggler, mut most) = (node.own().await, 0);
        for round in 0..6 {
            while make_partitions(node.database(), PARTITION).await.unwrap() > 0 {}
            for _ in 0..20 {
                node.ended(&"some text ".repeat(20)).await;
            }
            node.settled_log().await;
            node.world.clock.advance(Duration::from_secs(15 * 24 * 3600));
            node.remove(node.old()).await;
            while node.advance(node.ago(KEPT)).await.is_some() {}
            node.drop_all().await;
            while node.clear().await.runs > 0 {}
            let rows = count(node.database(), ROWS).await;
            if round == 2 {
                most = rows + PARTITION;
            }
            assert!(round < 3 || rows <= most, "{rows} rows in round {round}, {most} before");
        }
        assert_eq!(count(node.database(), ARCHIVED).await, 1);
        assert_eq!(load_journal(node.database(), straggler).await.unwrap().len(), 1);
        let index = count(node.database(), "SELECT count(*) FROM journal_index").await;
        assert!(index <= most, "{index}");
        node.stop().await;
    }

    async fn partition_stays_while_somebody_reads_who_began_before(place: Place) {
        let node = node(&place).await;
        if place.directory().is_some() {
            return node.stop().await;
        }
        node.partitioned().await;
        let stay = node.stragglers().await;
        node.settled_log().await;
        let journals = node.journals(&stay).await;
        node.world.clock.advance(KEPT);
        node.remove(node.old()).await;
        // Somebody who has begun to read, and has not come to the log.
        let ((begun, begins), (go_on, goes_on)) = (oneshot::channel(), mpsc::channel::<()>());
        let shared = std::sync::Mutex::new((Some(begun), goes_on));
        let database = node.database().clone();
        let reading = spawn(async move {
            let read = database.read(move |reader| -> gathering_database::Result<i64> {
                let line = Sql::both("SELECT applied FROM projections WHERE name = 'log_line'");
                let before: Option<(i64,)> = reader.query_opt(line, Vec::new())?;
                let mut shared = shared.lock().unwrap();
                if let Some(begun) = shared.0.take() {
                    begun.send(()).unwrap();
                    shared.1.recv().unwrap();
                }
                let rows: Option<(i64,)> = reader.query_opt(Sql::both(ROWS), Vec::new())?;
                assert_eq!(before, Some((0,)));
                Ok(rows.unwrap().0)
            });
            read.await
        });
        soon(begins).await.unwrap();
        let rows = count(node.database(), ROWS).await;
        while node.advance(node.ago(KEPT)).await.is_some() {}
        assert_eq!(drop_partitions(node.database()).await.unwrap(), 0);
        go_on.send(()).unwrap();
        assert_eq!(soon(reading).await.unwrap().unwrap(), rows);
        assert!(drop_partitions(node.database()).await.unwrap() > 0);
        assert_eq!(node.journals(&stay).await, journals);
        node.stop().await;
    }
}
