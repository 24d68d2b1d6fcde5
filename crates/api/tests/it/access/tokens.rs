//! Every route with tokens that have ended, were never good, or come in another way than they may.

use futures::{StreamExt as _, stream};
use gathering_app::identity::CsrfToken;
use gathering_domain::Role;

use super::{answers::Findings, credentials::Shown, roles::AT_ONCE, table::table, world::World};

/// Beyond what the parser of requests takes at all.
const BEYOND_PARSER: usize = 200 * 1024;

#[tokio::test]
async fn no_route_takes_a_token_that_is_not_good() {
    let world = World::open().await;
    let mut findings = Findings::new();
    let owner = world.person(Role::Owner, &[]).await;
    let shown = world.shown(owner).await;
    let (one, rows) = (world.one.to_string(), table());
    let mut things = Vec::new();
    for row in &rows {
        things.push(world.thing(row.about, owner).await);
    }
    let seen: Vec<_> = rows.iter().zip(&things).collect();
    let (_, watcher) = world.session(world.person(Role::Owner, &[]).await).await;
    let before = world.picture(&seen, &watcher).await;
    for (row, thing) in &seen {
        // A page of documentation may be asked with any query; a list knows its own.
        let told = |shown: &&Shown| shown.query.is_empty() || row.is_guarded();
        let shown: Vec<_> = shown.iter().filter(told).collect();
        let ask = async |shown: &&Shown| {
            let mut asked = world.request(row, thing, &shown.query);
            asked = asked.header("gathering-project", &one);
            for (name, value) in &shown.headers {
                asked = asked.header(name, value);
            }
            world.ask(row, &asked).await
        };
        let answers = stream::iter(&shown).map(ask).buffered(AT_ONCE).collect::<Vec<_>>().await;
        for (shown, answer) in shown.iter().zip(answers) {
            findings.compare(row, &shown.name, &answer, shown.expects(row));
        }
        // Beyond what the parser takes there is no request that could be answered in the shape of problems.
        let endless = world.request(row, thing, "").token(&"A".repeat(BEYOND_PARSER));
        let answer = world.bench.ask(endless).await;
        if answer.status != 431 {
            findings.add(row, "an endless token", answer.status);
        }
    }
    findings.unchanged(&before, &world.picture(&seen, &watcher).await);

    // The cookie with its proof works, and so does `Bearer` in any case of its letters: what was refused
    // above was refused for what was wrong with it, and the things are there.
    for (row, thing) in &seen {
        if !row.is_guarded() {
            continue;
        }
        let (_, token) = world.session(owner).await;
        let thing = if row.about.is_own() { &world.thing(row.about, owner).await } else { *thing };
        let asked = world.request(row, thing, "").header("gathering-project", &one);
        let asked = if row.looks() {
            asked.header("authorization", &format!("bEARER  {token} "))
        } else {
            let asked = asked.header("cookie", &format!("a=b; gathering_session={token}"));
            asked.header("x-csrf-token", CsrfToken::of(&token).as_str())
        };
        findings.compare(row, "an owner", &world.ask(row, &asked).await, (row.answer, ""));
    }
    assert!(findings.compared > 7_000, "{}", findings.compared);
    findings.tell();
}
