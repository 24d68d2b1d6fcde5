//! Claims: who gets what, in which order, and within which limits.

use std::collections::HashSet;

use gathering_domain::{Actor, ApiKeyId, Duration, RunStatus, Timestamp};
use gathering_storage::{
    Append, AppendError, InboxMessage, NewRun, RETRY_CONSTRAINT, RunChange, RunFilter, RunLimit,
    RunRow, claim, count_due, definitions::OUTDATED_CONSTRAINT, find_run, list_runs, mark_dead,
    next_wake,
};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, join_all, node, started};

async fn claimed(node: &Node, limit: u32) -> Vec<gathering_domain::RunId> {
    let claimed = claim(node.database(), node.id, limit, node.now()).await.unwrap();
    claimed.into_iter().map(|run| run.id).collect()
}

each_database! {
    async fn claimed_run_is_owned_and_running(place: Place) {
        let node = node(&place).await;
        let run_id = node.create(node.world.run()).await;
        let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
        assert_eq!((row.status, row.owner, row.started_at), (RunStatus::Queued, None, None));
        assert_eq!(claimed(&node, 10).await, [run_id]);
        let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
        assert_eq!((row.status, row.owner), (RunStatus::Running, Some(node.id)));
        assert_eq!(row.started_at, Some(node.now()));
        assert_eq!(claimed(&node, 10).await, []);
        node.stop().await;
    }

    async fn high_priority_goes_first_then_age(place: Place) {
        let node = node(&place).await;
        let mut expected = Vec::new();
        for priority in [0, 5, -3, 5, 0] {
            node.world.clock.advance(Duration::from_secs(1));
            let run_id = node.create(NewRun { priority, ..node.world.run() }).await;
            expected.push((-priority, node.now(), run_id));
        }
        expected.sort();
        for (_, _, run_id) in expected {
            assert_eq!(claimed(&node, 1).await, [run_id]);
        }
        node.stop().await;
    }

    async fn timer_is_claimed_when_it_is_due_and_not_before(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let due = node.now() + Duration::from_secs(60);
        assert!(!node.park(run_id, Some(due), 0).await.owned);
        // Of higher priority than what is due: it must not be in the way.
        let behind = node.create(NewRun { priority: -1, ..node.world.run() }).await;
        assert_eq!(next_wake(node.database(), node.now()).await.unwrap(), Some(due));
        assert_eq!(claimed(&node, 10).await, [behind]);
        node.world.clock.advance(Duration::from_secs(60));
        assert_eq!(next_wake(node.database(), node.now()).await.unwrap(), None);
        assert_eq!(claimed(&node, 10).await, [run_id]);
        node.stop().await;
    }

    async fn what_is_due_is_counted_up_to_a_bound(place: Place) {
        let node = node(&place).await;
        let due = async |most| count_due(node.database(), node.now(), most).await.unwrap();
        assert_eq!(due(10).await, 0);
        let timer = node.own().await;
        node.park(timer, Some(node.now() + Duration::from_secs(60)), 0).await;
        for priority in [0, 1, 1] {
            node.create(NewRun { priority, ..node.world.run() }).await;
        }
        node.create(node.world.limited("pipeline:a", 1)).await;
        assert_eq!((due(10).await, due(2).await), (4, 3));
        node.world.clock.advance(Duration::from_secs(60));
        assert_eq!(due(10).await, 5);
        claimed(&node, 10).await;
        assert_eq!(due(10).await, 0);
        node.stop().await;
    }

    async fn two_claimers_never_get_the_same_run(place: Place) {
        let node = node(&place).await;
        let mut runs = HashSet::new();
        for _ in 0..60 {
            runs.insert(node.create(node.world.run()).await);
        }
        let claims = join_all((0..12).map(|_| claimed(&node, 7))).await;
        let all: Vec<_> = claims.into_iter().flatten().collect();
        assert_eq!(all.len(), 60);
        assert_eq!(all.into_iter().collect::<HashSet<_>>(), runs);
        node.stop().await;
    }

    async fn limit_of_a_key_holds_under_concurrent_claims(place: Place) {
        let node = node(&place).await;
        for _ in 0..10 {
            node.create(node.world.limited("pipeline:a", 3)).await;
            node.create(node.world.limited("pipeline:b", 1)).await;
        }
        let free = node.create(node.world.run()).await;
        let claims = join_all((0..6).map(|_| claimed(&node, 5))).await;
        let first: Vec<_> = claims.into_iter().flatten().collect();
        assert_eq!(first.len(), 5);
        assert!(first.contains(&free));
        let mut counts = std::collections::HashMap::new();
        for run_id in &first {
            let row = find_run(*run_id).first(node.database()).await.unwrap().unwrap();
            *counts.entry(row.limits.into_iter().map(|limit| limit.key).next()).or_insert(0) += 1;
        }
        assert_eq!(counts[&Some("pipeline:a".to_owned())], 3);
        assert_eq!(counts[&Some("pipeline:b".to_owned())], 1);
        node.stop().await;
    }

    async fn ended_or_parked_run_makes_room_for_the_next_of_its_key(place: Place) {
        let node = node(&place).await;
        let mut waiting: HashSet<_> = HashSet::new();
        for _ in 0..3 {
            waiting.insert(node.create(node.world.limited("agent:x", 1)).await);
        }
        for parks in [true, false, false] {
            let [run_id] = claimed(&node, 10).await[..] else { panic!("one at a time") };
            assert!(waiting.remove(&run_id));
            assert_eq!(claimed(&node, 10).await, []);
            if parks {
                node.park(run_id, None, 0).await;
            } else {
                node.finish(run_id, 1).await;
            }
        }
        assert!(waiting.is_empty());
        node.stop().await;
    }

    async fn parked_run_may_keep_its_place_until_it_has_ended(place: Place) {
        let node = node(&place).await;
        let limited = || {
            let limit = RunLimit { key: "thread:x".into(), max: 1, until_end: true };
            NewRun { limits: vec![limit], ..node.world.run() }
        };
        let first = node.create(limited()).await;
        let second = node.create(limited()).await;
        assert_eq!(claimed(&node, 10).await, [first]);
        node.park(first, Some(node.now()), 0).await;
        // It has its place already, and the second has none.
        assert_eq!(claimed(&node, 10).await, [first]);
        node.park(first, None, 0).await;
        assert_eq!(claimed(&node, 10).await, []);
        let cancel = InboxMessage::Cancel { actor: Actor::System, reason: String::new() };
        node.writer.poke(first, &cancel, node.now()).await.unwrap();
        assert_eq!(claimed(&node, 10).await, [first]);
        node.finish(first, 1).await;
        assert_eq!(claimed(&node, 10).await, [second]);
        node.stop().await;
    }

    async fn any_number_of_full_keys_is_not_in_the_way_of_others(place: Place) {
        let node = node(&place).await;
        let of = |thread: usize| {
            let key = format!("thread:{thread:03}");
            let limit = RunLimit { key, max: 1, until_end: true };
            NewRun { limits: vec![limit], ..node.world.run() }
        };
        join_all((0..300).map(|thread| node.create(of(thread)))).await;
        let mut first = claimed(&node, 256).await;
        first.extend(claimed(&node, 256).await);
        assert_eq!(first.len(), 300);
        // All wait for a person, half of them with a deadline, and keep their places.
        let far = node.now() + Duration::from_secs(360_000);
        let parked = first.iter().enumerate();
        join_all(parked.map(|(n, run_id)| node.park(*run_id, (n % 2 == 0).then_some(far), 0))).await;
        join_all((0..300).map(|thread| node.create(of(thread)))).await;
        let newer = node.create(of(999)).await;
        assert_eq!(claimed(&node, 256).await, [newer]);
        assert_eq!(claimed(&node, 256).await, []);
        node.stop().await;
    }

    async fn cancelled_run_is_claimed_though_its_key_is_full(place: Place) {
        let node = node(&place).await;
        for until_end in [true, false] {
            let limited = || {
                let key = format!("key:{until_end}");
                let limit = RunLimit { key, max: 1, until_end };
                NewRun { limits: vec![limit], ..node.world.run() }
            };
            node.create(limited()).await;
            assert_eq!(claimed(&node, 10).await.len(), 1);
            let queued = node.create(limited()).await;
            node.create(limited()).await;
            assert_eq!(claimed(&node, 10).await, []);
            let cancel = InboxMessage::Cancel { actor: Actor::System, reason: String::new() };
            node.writer.poke(queued, &cancel, node.now()).await.unwrap();
            assert_eq!(claimed(&node, 10).await, [queued]);
        }
        node.stop().await;
    }

    async fn runs_that_are_created_together_are_stored_like_one_that_is_alone(place: Place) {
        let node = node(&place).await;
        let deadline = node.now() + Duration::from_secs(60);
        let (parent, first) = (node.own().await, node.own().await);
        let limited = || {
            let limits = vec![
                RunLimit { key: "thread:x".into(), max: 1, until_end: true },
                RunLimit { key: "agent:\"y\"".into(), max: 2, until_end: false },
            ];
            let (definition_id, version) = (node.world.run_id().uuid(), node.world.run_id().uuid());
            let mut run = NewRun {
                title: "a \"run\"\n".into(),
                definition_id: Some(definition_id),
                definition_version_id: Some(version),
                priority: -7,
                limits,
                deadline: Some(deadline),
                first_run_id: first,
                ..node.world.child(parent, "node:a")
            };
            run.origin.retry_of = Some(node.world.run_id());
            run.origin.api_key_id = Some(ApiKeyId::from_uuid(first.uuid()));
            run
        };
        let of = |run: &NewRun| (run.id, run.definition_id, run.definition_version_id, run.origin.retry_of);
        let alone = limited();
        let expected = of(&alone);
        let alone = node.create(alone).await;
        let alone = find_run(alone).first(node.database()).await.unwrap().unwrap();
        assert_eq!((alone.id, alone.definition_id, alone.definition_version_id, alone.retry_of), expected);
        assert_eq!((alone.priority, alone.limits.len(), alone.first_run_id), (-7, 2, first));
        assert_eq!(alone.api_key_id, Some(ApiKeyId::from_uuid(first.uuid())));
        let together: Vec<NewRun> = (0..5).map(|_| limited()).collect();
        join_all(together.iter().map(|run| node.create(run.clone()))).await;
        for run in together {
            let row = find_run(run.id).first(node.database()).await.unwrap().unwrap();
            let (id, definition_id, definition_version_id, retry_of) = of(&run);
            assert_eq!(row, RunRow { id, definition_id, definition_version_id, retry_of, ..alone.clone() });
        }
        // Only one finds a place before their time is over: lane and deadline were kept, too.
        assert_eq!(claimed(&node, 10).await.len(), 1);
        node.world.clock.advance(Duration::from_secs(60));
        assert_eq!(claimed(&node, 10).await.len(), 5);
        node.stop().await;
    }

    async fn run_by_a_definition_that_has_changed_is_refused_and_its_neighbours_are_not(place: Place) {
        let node = node(&place).await;
        let (definition, version) = (node.world.run_id().uuid(), node.world.run_id().uuid());
        let of = |version| NewRun { still_at: Some((definition, version)), ..node.world.run() };
        let outdated = || node.try_create(of(version));
        let refused = outdated().await.unwrap_err();
        assert!(matches!(&refused, AppendError::Conflict { constraint } if constraint == OUTDATED_CONSTRAINT));
        let (others, first, second) = tokio::join!(
            join_all((0..20).map(|_| node.try_create(node.world.run()))),
            outdated(),
            outdated(),
        );
        assert_eq!((first.is_err(), second.is_err()), (true, true));
        let rows = others.into_iter().map(|run| run.unwrap().positions.unwrap().0.row());
        let rows: HashSet<i64> = rows.collect();
        assert!(rows.len() <= 10, "they are written together all the same, not one by one: {rows:?}");
        node.stop().await;
    }

    async fn queued_run_whose_time_is_over_is_claimed_though_its_key_is_full(place: Place) {
        let node = node(&place).await;
        let deadline = Some(node.now() + Duration::from_secs(60));
        for until_end in [true, false] {
            let limited = |deadline| {
                let limit = RunLimit { key: format!("key:{until_end}"), max: 1, until_end };
                NewRun { limits: vec![limit], deadline, ..node.world.run() }
            };
            // Its own deadline does not bring back one that has ended.
            let ended = node.create(limited(deadline)).await;
            assert_eq!(claimed(&node, 10).await, [ended]);
            node.finish(ended, 1).await;
            node.create(limited(None)).await;
            assert_eq!(claimed(&node, 10).await.len(), 1);
            node.create(limited(None)).await;
        }
        assert_eq!(next_wake(node.database(), node.now()).await.unwrap(), None);
        let mut queued = Vec::new();
        for until_end in [true, false] {
            let limit = RunLimit { key: format!("key:{until_end}"), max: 1, until_end };
            let run = NewRun { limits: vec![limit], deadline, ..node.world.run() };
            queued.push(node.create(run).await);
        }
        assert_eq!(claimed(&node, 10).await, []);
        assert_eq!(next_wake(node.database(), node.now()).await.unwrap(), deadline);
        node.world.clock.advance(Duration::from_secs(60));
        let mut overdue = claimed(&node, 10).await;
        overdue.sort();
        queued.sort();
        assert_eq!(overdue, queued);
        assert_eq!(next_wake(node.database(), node.now()).await.unwrap(), None);
        // They took no place: when they end, nobody else finds one.
        for run_id in queued {
            node.finish(run_id, 1).await;
        }
        assert_eq!(claimed(&node, 10).await, []);
        node.stop().await;
    }

    async fn run_that_was_begun_goes_before_others_of_its_key_and_priority(place: Place) {
        let node = node(&place).await;
        let of = |priority| NewRun { priority, ..node.world.limited("agent:x", 1) };
        let begun = node.create(of(0)).await;
        assert_eq!(claimed(&node, 1).await, [begun]);
        let first = node.create(of(0)).await;
        let urgent = node.create(of(5)).await;
        node.world.clock.advance(Duration::from_secs(1));
        node.park(begun, Some(node.now()), 0).await;
        for expected in [urgent, begun, first] {
            assert_eq!(claimed(&node, 3).await, [expected]);
            node.finish(expected, 1).await;
        }
        node.stop().await;
    }

    async fn run_counts_against_each_of_its_limits(place: Place) {
        let node = node(&place).await;
        let of = |keys: &[(&str, u32)]| {
            let limits = keys.iter().map(|(key, max)| RunLimit {
                key: (*key).to_owned(),
                max: *max,
                until_end: false,
            });
            NewRun { limits: limits.collect(), ..node.world.run() }
        };
        let mut first = vec![
            node.create(of(&[("agent:a", 1), ("project:p", 2)])).await,
            node.create(of(&[("agent:b", 5), ("project:p", 2)])).await,
        ];
        first.sort();
        let mut taken = claimed(&node, 10).await;
        taken.sort();
        assert_eq!(taken, first);
        // The one finds no place of its agent, the other none of its project.
        let agents = node.create(of(&[("agent:a", 1)])).await;
        let projects = node.create(of(&[("agent:b", 5), ("project:p", 2)])).await;
        let higher = node.create(of(&[("project:p", 3)])).await;
        assert_eq!(claimed(&node, 10).await, [higher]);
        node.finish(first[0], 1).await;
        node.finish(first[1], 1).await;
        let mut rest = claimed(&node, 10).await;
        rest.sort();
        let mut expected = vec![agents, projects];
        expected.sort();
        assert_eq!(rest, expected);
        node.stop().await;
    }

    async fn full_lane_of_high_priority_leaves_the_places_of_a_claim_to_others(place: Place) {
        let node = node(&place).await;
        for _ in 0..20 {
            node.create(NewRun { priority: 9, ..node.world.limited("agent:x", 1) }).await;
        }
        let other = node.create(node.world.limited("agent:y", 1)).await;
        let free = node.create(node.world.run()).await;
        let taken = claimed(&node, 3).await;
        assert_eq!(taken.len(), 3);
        assert!(taken.contains(&other) && taken.contains(&free));
        node.stop().await;
    }

    async fn a_run_is_retried_once_also_by_two_at_the_same_time(place: Place) {
        let node = node(&place).await;
        let first = node.own().await;
        let retry = || {
            let mut run = node.world.run();
            run.origin.retry_of = Some(first);
            let entries = vec![started(&run, node.now())];
            node.writer.append(Append::create(node.id, node.now(), run, entries))
        };
        let mut appended = join_all((0..2).map(|_| retry())).await;
        appended.push(retry().await);
        assert_eq!(appended.iter().filter(|one| one.is_ok()).count(), 1);
        for refused in appended.into_iter().filter_map(Result::err) {
            assert!(
                matches!(&refused, AppendError::Conflict { constraint } if constraint == RETRY_CONSTRAINT),
                "{refused:?}"
            );
        }
        node.stop().await;
    }

    async fn run_with_a_limit_is_never_owned_from_the_start(place: Place) {
        let node = node(&place).await;
        let run = NewRun { owner: Some(node.id), ..node.world.limited("agent:x", 1) };
        let run_id = node.create(run).await;
        let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
        assert_eq!((row.owner, row.status), (None, RunStatus::Queued));
        node.stop().await;
    }

    async fn released_run_is_claimable_at_once_without_counting_as_recovered(place: Place) {
        let node = node(&place).await;
        let run_id = node.own().await;
        let mut append = node.append(run_id);
        append.change = RunChange::Released;
        assert!(!node.writer.append(append).await.unwrap().owned);
        let again = claim(node.database(), node.id, 1, node.now()).await.unwrap();
        assert_eq!((again[0].id, again[0].recoveries), (run_id, 0));
        node.stop().await;
    }

    async fn dead_instance_claims_nothing(place: Place) {
        let node = node(&place).await;
        node.create(node.world.run()).await;
        node.create(node.world.limited("agent:x", 1)).await;
        mark_dead(node.database(), node.id, node.now()).await.unwrap();
        let error = claim(node.database(), node.id, 10, node.now()).await.unwrap_err();
        assert!(matches!(error, AppendError::Fenced), "{error}");
        node.stop().await;
    }

    async fn list_is_cut_into_pages_that_join(place: Place) {
        let node = node(&place).await;
        let mut expected = Vec::new();
        for number in 0..7 {
            // Some are of the same instant.
            if number % 3 == 0 {
                node.world.clock.advance(Duration::from_secs(1));
            }
            let run_id = node.create(node.world.run()).await;
            expected.push((node.now(), run_id));
        }
        expected.sort();
        expected.reverse();
        let (mut after, mut seen): (Option<(Timestamp, _)>, _) = (None, Vec::new());
        loop {
            let page = list_runs(node.world.project, RunFilter::default(), after, 3)
                .all(node.database())
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.created_at, last.id));
            seen.extend(page.iter().map(|row| (row.created_at, row.id)));
        }
        assert_eq!(seen, expected);
        let running = RunFilter { status: Some(RunStatus::Running), ..RunFilter::default() };
        let none = list_runs(node.world.project, running, None, 10).all(node.database()).await.unwrap();
        assert_eq!(none, []);
        node.stop().await;
    }
}
