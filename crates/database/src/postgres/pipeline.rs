//! Sends a transaction in one go: `BEGIN`, guard, statements and `COMMIT` share one round trip.

use deadpool_postgres::ClientWrapper;
use futures::future::{MaybeDone, maybe_done};
use futures::poll;
use tokio_postgres::Statement as Prepared;

use super::errors::unsent;
use super::statements::{Sent, control, execute, guard, notify, prepare, prepare_guard};
use crate::unit::Statement;
use crate::{Applied, Error, Result, Sql, Unit};

/// Sends a notice when the transaction commits.
pub(crate) const NOTIFY: Sql = Sql::postgres("SELECT pg_notify($1, $2)");

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// `COMMIT` is sent along with the statements. The server makes a rollback of it if one has failed.
    Commit,
    /// The transaction is left open for a [`commit`].
    Open,
}

/// Applies units in one transaction, all or none. With expectations, the commit waits for the counts.
pub(crate) async fn apply_all(client: &ClientWrapper, units: &[&Unit]) -> Result<Vec<Applied>> {
    let expects =
        units.iter().flat_map(|unit| &unit.statements).any(|statement| statement.want.is_some());
    if !expects {
        return run(client, units, Ending::Commit).await;
    }
    let applied = run(client, units, Ending::Open).await?;
    commit(client).await?;
    Ok(applied)
}

/// Commits a transaction that was left open.
pub(crate) async fn commit(client: &ClientWrapper) -> Result<()> {
    control(client, "COMMIT").await.map(drop)
}

/// Runs units in one transaction; after a failure it has been rolled back.
pub(crate) async fn run(
    client: &ClientWrapper,
    units: &[&Unit],
    ending: Ending,
) -> Result<Vec<Applied>> {
    let plan = plan(client, units).await?;
    let mut flights = Flights::default();
    flights.launch(None, control(client, "BEGIN")).await;
    for step in &plan {
        flights.launch(step.unit, step.send(client)).await;
    }
    // A statement that could not even be sent must keep the commit of its predecessors back.
    let committing = ending == Ending::Commit && !flights.broken;
    if committing {
        flights.launch(None, control(client, "COMMIT")).await;
    }
    let applied = flights.land(units).await.and_then(|applied| check(units, applied));
    match applied {
        Ok(applied) => Ok(applied),
        Err(error) if committing => Err(error),
        Err(error) => {
            // A session that is lost has been rolled back by its end.
            let _ = control(client, "ROLLBACK").await;
            Err(unsent(error))
        }
    }
}

