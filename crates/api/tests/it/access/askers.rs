//! Those who ask: every role, where they act, and by what they show who they are.

use gathering_domain::{Permission, ProjectId, Reach, Role, UserId};

use super::{
    row::{About, Row, Who},
    world::World,
};

/// Somebody who asks in some way.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) name: String,
    pub(crate) user: UserId,
    /// Their role on the server.
    server: Role,
    pub(crate) acts: Acts,
    /// The project that the request names.
    pub(crate) named: Option<ProjectId>,
    pub(crate) by: By,
    /// Whether they may act in the project in which everything is, if they name it.
    knows_one: bool,
}

/// Where somebody acts, with what role there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acts {
    /// Where everything is.
    InOne(Role),
    Elsewhere(Role),
    /// They belong to no project, or to several and named none.
    Nowhere,
    /// They named a project in which they may not act.
    NotThere,
}

/// By what somebody shows who they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum By {
    Session,
    /// A key for the first project with these scopes.
    Key(Vec<Permission>),
}

const OWNER: Role = Role::Owner;
const OPERATOR: Role = Role::Operator;
const MEMBER: Role = Role::Member;
const VIEWER: Role = Role::Viewer;

/// Everybody who comes by a session.
pub(crate) async fn people(world: &World) -> Vec<Asker> {
    let (one, other) = (world.one, world.other);
    let closed = world.bench.app.projects();
    let closed = closed.create(&world.bench.owner, "Closed", None).await.unwrap().id;
    world.bench.app.projects().close(&world.bench.owner, closed).await.unwrap();
    let mut askers = Vec::new();
    let mut add = |name: &str, user, server, ways: &[(Option<ProjectId>, Acts)], knows_one| {
        for (named, acts) in ways {
            let name = format!("{name}, naming {named:?}");
            let (named, acts) = (*named, *acts);
            askers.push(Asker { name, user, server, acts, named, by: By::Session, knows_one });
        }
    };
    let owner = world.person(OWNER, &[]).await;
    let ways = [
        (Some(one), Acts::InOne(OWNER)),
        (None, Acts::Elsewhere(OWNER)),
        (Some(other), Acts::Elsewhere(OWNER)),
        (Some(closed), Acts::NotThere),
    ];
    add("an owner", owner, OWNER, &ways, true);
    let operator = world.person(OPERATOR, &[]).await;
    let ways = [
        (Some(one), Acts::InOne(OPERATOR)),
        (None, Acts::Elsewhere(OPERATOR)),
        (Some(other), Acts::Elsewhere(OPERATOR)),
    ];
    add("an operator", operator, OPERATOR, &ways, true);
    // Whoever runs the server does so everywhere, whatever they are made in a project.
    let invited = world.person(OPERATOR, &[(one, VIEWER)]).await;
    let ways = [(Some(one), Acts::InOne(OPERATOR))];
    add("an operator who was made a viewer", invited, OPERATOR, &ways, true);
    for (name, server, there) in [
        ("a member", MEMBER, MEMBER),
        ("a viewer", VIEWER, VIEWER),
        ("a member who may only look there", MEMBER, VIEWER),
    ] {
        let user = world.person(server, &[(one, there)]).await;
        let here = Acts::InOne(there);
        let ways = [(None, here), (Some(one), here), (Some(other), Acts::NotThere)];
        add(name, user, server, &ways, true);
        let user = world.person(server, &[(other, there)]).await;
        let there = Acts::Elsewhere(there);
        let ways = [(None, there), (Some(other), there), (Some(one), Acts::NotThere)];
        add(&format!("{name}, of the other project"), user, server, &ways, false);
    }
    // Nobody does more in a project than on the server.
    let user = world.person(VIEWER, &[(one, MEMBER)]).await;
    add("a viewer who was made a member", user, VIEWER, &[(None, Acts::InOne(VIEWER))], true);
    let both = world.person(MEMBER, &[(one, MEMBER), (other, MEMBER)]).await;
    let ways = [
        (None, Acts::Nowhere),
        (Some(one), Acts::InOne(MEMBER)),
        (Some(other), Acts::Elsewhere(MEMBER)),
    ];
    add("a member of both projects", both, MEMBER, &ways, true);
    let nowhere = world.person(MEMBER, &[]).await;
    let ways = [(None, Acts::Nowhere), (Some(one), Acts::NotThere)];
    add("a member of no project", nowhere, MEMBER, &ways, false);
    askers
}

