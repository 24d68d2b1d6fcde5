//! Sends a transaction in one go: `BEGIN`, guard, statements and `COMMIT` share one round trip.

use deadpool_postgres::ClientWrapper;
use futures::future::{MaybeDone, maybe_done};
use futures::poll;
use tokio_postgres::Statement as Prepared;

use super::checked;
use super::errors::unsent;
use super::statements::{Sent, control, execute, guard, notify, prepare, prepare_guard};
use crate::unit::Statement;
use crate::{Applied, Error, Result, Sql, Unit};

/// Sends a notice when the transaction commits.
pub(crate) const NOTIFY: Sql = Sql::postgres("SELECT pg_notify($1, $2)");

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// `COMMIT` is sent along with the statements. The server makes a rollback of it if one has failed,
    /// and checks what they expect.
    Commit,
    /// The transaction is left open for a [`commit`].
    Open,
}

/// Who compares the rows touched with those expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checks {
    ByServer,
    ByClient,
}

/// Applies units in one transaction, all or none, in one round trip.
///
/// If the server cannot check an expectation, or has found one unmet, the commit waits for the counts,
/// which then tell what was unmet.
pub(crate) async fn apply_all(client: &ClientWrapper, units: &[&Unit]) -> Result<Vec<Applied>> {
    if units.iter().flat_map(|unit| &unit.statements).all(checked::can_check) {
        let result = run(client, units, Ending::Commit).await;
        if !matches!(result, Err(Error::Conflict { got: checked::UNCOUNTED, .. })) {
            return result;
        }
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
    let checks = if ending == Ending::Commit { Checks::ByServer } else { Checks::ByClient };
    let plan = plan(client, units, checks).await?;
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
    Checked(&'a Statement, usize),
    Notify(&'a (String, String)),
}

impl Step<'_> {
    fn send<'a>(&'a self, client: &'a ClientWrapper) -> Sent<'a> {
        match self.kind {
            Kind::Guard(statement) => guard(client, &self.prepared, statement),
            Kind::Statement(statement) => execute(client, &self.prepared, statement),
            Kind::Checked(statement, position) => {
                checked::execute(client, &self.prepared, statement, position)
            }
            Kind::Notify((channel, payload)) => notify(client, &self.prepared, channel, payload),
        }
    }
}

/// Prepares what a connection has not yet prepared, and lists what is to be sent.
async fn plan<'a>(
    client: &ClientWrapper,
    units: &[&'a Unit],
    checks: Checks,
) -> Result<Vec<Step<'a>>> {
    let mut steps = Vec::new();
    for (number, unit) in units.iter().enumerate() {
        if let Some(statement) = &unit.guard {
            let prepared = prepare_guard(client, statement.sql).await.map_err(unsent)?;
            steps.push(Step { unit: Some(number), prepared, kind: Kind::Guard(statement) });
        }
        for (position, statement) in unit.statements.iter().enumerate() {
            let by_server = match checks {
                Checks::ByServer => checked::prepare(client, statement).await.map_err(unsent)?,
                Checks::ByClient => None,
            };
            let (prepared, kind) = if let Some(prepared) = by_server {
                (prepared, Kind::Checked(statement, position))
            } else {
                let prepared = prepare(client, statement.sql).await.map_err(unsent)?;
                (prepared, Kind::Statement(statement))
            };
            steps.push(Step { unit: Some(number), prepared, kind });
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

/// Runs the guard and the statements of a unit in a transaction that is open.
pub(crate) async fn run_steps(client: &ClientWrapper, unit: &Unit) -> Result<Applied> {
    let units = [unit];
    let plan = plan(client, &units, Checks::ByClient).await?;
    let mut flights = Flights::default();
    for step in plan.iter().filter(|step| step.unit.is_some()) {
        flights.launch(step.unit, step.send(client)).await;
    }
    let mut applied = check(&units, flights.land(&units).await?)?;
    Ok(applied.pop().unwrap_or_default())
}
