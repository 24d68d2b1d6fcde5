//! Values to and rows from PostgreSQL, and single statements.

use std::error::Error as StdError;
use std::pin::Pin;

use bytes::{BufMut, BytesMut};
use deadpool_postgres::ClientWrapper;
use futures::TryStreamExt;
use tokio_postgres::Statement as Prepared;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use super::errors::sort;
use crate::row::Source;
use crate::unit::{Outcome, Rows, Statement};
use crate::{Cell, Engine, Error, FromRow, Result, Row, Sql, Value};

/// A value that the parameter's type does not take.
#[derive(Debug, thiserror::Error)]
#[error("a parameter of type {expected} was given {found}")]
struct Misfit {
    expected: String,
    found: &'static str,
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Bool(v), &Type::BOOL) => v.to_sql(ty, out),
            (Self::Int(v), &Type::INT8) => v.to_sql(ty, out),
            (Self::Int(v), &Type::INT4) => i32::try_from(*v)?.to_sql(ty, out),
            (Self::Int(v), &Type::INT2) => i16::try_from(*v)?.to_sql(ty, out),
            (Self::Real(v), &Type::FLOAT8) => v.to_sql(ty, out),
            (
                Self::Text(v),
                &Type::TEXT | &Type::VARCHAR | &Type::NAME | &Type::UNKNOWN | &Type::JSON,
            ) => {
                out.put_slice(v.as_bytes());
                Ok(IsNull::No)
            }
            (Self::Text(v), &Type::JSONB) => {
                out.put_u8(JSONB_VERSION);
                out.put_slice(v.as_bytes());
                Ok(IsNull::No)
            }
            (Self::Bytes(v), &Type::BYTEA) => {
                out.put_slice(v);
                Ok(IsNull::No)
            }
            (Self::Uuid(v), &Type::UUID) => v.to_sql(ty, out),
            (value, ty) => {
                Err(Box::new(Misfit { expected: ty.name().to_owned(), found: value.kind() }))
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// First byte of a `jsonb` value on the wire.
const JSONB_VERSION: u8 = 1;

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(match *ty {
            Type::BOOL => Self::Bool(bool::from_sql(ty, raw)?),
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Self::Real(f64::from_sql(ty, raw)?),
            Type::FLOAT4 => Self::Real(f32::from_sql(ty, raw)?.into()),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::JSON => {
                Self::Text(<&str>::from_sql(ty, raw)?)
            }
            Type::JSONB => Self::Text(std::str::from_utf8(raw.get(1..).unwrap_or_default())?),
            Type::BYTEA => Self::Bytes(raw),
            Type::UUID => Self::Uuid(Uuid::from_sql(ty, raw)?),
            _ => {
                return Err(Box::new(Misfit {
                    expected: ty.name().to_owned(),
                    found: "no reader",
                }));
            }
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A field of a row.
pub(crate) fn cell(row: &tokio_postgres::Row, index: usize) -> Result<Cell<'_>> {
    row.try_get(index).map_err(|error| Error::other("read a column", error))
}

/// All rows of a query.
pub(crate) async fn query<T: FromRow>(
    client: &ClientWrapper,
    sql: Sql,
    params: &[Value],
) -> Result<Vec<T>> {
    let prepared = prepare(client, sql).await?;
    let rows = client.query_raw(&prepared, params).await.map_err(failed)?;
    futures::pin_mut!(rows);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        found.push(T::from_row(&Row(Source::Postgres(&row)))?);
    }
    Ok(found)
}

/// Prepares a statement, once per connection.
pub(crate) async fn prepare(client: &ClientWrapper, sql: Sql) -> Result<Prepared> {
    let text = sql.text(Engine::Postgres);
    client.prepare_cached(text).await.map_err(|error| sort("prepare a statement", error))
}

/// Prepares a guard so that it fails by a division by zero when it finds no row.
pub(crate) async fn prepare_guard(client: &ClientWrapper, sql: Sql) -> Result<Prepared> {
    let text = format!("SELECT 1 / count(*) FROM ({}) AS guard", sql.text(Engine::Postgres));
    client.prepare_cached(&text).await.map_err(|error| sort("prepare a guard", error))
}

/// A statement on its way; what it did, if that belongs to a unit's answer.
pub(crate) type Sent<'a> = Pin<Box<dyn Future<Output = Result<Option<Outcome>>> + Send + 'a>>;

/// A statement that is sent when the future is first polled, as are those below.
pub(crate) fn execute<'a>(
    client: &'a ClientWrapper,
    prepared: &'a Prepared,
    statement: &'a Statement,
) -> Sent<'a> {
    Box::pin(async move {
        if !statement.returning {
            let count = client.execute_raw(prepared, &statement.params).await.map_err(failed)?;
            return Ok(Some(Outcome { count, rows: Rows::None }));
        }
        let rows = client.query_raw(prepared, &statement.params).await.map_err(failed)?;
        let rows: Vec<_> = rows.try_collect().await.map_err(failed)?;
        Ok(Some(Outcome { count: rows.len() as u64, rows: Rows::Postgres(rows) }))
    })
}

/// A guard.
pub(crate) fn guard<'a>(
    client: &'a ClientWrapper,
    prepared: &'a Prepared,
    statement: &'a Statement,
) -> Sent<'a> {
    Box::pin(async move {
        match client.execute_raw(prepared, &statement.params).await {
            Ok(_) => Ok(None),
            Err(error) if error.code() == Some(&SqlState::DIVISION_BY_ZERO) => {
                Err(Error::GuardFailed)
            }
            Err(error) => Err(failed(error)),
        }
    })
}

/// A notice.
pub(crate) fn notify<'a>(
    client: &'a ClientWrapper,
    prepared: &'a Prepared,
    channel: &'a str,
    payload: &'a str,
) -> Sent<'a> {
    Box::pin(async move {
        client.execute_raw(prepared, [channel, payload]).await.map_err(failed)?;
        Ok(None)
    })
}

/// A text without parameters.
pub(crate) fn control<'a>(client: &'a ClientWrapper, text: &'a str) -> Sent<'a> {
    Box::pin(async move {
        client.batch_execute(text).await.map_err(|error| sort("control a transaction", error))?;
        Ok(None)
    })
}

/// The error of a statement.
pub(crate) fn failed(error: tokio_postgres::Error) -> Error {
    sort("run a statement", error)
}
