//! Budgets: exact, whoever reserves at the same time.

use std::sync::{Arc, Mutex, mpsc};

use gathering_database::{Sql, params};
use gathering_domain::{Actor, MicroUsd, RunId};
use gathering_engine::{Key, OnCost, Spend};
use gathering_storage::{
    AppendError, GrantAnswer, GrantChanges, GrantRequest, InboxMessage, NewRun, RunChange,
    StorageError, claim, find_budget, give_back, list_inbox, mark_dead, open_grants, refused_runs,
    reserve,
};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, PATIENCE, join_all, node, soon, spawn, waiting_for_locks};

fn ask(node: &Node, run_id: RunId, number: i64, budgets: &[RunId], amount: i64) -> GrantRequest {
    let key = Key::new(format!("call:{number}"));
    let (instance, amount) = (node.id, MicroUsd(amount));
    GrantRequest { run_id, key, instance, number, budgets: budgets.into(), amount }
}

async fn answer(node: &Node, request: &GrantRequest) -> GrantAnswer {
    reserve(node.database(), request).await.unwrap()
}

const fn refused(by: RunId) -> GrantAnswer {
    GrantAnswer::Refused { by, on_cost: OnCost::Fail }
}

async fn spent(node: &Node, run: RunId) -> i64 {
    find_budget(run).first(node.database()).await.unwrap().unwrap().spent_micro_usd
}

async fn with_budget(node: &Node, budget: i64) -> RunId {
    let budget = Some(MicroUsd(budget));
    node.create(NewRun { budget, owner: Some(node.id), ..node.world.run() }).await
}

fn changes(budgets: &[RunId]) -> GrantChanges {
    GrantChanges { budgets: budgets.into(), used: Vec::new(), returned: Vec::new() }
}

