//! Performers that act only while whoever started the run might start it still.
//!
//! Tools and starts of runs ask for rights of their own. What needs none but to have been started stops here
//! for who was deactivated, has left or may not start runs any more, and for a key that has ended.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::{App, Caller};
use gathering_domain::{Advice, Duration, Failure, Permission};
use gathering_engine::{EffectOrder, Payload};

use crate::performer::{Attempted, Performer, RunContext};

/// When an attempt is made for which the store could not say whether it may be.
const ASKED_AGAIN: Duration = Duration::from_secs(1);

/// A performer that is asked only where its run may act.
struct Allowed {
    app: App,
    inner: Arc<dyn Performer>,
}

/// The same performer, for runs that may act.
pub(super) fn within(app: &App, inner: Arc<dyn Performer>) -> Arc<dyn Performer> {
    Arc::new(Allowed { app: app.clone(), inner })
}

impl Performer for Allowed {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let (app, inner) = (self.app.clone(), Arc::clone(&self.inner));
        Box::pin(async move {
            match starter(&app, &run).await {
                Ok(_) => inner.perform(order, run).await,
                Err(error) => refused(error),
            }
        })
    }

    fn reconcile(
        &self,
        order: EffectOrder,
        run: Arc<RunContext>,
    ) -> BoxFuture<'static, Result<Option<Payload>, Failure>> {
        let (app, inner) = (self.app.clone(), Arc::clone(&self.inner));
        Box::pin(async move {
            starter(&app, &run).await?;
            inner.reconcile(order, run).await
        })
    }
}

/// Who started the run, if they might start it still.
pub(super) async fn starter(app: &App, run: &RunContext) -> Result<Caller, Failure> {
    let caller = super::caller(app, run).await?;
    caller.require_any(Permission::RunStart).map_err(|error| super::failure(&error))?;
    Ok(caller)
}

/// What becomes of an attempt that nobody who may was found for: it is made later, if the store could not say.
pub(super) fn refused(error: Failure) -> Attempted {
    if matches!(error.advice, Advice::Retry { .. }) {
        Attempted::Postponed { after: ASKED_AGAIN, error }
    } else {
        Attempted::failed(error)
    }
}
