//! Reading a part of the log: pages of a journal, and a run with its descendants.

use std::{collections::HashSet, sync::Arc};

use gathering_database::{Sql, Unit, params};
use gathering_domain::RunId;
use gathering_engine::{ChildStarted, Entry, EntryBody, Key};
use gathering_storage::{
    LogFilter, NewChildRun, NewRun, Position, Projector, RunFamily, Storage, glance, load_journal,
    load_journal_page, read_family_log, read_log,
};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, World, caught_up, database, final_upto, node, started};

/// Makes the log's rows unreadable for whoever reads one of them.
const EMPTY_ALL_BUT: Sql = Sql::each(
    "UPDATE log SET entries = $2 WHERE id NOT IN (SELECT value FROM json_each($1))",
    "UPDATE log SET entries = $2 WHERE id NOT IN ( \
       SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb)))",
);

/// A node whose index nobody keeps up.
async fn unindexed(place: &Place) -> Node {
    let storage = Storage::open(database(place).await).await.unwrap();
    Node::without_index(&storage, &World::new()).await
}

async fn empty_all_but(node: &Node, rows: &[i64]) {
    let rows = serde_json::Value::from(rows);
    let unit = Unit::new().run(EMPTY_ALL_BUT, params![rows, Vec::<u8>::new()]);
    node.database().apply(unit).await.unwrap();
}

/// Writes a run of 60 entries, one a row, the last 20 of them behind the index if it is to lag.
async fn long_run(place: &Place, lags: bool) -> (Node, RunId) {
    let mut node = unindexed(place).await;
    let other = node.own().await;
    let run = node.own().await;
    if lags {
        for seq in 1..40 {
            node.settle(run, seq..seq + 1).await;
        }
        index_once(&node).await;
        for seq in 40..60 {
            node.settle(other, seq..seq + 1).await;
            node.settle(run, seq..seq + 1).await;
        }
    } else {
        node.index();
        for seq in 1..60 {
            node.settle(other, seq..seq + 1).await;
            node.settle(run, seq..seq + 1).await;
        }
        caught_up(&node).await;
    }
    final_upto(&node.tail, node.tail.last_written_row()).await;
    (node, run)
}

async fn index_once(node: &Node) {
    final_upto(&node.tail, node.tail.last_written_row()).await;
    Projector::new(node.database(), &node.tail).slice().await.unwrap();
}

/// A family of a parent and its children, with strangers between, of whom one is their own child.
async fn families(node: &Node, children: u32) -> (RunId, HashSet<RunId>) {
    let (parent, stranger) = (node.own().await, node.own().await);
    let mut family = HashSet::from([parent]);
    for n in 0..children {
        let key = format!("node:{n}");
        let owner = Some(node.id);
        let child = NewRun { owner, ..node.world.child(parent, &key) };
        let (id, first) = (child.id, started(&child, node.now()));
        let mut append = node.append(parent);
        let body =
            EntryBody::ChildStarted(ChildStarted { key: Key::new(key.as_str()), run_id: id });
        append.entries = vec![Entry { seq: n + 1, at: node.now(), body }];
        append.children = vec![NewChildRun { run: child, entries: vec![first], ledger: vec![] }];
        node.writer.append(append).await.unwrap();
        family.insert(id);
        tokio::join!(node.settle(stranger, n + 1..n + 2), node.settle(id, 1..3));
    }
    final_upto(&node.tail, node.tail.last_written_row()).await;
    (parent, family)
}

/// All that a family's reader is given, a page of `limit` at a time, and whom it found.
async fn read_all(node: &Node, known: HashSet<RunId>, root: RunId, limit: usize) -> Vec<Position> {
    let (project_id, most) = (node.world.project, 1_000);
    let mut family = RunFamily { project_id, root, runs: known, most };
    let (mut after, mut seen) = (Position::default(), Vec::new());
    loop {
        let shared = Arc::new(family.clone());
        let read =
            read_family_log(node.database(), &node.tail, after, limit, shared).await.unwrap();
        assert!(read.page.next > after || !read.page.more);
        after = read.page.next;
        seen.extend(read.page.entries.iter().map(|entry| entry.position));
        family.runs.extend(read.found);
        if !read.page.more {
            assert_eq!(after.row(), node.tail.last_row());
            return seen;
        }
    }
}

/// As many bytes as there may be.
const ALL: usize = usize::MAX;

async fn pages_join(place: &Place, lags: bool) {
    let (node, run) = long_run(place, lags).await;
    let whole = load_journal(node.database(), run).await.unwrap();
    assert!(whole.iter().map(|entry| entry.seq).eq(0..60));
    for (limit, most) in [(1, ALL), (7, ALL), (60, ALL), (100, ALL), (100, 1), (100, 500)] {
        let (mut after, mut joined) = (Position::default(), Vec::new());
        loop {
            let page = load_journal_page(node.database(), run, after, limit, most).await.unwrap();
            assert!((1..=limit).contains(&page.entries.len()));
            after = page.entries[page.entries.len() - 1].0;
            joined.extend(page.entries.into_iter().map(|(_, entry)| entry.unwrap()));
            if !page.more {
                break;
            }
        }
        assert_eq!(joined, whole, "{limit} {most}");
    }
    node.stop().await;
}

