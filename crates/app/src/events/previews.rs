//! Previews: answers on their way, shown to whoever looks, and never state.

mod relay;
mod speech;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gathering_domain::{Duration, ProjectId, RunId};
use gathering_engine::Key;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, broadcast},
    time::Instant,
};

use self::speech::Waiting;
pub use self::{relay::PreviewRelay, speech::Speech};

/// How many previews a reader may lag behind before it loses some.
const KEPT: usize = 1_024;
/// How many previews wait to be sent to other instances; more are lost.
const OUTBOX: usize = 256;
/// In how many projects others look at most; who looks in more is not known.
const MOST_ELSEWHERE: usize = 4_096;
/// How long it is believed that others look, after they have said so.
const BELIEVED_FOR: Duration = Duration::from_secs(30);

/// A piece of an answer that is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The project.
    pub project_id: ProjectId,
    /// The run.
    pub run_id: RunId,
    /// The topmost ancestor of the run.
    pub root_id: RunId,
    /// The model call.
    pub key: Key,
    /// Which attempt of it: an earlier one's pieces are void.
    pub attempt: u32,
    /// Which piece of the thought or of the answer, from 1. Where a number is left out, text was lost.
    pub piece: u64,
    /// The text that was added.
    pub text: String,
    /// Whether it is thought, not answer.
    pub reasoning: bool,
}

/// Shows previews. Cheap to clone; never waits for a reader.
#[derive(Debug, Clone)]
pub struct Previews {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sender: broadcast::Sender<Arc<Preview>>,
    /// How many look here, by where they look.
    here: Mutex<HashMap<ProjectId, usize>>,
    /// Rung when somebody looks here where nobody did.
    here_changed: Notify,
    /// Until when it is believed that somebody looks at another instance.
    elsewhere: Mutex<HashMap<ProjectId, Instant>>,
    outbox: Mutex<VecDeque<Arc<Preview>>>,
    outbox_filled: Notify,
    waiting: Waiting,
}

/// Somebody who looks, until it is dropped.
#[derive(Debug)]
pub(super) struct Watching {
    pieces: broadcast::Receiver<Arc<Preview>>,
    project_id: ProjectId,
    previews: Previews,
}

impl Previews {
    /// Whether anybody looks there, so that previews are worth making.
    pub fn watched(&self, project_id: ProjectId) -> bool {
        self.is_watched_here(project_id) || self.is_watched_elsewhere(project_id)
    }

    /// Shows a piece to whoever looks now.
    pub fn show(&self, preview: Preview) {
        let (here, elsewhere) = (
            self.is_watched_here(preview.project_id),
            self.is_watched_elsewhere(preview.project_id),
        );
        if !here && !elsewhere {
            return;
        }
        let preview = Arc::new(preview);
        if here {
            self.show_here(Arc::clone(&preview));
        }
        if elsewhere {
            let mut outbox = lock(&self.inner.outbox);
            // Nobody waits for other instances: what there is no room for is lost to them.
            if outbox.len() < OUTBOX {
                outbox.push_back(preview);
                self.inner.outbox_filled.notify_one();
            }
        }
    }

    /// Shows a piece to whoever looks at this instance.
    fn show_here(&self, preview: Arc<Preview>) {
        // Nobody left meanwhile is fine: it is a preview.
        let _ = self.inner.sender.send(preview);
    }

    pub(super) fn watch(&self, project_id: ProjectId) -> Watching {
        let pieces = self.inner.sender.subscribe();
        let mut here = lock(&self.inner.here);
        let count = here.entry(project_id).or_default();
        *count += 1;
        if *count == 1 {
            self.inner.here_changed.notify_one();
        }
        Watching { pieces, project_id, previews: self.clone() }
    }

    fn is_watched_here(&self, project_id: ProjectId) -> bool {
        lock(&self.inner.here).contains_key(&project_id)
    }

    fn is_watched_elsewhere(&self, project_id: ProjectId) -> bool {
        let elsewhere = lock(&self.inner.elsewhere);
        elsewhere.get(&project_id).is_some_and(|until| *until > Instant::now())
    }

    /// The projects in which somebody looks here.
    fn looks(&self) -> Vec<ProjectId> {
        lock(&self.inner.here).keys().copied().collect()
    }

    /// Somebody looks there at another instance, as that has just said.
    fn is_looked_at(&self, projects: &[ProjectId]) {
        let now = Instant::now();
        let mut elsewhere = lock(&self.inner.elsewhere);
        elsewhere.retain(|_, until| *until > now);
        for project in projects {
            if elsewhere.len() < MOST_ELSEWHERE || elsewhere.contains_key(project) {
                elsewhere.insert(*project, now + BELIEVED_FOR.std());
            }
        }
    }
}

impl Default for Previews {
    fn default() -> Self {
        Self {
            inner: Arc::new(Inner {
                sender: broadcast::Sender::new(KEPT),
                here: Mutex::default(),
                here_changed: Notify::new(),
                elsewhere: Mutex::default(),
                outbox: Mutex::default(),
                outbox_filled: Notify::new(),
                waiting: Waiting::default(),
            }),
        }
    }
}

impl Watching {
    /// The next piece, of any project.
    pub(super) async fn recv(&mut self) -> Result<Arc<Preview>, broadcast::error::RecvError> {
        self.pieces.recv().await
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut here = lock(&self.previews.inner.here);
        match here.get_mut(&self.project_id) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                here.remove(&self.project_id);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
