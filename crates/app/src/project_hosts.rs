//! The hosts to which a project's requests are held, read anew within a second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use gathering_domain::{Clock, Duration, HostList, ListOwner, Pointer, ProjectId, Timestamp};
use gathering_storage::{Database, projects};

use crate::{Error, Result};

/// How long a list is believed: so soon a change holds on every instance.
const FRESH: Duration = Duration::from_secs(1);
/// How many projects' lists are kept; for one more, all are read again.
const MOST: usize = 1_000;

/// The lists of projects. Cheap to clone; clones share what was read.
#[derive(Clone)]
pub struct ProjectHosts {
    database: Database,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<HashMap<ProjectId, Known>>>,
}

/// A list, and when it was read.
type Known = (Option<HostList>, Timestamp);

impl ProjectHosts {
    /// The lists in a store.
    pub fn new(database: &Database, clock: &Arc<dyn Clock>) -> Self {
        let (database, clock) = (database.clone(), Arc::clone(clock));
        Self { database, clock, known: Arc::default() }
    }

    /// The project's list; none where it narrows nothing. A list that cannot be read stops the request:
    /// without the store's word nothing is allowed.
    pub async fn find(&self, project_id: ProjectId) -> Result<Option<HostList>> {
        let now = self.clock.now();
        if let Some((list, _)) = self.fresh(project_id, now) {
            return Ok(list);
        }
        let row = projects::egress_hosts(project_id).first(&self.database).await?;
        let list = match row {
            // A project that is gone asks nobody.
            None => Some(HostList::new(ListOwner::Project, Vec::new())),
            Some(row) => row.egress_hosts.map(|texts| read(&texts)).transpose()?,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(&project_id) {
            known.clear();
        }
        known.insert(project_id, (list.clone(), now));
        Ok(list)
    }

    /// Forgets a list, so that a change of it holds here at once.
    pub fn forget(&self, project_id: ProjectId) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&project_id);
    }

    fn fresh(&self, project_id: ProjectId, now: Timestamp) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |(_, read): &&Known| *read <= now && now.since(*read) < FRESH;
        known.get(&project_id).filter(is_fresh).cloned()
    }
}

/// Reads what is stored. It was checked when it was written, so that a fault is nobody's input.
fn read(texts: &[String]) -> Result<HostList> {
    let hosts = HostList::read_hosts(&Pointer::root(), texts);
    let hosts = hosts.map_err(|_| Error::defect("read a project's list of hosts"))?;
    Ok(HostList::new(ListOwner::Project, hosts))
}
