//! Performers that go out through the network's one door as their run's project does: with its secrets.

use std::sync::Arc;

use futures::future::BoxFuture;
use gathering_domain::{Failure, ProjectId};
use gathering_egress::Egress;
use gathering_engine::{EffectOrder, Payload};

use crate::performer::{Attempted, Performer, RunContext};

/// The network's one door as a project goes through it: with the secrets of that project and of no other.
pub type EgressOf = Arc<dyn Fn(ProjectId) -> Egress + Send + Sync>;

/// Gives each effect to the performer of its run's project.
pub(super) struct ByProject<F>(pub(super) F);

impl<F> Performer for ByProject<F>
where
    F: Fn(ProjectId) -> Arc<dyn Performer> + Send + Sync,
{
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        (self.0)(run.project_id).perform(order, run)
    }

    fn reconcile(
        &self,
        order: EffectOrder,
        run: Arc<RunContext>,
    ) -> BoxFuture<'static, Result<Option<Payload>, Failure>> {
        (self.0)(run.project_id).reconcile(order, run)
    }
}
