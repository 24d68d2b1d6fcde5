//! Approvals: decided once, in one transaction with what the run is told.

use std::sync::Arc;

use gathering_domain::{Actor, ApprovalId, Duration};
use gathering_engine::{AwaitRequest, CloseReason, Key, Payload};
use gathering_storage::{
    AppendError, ApprovalState, InboxMessage, NewApproval, NewRun, Poked, find_approval, find_run,
    list_approvals, list_inbox, list_run_approvals,
};
use gathering_testkit::{Place, each_database};

use crate::support::{Node, join_all, node};

fn request() -> AwaitRequest {
    titled("Page the on-call?")
}

fn titled(title: &str) -> AwaitRequest {
    AwaitRequest::Approval {
        title: title.into(),
        detail: Payload::default(),
        form: Payload::default(),
        options: vec!["approved".into(), "rejected".into()],
        deciders: Vec::new(),
        deadline: Some(Duration::from_secs(7_200)),
    }
}

async fn open(node: &Node, key: &str) -> (gathering_domain::RunId, ApprovalId) {
    let run_id = node.own().await;
    let id = ApprovalId::next(&node.world.ids);
    let mut append = node.append(run_id);
    append.approvals_opened = vec![NewApproval { id, key: Key::new(key), request: request() }];
    node.writer.append(append).await.unwrap();
    (run_id, id)
}

each_database! {
    async fn text_with_a_nul_is_kept_without_it(place: Place) {
        let node = node(&place).await;
        let run = || {
            let title = "before\0after".to_owned();
            NewRun { title, owner: Some(node.id), ..node.world.run() }
        };
        for run_id in join_all((0..2).map(|_| node.create(run()))).await {
            let mut append = node.append(run_id);
            append.approvals_opened = vec![NewApproval {
                id: ApprovalId::next(&node.world.ids),
                key: Key::new("node:ask"),
                request: titled("\0\0"),
            }];
            node.writer.append(append).await.unwrap();
            let row = find_run(run_id).first(node.database()).await.unwrap().unwrap();
            assert_eq!(row.title, "before\u{fffd}after");
            let approvals = list_run_approvals(run_id).all(node.database()).await.unwrap();
            assert_eq!(approvals[0].title, "\u{fffd}\u{fffd}");
        }
        node.stop().await;
    }

    async fn open_approval_is_listed_with_its_deadline(place: Place) {
        let node = node(&place).await;
        let (run_id, id) = open(&node, "node:ask").await;
        let open = list_approvals(node.world.project, ApprovalState::Open, None, 10, None);
        let rows = open.all(node.database()).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].id, rows[0].run_id, &rows[0].request), (id, run_id, &request()));
        assert_eq!(rows[0].deadline_at, Some(node.now() + Duration::from_secs(7_200)));
        node.stop().await;
    }

    async fn decision_reaches_the_run_once(place: Place) {
        let node = node(&place).await;
        let (run_id, id) = open(&node, "node:ask").await;
        let key = Key::new("node:ask");
        let decision: Payload = Arc::new(serde_json::json!({"decision": "approved"}));
        let decide = || {
            node.writer.decide(id, (run_id, &key), Actor::LocalOwner, Arc::clone(&decision), None, node.now())
        };
        let results = join_all((0..5).map(|_| decide())).await;
        let won = results.iter().filter(|result| matches!(result, Ok(Poked::Told(_)))).count();
        let lost = results.iter().filter(|result| matches!(result, Err(AppendError::Conflict { .. }))).count();
        assert_eq!((won, lost), (1, 4), "{results:?}");
        let row = find_approval(id).first(node.database()).await.unwrap().unwrap();
        assert_eq!((row.state, row.decision), (ApprovalState::Decided, Some(Arc::clone(&decision))));
        let inbox = list_inbox(run_id).all(node.database()).await.unwrap();
        assert!(matches!(&inbox[0].message, InboxMessage::Signal(signal) if signal.payload == decision));
        node.stop().await;
    }

    async fn closed_approval_cannot_be_decided(place: Place) {
        let node = node(&place).await;
        let (run_id, id) = open(&node, "node:ask").await;
        let mut append = node.append(run_id);
        append.approvals_closed = vec![(Key::new("node:ask"), CloseReason::Expired)];
        node.writer.append(append).await.unwrap();
        let key = Key::new("node:ask");
        let late = node
            .writer
            .decide(id, (run_id, &key), Actor::LocalOwner, Payload::default(), None, node.now())
            .await;
        assert!(matches!(late, Err(AppendError::Conflict { .. })), "{late:?}");
        let rows = list_run_approvals(run_id).all(node.database()).await.unwrap();
        assert_eq!(rows[0].state, ApprovalState::Expired);
        assert_eq!(list_inbox(run_id).all(node.database()).await.unwrap(), []);
        node.stop().await;
    }
}
