//! Lets the server compare touched rows with expected ones, so that a commit need not wait for counts.

use deadpool_postgres::ClientWrapper;
use futures::TryStreamExt;
use tokio_postgres::Statement as Prepared;
use tokio_postgres::error::SqlState;

use super::errors::sort;
use super::statements::{Sent, failed};
use crate::unit::{Outcome, Rows, Statement};
use crate::{Engine, Error, Result, Value};

/// Stands for the number of rows that the server found to be wrong but did not tell.
pub(crate) const UNCOUNTED: u64 = u64::MAX;

/// True if the server can check what the statement expects, or there is nothing to check.
pub(crate) fn can_check(statement: &Statement) -> bool {
    statement.want.is_none() || wrap(statement).is_some()
}

/// Prepares a statement with its check.
pub(crate) async fn prepare(
    client: &ClientWrapper,
    statement: &Statement,
) -> Result<Option<Prepared>> {
    let Some(text) = statement.want.and_then(|_| wrap(statement)) else { return Ok(None) };
    let prepared = client.prepare_cached(&text).await;
    prepared.map(Some).map_err(|error| sort("prepare a statement that is checked", error))
}

/// A statement with its check; sent when the future is first polled.
pub(crate) fn execute<'a>(
    client: &'a ClientWrapper,
    prepared: &'a Prepared,
    statement: &'a Statement,
    position: usize,
) -> Sent<'a> {
    Box::pin(async move {
        let want = statement.want.unwrap_or_default();
        let expected = Value::Int(i64::try_from(want).unwrap_or(i64::MAX));
        let params: Vec<&Value> = statement.params.iter().chain([&expected]).collect();
        let sort = |error: tokio_postgres::Error| match error.code() {
            Some(&SqlState::DIVISION_BY_ZERO) => {
                Error::Conflict { statement: position, got: UNCOUNTED, want }
            }
            _ => failed(error),
        };
        if !statement.returning {
            client.execute_raw(prepared, params).await.map_err(sort)?;
            return Ok(Some(Outcome { count: want, rows: Rows::None }));
        }
        let rows = client.query_raw(prepared, params).await.map_err(sort)?;
        let rows: Vec<_> = rows.try_collect().await.map_err(sort)?;
        Ok(Some(Outcome { count: rows.len() as u64, rows: Rows::Postgres(rows) }))
    })
}

/// The text that runs a statement and divides by zero unless it touched as many rows as an additional
/// parameter says; `None` for a statement that cannot be wrapped.
fn wrap(statement: &Statement) -> Option<String> {
    let text = statement.sql.text(Engine::Postgres).trim_start();
    let words = text.to_ascii_uppercase();
    if !["SELECT ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|verb| words.starts_with(verb)) {
        return None;
    }
    let returns = words.starts_with("SELECT ") || words.contains("RETURNING");
    if statement.returning && (!returns || statement.want == Some(0)) {
        return None;
    }
    let count = if returns { "" } else { " RETURNING 1" };
    let want = statement.params.len() + 1;
    let check = format!(
        "WITH done AS ({text}{count}),
         checked AS (SELECT 1 / CAST(count(*) = ${want} AS integer) AS met FROM done)"
    );
    // The join begins with the check, so that it is made even if there are no rows.
    let result = if statement.returning {
        "SELECT done.* FROM checked LEFT JOIN done ON true WHERE checked.met = 1"
    } else {
        "SELECT met FROM checked"
    };
    Some(format!("{check} {result}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sql, params};

    fn statement(text: &'static str) -> Statement {
        Statement::new(Sql::postgres(text), params![1]).expecting(1)
    }

    #[test]
    fn what_begins_with_its_verb_is_wrapped() {
        for (statement, wrapped) in [
            (statement("UPDATE a SET b = $1"), true),
            (statement("\n  insert INTO a VALUES ($1)"), true),
            (statement("DELETE FROM a WHERE b = $1 RETURNING b"), true),
            (statement("DELETE FROM a WHERE b = $1 RETURNING b").returning(), true),
            (statement("DELETE FROM a WHERE b = $1 RETURNING b").expecting(0).returning(), false),
            (statement("WITH c AS (SELECT 1) UPDATE a SET b = $1"), false),
            (statement("SELECT $1"), true),
            (statement("SELECT $1").returning(), true),
            (statement("VALUES ($1)"), false),
        ] {
            assert_eq!(wrap(&statement).is_some(), wrapped, "{statement:?}");
        }
    }

    #[test]
    fn expected_count_is_a_parameter_behind_the_others() {
        let text = wrap(&statement("UPDATE a SET b = $1")).unwrap();
        assert!(
            text.contains("UPDATE a SET b = $1 RETURNING 1") && text.contains("count(*) = $2"),
            "{text}"
        );
    }
}
