//! Tests of set-up, sign-in and revocation.

use gathering_app::identity::{CreateUser, SetUp, SignIn};
use gathering_domain::{Actor, Duration, Role};
use gathering_testkit::{Place, each_database};
use secrecy::{ExposeSecret as _, SecretString};

use crate::support::{Bench, PASSWORD, origin};

fn set_up(token: &SecretString) -> SetUp {
    SetUp {
        token: token.clone(),
        email: "Ada@Example.com".to_owned(),
        name: "Ada".to_owned(),
        password: PASSWORD.to_owned().into(),
        origin: origin(),
    }
}

fn sign_in(email: &str, password: &str) -> SignIn {
    SignIn { email: email.to_owned(), password: password.to_owned().into(), origin: origin() }
}

each_database! {
    async fn the_set_up_link_makes_one_owner_and_no_second(place: Place) {
        let bench = Bench::open(place).await;
        let identity = bench.app.identity();
        // Each start of an instance makes one. A later one does not make the printed one worthless.
        let link = identity.setup_link().await.unwrap().unwrap();
        let other = identity.setup_link().await.unwrap().unwrap();
        let signed_in = identity.set_up(set_up(&link)).await.unwrap();
        assert_eq!((signed_in.user.role, signed_in.user.email.as_str()), (Role::Owner, "ada@example.com"));
        let caller = identity.authenticate(signed_in.token.expose_secret(), None).await.unwrap();
        assert_eq!(identity.me(&caller).await.unwrap().user, Some(signed_in.user));

        for used_up in [&link, &other] {
            let again = identity.set_up(set_up(used_up)).await.unwrap_err();
            assert_eq!(again.code(), "setup_done");
        }
        let never = SecretString::from("gtu_never");
        assert_eq!(identity.set_up(set_up(&never)).await.unwrap_err().code(), "setup_done");
        assert!(identity.setup_link().await.unwrap().is_none());
        let bootstrapped = identity.bootstrap("b@example.com", PASSWORD.to_owned().into()).await;
        assert!(bootstrapped.unwrap().is_none());
    }

    async fn a_set_up_link_lasts_a_week_and_as_one_of_sixteen(place: Place) {
        let bench = Bench::open(place).await;
        let identity = bench.app.identity();
        let oldest = identity.setup_link().await.unwrap().unwrap();
        bench.pass(Duration::from_secs(1));
        let mut links = Vec::new();
        for _ in 0..16 {
            links.push(identity.setup_link().await.unwrap().unwrap());
        }
        assert_eq!(identity.set_up(set_up(&oldest)).await.unwrap_err().code(), "wrong_setup_link");
        bench.pass(Duration::from_secs(7 * 24 * 3600 + 1));
        assert_eq!(identity.set_up(set_up(&links[0])).await.unwrap_err().code(), "wrong_setup_link");
        let fresh = identity.setup_link().await.unwrap().unwrap();
        identity.set_up(set_up(&fresh)).await.unwrap();
    }

    async fn a_bootstrapped_owner_closes_the_set_up(place: Place) {
        let bench = Bench::open(place).await;
        let identity = bench.app.identity();
        let link = identity.setup_link().await.unwrap().unwrap();
        let weak = identity.bootstrap("a@example.com", "short".to_owned().into()).await.unwrap_err();
        assert_eq!(weak.code(), "invalid");
        let owner = identity.bootstrap("a@example.com", PASSWORD.to_owned().into()).await.unwrap();
        assert_eq!(owner.unwrap().role, Role::Owner);
        assert_eq!(identity.set_up(set_up(&link)).await.unwrap_err().code(), "setup_done");
    }

    async fn a_wrong_password_and_an_unknown_account_answer_alike(place: Place) {
        let bench = Bench::open(place).await;
        let caller = bench.sign_in_as(Role::Member, "m@example.com").await;
        let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
        let identity = bench.app.identity();
        let wrong = identity.sign_in(sign_in("m@example.com", "wrong horse battery")).await;
        let unknown = identity.sign_in(sign_in("nobody@example.com", PASSWORD)).await;
        bench.app.users().deactivate(&bench.owner, user_id).await.unwrap();
        let inactive = identity.sign_in(sign_in("m@example.com", PASSWORD)).await;
        let texts = [wrong, unknown, inactive].map(|refused| {
            let refused = refused.unwrap_err();
            (refused.code(), refused.to_string())
        });
        assert_eq!(texts[0].0, "wrong_credentials");
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    }

    async fn signing_out_and_deactivation_hold_at_once(place: Place) {
        let bench = Bench::open(place).await;
        let identity = bench.app.identity();
        let caller = bench.sign_in_as(Role::Member, "m@example.com").await;
        let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
        let [one, other] = [bench.sign_in("m@example.com").await, bench.sign_in("m@example.com").await];
        let signed_in = identity.authenticate(&one, None).await.unwrap();
        identity.authenticate(&other, None).await.unwrap();

        identity.sign_out(&signed_in).await.unwrap();
        assert_eq!(identity.authenticate(&one, None).await.unwrap_err().code(), "unauthenticated");
        identity.authenticate(&other, None).await.unwrap();

        bench.app.users().deactivate(&bench.owner, user_id).await.unwrap();
        assert_eq!(identity.authenticate(&other, None).await.unwrap_err().code(), "unauthenticated");
        let acting = identity.acting(caller.actor(), None, bench.owner.project()).await.unwrap_err();
        assert_eq!(acting.code(), "unauthenticated");
    }

    async fn a_session_ends_when_idle_and_at_its_latest(place: Place) {
        let bench = Bench::open(place).await;
        let identity = bench.app.identity();
        bench.sign_in_as(Role::Viewer, "v@example.com").await;
        let idle = bench.sign_in("v@example.com").await;
        let used = bench.sign_in("v@example.com").await;
        for _ in 0..4 {
            bench.pass(Duration::from_secs(6 * 24 * 3600));
            identity.authenticate(&used, None).await.unwrap();
        }
        assert_eq!(identity.authenticate(&idle, None).await.unwrap_err().code(), "unauthenticated");
        bench.pass(Duration::from_secs(6 * 24 * 3600 + 1));
        assert_eq!(identity.authenticate(&used, None).await.unwrap_err().code(), "unauthenticated");
    }

    async fn the_last_owner_stays(place: Place) {
        let bench = Bench::open(place).await;
        let users = bench.app.users();
        let caller = bench.sign_in_as(Role::Owner, "o@example.com").await;
        let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
        let refused = users.deactivate(&caller, user_id).await.unwrap_err();
        assert_eq!(refused.code(), "last_owner");
        bench.sign_in_as(Role::Owner, "p@example.com").await;
        assert!(!users.deactivate(&caller, user_id).await.unwrap().active);
    }

    async fn an_address_is_taken_once(place: Place) {
        let bench = Bench::open(place).await;
        bench.sign_in_as(Role::Member, "m@example.com").await;
        let user = CreateUser {
            email: "M@EXAMPLE.com".to_owned(),
            name: "Other".to_owned(),
            role: Role::Viewer,
            password: PASSWORD.to_owned().into(),
        };
        let taken = bench.app.users().create(&bench.owner, user).await.unwrap_err();
        assert_eq!(taken.code(), "name_taken");
    }

    async fn nonsense_is_no_token(place: Place) {
        let bench = Bench::open(place).await;
        for token in ["", "gts_", "Bearer x", "gtu_AAAA", &"x".repeat(10_000)] {
            let refused = bench.app.identity().authenticate(token, None).await.unwrap_err();
            assert_eq!(refused.code(), "unauthenticated", "{token}");
        }
    }
}