/// Breaks the promise that what is acknowledged has been committed.
#[cfg(feature = "sabotage")]
pub(crate) async fn acknowledge_before_commit(
    client: &ClientWrapper,
    units: &[&Unit],
    replies: Vec<tokio::sync::oneshot::Sender<Result<Applied>>>,
) {
    match run(client, units, Ending::Open).await {
        Ok(applied) => {
            for (reply, applied) in replies.into_iter().zip(applied) {
                let _ = reply.send(Ok(applied));
            }
            tokio::time::sleep(crate::limits::SABOTAGE_PAUSE).await;
            let _ = commit(client).await;
        }
        Err(error) => {
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

/// A statement to send.
struct Step<'a> {
    unit: Option<usize>,
    prepared: Prepared,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Guard(&'a Statement),
    Statement(&'a Statement),
    Notify(&'a (String, String)),
}

impl Step<'_> {
    fn send<'a>(&'a self, client: &'a ClientWrapper) -> Sent<'a> {
        match self.kind {
            Kind::Guard(statement) => guard(client, &self.prepared, statement),
            Kind::Statement(statement) => execute(client, &self.prepared, statement),
            Kind::Notify((channel, payload)) => notify(client, &self.prepared, channel, payload),
        }
    }
}

/// Prepares what a connection has not yet prepared, and lists what is to be sent.
async fn plan<'a>(client: &ClientWrapper, units: &[&'a Unit]) -> Result<Vec<Step<'a>>> {
    let mut steps = Vec::new();
    for (number, unit) in units.iter().enumerate() {
        if let Some(statement) = &unit.guard {
            let prepared = prepare_guard(client, statement.sql).await.map_err(unsent)?;
            steps.push(Step { unit: Some(number), prepared, kind: Kind::Guard(statement) });
        }
        for statement in &unit.statements {
            let prepared = prepare(client, statement.sql).await.map_err(unsent)?;
            steps.push(Step { unit: Some(number), prepared, kind: Kind::Statement(statement) });
        }
    }
    let mut notices: Vec<_> = units.iter().flat_map(|unit| &unit.notices).collect();
    notices.sort_unstable();
    notices.dedup();
    for notice in notices {
        let prepared = prepare(client, NOTIFY).await.map_err(unsent)?;
        steps.push(Step { unit: None, prepared, kind: Kind::Notify(notice) });
    }
    Ok(steps)
}

/// Statements on their way, in the order in which they were sent.
#[derive(Default)]
struct Flights<'a> {
    sent: Vec<(Option<usize>, MaybeDone<Sent<'a>>)>,
    broken: bool,
}

impl<'a> Flights<'a> {
    /// Sends a statement, unless one before it could not be sent.
    async fn launch(&mut self, unit: Option<usize>, statement: Sent<'a>) {
        if self.broken {
            return;
        }
        // The driver sends a statement when its future is first polled.
        let mut flight = maybe_done(statement);
        let _ = poll!(&mut flight);
        self.broken = matches!(flight, MaybeDone::Done(Err(_)));
        self.sent.push((unit, flight));
    }

    /// Waits for the answers; the first failure is the cause of those behind it.
    async fn land(self, units: &[&Unit]) -> Result<Vec<Applied>> {
        let mut applied: Vec<_> =
            units.iter().map(|unit| Vec::with_capacity(unit.statements.len())).collect();
        for (unit, mut flight) in self.sent {
            (&mut flight).await;
            let landed = std::pin::Pin::new(&mut flight).take_output();
            match (unit, landed.unwrap_or(Err(Error::Closed))) {
                (Some(unit), Ok(Some(outcome))) => applied[unit].push(outcome),
                (_, Ok(_)) => {}
                (_, Err(error)) => return Err(error),
            }
        }
        Ok(applied.into_iter().map(Applied).collect())
    }
}

/// Compares what was touched with what was expected.
fn check(units: &[&Unit], applied: Vec<Applied>) -> Result<Vec<Applied>> {
    for (unit, applied) in units.iter().zip(&applied) {
        for (position, (statement, outcome)) in unit.statements.iter().zip(&applied.0).enumerate() {
            statement.check(position, outcome.count)?;
        }
    }
    Ok(applied)
}

/// Applies units in one transaction, each for itself: one that fails is rolled back alone. Slower than
/// [`apply_all`], because it waits for each.
pub(crate) async fn apply_each(
    client: &ClientWrapper,
    units: &[&Unit],
) -> Result<Vec<Result<Applied>>> {
    control(client, "BEGIN").await.map_err(unsent)?;
    let mut results = Vec::with_capacity(units.len());
    let mut notices = Unit::new();
    for unit in units {
        let result = apply_one(client, unit).await;
        match &result {
            Ok(_) => notices.notices.extend_from_slice(&unit.notices),
            Err(error @ (Error::Unavailable { .. } | Error::Lost { .. })) => {
                return Err(unsent(error.clone()));
            }
            Err(_) => {
                control(client, "ROLLBACK TO unit").await.map_err(unsent)?;
            }
        }
        control(client, "RELEASE unit").await.map_err(unsent)?;
        results.push(result);
    }
    notices.notices.sort_unstable();
    notices.notices.dedup();
    let prepared = prepare(client, NOTIFY).await.map_err(unsent)?;
    for (channel, payload) in &notices.notices {
        notify(client, &prepared, channel, payload).await.map_err(unsent)?;
    }
    commit(client).await?;
    Ok(results)
}

/// Applies a unit behind a savepoint.
async fn apply_one(client: &ClientWrapper, unit: &Unit) -> Result<Applied> {
    control(client, "SAVEPOINT unit").await?;
    let without_notices = [unit];
    let plan = plan(client, &without_notices).await?;
    let mut flights = Flights::default();
    for step in plan.iter().filter(|step| step.unit.is_some()) {
        flights.launch(step.unit, step.send(client)).await;
    }
    let applied =
        flights.land(&without_notices).await.and_then(|applied| check(&without_notices, applied));
    applied.map(|mut applied| applied.pop().unwrap_or_default())
}
