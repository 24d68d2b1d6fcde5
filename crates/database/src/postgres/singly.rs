//! Applies units in one transaction, each for itself: one that fails is rolled back alone.

use deadpool_postgres::ClientWrapper;

use super::errors::unsent;
use super::pipeline::{NOTIFY, commit, run_steps};
use super::statements::{control, notify, prepare};
use crate::{Applied, Error, Result, Unit};

/// Applies each unit behind a savepoint. Slower than sending them all at once, because it waits for each.
pub(crate) async fn apply_each(
    client: &ClientWrapper,
    units: &[&Unit],
) -> Result<Vec<Result<Applied>>> {
    match each(client, units).await.map_err(unsent) {
        Ok(results) => {
            // The only step whose outcome can be unknown.
            commit(client).await?;
            Ok(results)
        }
        Err(error) => {
            // A session that is lost has been rolled back by its end.
            let _ = control(client, "ROLLBACK").await;
            Err(error)
        }
    }
}

async fn each(client: &ClientWrapper, units: &[&Unit]) -> Result<Vec<Result<Applied>>> {
    control(client, "BEGIN").await?;
    let mut results = Vec::with_capacity(units.len());
    let mut notices = Vec::new();
    for unit in units {
        control(client, "SAVEPOINT unit").await?;
        let result = run_steps(client, unit).await;
        match &result {
            Ok(_) => notices.extend(&unit.notices),
            Err(error @ (Error::Unavailable { .. } | Error::Lost { .. })) => {
                return Err(error.clone());
            }
            Err(_) => drop(control(client, "ROLLBACK TO unit").await?),
        }
        control(client, "RELEASE unit").await?;
        results.push(result);
    }
    notices.sort_unstable();
    notices.dedup();
    for (channel, payload) in notices {
        let prepared = prepare(client, NOTIFY).await?;
        notify(client, &prepared, channel, payload).await?;
    }
    Ok(results)
}
