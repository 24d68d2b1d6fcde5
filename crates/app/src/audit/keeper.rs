//! Keeps the trail: chains what was recorded, and seals the chains.

use gathering_domain::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Audit,
    chain::Whose,
    refusals::{WINDOW, Which},
};
use crate::{App, Result};

/// How often to look for records that nobody told of, such as those of a process that has ended.
const LOOK: Duration = Duration::from_secs(5);
/// How long records gather before they are chained together.
const GATHER: Duration = Duration::from_millis(100);

/// Chains what was recorded, and seals the chains now and then.
#[derive(Debug, Clone)]
pub struct Keeper {
    app: App,
    interval: Duration,
}

impl Keeper {
    /// A keeper that seals as often as this, if there is something new.
    pub const fn new(app: App, interval: Duration) -> Self {
        Self { app, interval }
    }

    /// Keeps the trail until told to stop. What is recorded later is left to [`Audit::settle`].
    pub async fn run(self, shutdown: CancellationToken) {
        let news = self.app.inner.chain.news();
        // Where one process at a time works on a store, those before it have ended.
        let mut whose = Whose::All;
        let mut seal_at = Instant::now() + self.interval.std();
        let mut tell_at = Instant::now() + WINDOW.std();
        loop {
            let look_at = seal_at.min(tell_at).min(Instant::now() + LOOK.std());
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = news.notified() => {}
                () = tokio::time::sleep_until(look_at) => {}
            }
            let audit = self.app.audit();
            tokio::time::sleep(GATHER.std()).await;
            told("chain", audit.chain(whose).await);
            whose = Whose::LeftBehind;
            let now = Instant::now();
            if now >= tell_at {
                tell_at = now + WINDOW.std();
                told("note refusals of", audit.tell_left_out(Which::Over).await);
            }
            if now >= seal_at {
                seal_at = now + self.interval.std();
                told("seal", audit.seal().await);
            }
        }
    }
}

impl Audit<'_> {
    /// Tells what this process has counted, chains and seals what it has recorded. Called at the end of a
    /// process, and before others are given the trail.
    pub async fn settle(&self) -> Result<()> {
        self.tell_left_out(Which::All).await?;
        self.seal().await
    }
}

/// What fails now is tried again at the next look.
fn told(what: &'static str, done: Result<()>) {
    if let Err(error) = done {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::warn!(error = %error, cause, "could not {what} the audit trail");
    }
}
