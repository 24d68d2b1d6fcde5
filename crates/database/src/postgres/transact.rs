//! Runs closures on blocking threads, and runs them again when they collide.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tokio::runtime::Handle;

use super::Postgres;
use super::access::Access;
use super::errors::{collided, is_collision};
use crate::tx::Backend;
use crate::{Error, Reader, Result, Tx, limits};

impl Postgres {
    pub(crate) async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let mut last = collided();
        let mut work = work;
        for attempt in 0..limits::COLLISION_ATTEMPTS {
            let (tried, returned) = self.attempt(attempt, work).await?;
            match tried {
                Tried::Done(result) => return result,
                Tried::Again(error) => last = error,
            }
            work = returned;
            super::pause(attempt).await;
        }
        Err(E::from(last))
    }

    /// Tries a closure once. One that keeps colliding gets the others of this process out of its way.
    async fn attempt<T, E, F>(&self, attempt: u32, work: F) -> Result<(Tried<T, E>, F), E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (_beside_others, _alone);
        if attempt < limits::COLLISIONS_TOLERATED {
            _beside_others = self.closures.read().await;
        } else {
            _alone = self.closures.write().await;
        }
        let access = Access::serializable(self.pooled().await?, Handle::current());
        // The pool bounds the number of blocking threads.
        let tried = tokio::task::spawn_blocking(move || (try_once(access, &work), work)).await;
        Ok(tried.unwrap_or_else(|failure| resume_unwind(failure.into_panic())))
    }

    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let client = self.pooled().await?;
        let mut access = Access::snapshot(client, Handle::current());
        let read = tokio::task::spawn_blocking(move || {
            let mut reader = Reader::new(Backend::Postgres(&mut access));
            // After a panic the transaction is rolled back as after any read.
            let returned = catch_unwind(AssertUnwindSafe(|| work(&mut reader)));
            access.roll_back();
            returned.unwrap_or_else(|panic| resume_unwind(panic))
        });
        read.await.unwrap_or_else(|failure| resume_unwind(failure.into_panic()))
    }
}

enum Tried<T, E> {
    Done(Result<T, E>),
    /// Nothing was applied, and another try may succeed.
    Again(Error),
}

fn try_once<T, E, F>(mut access: Access, work: &F) -> Tried<T, E>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E>,
    E: From<Error>,
{
    let mut tx = Tx::new(Backend::Postgres(&mut access));
    // After a panic the transaction is rolled back as after a failure.
    let returned = catch_unwind(AssertUnwindSafe(|| work(&mut tx)));
    let failed = match (returned, tx.finish()) {
        (Ok(Ok(value)), Ok(notices)) => match access.commit(&notices) {
            Ok(()) => return Tried::Done(Ok(value)),
            Err(error) => (Ok(None), Some(error)),
        },
        (Ok(returned), finished) => (Ok(returned.err()), finished.err()),
        (Err(panic), _) => (Err(panic), None),
    };
    access.roll_back();
    match failed {
        (Err(panic), _) => resume_unwind(panic),
        (Ok(_), Some(error))
            if is_collision(&error) || matches!(error, Error::Unavailable { .. }) =>
        {
            Tried::Again(error)
        }
        (Ok(Some(error)), _) => Tried::Done(Err(error)),
        (Ok(None), Some(error)) => Tried::Done(Err(E::from(error))),
        (Ok(None), None) => Tried::Done(Err(E::from(Error::Closed))),
    }
}
