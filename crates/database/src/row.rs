//! Rows that come back, and the types that are made of them.

use bytes::Bytes;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{Error, Result, Value};

/// One field of a row as its engine stores it, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A truth (PostgreSQL only: SQLite stores an [`Cell::Int`]).
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Real(f64),
    /// Text.
    Text(&'a str),
    /// Text that is not UTF-8 (SQLite only, which stores what it is given). Somebody else put it there; it
    /// reads as text with U+FFFD in it, so that it does not hide the rows around it.
    Broken(&'a [u8]),
    /// Bytes, and an id on SQLite.
    Bytes(&'a [u8]),
    /// An id (PostgreSQL only).
    Uuid(Uuid),
}

impl Cell<'_> {
    /// The name of the variant, for messages that must not show the value.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Real(_) => "real",
            Self::Text(_) | Self::Broken(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Uuid(_) => "uuid",
        }
    }

    /// An owned copy.
    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(v) => Value::Bool(v),
            Self::Int(v) => Value::Int(v),
            Self::Real(v) => Value::Real(v),
            Self::Text(v) => Value::Text(v.into()),
            Self::Broken(v) => Value::Text(String::from_utf8_lossy(v).into()),
            Self::Bytes(v) => Value::Bytes(Bytes::copy_from_slice(v)),
            Self::Uuid(v) => Value::Uuid(v),
        }
    }
}

impl Value {
    /// The value as a field of a row.
    pub(crate) fn as_cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Bool(v) => Cell::Bool(*v),
            Self::Int(v) => Cell::Int(*v),
            Self::Real(v) => Cell::Real(*v),
            Self::Text(v) => Cell::Text(v),
            Self::Bytes(v) => Cell::Bytes(v),
            Self::Uuid(v) => Cell::Uuid(*v),
        }
    }
}

/// A type that a field can be read as.
pub trait Column: Sized {
    /// What a field must be, for the message when it is not.
    const EXPECTED: &'static str;

    /// Reads a field; `None` if it holds something else.
    fn read(cell: Cell<'_>) -> Option<Self>;
}

macro_rules! column {
    ($($type:ty, $expected:literal: $($cell:pat => $value:expr),+;)*) => {$(
        impl Column for $type {
            const EXPECTED: &'static str = $expected;
            fn read(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    $($cell => $value,)+
                    _ => None,
                }
            }
        }
    )*};
}

column! {
    bool, "bool": Cell::Bool(v) => Some(v), Cell::Int(0) => Some(false), Cell::Int(1) => Some(true);
    i64, "int": Cell::Int(v) => Some(v);
    i32, "int of 32 bits": Cell::Int(v) => v.try_into().ok();
    u64, "int, not negative": Cell::Int(v) => v.try_into().ok();
    u32, "int of 32 bits, not negative": Cell::Int(v) => v.try_into().ok();
    u16, "int of 16 bits, not negative": Cell::Int(v) => v.try_into().ok();
    f64, "real": Cell::Real(v) => Some(v);
    String, "text": Cell::Text(v) => Some(v.to_owned()),
        Cell::Broken(v) => Some(String::from_utf8_lossy(v).into_owned());
    Box<str>, "text": Cell::Text(v) => Some(v.into());
    Vec<u8>, "bytes": Cell::Bytes(v) => Some(v.to_vec());
    Bytes, "bytes": Cell::Bytes(v) => Some(Bytes::copy_from_slice(v));
    Uuid, "uuid": Cell::Uuid(v) => Some(v), Cell::Bytes(v) => Uuid::from_slice(v).ok();
    serde_json::Value, "JSON text": Cell::Text(v) => serde_json::from_str(v).ok();
    Box<RawValue>, "JSON text": Cell::Text(v) => serde_json::from_str(v).ok();
}

impl<T: Column> Column for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::read(cell).map(Some),
        }
    }
}

/// A row, borrowed from its engine.
pub struct Row<'a>(pub(crate) Source<'a>);

pub(crate) enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
    Values(&'a [Value]),
}

impl Row<'_> {
    /// Reads field number `index`, counted from 0.
    pub fn get<T: Column>(&self, index: usize) -> Result<T> {
        let cell = self.cell(index)?;
        T::read(cell).ok_or(Error::Column { index, expected: T::EXPECTED, found: cell.kind() })
    }

    fn cell(&self, index: usize) -> Result<Cell<'_>> {
        match &self.0 {
            Source::Sqlite(row) => crate::sqlite::cell(row, index),
            Source::Postgres(row) => crate::postgres::cell(row, index),
            Source::Values(values) => {
                let missing =
                    Error::Column { index, expected: "a field", found: "the end of the row" };
                values.get(index).map(Value::as_cell).ok_or(missing)
            }
        }
    }
}

