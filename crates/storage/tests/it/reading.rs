//! Reading the log in its own order, as subscribers do.

use gathering_domain::ProjectId;
use gathering_storage::{LogFilter, NewRun, Position, read_log};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, final_upto, node};

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
                seen.iter().filter(|e| e.run_id == run_id).map(|e| e.entry.seq).collect();
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
        let seqs: Vec<u32> = page.entries.iter().map(|e| e.entry.seq).collect();
        assert_eq!(seqs, [3, 4, 5]);
        assert_eq!(page.entries[2].position, last);
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
            page.entries.iter().map(|e| (e.run_id, e.entry.seq)).collect::<Vec<_>>()
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
