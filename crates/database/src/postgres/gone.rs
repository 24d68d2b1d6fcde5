//! Makes sure that a session of the server is gone, with whatever it had on its way.

use tokio::time::Instant;

use super::connect::{APPLICATION, BackendId, Connection, Connector, answer};
use super::errors::unsent;
use super::statements::query;
use crate::{Error, Result, Sql, limits, params};

/// A session leaves this view after it has rolled back or committed.
const END: Sql = Sql::postgres(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE pid = $1 AND CAST(extract(epoch FROM backend_start) * 1000000 AS bigint) = $2",
);

const END_ALL: Sql = Sql::postgres(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE pid = ANY (ARRAY(SELECT CAST(value AS integer) FROM jsonb_array_elements_text($1)))
       AND usename = current_user AND datname = current_database() AND application_name = $2",
);

/// Ends a session and waits until it is gone; gives a new connection on which its traces can be read.
pub(crate) async fn replace(connector: &Connector, lost: BackendId) -> Result<Connection> {
    let deadline = Instant::now() + limits::GONE_WAIT;
    let mut last = Error::Unavailable { source: None };
    while Instant::now() < deadline {
        match ended(connector, lost, deadline).await {
            Ok(connection) => return Ok(connection),
            Err(error @ (Error::Unavailable { .. } | Error::Lost { .. })) => last = unsent(error),
            Err(error) => return Err(error),
        }
        tokio::time::sleep(limits::GONE_LOOK).await;
    }
    Err(last)
}

async fn ended(connector: &Connector, lost: BackendId, deadline: Instant) -> Result<Connection> {
    let connection = connector.connect().await?;
    loop {
        let params = params![lost.pid, lost.started_us];
        let left = query::<(i64,)>(&connection.client, END, &params);
        if answer(limits::ANSWER_WAIT, left).await? == [(0,)] {
            return Ok(connection);
        }
        if Instant::now() >= deadline {
            return Err(Error::Busy { waited_for: "the end of a lost session", source: None });
        }
        tokio::time::sleep(limits::GONE_LOOK).await;
    }
}

/// Ends sessions of this program, by process id.
pub(crate) async fn terminate(
    connection: &deadpool_postgres::ClientWrapper,
    pids: &[i32],
) -> Result<u64> {
    let pids: Vec<_> = pids.iter().map(ToString::to_string).collect();
    let params = params![format!("[{}]", pids.join(",")), APPLICATION];
    let ended = query::<(u64,)>(connection, END_ALL, &params).await?;
    Ok(ended.first().map_or(0, |(count,)| *count))
}
