//! The figures that are states, looked up when somebody asks.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use gathering_api::MetricsSource;
use gathering_app::App;
use gathering_domain::Clock;
use gathering_storage::{Database, count_due, cursors};
use gathering_worker::{BreakerState, Breakers, WorkerHandle};
use tokio::sync::Mutex;

use super::{Metrics, declared as d, labels};

/// Due runs that are counted at most.
const DUE_COUNTED: u32 = 10_000;
/// Who follows the log.
const CURSORS: [&str; 2] = ["webhooks", "triggers"];
/// How long the database may take to answer; without its answer its figures stay as they were.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Writes the figures of a serving instance.
pub(crate) struct Source {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) app: App,
    pub(crate) database: Database,
    pub(crate) worker: Option<WorkerHandle>,
    pub(crate) breakers: Breakers,
    pub(crate) clock: Arc<dyn Clock>,
    /// Runs that may be worked on at the same time.
    pub(crate) places: u32,
    /// One look at a time, however many ask.
    pub(crate) looking: Mutex<()>,
}

impl MetricsSource for Source {
    fn write(&self) -> BoxFuture<'_, String> {
        Box::pin(async {
            let _one = self.looking.lock().await;
            self.look().await;
            self.metrics.text()
        })
    }
}

impl Source {
    async fn look(&self) {
        let metrics = &self.metrics;
        let driven = self.worker.as_ref().map_or(0, WorkerHandle::driven);
        metrics.runs_driven.set(whole(driven));
        metrics.runs_places.set(i64::from(self.places));
        metrics.passwords_queued.set(whole(self.app.identity().passwords_queued()));
        metrics.audit_went_back.set(i64::from(self.app.audit().has_gone_back()));
        let views = self.breakers.view();
        for state in [BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen] {
            let count = views.iter().filter(|view| view.state == state).count();
            let labels = labels(&d::BREAKERS, [state.as_str()]);
            metrics.breakers.get_or_create(&labels).set(whole(count));
        }
        let asked = async {
            let due = count_due(&self.database, self.clock.now(), DUE_COUNTED).await.ok()?;
            let bytes = self.database.size_bytes().await.ok()?;
            let behind = cursors::behind().all(&self.database).await.ok()?;
            Some((due, bytes, behind))
        };
        let answered = tokio::time::timeout(ANSWER_WITHIN, asked).await.ok().flatten();
        let up = answered.is_some() && !self.database.broken().is_cancelled();
        metrics.store_up.set(i64::from(up));
        if let Some((due, bytes, behind)) = answered {
            metrics.runs_due.set(i64::try_from(due).unwrap_or(i64::MAX));
            metrics.store_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
            for cursor in CURSORS {
                // None is there before the first instance follows the log.
                let found = behind.iter().find(|(name, _)| name == cursor);
                let rows = found.map_or(0, |(_, rows)| (*rows).max(0));
                metrics.log_behind.get_or_create(&labels(&d::LOG_BEHIND, [cursor])).set(rows);
            }
        }
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
