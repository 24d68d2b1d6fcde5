//! Appends: what they write, what they refuse, and that only the culprit of a failure fails.

use gathering_domain::{RunId, RunStatus, Usage};
use gathering_engine::{Entry, EntryBody, Key, Outcome};
use gathering_storage::{
    AppendError, ENTRIES_PER_ROW, NewChildRun, NewRun, Position, RunChange, child_ids, find_run,
    list_children, load, load_journal,
};
use gathering_testkit::{Place, each_database};

use crate::support::{join_all, node, settled, started};

each_database! {
    async fn appended_entries_read_back_in_order(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        for seq in 1..5 {
            node.settle(run_id, seq..seq + 1).await;
        }
        let loaded = load(node.database(), run_id).await.unwrap().unwrap();
        assert_eq!(loaded.row.status, RunStatus::Running);
        assert_eq!(loaded.row.owner, Some(node.id));
        assert_eq!(loaded.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(loaded.entries[3], settled(3, node.now(), "done"));
        node.stop().await;
    }

    async fn unknown_run_is_absent(place: Place) {
        let node = node(&place).await;
        let run_id = node.world.run_id();
        assert!(load(node.database(), run_id).await.unwrap().is_none());
        assert!(load_journal(node.database(), run_id).await.unwrap().is_empty());
        node.stop().await;
    }

    async fn large_payload_goes_to_a_blob_and_comes_back(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let text = "large ".repeat(100_000);
        let mut append = node.append(run_id);
        append.entries = vec![settled(1, node.now(), &text), settled(2, node.now(), &text)];
        node.writer.append(append).await.unwrap();
        let entries = load_journal(node.database(), run_id).await.unwrap();
        assert_eq!(entries[1], settled(1, node.now(), &text));
        assert_eq!(entries[2], settled(2, node.now(), &text));
        node.stop().await;
    }

    async fn oversize_payload_is_refused_and_changes_nothing(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let mut append = node.append(run_id);
        append.entries = vec![settled(1, node.now(), &"x".repeat(33 * 1024 * 1024))];
        let error = node.writer.append(append).await.unwrap_err();
        assert!(matches!(error, AppendError::TooLarge { .. }), "{error}");
        assert_eq!(load_journal(node.database(), run_id).await.unwrap().len(), 1);
        node.stop().await;
    }

    async fn append_of_more_entries_than_a_row_holds_is_cut(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let count = u32::try_from(ENTRIES_PER_ROW).unwrap() + 10;
        let (first, last) = node.settle(run_id, 1..count + 1).await.positions.unwrap();
        assert_eq!((first.index(), last.index()), (0, 9));
        assert_eq!(last.row(), first.row() + 1);
        let entries = load_journal(node.database(), run_id).await.unwrap();
        assert_eq!(u32::try_from(entries.len()).unwrap(), count + 1);
        node.stop().await;
    }

    async fn run_and_its_children_begin_in_one_append(place: Place) {
        let node = node(&place).await;
        let parent = node.own().await;
        let child = NewRun { owner: Some(node.id), ..node.world.child(parent, "node:a") };
        let mut append = node.append(parent);
        append.entries = vec![settled(1, node.now(), "before the child")];
        append.children = vec![NewChildRun {
            entries: vec![started(&child, node.now()), settled(1, node.now(), "carried")],
            run: child.clone(),
            ledger: Vec::new(),
        }];
        let appended = node.writer.append(append).await.unwrap();
        let (first, last) = appended.positions.unwrap();
        assert_eq!(first, last, "only the parent's own entry counts");
        assert_eq!(load_journal(node.database(), child.id).await.unwrap().len(), 2);
        assert_eq!(load_journal(node.database(), parent).await.unwrap().len(), 2);
        let children = list_children(parent).all(node.database()).await.unwrap();
        assert_eq!(children.len(), 1);
        assert_eq!(children[0].parent_key, Some(Key::new("node:a")));
        for (after, found) in [(RunId::from_uuid(uuid::Uuid::nil()), 1), (child.id, 0)] {
            let page = child_ids(parent, after, 1).all(node.database()).await.unwrap();
            assert!(page.len() == found && page.iter().all(|(id,)| *id == child.id.uuid()));
        }
        node.stop().await;
    }

    async fn end_of_a_run_is_in_its_row(place: Place) {
        let node = node(&place).await;
        for output in ["small".to_owned(), "large ".repeat(10_000)] {
            let run_id = node.own().await;
            let mut outcome = Outcome::succeeded(serde_json::Value::from(output));
            outcome.usage.tokens.input = 7;
            let mut append = node.append(run_id);
            append.entries = vec![Entry {
                seq: 1,
                at: node.now(),
                body: EntryBody::RunFinished(outcome.clone()),
            }];
            append.usage = Some(outcome.usage);
            append.change = RunChange::Finished { outcome: outcome.clone() };
            assert!(!node.writer.append(append).await.unwrap().owned);
            let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
            assert_eq!((row.status, row.owner), (RunStatus::Succeeded, None));
            assert_eq!(row.finished_at, Some(node.now()));
            assert_eq!(row.usage(), Usage { tokens: outcome.usage.tokens, ..Usage::default() });
            assert_eq!(node.storage.outcome(&row).await.unwrap(), Some(outcome));
        }
        node.stop().await;
    }

    async fn only_the_owner_changes_a_run_and_an_ended_one_never_changes(place: Place) {
        let node = node(&place).await;
        let queued = node.create(node.world.run()).await;
        let ended = node.own().await;
        node.finish(ended, 1).await;
        for run_id in [queued, ended] {
            let mut append = node.append(run_id);
            append.entries = vec![settled(1, node.now(), "not mine")];
            append.change = RunChange::Released;
            let error = node.writer.append(append).await.unwrap_err();
            assert!(matches!(error, AppendError::NotOwner(id) if id == run_id), "{error}");
        }
        assert_eq!(load_journal(node.database(), queued).await.unwrap().len(), 1);
        node.stop().await;
    }

    async fn failure_of_one_append_does_not_fail_those_flushed_with_it(place: Place) {
        let node = node(&place).await;
        let mut runs = Vec::new();
        for _ in 0..40 {
            runs.push(node.own().await);
        }
        let appends = runs.iter().enumerate().map(|(number, run_id)| {
            let mut append = node.append(*run_id);
            append.entries = vec![settled(1, node.now(), "done")];
            // Every seventh creates a run that exists.
            if number % 7 == 0 {
                append.change = RunChange::Create(Box::new(NewRun { id: *run_id, ..node.world.run() }));
            }
            node.writer.append(append)
        });
        let results = join_all(appends).await;
        for (number, result) in results.into_iter().enumerate() {
            let entries = load_journal(node.database(), runs[number]).await.unwrap().len();
            if number % 7 == 0 {
                let error = result.unwrap_err();
                assert!(
                    matches!(&error, AppendError::Conflict { constraint } if constraint == "runs_pkey"),
                    "{error}"
                );
                assert_eq!(entries, 1);
            } else {
                result.unwrap();
                assert_eq!(entries, 2);
            }
        }
        node.stop().await;
    }

    async fn what_is_queued_at_shutdown_is_written_and_what_comes_later_is_refused(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let (writer, database, mut late) =
            (node.writer.clone(), node.database().clone(), node.append(run_id));
        let queued = node.settle(run_id, 1..2);
        queued.await;
        node.stop().await;
        late.entries = vec![settled(2, late.now, "late")];
        assert!(matches!(writer.append(late).await, Err(AppendError::Closed)));
        assert_eq!(load_journal(&database, run_id).await.unwrap().len(), 2);
    }
}

#[test]
fn position_is_a_row_and_an_index() {
    let position = Position::of(7, 4_095);
    assert_eq!((position.row(), position.index()), (7, 4_095));
    assert!(position < Position::of(8, 0));
}
