//! Tests of projects and memberships.

use gathering_app::{
    App, Error, PageRequest,
    events::{Delivery, EventFilter},
    projects::{EgressHosts, PutMember, UpdateProject},
    runs::{Runnable, StartRun, Trigger},
};
use gathering_domain::{AuditAction, Duration, ProjectId, Role};
use gathering_engine::Limits;
use gathering_testkit::{Place, each_database};
use serde_json::json;
use uuid::Uuid;

use crate::{
    support::{Bench, echo},
    users::id_of,
};

fn page() -> PageRequest {
    PageRequest::default()
}

fn named(name: &str) -> UpdateProject {
    UpdateProject { name: Some(name.to_owned()), ..UpdateProject::default() }
}

fn held_to(hosts: EgressHosts) -> UpdateProject {
    UpdateProject { egress_hosts: Some(hosts), ..UpdateProject::default() }
}

fn only(hosts: &[&str]) -> EgressHosts {
    EgressHosts::Only(hosts.iter().map(ToString::to_string).collect())
}

impl Bench {
    async fn project(&self, name: &str) -> ProjectId {
        self.app.projects().create(&self.owner, name, None).await.unwrap().id
    }

    async fn role_in(&self, token: &str, project: ProjectId) -> Result<Role, &'static str> {
        let caller = self.app.identity().authenticate(token, Some(project)).await;
        caller.map(|caller| caller.role()).map_err(|refused| refused.code())
    }
}

