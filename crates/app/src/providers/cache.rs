//! Adapters that were made, so that the calls of a provider share its connections.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use gathering_domain::{Duration, ProjectId, Timestamp};
use gathering_llm::ModelProvider;
use gathering_storage::{providers::ProviderRow, secrets::SealedRow};

/// How long the kinds of providers are believed, by which prices are looked up.
const FRESH: Duration = Duration::from_secs(5);
/// How many adapters are kept; for one more, that which was used longest ago goes.
const MOST: usize = 256;

/// Keeps adapters for as long as what they were made from is what is stored: a new key, address or
/// option holds for the next call, on each instance. An adapter holds its key, so this is memory only.
#[derive(Default)]
pub(crate) struct ProviderCache {
    adapters: Mutex<Adapters>,
    kinds: Mutex<HashMap<ProjectId, Kinds>>,
}

/// Kinds of providers by their names, and until when they are believed.
type Kinds = (HashMap<String, String>, Timestamp);

/// What an adapter is made from.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Stored {
    /// The provider; none for the built-in one.
    pub(super) row: Option<ProviderRow>,
    /// The secret that holds its key.
    pub(super) key: Option<SealedRow>,
}

#[derive(Default)]
struct Adapters {
    kept: HashMap<(ProjectId, String), Kept>,
    uses: u64,
}

struct Kept {
    provider: Arc<dyn ModelProvider>,
    from: Stored,
    used: u64,
}

impl ProviderCache {
    /// The adapter that was made from just this.
    pub(super) fn get(
        &self,
        project_id: ProjectId,
        name: &str,
        stored: &Stored,
    ) -> Option<Arc<dyn ModelProvider>> {
        let mut adapters = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
        adapters.uses += 1;
        let used = adapters.uses;
        let kept = adapters.kept.get_mut(&(project_id, name.to_owned()))?;
        if kept.from != *stored {
            return None;
        }
        kept.used = used;
        Some(Arc::clone(&kept.provider))
    }

    pub(super) fn put(
        &self,
        project_id: ProjectId,
        name: &str,
        provider: Arc<dyn ModelProvider>,
        from: Stored,
    ) {
        let mut adapters = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (project_id, name.to_owned());
        if adapters.kept.len() >= MOST && !adapters.kept.contains_key(&key) {
            let oldest = adapters.kept.iter().min_by_key(|(_, kept)| kept.used);
            let oldest = oldest.map(|(key, _)| key.clone());
            oldest.and_then(|key| adapters.kept.remove(&key));
        }
        let used = adapters.uses;
        adapters.kept.insert(key, Kept { provider, from, used });
    }

    /// Forgets all, after a change of providers or of their keys.
    pub(crate) fn clear(&self) {
        self.adapters.lock().unwrap_or_else(PoisonError::into_inner).kept.clear();
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
