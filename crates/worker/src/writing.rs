//! One append, until it is certain what became of it.

use std::time::Duration;

use gathering_engine::LedgerChange;
use gathering_storage::{Append, AppendError, Appended, LoadedRun, RunChange, load};

use crate::shared::{Incarnation, Shared};

/// Pauses between tries while the store cannot be reached.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why an append was not written.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// The run is not in this instance's hands any more, or nothing is.
    Lost,
    /// Another run's attempt of this effect may have happened.
    Held(LedgerChange),
    /// The money for an attempt was granted anew since: the run must be folded afresh.
    Ungranted,
    /// The store will never take it.
    Refused(AppendError),
}

/// What became of an append whose connection was lost.
enum Fate {
    Applied(Appended),
    NotApplied,
    /// The run is not in this instance's hands any more.
    Gone,
}

/// Pauses that grow.
struct Pauses(Duration);

/// Writes an append. While the store cannot be reached it waits; after a lost connection it reads
/// whether the append was applied, and writes it again if it was not: the execution that it comes
/// from stays good, and so does what is in flight.
pub(crate) async fn write(
    shared: &Shared,
    incarnation: &Incarnation,
    append: Append,
) -> Result<Appended, Unwritten> {
    let mut pauses = Pauses(FIRST_PAUSE);
    loop {
        let error = match shared.parts.writer.append(append.clone()).await {
            Ok(appended) => return Ok(appended),
            Err(error) => error,
        };
        match error {
            AppendError::Busy(_) => pauses.pause(&append, &error).await,
            AppendError::Lost => {
                match Box::pin(fate(shared, incarnation, &append, &mut pauses)).await {
                    Fate::Applied(appended) => return Ok(appended),
                    Fate::Gone => return Err(Unwritten::Lost),
                    // What is spent has entries that tell, and a grant goes back once.
                    Fate::NotApplied => {}
                }
            }
            AppendError::EffectHeld(id) => {
                let held = append.ledger.into_iter().find(|change| change.effect_id == id);
                let refused = Unwritten::Refused(AppendError::EffectHeld(id));
                return Err(held.map_or(refused, Unwritten::Held));
            }
            AppendError::GrantGone(_) => return Err(Unwritten::Ungranted),
            error => return Err(given_up(incarnation, error)),
        }
    }
}

/// Why there is no use in trying again.
fn given_up(incarnation: &Incarnation, error: AppendError) -> Unwritten {
    match error {
        AppendError::Fenced => {
            incarnation.fenced.cancel();
            Unwritten::Lost
        }
        // The database tells the whole process what is fatal.
        AppendError::NotOwner(_) | AppendError::Closed | AppendError::Fatal(_) => Unwritten::Lost,
        error => Unwritten::Refused(error),
    }
}

/// Finds out what became of an append.
async fn fate(
    shared: &Shared,
    incarnation: &Incarnation,
    append: &Append,
    pauses: &mut Pauses,
) -> Fate {
    // The writer takes nothing for this run before it knows that the lost transaction has ended;
    // what is read before that may be overtaken by its commit.
    let barrier = || Append::new(append.instance, append.run_id, append.project_id, append.now);
    loop {
        match shared.parts.writer.append(barrier()).await {
            Ok(_) => break,
            Err(error @ (AppendError::Lost | AppendError::Busy(_))) => {
                pauses.pause(append, &error).await;
            }
            Err(error) => {
                given_up(incarnation, error);
                return Fate::Gone;
            }
        }
    }
    loop {
        match load(&shared.parts.database, append.run_id).await {
            Ok(Some(loaded)) => return read_fate(append, &loaded),
            Ok(None) => return Fate::Gone,
            Err(error) => pauses.pause(append, &error).await,
        }
    }
}

fn read_fate(append: &Append, loaded: &LoadedRun) -> Fate {
    let owned = loaded.row.owner == Some(append.instance);
    let ends = !matches!(append.change, RunChange::None);
    let applied = match append.entries.last() {
        Some(last) => loaded.entries.last().is_some_and(|entry| entry.seq >= last.seq),
        None => ends && !owned,
    };
    match (applied, owned) {
        // Whom it told is not known any more: they find out at their next look.
        (true, owned) if owned || ends => Fate::Applied(Appended { owned, ..Appended::default() }),
        (false, true) => Fate::NotApplied,
        _ => Fate::Gone,
    }
}

impl Pauses {
    fn pause(
        &mut self,
        append: &Append,
        error: &(dyn std::error::Error + 'static),
    ) -> tokio::time::Sleep {
        tracing::warn!(run.id = %append.run_id, error, "waiting for the store");
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST_PAUSE);
        tokio::time::sleep(pause)
    }
}