/// Whoever comes to a route by a key: one that has what the route needs, one for each thing that it needs
/// that has all else, and one that names another project than its own.
pub(crate) fn keys(world: &World, holder: UserId, row: &Row) -> Vec<Asker> {
    let needed = row.permissions();
    let needed = if needed.is_empty() { vec![Permission::Read] } else { needed };
    let all_but = |without: Permission| {
        Permission::ALL.iter().copied().filter(|one| *one != without).collect::<Vec<_>>()
    };
    let (here, other) = (Acts::InOne(OWNER), Some(world.other));
    let mut keys = vec![
        ("a key that may".to_owned(), needed.clone(), here, None),
        ("a key that may, naming its project".to_owned(), needed.clone(), here, Some(world.one)),
        ("a key that may, naming another".to_owned(), needed.clone(), Acts::NotThere, other),
    ];
    for one in needed {
        let name = format!("a key that may all but {}", one.as_str());
        keys.push((name, all_but(one), here, None));
    }
    let keys = keys.into_iter();
    keys.map(|(name, scopes, acts, named)| Asker {
        name,
        user: holder,
        server: OWNER,
        acts,
        named,
        by: By::Key(scopes),
        knows_one: true,
    })
    .collect()
}

impl Asker {
    /// Whether a route answers them what it answers whoever may ask.
    pub(crate) fn may(&self, row: &Row) -> bool {
        self.expects(row) == (row.answer, row.code())
    }

    /// Status and code with which a route answers them.
    pub(crate) fn expects(&self, row: &Row) -> (u16, &'static str) {
        let itself = (row.answer, row.code());
        if !row.is_guarded() {
            return row.to_nobody();
        }
        let role = match self.acts {
            Acts::NotThere => return (404, "not_found"),
            Acts::InOne(role) | Acts::Elsewhere(role) => Some(role),
            Acts::Nowhere => None,
        };
        let by_key = self.by != By::Session;
        match row.who {
            Who::Account | Who::AccountHere if by_key => return (403, "session_required"),
            Who::AccountUnless(permission) if by_key && !self.within(&[permission]) => {
                return (403, "session_required");
            }
            Who::AccountHere if role.is_none() => return (400, "project_required"),
            Who::Needs(permission, least)
            | Who::NeedsSession(permission, least)
            | Who::NeedsToRead(permission, least) => {
                let role = match permission.reach() {
                    Reach::Server => Some(self.server),
                    Reach::Project => role,
                };
                let Some(role) = role else { return (400, "project_required") };
                if rank(role) < rank(least) || !self.within(&row.permissions()) {
                    return (403, "forbidden");
                }
                if by_key && matches!(row.who, Who::NeedsSession(..)) {
                    return (403, "session_required");
                }
            }
            _ => {}
        }
        let in_one = matches!(self.acts, Acts::InOne(_));
        let hidden = row.about.is_confined() && !in_one
            || row.about == About::Project && row.who == Who::SignedIn && !self.knows_one
            // Made for the row, and so never the one of the key.
            || row.about == About::EmptyProject && by_key;
        if hidden { (404, "not_found") } else { itself }
    }

    /// Whether a key has all these; whoever comes by a session has what their role has.
    fn within(&self, permissions: &[Permission]) -> bool {
        match &self.by {
            By::Session => true,
            By::Key(scopes) => permissions.iter().all(|one| scopes.contains(one)),
        }
    }
}

/// How much a role may; said here once more, so that no test asks the code under test.
const fn rank(role: Role) -> u8 {
    match role {
        Role::Viewer => 0,
        Role::Member => 1,
        Role::Operator => 2,
        Role::Owner => 3,
    }
}
