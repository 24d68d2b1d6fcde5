//! Tests of invitations.

use gathering_app::{
    Error, PageRequest,
    identity::{Accept, Invite, Joining, SignedIn},
};
use gathering_domain::{AuditAction, Duration, InvitationId, ProjectId, Role};
use gathering_testkit::{Place, each_database};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::support::{Bench, PASSWORD, origin};

const DAY: u64 = 24 * 3600;

fn invite(email: &str) -> Invite {
    Invite {
        email: email.to_owned(),
        role: Role::Member,
        projects: None,
        lasts: None,
        idempotency_key: None,
    }
}

impl Bench {
    async fn invited(&self, command: Invite) -> SecretString {
        self.app.invitations().create(&self.owner, command).await.unwrap().token.unwrap()
    }

    async fn accept(&self, token: &SecretString) -> Result<SignedIn, Error> {
        let (name, password) = ("Grace".to_owned(), PASSWORD.to_owned().into());
        let command = Accept { token: token.clone(), name, password, origin: origin() };
        self.app.identity().accept(command).await
    }

    async fn refusal(&self, token: &SecretString) -> &'static str {
        self.accept(token).await.unwrap_err().code()
    }
}

each_database! {
    async fn whoever_is_invited_becomes_a_user_once(place: Place) {
        let bench = Bench::open(place).await;
        let (projects, home) = (bench.app.projects(), bench.owner.project());
        let other = projects.create(&bench.owner, "Research", None).await.unwrap().id;
        let joining = |project_id, role| Joining { project_id, role };
        let into = vec![joining(home, Role::Viewer), joining(other, Role::Member)];
        let token = bench.invited(Invite { projects: Some(into.clone()), ..invite(" Grace@Example.com") }).await;
        let open = bench.app.invitations().list(&bench.owner, PageRequest::default()).await.unwrap();
        assert_eq!((open.items[0].email.as_str(), &open.items[0].projects), ("grace@example.com", &into));

        let signed_in = bench.accept(&token).await.unwrap();
        assert_eq!((signed_in.user.email.as_str(), signed_in.user.role), ("grace@example.com", Role::Member));
        let token_of_session = signed_in.token.expose_secret();
        for (project, role) in [(home, Role::Viewer), (other, Role::Member)] {
            let caller = bench.app.identity().authenticate(token_of_session, Some(project)).await.unwrap();
            assert_eq!((caller.project(), caller.role()), (project, role));
        }
        assert_eq!(bench.refusal(&token).await, "wrong_invitation");
        let open = bench.app.invitations().list(&bench.owner, PageRequest::default()).await.unwrap();
        assert!(open.items.is_empty());
        assert!(bench.recorded(&[AuditAction::InvitationCreate, AuditAction::InvitationAccept]).await);
        for told in bench.trail().await {
            assert!(!told.contains(token.expose_secret()) && !told.contains(token_of_session), "{told}");
        }
    }

    async fn without_a_word_on_projects_a_member_joins_the_default_one(place: Place) {
        let bench = Bench::open(place).await;
        let token = bench.invited(invite("a@example.com")).await;
        let signed_in = bench.accept(&token).await.unwrap();
        let caller = bench.app.identity().authenticate(signed_in.token.expose_secret(), None).await.unwrap();
        assert_eq!((caller.project(), caller.role()), (bench.owner.project(), Role::Member));

        let token = bench.invited(Invite { projects: Some(Vec::new()), ..invite("b@example.com") }).await;
        let signed_in = bench.accept(&token).await.unwrap();
        let caller = bench.app.identity().authenticate(signed_in.token.expose_secret(), None).await.unwrap();
        let refused = caller.require_any(gathering_domain::Permission::Read).unwrap_err();
        assert_eq!(refused.code(), "project_required");
    }

    async fn a_link_that_is_old_taken_back_replaced_or_wrong_is_worth_nothing(place: Place) {
        let bench = Bench::open(place).await;
        let invitations = bench.app.invitations();
        let old = bench.invited(invite("a@example.com")).await;
        bench.pass(Duration::from_secs(7 * DAY));
        assert_eq!(bench.refusal(&old).await, "wrong_invitation");

        let short = Invite { lasts: Some(Duration::from_secs(DAY)), ..invite("a@example.com") };
        let replaced = bench.invited(short.clone()).await;
        let newer = bench.invited(short).await;
        assert_eq!(bench.refusal(&replaced).await, "wrong_invitation");
        bench.pass(Duration::from_secs(DAY));
        assert_eq!(bench.refusal(&newer).await, "wrong_invitation");

        let made = invitations.create(&bench.owner, invite("a@example.com")).await.unwrap();
        invitations.delete(&bench.owner, made.invitation.id).await.unwrap();
        assert_eq!(bench.refusal(&made.token.unwrap()).await, "wrong_invitation");
        let again = invitations.delete(&bench.owner, made.invitation.id).await.unwrap_err();
        assert_eq!(again.code(), "not_found");

        let user = bench.sign_in_as(Role::Member, "m@example.com").await;
        let link = bench.app.users().password_link(&bench.owner, crate::users::id_of(&user)).await.unwrap();
        for wrong in [link.token, String::new().into(), "gti_x".to_owned().into(), "x".repeat(9_999).into()] {
            assert_eq!(bench.refusal(&wrong).await, "wrong_invitation");
        }
    }

    async fn an_address_that_has_a_user_is_taken(place: Place) {
        let bench = Bench::open(place).await;
        let token = bench.invited(invite("m@example.com")).await;
        // Made in another way meanwhile, which ends the invitation.
        bench.sign_in_as(Role::Member, "m@example.com").await;
        assert_eq!(bench.refusal(&token).await, "wrong_invitation");
        let taken = bench.app.invitations().create(&bench.owner, invite("M@example.com")).await.unwrap_err();
        assert_eq!(taken.code(), "name_taken");
    }

    async fn a_repeated_request_is_answered_without_the_token(place: Place) {
        let bench = Bench::open(place).await;
        let invitations = bench.app.invitations();
        let keyed = |email| Invite { idempotency_key: Some("k".to_owned()), ..invite(email) };
        let first = invitations.create(&bench.owner, keyed("a@example.com")).await.unwrap();
        let again = invitations.create(&bench.owner, keyed("a@example.com")).await.unwrap();
        assert_eq!(again.invitation, first.invitation);
        assert!(again.token.is_none());
        let other = invitations.create(&bench.owner, keyed("b@example.com")).await.unwrap_err();
        assert_eq!(other.code(), "idempotency_mismatch");
        assert!(bench.accept(&first.token.unwrap()).await.is_ok());
    }

    async fn all_faults_of_an_invitation_are_told(place: Place) {
        let bench = Bench::open(place).await;
        let unknown = ProjectId::from_uuid(Uuid::from_u128(404));
        let home = bench.owner.project();
        let joining = |project_id, role| Joining { project_id, role };
        let wrong = Invite {
            projects: Some(vec![joining(home, Role::Owner), joining(home, Role::Viewer)]),
            lasts: Some(Duration::from_secs(31 * DAY)),
            ..invite("nobody")
        };
        for (command, wanted) in [
            (wrong, &["/email", "/expires_in_seconds", "/projects/0/role", "/projects/1/project_id"][..]),
            (Invite { projects: Some(vec![joining(unknown, Role::Viewer)]), ..invite("a@example.com") },
                &["/projects/0/project_id"]),
        ] {
            let refused = bench.app.invitations().create(&bench.owner, command).await.unwrap_err();
            let Error::Invalid { faults, .. } = refused else { panic!("{refused}") };
            let places: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
            assert_eq!(places, wanted);
        }
        let absent = InvitationId::from_uuid(Uuid::from_u128(404));
        let refused = bench.app.invitations().delete(&bench.owner, absent).await.unwrap_err();
        assert_eq!(refused.code(), "not_found");
    }

    async fn a_project_that_was_closed_meanwhile_is_left_out(place: Place) {
        let bench = Bench::open(place).await;
        let project = bench.app.projects().create(&bench.owner, "Research", None).await.unwrap().id;
        let into = vec![Joining { project_id: project, role: Role::Member }];
        let token = bench.invited(Invite { projects: Some(into), ..invite("a@example.com") }).await;
        bench.app.projects().close(&bench.owner, project).await.unwrap();
        let signed_in = bench.accept(&token).await.unwrap();
        let refused = bench.app.identity().authenticate(signed_in.token.expose_secret(), Some(project)).await;
        assert_eq!(refused.unwrap_err().code(), "not_found");
    }
}

#[tokio::test]
async fn a_thousand_invitations_are_open_at_once_and_old_ones_do_not_count() {
    let bench = Bench::open(Place::sqlite()).await;
    for n in 0..1_000 {
        bench.invited(invite(&format!("n{n}@example.com"))).await;
    }
    let invitations = bench.app.invitations();
    let refused = invitations.create(&bench.owner, invite("late@example.com")).await.unwrap_err();
    assert_eq!(refused.code(), "limit_reached");
    bench.invited(invite("n7@example.com")).await;
    bench.pass(Duration::from_secs(7 * DAY));
    bench.invited(invite("late@example.com")).await;
}
