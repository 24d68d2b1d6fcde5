//! Every route as nobody, as each role, and from within and without a project, by a session and by a key.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use gathering_domain::{Role, UserId};

use super::{
    answers::Findings,
    askers::{Acts, Asker, By, keys, people},
    row::{About, Row},
    table::table,
    things::{MARK, Thing},
    world::World,
};
use crate::support::{Answer, Asked};

/// Requests that are under way at once, where their order means nothing.
pub(super) const AT_ONCE: usize = 16;

/// A row with what its request is about.
struct Case {
    row: Row,
    thing: Thing,
}

/// Somebody's request.
struct Try<'a> {
    row: &'a Row,
    asker: Asker,
    thing: Thing,
}

impl World {
    /// The row's request as somebody.
    async fn asked_by(&self, row: &Row, thing: &Thing, asker: &Asker) -> Answer {
        let token = match &asker.by {
            By::Session if row.is_alone() => self.session(asker.user).await.1,
            by => self.kept(asker.user, by).await,
        };
        let mut asked = self.request(row, thing, "").token(&token);
        if let Some(project) = asker.named {
            asked = asked.header("gathering-project", &project.to_string());
        }
        self.ask(row, &asked).await
    }

    /// Asks all of it, many at once, and compares the answers.
    async fn try_all(&self, findings: &mut Findings, tries: &[Try<'_>]) {
        let ask = async |of: &Try<'_>| self.asked_by(of.row, &of.thing, &of.asker).await;
        let answers = stream::iter(tries).map(ask).buffered(AT_ONCE).collect::<Vec<_>>().await;
        for (Try { row, asker, .. }, answer) in tries.iter().zip(answers) {
            findings.compare(row, &asker.name, &answer, asker.expects(row));
            look_into(findings, row, asker, &answer);
        }
    }

    /// Everything that an owner sees in the project: what may not change by what is refused.
    pub(super) async fn picture(
        &self,
        cases: &[(&Row, &Thing)],
        owner: &str,
    ) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        for (row, thing) in cases {
            let telling = row.is_guarded() && row.looks() && !row.streams() && !row.about.is_own();
            if !telling || row.path.starts_with("/api/v1/audit") {
                continue;
            }
            let asked = self.request(row, thing, "").token(owner);
            let asked = asked.header("gathering-project", &self.one.to_string());
            let answer = self.ask(row, &asked).await;
            seen.insert(row.name(), format!("{}: {}", answer.status, answer.text()));
        }
        assert!(seen.len() > 40, "{}", seen.len());
        seen
    }
}

