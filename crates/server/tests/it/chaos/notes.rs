//! What those who ask, decide and watch write down while the test goes on.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

use super::{
    history::{Accepted, Event, Verdict},
    report,
};

/// Notes of everybody.
#[derive(Debug)]
pub(crate) struct Notes {
    pub(crate) accepted: Mutex<Vec<Accepted>>,
    pub(crate) verdicts: Mutex<Vec<Verdict>>,
    pub(crate) complaints: Mutex<Vec<String>>,
    pub(crate) watched: Mutex<Vec<Event>>,
    /// How often somebody was seen to be asked something.
    asked: watch::Sender<u64>,
    /// How many runs have ended for each customer.
    ended: watch::Sender<BTreeMap<String, u32>>,
    /// How often the stream of events was resumed.
    pub(crate) resumed: Mutex<u32>,
}

impl Notes {
    pub(crate) fn new() -> Self {
        Self {
            accepted: Mutex::default(),
            verdicts: Mutex::default(),
            complaints: Mutex::default(),
            watched: Mutex::default(),
            asked: watch::Sender::new(0),
            ended: watch::Sender::default(),
            resumed: Mutex::default(),
        }
    }

    /// A start was answered.
    pub(crate) fn accept(&self, key: &str, run_id: &str) {
        let accepted = Accepted { key: key.to_owned(), run_id: run_id.to_owned() };
        let mut all = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&accepted) {
            all.push(accepted);
        }
    }

    /// A customer's run has ended.
    pub(crate) fn end(&self, customer: &str) {
        self.ended.send_modify(|ended| *ended.entry(customer.to_owned()).or_default() += 1);
    }

    /// Waits until each of so many customers has seen the end of a run.
    pub(crate) async fn all_got_on(&self, customers: usize) {
        let before = self.ended.borrow().clone();
        let got_on = |now: &BTreeMap<String, u32>| {
            let further =
                |(name, ended): (&String, &u32)| before.get(name).is_none_or(|then| ended > then);
            now.iter().filter(|one| further(*one)).count() >= customers
        };
        let _ = self.ended.subscribe().wait_for(got_on).await;
    }

    /// Something was answered that should not be.
    pub(crate) fn complain(&self, complaint: String) {
        report::say(&complaint);
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
    }

    /// An event came.
    pub(crate) fn watch(&self, event: Event) {
        let asks =
            event.of_type == "approval.requested" || event.of_type.ends_with(".outcome_unknown");
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        if asks {
            self.asked.send_modify(|asked| *asked += 1);
        }
    }

    /// Tells when somebody was seen to be asked something.
    pub(crate) fn asked(&self) -> watch::Receiver<u64> {
        self.asked.subscribe()
    }
}