each_database! {
    async fn reservations_never_pass_the_limit(place: Place) {
        let node = node(&place).await;
        let root = with_budget(&node, 100).await;
        let sevens: Vec<_> = (0..40).map(|number| ask(&node, root, number, &[root], 7)).collect();
        let answers = join_all(sevens.iter().map(|seven| reserve(node.database(), seven))).await;
        let granted = |answer: &Result<_, _>| matches!(answer, Ok(GrantAnswer::Granted));
        assert_eq!(answers.iter().filter(|answer| granted(answer)).count(), 14);
        assert!(answers.iter().all(|answer| granted(answer) || *answer.as_ref().unwrap() == refused(root)));
        let budget = find_budget(root).first(node.database()).await.unwrap().unwrap();
        assert_eq!((budget.limit_micro_usd, budget.spent_micro_usd), (100, 98));
        node.stop().await;
    }

    async fn what_was_not_used_is_given_back_with_the_append(place: Place) {
        let node = node(&place).await;
        let root = with_budget(&node, 10).await;
        let all = ask(&node, root, 1, &[root], 10);
        assert_eq!(answer(&node, &all).await, GrantAnswer::Granted);
        assert_eq!(answer(&node, &ask(&node, root, 2, &[root], 1)).await, refused(root));
        let mut append = node.append(root);
        append.grants = Some(GrantChanges { used: vec![(all.key, 1)], ..changes(&[root]) });
        append.spend = Some(Spend { budgets: [root].into(), delta: MicroUsd(-4) });
        node.writer.append(append).await.unwrap();
        assert_eq!(answer(&node, &ask(&node, root, 3, &[root], 4)).await, GrantAnswer::Granted);
        assert_eq!(spent(&node, root).await, 10);
        node.stop().await;
    }

    async fn money_is_taken_from_all_budgets_or_from_none(place: Place) {
        let node = node(&place).await;
        let (root, one, other) =
            (with_budget(&node, 100).await, with_budget(&node, 30).await, with_budget(&node, 90).await);
        let mine = ask(&node, other, 4, &[root, other], 80);
        for (request, says) in [
            (ask(&node, one, 1, &[root, one], 20), GrantAnswer::Granted),
            (ask(&node, one, 2, &[root, one], 20), refused(one)),
            (ask(&node, other, 3, &[root, other], 85), refused(root)),
            (mine.clone(), GrantAnswer::Granted),
        ] {
            assert_eq!(answer(&node, &request).await, says, "{request:?}");
        }
        assert_eq!([spent(&node, root).await, spent(&node, one).await, spent(&node, other).await], [100, 20, 80]);
        give_back(node.database(), &mine).await.unwrap();
        assert_eq!([spent(&node, root).await, spent(&node, one).await, spent(&node, other).await], [20, 20, 0]);
        node.stop().await;
    }

    async fn budgets_in_any_order_do_not_stand_in_each_others_way(place: Place) {
        let node = node(&place).await;
        let (one, other) = (with_budget(&node, 1_000).await, with_budget(&node, 1_000).await);
        let both: Vec<_> = (0..60)
            .map(|turn| {
                let budgets = if turn % 2 == 0 { [one, other] } else { [other, one] };
                ask(&node, one, turn, &budgets, 1)
            })
            .collect();
        let answers = join_all(both.iter().map(|request| reserve(node.database(), request))).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap() == GrantAnswer::Granted));
        assert_eq!((spent(&node, one).await, spent(&node, other).await), (60, 60));
        node.stop().await;
    }

    async fn asking_again_books_once_and_only_the_last_grant_can_be_given_back(place: Place) {
        let node = node(&place).await;
        let root = with_budget(&node, 100).await;
        let first = ask(&node, root, 1, &[root], 60);
        for _ in 0..3 {
            assert_eq!(answer(&node, &first).await, GrantAnswer::Granted);
        }
        assert_eq!(spent(&node, root).await, 60);
        // Another amount under the same key takes the place of the first.
        let second = GrantRequest { number: 2, amount: MicroUsd(90), ..first.clone() };
        assert_eq!(answer(&node, &second).await, GrantAnswer::Granted);
        give_back(node.database(), &first).await.unwrap();
        let late = reserve(node.database(), &first).await.unwrap_err();
        assert!(matches!(late, AppendError::NotOwner(_)), "a later question has overtaken it: {late}");
        assert_eq!((spent(&node, root).await, open_grants(node.database(), root).await.unwrap()), (90, MicroUsd(90)));
        let third = GrantRequest { number: 3, amount: MicroUsd(101), ..first.clone() };
        assert_eq!(answer(&node, &third).await, refused(root), "what was granted before is gone");
        assert_eq!(spent(&node, root).await, 0);
        node.stop().await;
    }

    async fn an_attempt_is_logged_with_its_own_grant_or_not_at_all(place: Place) {
        let node = node(&place).await;
        let root = with_budget(&node, 100).await;
        let asked = ask(&node, root, 5, &[root], 60);
        answer(&node, &asked).await;
        for (number, is_there) in [(4, false), (5, true), (5, false)] {
            let mut append = node.append(root);
            append.grants = Some(GrantChanges { used: vec![(asked.key.clone(), number)], ..changes(&[root]) });
            let appended = node.writer.append(append).await;
            match appended {
                Ok(_) => assert!(is_there, "{number}"),
                Err(error) => assert!(matches!(error, AppendError::GrantGone(_)) && !is_there, "{error}"),
            }
        }
        give_back(node.database(), &asked).await.unwrap();
        assert_eq!(spent(&node, root).await, 60, "the journal accounts for it now");
        node.stop().await;
    }

    async fn the_dead_and_those_who_lost_their_run_are_granted_nothing(place: Place) {
        let node = node(&place).await;
        let (root, ended) = (with_budget(&node, 100).await, with_budget(&node, 100).await);
        node.finish(ended, 1).await;
        let error = reserve(node.database(), &ask(&node, ended, 1, &[ended], 5)).await.unwrap_err();
        assert!(matches!(error, AppendError::NotOwner(run) if run == ended), "{error}");
        mark_dead(node.database(), node.id, node.now()).await.unwrap();
        let error = reserve(node.database(), &ask(&node, root, 1, &[root], 5)).await.unwrap_err();
        assert!(matches!(error, AppendError::Fenced), "{error}");
        assert_eq!((spent(&node, root).await, spent(&node, ended).await), (0, 0));
        node.stop().await;
    }

    async fn the_budget_that_refuses_says_whether_to_wait(place: Place) {
        let node = node(&place).await;
        let with = |budget, on_cost| {
            NewRun { budget: Some(MicroUsd(budget)), on_cost, owner: Some(node.id), ..node.world.run() }
        };
        let waits = node.create(with(50, OnCost::Wait)).await;
        let (child, strict) =
            (node.create(with(80, OnCost::Wait)).await, node.create(with(60, OnCost::Fail)).await);
        let says = |by, on_cost| GrantAnswer::Refused { by, on_cost };
        for (number, run, budgets, amount, expected) in [
            (1, child, [waits, child], 40, GrantAnswer::Granted),
            (2, child, [waits, child], 30, says(waits, OnCost::Wait)),
            (3, child, [waits, child], 5, GrantAnswer::Granted),
            (4, strict, [waits, strict], 55, says(waits, OnCost::Wait)),
            // Waiting for one would not help while the other refuses for good.
            (5, strict, [waits, strict], 70, says(strict, OnCost::Fail)),
        ] {
            let asked = ask(&node, run, number, &budgets, amount);
            assert_eq!(answer(&node, &asked).await, expected, "{number}");
        }
        let mut waiting = [child, strict];
        waiting.sort();
        for after in [None, Some(waiting[0]), Some(waiting[1])] {
            let from = after.map_or(0, |after| waiting.partition_point(|run| *run <= after));
            assert_eq!(refused_runs(node.database(), waits, after).await.unwrap(), waiting[from..]);
        }
        // Nobody raises the budget of a run that is over.
        node.finish(waits, 1).await;
        let again = ask(&node, child, 6, &[waits, child], 30);
        assert_eq!(answer(&node, &again).await, says(waits, OnCost::Fail));
        node.stop().await;
    }

    async fn a_raise_tells_the_run_and_those_who_were_refused_and_lets_them_spend(place: Place) {
        let node = node(&place).await;
        let root = node
            .create(NewRun {
                budget: Some(MicroUsd(50)), on_cost: OnCost::Wait, owner: Some(node.id), ..node.world.run()
            })
            .await;
        let child = node.create(NewRun { owner: Some(node.id), ..node.world.child(root, "child") }).await;
        let asked = ask(&node, child, 1, &[root], 60);
        answer(&node, &asked).await;
        node.park(child, None, 0).await;
        let refused = refused_runs(node.database(), root, None).await.unwrap();
        assert_eq!(refused, [child]);
        let raise = |cost| node.writer.raise(root, MicroUsd(cost), Actor::LocalOwner, &refused, None, node.now());
        let error = raise(49).await.unwrap_err();
        assert!(matches!(error, AppendError::Conflict { .. }), "a budget is not lowered: {error}");
        let mut told: Vec<_> = raise(60).await.unwrap().into_iter().map(|told| (told.run_id, told.owner)).collect();
        told.sort();
        let mut expected = vec![(root, Some(node.id)), (child, None)];
        expected.sort();
        assert_eq!(told, expected);
        raise(60).await.unwrap();
        for run in [root, child] {
            let inbox = list_inbox(run).all(node.database()).await.unwrap();
            let message = InboxMessage::BudgetRaised { budget: root, cost: MicroUsd(60), actor: Actor::LocalOwner };
            assert_eq!(inbox.into_iter().map(|row| row.message).collect::<Vec<_>>(), [message]);
        }
        assert_eq!(claim(node.database(), node.id, 1, node.now()).await.unwrap()[0].id, child);
        assert_eq!(answer(&node, &asked).await, GrantAnswer::Granted);
        let budget = find_budget(root).first(node.database()).await.unwrap().unwrap();
        assert_eq!((budget.limit_micro_usd, budget.spent_micro_usd, budget.waits), (60, 60, true));
        node.finish(root, 1).await;
        assert!(raise(70).await.is_err(), "it has ended");
        node.stop().await;
    }

    async fn the_end_of_a_run_gives_back_what_is_left_of_its_grants_and_no_others(place: Place) {
        let node = node(&place).await;
        let (root, child) = (with_budget(&node, 100).await, with_budget(&node, 100).await);
        answer(&node, &ask(&node, root, 1, &[root], 7)).await;
        for number in [2, 3] {
            answer(&node, &ask(&node, child, number, &[root, child], 20)).await;
        }
        let mut append = node.append(child);
        append.grants = Some(changes(&[root, child]));
        append.change = RunChange::Finished { outcome: gathering_engine::Outcome::cancelled("") };
        node.writer.append(append).await.unwrap();
        assert_eq!([spent(&node, root).await, spent(&node, child).await], [7, 0]);
        let open = (open_grants(node.database(), root).await.unwrap(), open_grants(node.database(), child).await.unwrap());
        assert_eq!(open, (MicroUsd(7), MicroUsd::ZERO));
        node.stop().await;
    }
}