each_database! {
    async fn a_project_is_made_renamed_and_closed(place: Place) {
        let bench = Bench::open(place).await;
        let projects = bench.app.projects();
        let made = projects.create(&bench.owner, " Research ", Some("k".into())).await.unwrap();
        assert_eq!((made.name.as_str(), made.version, made.role), ("Research", 1, Some(Role::Owner)));
        let again = projects.create(&bench.owner, " Research ", Some("k".into())).await.unwrap();
        assert_eq!(again, made);
        let taken = projects.create(&bench.owner, "Research", None).await.unwrap_err();
        assert_eq!(taken.code(), "name_taken");
        let stale = projects.update(&bench.owner, made.id, named("Lab"), 7).await.unwrap_err();
        assert_eq!(stale.code(), "precondition_failed");
        let renamed = projects.update(&bench.owner, made.id, named("Lab"), 1).await.unwrap();
        assert_eq!((renamed.name.as_str(), renamed.version), ("Lab", 2));
        assert_eq!(projects.get(&bench.owner, made.id).await.unwrap(), renamed);

        projects.close(&bench.owner, made.id).await.unwrap();
        let closed = projects.get(&bench.owner, made.id).await.unwrap();
        assert!(closed.closed_at.is_some() && closed.role.is_none());
        let listed = projects.list(&bench.owner, page()).await.unwrap();
        assert_eq!(listed.items.iter().map(|project| project.name.as_str()).collect::<Vec<_>>(), ["default"]);
        for gone in [
            projects.close(&bench.owner, made.id).await.unwrap_err(),
            projects.update(&bench.owner, made.id, named("New"), 3).await.unwrap_err(),
        ] {
            assert_eq!(gone.code(), "not_found");
        }
        let taken = projects.create(&bench.owner, "Lab", None).await.unwrap_err();
        assert_eq!((taken.code(), taken.to_string().contains("closed")), ("name_taken", true));
        let actions = [AuditAction::ProjectCreate, AuditAction::ProjectUpdate, AuditAction::ProjectClose];
        assert!(bench.recorded(&actions).await);
    }

    async fn the_default_project_stays_as_it_is(place: Place) {
        let bench = Bench::open(place).await;
        let (projects, home) = (bench.app.projects(), bench.owner.project());
        assert_eq!(projects.close(&bench.owner, home).await.unwrap_err().code(), "in_use");
        let renamed = projects.update(&bench.owner, home, named("other"), 1).await.unwrap_err();
        assert_eq!(renamed.code(), "in_use");
    }

    async fn a_project_holds_its_requests_to_its_hosts_here_at_once_and_elsewhere_within_a_second(place: Place) {
        let bench = Bench::open(place).await;
        let other = bench.another_app().await;
        let (projects, project) = (bench.app.projects(), bench.project("Research").await);
        let held = async |app: &App| {
            let list = app.project_hosts().find(project).await.unwrap();
            list.map(|list| list.hosts.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!((held(&bench.app).await, held(&other).await), (None, None));

        let hosts = only(&["*.Example.com:443", "[::1]:80"]);
        let changed = projects.update(&bench.owner, project, held_to(hosts), 1).await.unwrap();
        let wanted = Some(vec!["*.example.com:443".to_owned(), "[::1]:80".to_owned()]);
        assert_eq!((changed.version, &changed.egress_hosts), (2, &wanted));
        assert_eq!((held(&bench.app).await, held(&other).await), (wanted.clone(), None));
        bench.pass(Duration::from_secs(1));
        assert_eq!(held(&other).await, wanted);
        assert_eq!(projects.get(&bench.owner, project).await.unwrap(), changed);
        let listed = projects.list(&bench.owner, page()).await.unwrap();
        assert_eq!(listed.items.last(), Some(&changed));

        // A name alone leaves the list, and the same list again changes nothing.
        let renamed = projects.update(&bench.owner, project, named("Lab"), 2).await.unwrap();
        assert_eq!((renamed.version, &renamed.egress_hosts), (3, &wanted));
        let same = held_to(only(&["*.example.COM:443", "[0:0::1]:80"]));
        assert_eq!(projects.update(&bench.owner, project, same, 3).await.unwrap(), renamed);
        let stale = projects.update(&bench.owner, project, held_to(EgressHosts::Any), 2).await;
        assert_eq!(stale.unwrap_err().code(), "precondition_failed");

        let none = projects.update(&bench.owner, project, held_to(only(&[])), 3).await.unwrap();
        assert_eq!((none.version, held(&bench.app).await), (4, Some(vec![])));
        let free = projects.update(&bench.owner, project, held_to(EgressHosts::Any), 4).await.unwrap();
        assert_eq!((free.egress_hosts, held(&bench.app).await), (None, None));
        let told: Vec<_> = bench.trail().await.into_iter().filter(|entry| entry.contains("project.update")).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        assert!(told.iter().any(|entry| entry.contains(r#""from":null,"to":["*.example.com:443","[::1]:80"]"#)), "{told:#?}");
    }

    async fn hosts_that_are_none_are_refused_with_their_place_and_change_nothing(place: Place) {
        let bench = Bench::open(place).await;
        let (projects, project) = (bench.app.projects(), bench.project("Research").await);
        let hosts = only(&["a.example", "https://b.example", "c.example", "d example"]);
        let name = Some("Lab".to_owned());
        let update = UpdateProject { name, egress_hosts: Some(hosts), ..UpdateProject::default() };
        let Error::Invalid { faults, .. } = projects.update(&bench.owner, project, update, 1).await.unwrap_err() else {
            panic!("it is invalid")
        };
        let places: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect();
        assert_eq!(places, [("/egress_hosts/1", "invalid_host"), ("/egress_hosts/3", "invalid_host")]);
        let many = EgressHosts::Only(vec!["a.example".to_owned(); 101]);
        assert_eq!(projects.update(&bench.owner, project, held_to(many), 1).await.unwrap_err().code(), "invalid");
        let kept = projects.get(&bench.owner, project).await.unwrap();
        assert_eq!((kept.name.as_str(), kept.version, kept.egress_hosts), ("Research", 1, None));
    }

    async fn a_project_with_a_run_at_work_is_not_closed(place: Place) {
        let bench = Bench::open(place).await;
        let project = bench.project("Research").await;
        let caller = gathering_app::Caller::local_owner(project);
        let start = StartRun {
            what: Runnable::Definition(gathering_app::pipelines::Source::Json(echo("echo"))),
            input: json!({ "n": 1 }),
            trigger: Trigger::Manual,
            idempotency_key: None,
            model: None,
            limits: Limits::default(),
            priority: None,
        };
        let run = bench.app.runs().start(&caller, start).await.unwrap().run.id;
        let refused = bench.app.projects().close(&bench.owner, project).await.unwrap_err();
        assert_eq!(refused.code(), "in_use");
        bench.claim().await;
        bench.drive(run).await;
        bench.app.projects().close(&bench.owner, project).await.unwrap();
    }

    async fn members_act_in_their_projects_and_in_no_other(place: Place) {
        let bench = Bench::open(place).await;
        let projects = bench.app.projects();
        let [one, two] = [bench.project("One").await, bench.project("Two").await];
        let member = id_of(&bench.sign_in_as(Role::Member, "m@example.com").await);
        let token = bench.sign_in("m@example.com").await;
        assert_eq!(bench.role_in(&token, one).await, Err("not_found"));

        let put = |role| PutMember { project_id: one, user_id: member, role };
        let made = projects.put_member(&bench.owner, put(Role::Viewer)).await.unwrap();
        assert_eq!((made.email.as_str(), made.role), ("m@example.com", Role::Viewer));
        assert_eq!(bench.role_in(&token, one).await, Ok(Role::Viewer));
        bench.pass(Duration::from_secs(60));
        let promoted = projects.put_member(&bench.owner, put(Role::Member)).await.unwrap();
        assert!(promoted.created_at == made.created_at && promoted.updated_at > made.updated_at);
        assert_eq!(projects.put_member(&bench.owner, put(Role::Member)).await.unwrap(), promoted);
        assert_eq!(bench.role_in(&token, one).await, Ok(Role::Member));
        assert_eq!(bench.role_in(&token, two).await, Err("not_found"));

        let caller = bench.app.identity().authenticate(&token, Some(one)).await.unwrap();
        let listed = projects.list(&caller, page()).await.unwrap().items;
        let listed: Vec<_> = listed.iter().map(|project| (project.name.as_str(), project.role)).collect();
        assert_eq!(listed, [("default", Some(Role::Member)), ("One", Some(Role::Member))]);
        assert_eq!(projects.get(&caller, two).await.unwrap_err().code(), "not_found");
        let listed = projects.members(&bench.owner, one, page()).await.unwrap().items;
        assert_eq!(listed, [promoted]);

        projects.delete_member(&bench.owner, one, member).await.unwrap();
        assert_eq!(bench.role_in(&token, one).await, Err("not_found"));
        let again = projects.delete_member(&bench.owner, one, member).await.unwrap_err();
        assert_eq!(again.code(), "not_found");
        assert!(bench.recorded(&[AuditAction::MemberPut, AuditAction::MemberDelete]).await);
    }

    async fn a_viewer_of_the_server_is_no_more_than_that_in_a_project(place: Place) {
        let bench = Bench::open(place).await;
        let project = bench.project("One").await;
        let viewer = id_of(&bench.sign_in_as(Role::Viewer, "v@example.com").await);
        let token = bench.sign_in("v@example.com").await;
        let put = |role| PutMember { project_id: project, user_id: viewer, role };
        bench.app.projects().put_member(&bench.owner, put(Role::Member)).await.unwrap();
        assert_eq!(bench.role_in(&token, project).await, Ok(Role::Viewer));
        let refused = bench.app.projects().put_member(&bench.owner, put(Role::Owner)).await.unwrap_err();
        assert_eq!(refused.code(), "invalid");
    }

    async fn nobody_acts_in_a_closed_project_here_or_elsewhere(place: Place) {
        let bench = Bench::open(place).await;
        let other = bench.another_app().await;
        let project = bench.project("One").await;
        let member = id_of(&bench.sign_in_as(Role::Member, "m@example.com").await);
        bench.sign_in_as(Role::Operator, "o@example.com").await;
        let role = Role::Member;
        let put = PutMember { project_id: project, user_id: member, role };
        bench.app.projects().put_member(&bench.owner, put).await.unwrap();
        let tokens = [bench.sign_in("m@example.com").await, bench.sign_in("o@example.com").await];
        for token in &tokens {
            other.identity().authenticate(token, Some(project)).await.unwrap();
            bench.role_in(token, project).await.unwrap();
        }
        bench.app.projects().close(&bench.owner, project).await.unwrap();
        for token in &tokens {
            assert_eq!(bench.role_in(token, project).await, Err("not_found"));
        }
        bench.pass(Duration::from_millis(999));
        for token in &tokens {
            let refused = other.identity().authenticate(token, Some(project)).await.unwrap_err();
            assert_eq!(refused.code(), "not_found");
        }
    }

    async fn a_stream_ends_with_the_membership_and_with_the_project(place: Place) {
        let bench = Bench::open(place).await;
        let (identity, projects) = (bench.app.identity(), bench.app.projects());
        let project = bench.project("One").await;
        let member = id_of(&bench.sign_in_as(Role::Member, "m@example.com").await);
        bench.sign_in_as(Role::Operator, "o@example.com").await;
        let put = PutMember { project_id: project, user_id: member, role: Role::Member };
        projects.put_member(&bench.owner, put).await.unwrap();
        let mut streams = Vec::new();
        for email in ["m@example.com", "o@example.com"] {
            let token = bench.sign_in(email).await;
            let caller = identity.authenticate(&token, Some(project)).await.unwrap();
            streams.push(bench.app.events().subscribe(&caller, None, EventFilter::default()).await.unwrap());
        }
        let [of_member, of_operator] = &mut streams[..] else { panic!("two") };
        let (ended, ()) = futures::join!(of_member.next(), async {
            projects.delete_member(&bench.owner, project, member).await.unwrap();
        });
        assert_eq!(ended.map(|_: Delivery| ()).unwrap_err().code(), "not_found");
        let (ended, ()) = futures::join!(of_operator.next(), async {
            projects.close(&bench.owner, project).await.unwrap();
        });
        assert_eq!(ended.map(|_: Delivery| ()).unwrap_err().code(), "not_found");
    }
}

#[tokio::test]
async fn projects_and_members_have_bounds() {
    let bench = Bench::open(Place::sqlite()).await;
    let project = bench.project("p0").await;
    let now = gathering_domain::Clock::now(&*bench.clock);
    // Straight into the store: each would take a password else.
    for n in 1..=1_000_u128 {
        let user = gathering_domain::UserId::from_uuid(Uuid::from_u128(1_000_000 + n));
        let put = gathering_storage::memberships::put(project, user, Role::Viewer, now);
        let unit = gathering_storage::Unit::new().with(put.into());
        bench.storage.database().apply(unit).await.unwrap();
    }
    let user_id = id_of(&bench.sign_in_as(Role::Member, "m@example.com").await);
    let put = PutMember { project_id: project, user_id, role: Role::Member };
    let refused = bench.app.projects().put_member(&bench.owner, put).await.unwrap_err();
    assert_eq!(refused.code(), "limit_reached");
    for n in 1..999 {
        bench.project(&format!("p{n}")).await;
    }
    let refused = bench.app.projects().create(&bench.owner, "one more", None).await.unwrap_err();
    assert_eq!(refused.code(), "limit_reached");
}
