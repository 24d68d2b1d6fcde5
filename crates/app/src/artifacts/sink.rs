//! Stores what tools make.

use std::sync::Arc;

use gathering_domain::{ArtifactId, Clock, Failure, IdSource};
use gathering_storage::{
    Blob, Database, DatabaseError, Unit,
    artifacts::{self as rows, ArtifactRow},
    insert_blob, quotas,
};
use gathering_tools::{ArtifactRef, ArtifactSink, NewArtifact, SinkFuture, ToolContext};

/// Stores artifacts: the bytes once for all that have the same, the rest for each.
#[derive(Clone)]
pub struct Sink {
    database: Database,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl Sink {
    /// A sink into a store.
    pub fn new(database: Database, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self { database, clock, ids }
    }

    async fn store(
        &self,
        context: &ToolContext,
        artifact: NewArtifact,
    ) -> Result<ArtifactRef, Failure> {
        let (name, media_type, content) = artifact.into_parts();
        // Up to 16 MiB are compressed here: too long for a thread that serves others.
        let blob = tokio::task::spawn_blocking(move || Blob::new(&content)).await;
        let blob = blob.map_err(|_| Failure::fatal("artifact_fault", "compressing broke off"))?;
        let &ToolContext { project_id, actor, effect_id, .. } = context;
        let row = ArtifactRow {
            id: ArtifactId::next(&*self.ids),
            run_id: context.run_id,
            name,
            media_type,
            size: blob.size,
            hash: blob.hash.0.to_vec(),
            created_at: self.clock.now(),
        };
        let [hold, count] = quotas::count_artifact(project_id, effect_id, &row.name, row.size);
        let mut unit = Unit::new().with(hold.into());
        let counted = unit.push(count.into());
        let unit = unit
            .with(insert_blob(&blob).into())
            .with(rows::insert(project_id, actor, effect_id, &row).into());
        self.database.apply(unit).await.map_err(|error| match error {
            DatabaseError::Conflict { statement, .. } if statement == counted => Failure::fatal(
                "quota_reached",
                "the project's artifacts would have more bytes than its quota lets them",
            ),
            error => failure(&error),
        })?;
        let stored = rows::find_made(effect_id, &row.name).first(&self.database).await;
        let stored = stored.map_err(|error| failure(&error))?.unwrap_or(row);
        Ok(ArtifactRef {
            artifact_id: stored.id,
            name: stored.name,
            media_type: stored.media_type,
            bytes: stored.size,
        })
    }
}

impl ArtifactSink for Sink {
    fn save<'a>(&'a self, context: &'a ToolContext, artifact: NewArtifact) -> SinkFuture<'a> {
        Box::pin(self.store(context, artifact))
    }
}

fn failure(error: &DatabaseError) -> Failure {
    if error.worth_a_retry() {
        return Failure::retryable("store_busy", "the store could not take the artifact now", None);
    }
    // Storing again is harmless: the second time finds the first.
    Failure::unknown("store_failed", "the store failed while it took the artifact")
}
