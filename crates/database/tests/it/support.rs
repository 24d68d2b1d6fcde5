//! What the tests share: a small table and how to write and read it.

use gathering_database::{Database, DatabaseOptions, Result, Sql, Unit, Value, params};
use gathering_testkit::Place;
use uuid::Uuid;

/// A table with one constraint of each kind.
const SCHEMA: &str = "
    CREATE TABLE shelves (id uuid PRIMARY KEY);
    CREATE TABLE items (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        amount bigint NOT NULL CONSTRAINT amount_is_positive CHECK (amount >= 0),
        shelf uuid REFERENCES shelves (id),
        code text UNIQUE
    );
    CREATE UNIQUE INDEX items_by_name ON items (name, amount);
";

pub(crate) const INSERT: Sql =
    Sql::both("INSERT INTO items (id, name, amount) VALUES ($1, $2, $3)");
pub(crate) const SET_AMOUNT: Sql = Sql::both("UPDATE items SET amount = $2 WHERE id = $1");
pub(crate) const ADD: Sql =
    Sql::both("UPDATE items SET amount = amount + $2 WHERE id = $1 RETURNING amount");
pub(crate) const AMOUNT: Sql = Sql::both("SELECT amount FROM items WHERE id = $1");
pub(crate) const NAMES: Sql = Sql::both("SELECT name FROM items ORDER BY name");

pub(crate) fn options(place: &Place) -> DatabaseOptions {
    match place {
        Place::Sqlite(directory) => DatabaseOptions::sqlite(directory.path()),
        Place::Postgres(database) => DatabaseOptions::postgres(database.url()),
    }
}

/// Opens the database of a place, with the table in it.
pub(crate) async fn open(place: &Place) -> Database {
    open_with(options(place)).await
}

pub(crate) async fn open_with(options: DatabaseOptions) -> Database {
    let database = Database::open(options).await.expect("the database opens");
    database.script(SCHEMA).await.expect("the schema is valid");
    database
}

pub(crate) const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn item(number: u128, name: &str) -> Vec<Value> {
    params![id(number), name, 1]
}

pub(crate) fn insert(number: u128, name: &str) -> Unit {
    Unit::new().run(INSERT, item(number, name))
}

pub(crate) async fn names(database: &Database) -> Vec<String> {
    let rows = database.query::<(String,)>(NAMES, params![]).await.expect("items are read");
    rows.into_iter().map(|(name,)| name).collect()
}

pub(crate) async fn amount(database: &Database, number: u128) -> Result<Option<i64>> {
    let found = database.query_opt::<(i64,)>(AMOUNT, params![id(number)]).await?;
    Ok(found.map(|(amount,)| amount))
}
