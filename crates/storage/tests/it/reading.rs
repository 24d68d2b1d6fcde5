//! Reading the log in its own order, as subscribers do.

use std::sync::Arc;

use gathering_database::{Sql, Unit, params};
use gathering_domain::ProjectId;
use gathering_engine::{EntryBody, Settlement};
use gathering_storage::{
    AppendError, LogFilter, NewRun, Position, load_journal, load_journal_leniently, read_log,
};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, final_upto, node, settled};

each_database! {
    async fn subscriber_reads_everything_once_and_in_order(place: Place) {
        let node = node(&place).await;
        let runs = [node.own().await, node.own().await];
        for seq in 1..20 {
            tokio::join!(node.settle(runs[0], seq..seq + 1), node.settle(runs[1], seq..seq + 1));
        }
        final_upto(&node.tail, node.tail.last_written_row()).await;
        let (mut after, mut seen) = (Position::default(), Vec::new());
        loop {
            let page = read_log(node.database(), &node.tail, after, 3, LogFilter::default()).await.unwrap();
            assert!(page.next >= after);
            after = page.next;
            seen.extend(page.entries);
            if !page.more {
                break;
            }
        }
        assert_eq!(seen.len(), 40);
        assert!(seen.is_sorted_by(|one, other| one.position < other.position));
        for run_id in runs {
            let seqs: Vec<u32> =
                seen.iter().filter(|e| e.run_id == run_id).map(|e| e.entry.as_ref().unwrap().seq).collect();
            assert_eq!(seqs, (0..20).collect::<Vec<_>>());
        }
        let rest = read_log(node.database(), &node.tail, after, 3, LogFilter::default()).await.unwrap();
        assert_eq!((rest.entries.len(), rest.next, rest.more), (0, after, false));
        node.stop().await;
    }

    async fn reading_resumes_in_the_middle_of_a_row(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let (first, last) = node.settle(run_id, 1..6).await.positions.unwrap();
        final_upto(&node.tail, last.row()).await;
        let after = Position(first.0 + 1);
        let page = read_log(node.database(), &node.tail, after, 100, LogFilter::default()).await.unwrap();
        let seqs: Vec<u32> = page.entries.iter().map(|e| e.entry.as_ref().unwrap().seq).collect();
        assert_eq!(seqs, [3, 4, 5]);
        assert_eq!(page.entries[2].position, last);
        node.stop().await;
    }

    async fn what_could_not_be_read_again_is_not_written(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        for (levels, fits) in [(117, true), (118, false), (126, false), (300, false)] {
            let mut append = node.append(run_id);
            let mut entry = settled(1, node.now(), "");
            let EntryBody::EffectSettled(settled) = &mut entry.body else { unreachable!() };
            // Brackets in a text are no levels.
            let value = (0..levels).fold(serde_json::json!("[[{\"[["), |value, _| serde_json::json!([value]));
            settled.result = Settlement::Output(Arc::new(value));
            append.entries = vec![entry];
            let appended = node.writer.append(append).await;
            match appended {
                Err(AppendError::TooDeep { .. }) => assert!(!fits, "{levels}"),
                other => assert!(fits && other.is_ok(), "{levels}: {other:?}"),
            }
            assert_eq!(load_journal(node.database(), run_id).await.unwrap().len(), 2);
        }
        node.stop().await;
    }

    async fn readers_step_over_an_entry_that_cannot_be_read(place: Place) {
        const READ: Sql = Sql::both("SELECT entries FROM log WHERE id = $1");
        const SPOIL: Sql = Sql::both("UPDATE log SET entries = $2 WHERE id = $1");
        let node = node(&place).await;
        let run_id = node.own().await;
        let (_, last) = node.settle(run_id, 1..4).await.positions.unwrap();
        let (bytes,): (Vec<u8>,) =
            node.database().query_opt(READ, params![last.row()]).await.unwrap().unwrap();
        let mut spoiled = bytes.clone();
        // The body of the first of the three.
        let body = spoiled.iter().position(|byte| *byte == b'{').unwrap();
        spoiled[body] = b'!';
        node.database().apply(Unit::new().expect(1, SPOIL, params![last.row(), spoiled])).await.unwrap();
        final_upto(&node.tail, last.row()).await;
        let page = read_log(node.database(), &node.tail, Position::default(), 100, LogFilter::default());
        let read: Vec<_> = page.await.unwrap().entries.into_iter().map(|e| e.entry).collect();
        assert_eq!(read.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true]);
        assert_eq!(read[1].as_ref().unwrap_err().seq, 1);
        assert_eq!(load_journal_leniently(node.database(), run_id).await.unwrap(), read);
        assert!(load_journal(node.database(), run_id).await.is_err(), "nobody folds around it");
        node.stop().await;
    }

    async fn filter_lets_one_run_or_one_project_through(place: Place) {
        let node = node(&place).await;
        let mine = node.own().await;
        let other_project = ProjectId::next(&node.world.ids);
        let theirs = node
            .create(NewRun { project_id: other_project, owner: Some(node.id), ..node.world.run() })
            .await;
        node.settle(mine, 1..3).await;
        final_upto(&node.tail, node.tail.last_written_row()).await;
        let read = async |filter| {
            let page = read_log(node.database(), &node.tail, Position::default(), 100, filter).await.unwrap();
            page.entries.iter().map(|e| (e.run_id, e.entry.as_ref().unwrap().seq)).collect::<Vec<_>>()
        };
        let of_run = LogFilter { run_id: Some(mine), ..LogFilter::default() };
        assert_eq!(read(of_run).await, [(mine, 0), (mine, 1), (mine, 2)]);
        let of_project = LogFilter { project_id: Some(other_project), ..LogFilter::default() };
        assert_eq!(read(of_project).await, [(theirs, 0)]);
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_instance_sees_what_was_written_here() {
    let place = Place::postgres().await;
    let node = node(&place).await;
    let reader = Node::without_index(&node.storage, &node.world).await;
    let run_id = node.own().await;
    let row = node.settle(run_id, 1..2).await.positions.unwrap().1.row();
    final_upto(&reader.tail, row).await;
    let (after, filter) = (Position::default(), LogFilter::default());
    let page = read_log(reader.database(), &reader.tail, after, 100, filter).await.unwrap();
    assert_eq!(page.entries.len(), 2);
    reader.stop().await;
    node.stop().await;
}
