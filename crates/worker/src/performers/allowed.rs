//! Performers that act only while whoever started the run might start it still.
//!
//! Tools and starts of runs ask for rights of their own. What needs none but to have been started stops here
//! for who was deactivated, has left or may not start runs any more, and for a key that has ended.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_app::App;
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
            match allowed(&app, &run).await {
                Ok(()) => inner.perform(order, run).await,
                Err(error) if matches!(error.advice, Advice::Retry { .. }) => {
                    Attempted::Postponed { after: ASKED_AGAIN, error }
                }
                Err(error) => Attempted::failed(error),
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
            allowed(&app, &run).await?;
            inner.reconcile(order, run).await
        })
    }
}

async fn allowed(app: &App, run: &RunContext) -> Result<(), Failure> {
    let caller = super::caller(app, run).await?;
    caller.require_any(Permission::RunStart).map_err(|error| super::failure(&error))
}