/// Whoever raises a budget waits for the transaction that ends its run, and sees that it has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_budget_is_not_raised_while_its_run_ends() {
    const HOLD: Sql = Sql::both("SELECT 1 FROM run_budgets WHERE root_run_id = $1 FOR UPDATE");
    const END: Sql =
        Sql::both("UPDATE runs SET status = 'failed', finished_at = 1, owner = NULL WHERE id = $1");
    let place = Place::postgres().await;
    let node = Arc::new(node(&place).await);
    let root = with_budget(&node, 100).await;
    let (held, is_held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let database = node.database().clone();
    let ending = spawn(async move {
        let ended = database.transact(move |tx| {
            tx.query_opt::<(i32,)>(HOLD, params![root.uuid()])?;
            tx.execute(END, params![root.uuid()])?;
            let _ = held.send(());
            let _ = released.lock().unwrap().recv_timeout(PATIENCE);
            Ok::<_, StorageError>(())
        });
        ended.await.unwrap();
    });
    tokio::task::spawn_blocking(move || is_held.recv_timeout(PATIENCE)).await.unwrap().unwrap();
    let raising = {
        let node = Arc::clone(&node);
        spawn(async move {
            node.writer.raise(root, MicroUsd(200), Actor::LocalOwner, &[], None, node.now()).await
        })
    };
    soon(async {
        while waiting_for_locks(&node).await == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    release.send(()).unwrap();
    ending.await.unwrap();
    let error = soon(raising).await.unwrap().unwrap_err();
    assert!(matches!(error, AppendError::Conflict { .. }), "{error}");
    let budget = find_budget(root).first(node.database()).await.unwrap().unwrap();
    assert_eq!(budget.limit_micro_usd, 100);
}