/// Whether a list shows to whoever acts in the project what is there, and to others nothing of it.
fn look_into(findings: &mut Findings, row: &Row, asker: &Asker, answer: &Answer) {
    if !row.is_of_project() || !row.looks() || answer.status != 200 {
        return;
    }
    let shows = String::from_utf8_lossy(&answer.body).contains(MARK);
    match asker.acts {
        Acts::InOne(_) if row.about == About::List && !shows => {
            findings.add(row, &asker.name, "does not show what there is");
        }
        Acts::Elsewhere(_) if shows => {
            findings.add(row, &asker.name, "shows what is in another project");
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_route_admits_whom_it_says_and_nobody_else() {
    let world = World::open().await;
    let mut findings = Findings::new();
    let everybody = people(&world).await;
    let holder = world.person(Role::Owner, &[]).await;
    let owner = &everybody[0];
    let mut cases = Vec::new();
    for row in table() {
        let thing = world.thing(row.about, owner.user).await;
        cases.push(Case { row, thing });
    }
    let seen: Vec<_> = cases.iter().map(|case| (&case.row, &case.thing)).collect();
    let (_, watcher) = world.session(world.person(Role::Owner, &[]).await).await;

    // Those who are refused come first, all to the same thing: it is there, and stays as it is.
    let refused = refused(&world, &cases, &everybody, holder).await;
    let before = world.picture(&seen, &watcher).await;
    for Case { row, thing } in &cases {
        let asked = world.request(row, thing, "");
        let answer = world.ask(row, &asked).await;
        findings.compare(row, "nobody", &answer, row.to_nobody());
        if row.looks() && row.to_nobody().0 == 401 {
            let head = world.bench.ask(Asked::new("HEAD", &thing.path(row.path))).await;
            if head.status != 401 {
                findings.add(row, "nobody", format!("answers {} to HEAD", head.status));
            }
        }
    }
    world.try_all(&mut findings, &refused).await;
    findings.unchanged(&before, &world.picture(&seen, &watcher).await);

    // Then those who may, the first of them to that same thing; what is asked alone comes last.
    let (alone, rest): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case.row.is_alone());
    let admitted = admitted(&world, &rest, &everybody, holder).await;
    world.try_all(&mut findings, &admitted).await;
    for case in alone {
        for asker in everybody.iter().chain(&keys(&world, holder, &case.row)) {
            if asker.may(&case.row) {
                let thing = world.thing(case.row.about, asker.user).await;
                let one = Try { row: &case.row, asker: asker.clone(), thing };
                world.try_all(&mut findings, &[one]).await;
            }
        }
    }
    assert!(findings.compared > 2_000, "{}", findings.compared);
    findings.tell();
}

/// Everybody who may not, route by route.
async fn refused<'a>(
    world: &World,
    cases: &'a [Case],
    everybody: &[Asker],
    holder: UserId,
) -> Vec<Try<'a>> {
    let mut tries = Vec::new();
    for Case { row, thing } in cases {
        for asker in everybody.iter().chain(&keys(world, holder, row)) {
            if asker.may(row) {
                continue;
            }
            let own = row.about.is_own();
            let thing = if own { world.thing(row.about, asker.user).await } else { thing.clone() };
            tries.push(Try { row, asker: asker.clone(), thing });
        }
    }
    tries
}

/// Everybody who may, route by route. What a request changes is another thing for each but the first.
async fn admitted<'a>(
    world: &World,
    cases: &[&'a Case],
    everybody: &[Asker],
    holder: UserId,
) -> Vec<Try<'a>> {
    let mut tries = Vec::new();
    for Case { row, thing } in cases {
        let mut used = false;
        for asker in everybody.iter().chain(&keys(world, holder, row)) {
            if !asker.may(row) {
                continue;
            }
            let fresh = row.about.is_own() || used && !row.looks();
            used |= !fresh;
            let thing =
                if fresh { world.thing(row.about, asker.user).await } else { thing.clone() };
            tries.push(Try { row, asker: asker.clone(), thing });
        }
    }
    tries
}

#[tokio::test]
async fn what_is_somebodys_own_is_theirs_in_its_project_and_nobody_elses() {
    let world = World::open().await;
    let mut findings = Findings::new();
    let belongs = [(world.one, Role::Member), (world.other, Role::Member)];
    let (holder, neighbour) =
        (world.person(Role::Member, &belongs).await, world.person(Role::Member, &belongs).await);
    for row in table().iter().filter(|row| row.about.is_own()) {
        let thing = world.thing(row.about, holder).await;
        let confined = row.about.is_confined();
        let itself = (row.answer, row.code());
        let elsewhere = if confined { (404, "not_found") } else { itself };
        for (who, user, named, wanted) in [
            ("a neighbour", neighbour, world.one, (404, "not_found")),
            ("its holder elsewhere", holder, world.other, elsewhere),
            ("its holder", holder, world.one, itself),
        ] {
            if !confined && named == world.other {
                continue;
            }
            let token = world.session(user).await.1;
            let asked = world.request(row, &thing, "").token(&token);
            let asked = asked.header("gathering-project", &named.to_string());
            findings.compare(row, who, &world.ask(row, &asked).await, wanted);
        }
    }
    assert!(findings.compared > 10, "{}", findings.compared);
    findings.tell();
}
