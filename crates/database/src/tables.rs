//! The tables of a schema, as the engine's own catalogue knows them.

use uuid::Uuid;

use crate::{Error, Result, Sql, Value};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<TableColumn>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a column holds: the types of which both engines' DDL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// [`Value::Uuid`].
    Uuid,
    /// [`Value::Int`].
    Int,
    /// [`Value::Real`].
    Real,
    /// [`Value::Bool`].
    Bool,
    /// [`Value::Text`].
    Text,
    /// [`Value::Bytes`].
    Bytes,
}

/// A type of column that no schema of ours is written in.
#[derive(Debug, thiserror::Error)]
#[error("column `{column}` of table `{table}` is of type `{of_type}`, which is not known here")]
struct UnknownType {
    table: String,
    column: String,
    of_type: String,
}

/// A row for each column: table, column, type. Neither the engine's own tables nor partitions, which
/// are read and written through their parents.
pub(crate) const CATALOGUE: Sql = Sql::each(
    "SELECT m.name, p.name, p.type FROM sqlite_master AS m, pragma_table_info(m.name) AS p \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, p.cid",
    "SELECT c.relname, a.attname, t.typname FROM pg_catalog.pg_class AS c \
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid \
     JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
     ORDER BY c.relname, a.attnum",
);

/// The tables of the rows of [`CATALOGUE`].
pub(crate) fn of_rows(rows: Vec<(String, String, String)>) -> Result<Vec<Table>> {
    let mut tables: Vec<Table> = Vec::new();
    for (table, column, of_type) in rows {
        let Some(kind) = ColumnKind::of(&of_type) else {
            return Err(Error::other("read the schema", UnknownType { table, column, of_type }));
        };
        if tables.last().is_none_or(|last| last.name != table) {
            tables.push(Table { name: table, columns: Vec::new() });
        }
        if let Some(last) = tables.last_mut() {
            last.columns.push(TableColumn { name: column, kind });
        }
    }
    Ok(tables)
}

impl Table {
    /// The text that reads all of its rows.
    pub(crate) fn select(&self) -> String {
        format!("SELECT {} FROM {}", self.quoted_columns(), quoted(&self.name))
    }

    /// The text that takes rows in, as PostgreSQL understands it.
    pub(crate) fn copy_in(&self) -> String {
        let columns = self.quoted_columns();
        format!("COPY {} ({columns}) FROM STDIN (FORMAT binary)", quoted(&self.name))
    }

    fn quoted_columns(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        columns.join(", ")
    }
}

/// A name as both engines take it, whatever is in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl ColumnKind {
    /// What a column of this declared type holds.
    fn of(declared: &str) -> Option<Self> {
        Some(match declared.to_ascii_lowercase().as_str() {
            "uuid" => Self::Uuid,
            "bigint" | "integer" | "int8" | "int4" | "int2" => Self::Int,
            "double precision" | "float8" => Self::Real,
            "boolean" | "bool" => Self::Bool,
            "text" | "varchar" => Self::Text,
            "bytea" => Self::Bytes,
            _ => return None,
        })
    }

    /// A value as a column of this kind holds it; `None` if it does not. SQLite knows fewer types, and
    /// keeps whatever it is given.
    pub(crate) fn fit(self, value: Value) -> Option<Value> {
        Some(match (self, value) {
            (_, Value::Null) => Value::Null,
            (Self::Uuid, Value::Bytes(bytes)) => Value::Uuid(Uuid::from_slice(&bytes).ok()?),
            (Self::Bool, Value::Int(0)) => Value::Bool(false),
            (Self::Bool, Value::Int(1)) => Value::Bool(true),
            #[expect(clippy::cast_precision_loss, reason = "SQLite keeps 1.0 as 1")]
            (Self::Real, Value::Int(whole)) => Value::Real(whole as f64),
            // PostgreSQL takes no NUL in text.
            (Self::Text, Value::Text(text)) if text.contains('\0') => return None,
            (Self::Uuid, value @ Value::Uuid(_))
            | (Self::Int, value @ Value::Int(_))
            | (Self::Real, value @ Value::Real(_))
            | (Self::Bool, value @ Value::Bool(_))
            | (Self::Text, value @ Value::Text(_))
            | (Self::Bytes, value @ Value::Bytes(_)) => value,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_their_columns_or_are_refused() {
        let id = Uuid::from_u128(7);
        let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec().into());
        let text = |text: &str| Value::Text(text.into());
        for (kind, value, fitted) in [
            (ColumnKind::Uuid, bytes(id.as_bytes()), Some(Value::Uuid(id))),
            (ColumnKind::Uuid, bytes(&[1; 15]), None),
            (ColumnKind::Uuid, Value::Null, Some(Value::Null)),
            (ColumnKind::Bool, Value::Int(1), Some(Value::Bool(true))),
            (ColumnKind::Bool, Value::Int(2), None),
            (ColumnKind::Real, Value::Int(3), Some(Value::Real(3.0))),
            (ColumnKind::Int, Value::Real(3.0), None),
            (ColumnKind::Text, text("a"), Some(text("a"))),
            (ColumnKind::Text, text("a\0"), None),
            (ColumnKind::Text, bytes(b"a"), None),
            (ColumnKind::Bytes, text("a"), None),
            (ColumnKind::Bytes, bytes(id.as_bytes()), Some(bytes(id.as_bytes()))),
        ] {
            assert_eq!(kind.fit(value.clone()), fitted, "{kind:?} {value:?}");
        }
    }

    #[test]
    fn names_are_quoted_whatever_is_in_them() {
        let column = |name: &str| TableColumn { name: name.to_owned(), kind: ColumnKind::Int };
        let table =
            Table { name: "a\"b".to_owned(), columns: vec![column("order"), column("x y")] };
        assert_eq!(table.select(), "SELECT \"order\", \"x y\" FROM \"a\"\"b\"");
    }

    #[test]
    fn rows_of_the_catalogue_become_tables_and_unknown_types_are_told() {
        let row = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        let rows = vec![row("a", "id", "uuid"), row("a", "n", "BIGINT"), row("b", "t", "text")];
        let tables = of_rows(rows).unwrap();
        let shape: Vec<_> = tables.iter().map(|t| (t.name.as_str(), t.columns.len())).collect();
        assert_eq!(shape, [("a", 2), ("b", 1)]);
        let error = of_rows(vec![row("a", "v", "tsvector")]).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("`v` of table `a` is of type `tsvector`"), "{cause}");
    }
}