/// A type that is made of one row. Write it with [`row!`](crate::row!), or take a tuple.
pub trait FromRow: Sized + Send + 'static {
    /// The names of the columns that it reads, in order; empty when it reads by position alone.
    const COLUMNS: &'static [&'static str];

    /// Reads a row.
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

macro_rules! tuple_from_row {
    ($($name:ident $index:tt),+) => {
        impl<$($name: Column + Send + 'static),+> FromRow for ($($name,)+) {
            const COLUMNS: &'static [&'static str] = &[];
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get::<$name>($index)?,)+))
            }
        }
    };
}

tuple_from_row!(A 0);
tuple_from_row!(A 0, B 1);
tuple_from_row!(A 0, B 1, C 2);
tuple_from_row!(A 0, B 1, C 2, D 3);
tuple_from_row!(A 0, B 1, C 2, D 3, E 4);
tuple_from_row!(A 0, B 1, C 2, D 3, E 4, F 5);

/// Declares structs that are made of rows; the fields' names and order are those of the columns.
///
/// `field: Type as Stored` reads the column as `Stored` and converts it with `Type::try_from`;
/// `field: Type as Stored => function` converts it with a function that gives `Option<Type>`.
#[macro_export]
macro_rules! row {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty $(as $stored:ty $(=> $convert:expr)?)?),* $(,)?
    })*) => {$(
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),* }

        impl $crate::FromRow for $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];
            fn from_row(row: &$crate::Row<'_>) -> $crate::Result<Self> {
                let mut columns = 0..;
                let mut next = || columns.next().unwrap_or_default();
                $(let $field = $crate::row!(@field row, next(), $type $(, $stored $(, $convert)?)?);)*
                Ok(Self { $($field),* })
            }
        }
    )*};
    (@field $row:ident, $index:expr, $type:ty) => { $row.get::<$type>($index)? };
    (@field $row:ident, $index:expr, $type:ty, $stored:ty) => {
        $crate::row!(@field $row, $index, $type, $stored, |stored| {
            <$type as ::std::convert::TryFrom<$stored>>::try_from(stored).ok()
        })
    };
    (@field $row:ident, $index:expr, $type:ty, $stored:ty, $convert:expr) => {{
        let index: usize = $index;
        let convert: fn($stored) -> ::std::option::Option<$type> = $convert;
        convert($row.get::<$stored>(index)?).ok_or($crate::Error::Column {
            index,
            expected: stringify!($type),
            found: stringify!($stored),
        })?
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    #[derive(Debug, PartialEq)]
    struct Celsius(i64);

    impl From<i64> for Celsius {
        fn from(value: i64) -> Self {
            Self(value)
        }
    }

    row! {
        #[derive(Debug, PartialEq)]
        struct Reading { id: Uuid, name: String, heat: Celsius as i64, small: u16 as i64, cold: Option<Celsius> as Option<i64> => |v| Some(v.map(Celsius)) }
    }

    #[test]
    fn struct_reads_its_columns_in_order() {
        let id = Uuid::from_u128(1);
        let values = params![id, "kettle", 96, 7, 4];
        let reading = Reading::from_row(&Row(Source::Values(&values))).unwrap();
        assert_eq!(
            reading,
            Reading {
                id,
                name: "kettle".into(),
                heat: Celsius(96),
                small: 7,
                cold: Some(Celsius(4))
            }
        );
        assert_eq!(Reading::COLUMNS, ["id", "name", "heat", "small", "cold"]);
    }

    #[test]
    fn misfit_names_the_column_and_both_types() {
        let fail = |values: &[Value]| {
            Reading::from_row(&Row(Source::Values(values))).unwrap_err().to_string()
        };
        let id = Uuid::from_u128(1);
        assert_eq!(fail(&params![id, 5]), "column 1 holds int where text was expected");
        assert_eq!(
            fail(&params![id, "a", 1, 70_000, None::<i64>]),
            "column 3 holds i64 where u16 was expected"
        );
        assert_eq!(
            fail(&params![id]),
            "column 1 holds the end of the row where a field was expected"
        );
    }

    #[test]
    fn engines_spellings_of_one_type_read_alike() {
        let id = Uuid::from_u128(9);
        assert_eq!(Uuid::read(Cell::Bytes(id.as_bytes())), Some(id));
        assert_eq!(Uuid::read(Cell::Uuid(id)), Some(id));
        assert_eq!(bool::read(Cell::Int(1)), bool::read(Cell::Bool(true)));
        assert_eq!(bool::read(Cell::Int(2)), None);
        assert_eq!(Option::<i64>::read(Cell::Null), Some(None));
        assert_eq!(i64::read(Cell::Null), None);
    }
}