/// What the index knows of the log while it is read.
#[derive(PartialEq)]
enum Indexed {
    Never,
    Once,
    Always,
}

/// Checks that a family's reader is given what the whole log has of it.
async fn family_is_the_log(place: &Place, children: u32, indexed: Indexed) {
    let mut node = unindexed(place).await;
    if indexed == Indexed::Always {
        node.index();
    }
    let (parent, family) = families(&node, children).await;
    if indexed == Indexed::Once {
        index_once(&node).await;
    }
    let (mut after, mut wanted) = (Position::default(), Vec::new());
    loop {
        let filter = LogFilter::default();
        let page = read_log(node.database(), &node.tail, after, 100, filter).await.unwrap();
        after = page.next;
        let theirs = page.entries.iter().filter(|entry| family.contains(&entry.run_id));
        wanted.extend(theirs.map(|entry| entry.position));
        if !page.more {
            break;
        }
    }
    assert_eq!(wanted.len(), 1 + 4 * children as usize);
    for limit in [1, 7, 1_000] {
        // With nobody but the root known, and with all.
        assert_eq!(read_all(&node, HashSet::from([parent]), parent, limit).await, wanted);
        assert_eq!(read_all(&node, family.clone(), parent, limit).await, wanted);
    }
    node.stop().await;
}

each_database! {
    async fn pages_of_a_journal_join_to_the_whole(place: Place) {
        pages_join(&place, false).await;
    }

    async fn pages_of_a_journal_go_on_behind_the_index(place: Place) {
        pages_join(&place, true).await;
    }

    async fn a_page_reads_no_row_that_it_does_not_show(place: Place) {
        let (node, run) = long_run(&place, false).await;
        let first = Position::default();
        let whole = load_journal_page(node.database(), run, first, 100, ALL).await.unwrap().entries;
        // One before, for the rest of its row, and one more than asked for that fits into the pages.
        let rows: Vec<i64> = whole[29..41].iter().map(|(position, _)| position.row()).collect();
        empty_all_but(&node, &rows).await;
        let page = load_journal_page(node.database(), run, whole[29].0, 10, ALL).await.unwrap();
        assert_eq!((page.entries.as_slice(), page.more), (&whole[30..40], true));
        assert!(load_journal(node.database(), run).await.is_err(), "the others are unreadable");
        node.stop().await;
    }

    async fn a_glance_reads_the_first_entry_and_what_is_new(place: Place) {
        let (node, run) = long_run(&place, true).await;
        let first = Position::default();
        let whole = load_journal_page(node.database(), run, first, 100, ALL).await.unwrap().entries;
        let rows = [0, 57, 58, 59].map(|n: usize| whole[n].0.row());
        empty_all_but(&node, &rows).await;
        let seen = glance(node.database(), run, whole[57].0).await.unwrap().unwrap();
        assert_eq!(seen.first.unwrap().seq, 0);
        assert_eq!(seen.since.iter().map(|(_, entry)| entry.seq).collect::<Vec<_>>(), [58, 59]);
        node.stop().await;
    }

    async fn few_are_followed_through_the_index(place: Place) {
        family_is_the_log(&place, 12, Indexed::Once).await;
    }

    async fn few_are_followed_behind_the_index(place: Place) {
        family_is_the_log(&place, 12, Indexed::Never).await;
    }

    async fn many_are_followed_through_the_log(place: Place) {
        family_is_the_log(&place, 60, Indexed::Always).await;
    }

    async fn those_that_become_many_are_followed(place: Place) {
        family_is_the_log(&place, 60, Indexed::Never).await;
    }

    async fn whoever_follows_a_run_reads_no_row_of_others(place: Place) {
        let node = node(&place).await;
        let (parent, family) = families(&node, 10).await;
        caught_up(&node).await;
        let wanted = read_all(&node, HashSet::from([parent]), parent, 5).await;
        let rows: Vec<i64> = wanted.iter().map(|position| position.row()).collect();
        // A row of strangers alone, so that there is one to be emptied.
        let stranger = node.own().await;
        let row = node.settle(stranger, 1..2).await.positions.unwrap().0.row();
        final_upto(&node.tail, row).await;
        empty_all_but(&node, &rows).await;
        for known in [HashSet::from([parent]), family] {
            assert_eq!(read_all(&node, known, parent, 5).await, wanted);
        }
        let all = read_log(node.database(), &node.tail, Position::default(), 1_000, LogFilter::default());
        assert!(all.await.is_err(), "the others are unreadable");
        node.stop().await;
    }
}
