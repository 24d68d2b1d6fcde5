//! What those who ask, decide and watch write down while the test goes on.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::history::{Accepted, Event, Verdict};

/// Notes of everybody.
#[derive(Debug)]
pub(crate) struct Notes {
    pub(crate) accepted: Mutex<Vec<Accepted>>,
    pub(crate) verdicts: Mutex<Vec<Verdict>>,
    pub(crate) complaints: Mutex<Vec<String>>,
    pub(crate) watched: Mutex<Vec<Event>>,
    /// How often somebody was seen to be asked something.
    asked: watch::Sender<u64>,
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

    /// Something was answered that should not be.
    pub(crate) fn complain(&self, complaint: String) {
        eprintln!("chaos: {complaint}");
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
    }

    /// An event came.
    pub(crate) fn watch(&self, event: Event) {
        let asks = event.event_type == "approval.requested"
            || event.event_type.ends_with(".outcome_unknown");
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
