//! Removes the places that ended runs have left under keys that no claim looks at any more.

use std::time::Duration;

use gathering_storage::forget_places;

use crate::shared::Shared;

/// Time between two walks over all places.
const PASS: Duration = Duration::from_mins(1);
/// Time between two pages of a walk.
const PAGE: Duration = Duration::from_secs(1);

/// Walks over them until this life of the instance ends.
pub(crate) async fn run(shared: &Shared) {
    let mut after = None;
    loop {
        match forget_places(&shared.parts.database, after.clone()).await {
            Ok(next) => after = next,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "could not remove the places of ended runs");
            }
        }
        tokio::time::sleep(if after.is_some() { PAGE } else { PASS }).await;
    }
}
