//! Adapters that were made, for a moment, so that not every model call reads the configuration.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use gathering_domain::{Duration, ProjectId, Timestamp};
use gathering_llm::ModelProvider;

/// How long an adapter is used before its configuration is read again: a change made on another
/// instance holds here after so long.
const FRESH: Duration = Duration::from_secs(5);
/// How many adapters are kept.
const MOST: usize = 256;

/// Keeps adapters for [`FRESH`]. An adapter holds its key, so this is memory only.
#[derive(Default)]
pub(crate) struct ProviderCache {
    adapters: Mutex<HashMap<(ProjectId, String), Kept>>,
    kinds: Mutex<HashMap<ProjectId, Kinds>>,
}

/// Kinds of providers by their names, and until when they are believed.
type Kinds = (HashMap<String, String>, Timestamp);

#[derive(Clone)]
pub(super) struct Kept {
    pub(super) provider: Arc<dyn ModelProvider>,
    until: Timestamp,
}

impl Kept {
    pub(super) fn new(provider: Arc<dyn ModelProvider>, now: Timestamp) -> Self {
        Self { provider, until: now + FRESH }
    }
}

impl ProviderCache {
    pub(super) fn get(&self, project_id: ProjectId, name: &str, now: Timestamp) -> Option<Kept> {
        let kept = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&(project_id, name.to_owned())).filter(|one| now < one.until).cloned()
    }

    pub(super) fn put(&self, project_id: ProjectId, name: &str, one: Kept, now: Timestamp) {
        let mut kept = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, one| now < one.until);
        }
        if kept.len() < MOST {
            kept.insert((project_id, name.to_owned()), one);
        }
    }

    /// Forgets all, after a change of providers or of their keys.
    pub(crate) fn clear(&self) {
        self.adapters.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn kinds(
        &self,
        project_id: ProjectId,
        now: Timestamp,
    ) -> Option<HashMap<String, String>> {
        let kept = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&project_id).filter(|(_, until)| now < *until);
        found.map(|(kinds, _)| kinds.clone())
    }

    pub(super) fn put_kinds(
        &self,
        project_id: ProjectId,
        kinds: HashMap<String, String>,
        now: Timestamp,
    ) {
        let mut kept = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (_, until)| now < *until);
        kept.insert(project_id, (kinds, now + FRESH));
    }
}
