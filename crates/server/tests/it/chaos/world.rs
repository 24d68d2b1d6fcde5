//! Everybody in a chaos test: customers, people, a reader, a target, and the fleet that they use.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tempfile::TempDir;
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    checker,
    client::{AGAIN, Client},
    collect,
    customers::Customer,
    dice::Dice,
    effects::Effects,
    fleet::Fleet,
    history::History,
    notes::Notes,
    people,
    pipelines::{self, Pipelines},
    plan::Plan,
    reader, report,
};
use crate::server::Home;

/// How many customers there are: so many runs are under way at a time, beside those that they start.
const CUSTOMERS: usize = 5;
/// How long runs may take to their ends once there are no more faults.
const CALM: Duration = Duration::from_mins(2);

/// Everybody but the fleet.
pub(crate) struct World {
    client: Arc<Client>,
    effects: Arc<Effects>,
    notes: Arc<Notes>,
    customers: JoinSet<()>,
    people: JoinSet<()>,
    closing: CancellationToken,
    began: Instant,
    logs: TempDir,
}

impl World {
    /// Starts a fleet of `size` instances, and everybody.
    pub(crate) async fn begin(home: Home, size: usize, dice: &mut Dice) -> (Self, Fleet) {
        let (effects, logs) = (Arc::new(Effects::start().await), gathering_testkit::temp_dir());
        let home =
            home.env("GATHERING_EGRESS_ALLOW_PRIVATE", effects.addresses()).logging_to(log(&logs));
        pipelines::lay_scripts(&home);
        let mut fleet = Fleet::launch(home, size).await;
        let owner = fleet.first().set_up().await;
        let target = format!("http://{}", effects.address);
        let pipelines = Arc::new(Pipelines::store(&owner, target, &effects.model_url()).await);
        fleet.begin_all().await;

        let token = owner.token.expect("the owner has signed in");
        let client = Arc::new(Client::new(fleet.addresses(), token));
        let (notes, closing) = (Arc::new(Notes::new()), CancellationToken::new());
        let (mut customers, mut others) = (JoinSet::new(), JoinSet::new());
        for nth in 0..CUSTOMERS {
            let (client, notes) = (Arc::clone(&client), Arc::clone(&notes));
            let (name, pipelines) = (format!("c{nth}-"), Arc::clone(&pipelines));
            let customer = Customer { name, client, notes, pipelines };
            customers.spawn(customer.work(dice.fork(), closing.clone()));
        }
        others.spawn(reader::watch(Arc::clone(&client), Arc::clone(&notes)));
        others.spawn(people::decide(Arc::clone(&client), Arc::clone(&notes), dice.fork()));
        let settler = (Arc::clone(&client), Arc::clone(&notes), Arc::clone(&effects));
        others.spawn(people::settle(settler.0, settler.1, settler.2, dice.fork()));
        let began = Instant::now();
        let world =
            Self { client, effects, notes, customers, people: others, closing, began, logs };
        (world, fleet)
    }

    /// Leaves everybody in peace until each customer has seen the end of a run.
    pub(crate) async fn calm(&self) {
        let got_on = timeout(CALM, self.notes.all_got_on(CUSTOMERS)).await;
        assert!(got_on.is_ok(), "customers wait for their runs although nothing is broken");
    }

    /// Lets everything come to its end, reads it back, and checks it.
    pub(crate) async fn end(mut self, plan: &Plan, mut fleet: Fleet) {
        fleet.begin_all().await;
        self.closing.cancel();
        let ended = async {
            while let Some(customer) = self.customers.join_next().await {
                customer.unwrap();
            }
            while !collect::all_have_ended(&self.client).await {
                tokio::time::sleep(AGAIN).await;
            }
        };
        // Whatever has not ended by then is found in the history.
        let calm = timeout(CALM, ended).await.is_ok();
        let history = self.history(&fleet).await;
        let (client, notes) = (&self.client, &self.notes);
        report::figures(plan, &fleet, client, notes, &history, self.began.elapsed());
        let mut found = checker::check(&history);
        found.extend(
            self.notes.complaints.lock().unwrap().iter().map(|one| checker::complaint(one)),
        );
        if !found.is_empty() {
            let log = self.logs.keep();
            panic!(
                "{}\nwhat the servers logged: {}",
                report::violations(&found, &history),
                log.display()
            );
        }
        assert!(calm, "customers still wait although every run has ended");
    }

    async fn history(&mut self, fleet: &Fleet) -> History {
        let runs = collect::runs(&self.client).await;
        let entries = runs.iter().map(|run| run.journal.len()).sum();
        let caught_up = async {
            while self.notes.watched.lock().unwrap().len() < entries {
                tokio::time::sleep(AGAIN).await;
            }
        };
        let _ = timeout(CALM / 4, caught_up).await;
        let replayed = reader::replay(&self.client, entries).await;
        // Whoever panicked is heard now; the others work for ever.
        self.people.abort_all();
        while let Some(ended) = self.people.join_next().await {
            assert!(ended.is_err_and(|end| end.is_cancelled()), "somebody gave up");
        }
        History {
            accepted: self.notes.accepted.lock().unwrap().clone(),
            runs,
            arrivals: self.effects.arrivals(),
            verdicts: self.notes.verdicts.lock().unwrap().clone(),
            watched: self.notes.watched.lock().unwrap().clone(),
            replayed,
            pauses: fleet.pauses > 0,
        }
    }
}

fn log(logs: &TempDir) -> PathBuf {
    logs.path().join("servers.log")
}
