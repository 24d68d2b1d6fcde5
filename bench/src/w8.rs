//! W8: what a long conversation takes in the store, turn by turn: as much at its end as at its beginning.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, bail, ensure};
use gathering_database::{Database, DatabaseOptions, Value};
use gathering_testkit::Place;
use serde::Serialize;
use serde_json::json;

use crate::{Options, Sizes, Store, figures, http::Client, process::Server};

/// What a person says each time; the scripted model answers with a text that repeats it.
const SAID: &str = "Tell me once more what we have decided about the delivery dates of the northern warehouse, \
                    who agreed to it, and what is still open; two or three sentences are enough for me.";
/// Bytes of the columns that are no text and no bytes.
const OF_A_NUMBER: u64 = 8;
const OF_AN_ID: u64 = 16;
/// Tables that are named.
const MOST_SHOWN: usize = 4;

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    turns: usize,
    /// Only of the embedded store, whose tables can be read from outside.
    values: Option<Growth>,
    disk: Growth,
    /// Tables by what a turn adds to them at the end.
    largest: Vec<(String, u64)>,
}

/// Bytes that a turn adds, at the beginning and at the end.
#[derive(Debug, Clone, Copy, Serialize)]
struct Growth {
    first: u64,
    last: u64,
    last_to_first: f64,
}

/// What a store holds at one moment.
struct Held {
    /// Bytes of all values, by table.
    tables: BTreeMap<String, u64>,
    /// What the database takes on disk, indexes included.
    disk: u64,
}

impl Growth {
    fn of([begin, first, before, last]: [u64; 4], turns: u64) -> Self {
        let (first, last) = (first.saturating_sub(begin), last.saturating_sub(before));
        #[expect(clippy::cast_precision_loss, reason = "a ratio of bytes")]
        let last_to_first = last as f64 / first as f64;
        Self { first: first / turns, last: last / turns, last_to_first }
    }

    fn cells(of: Option<Self>) -> [String; 3] {
        of.map_or_else(
            || [(); 3].map(|()| "–".to_owned()),
            |Self { first, last, last_to_first }| {
                [first.to_string(), last.to_string(), format!("{last_to_first:.3}")]
            },
        )
    }
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        let largest: Vec<String> =
            self.largest.iter().map(|(table, bytes)| format!("{table} {bytes}")).collect();
        let ([first, last, ratio], [disk_first, disk_last, disk_ratio]) =
            (Growth::cells(self.values), Growth::cells(Some(self.disk)));
        vec![
            ("store", self.store.name().to_owned()),
            ("turns", self.turns.to_string()),
            ("bytes/turn, first", first),
            ("last", last),
            ("last to first", ratio),
            ("on disk/turn, first", disk_first),
            ("last", disk_last),
            ("last to first", disk_ratio),
            ("most of the last", largest.join(", ")),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in options.stores() {
        rows.push(measure(store, &options.sizes).await?);
    }
    let hundred = options.sizes.hundred;
    let title = format!("bytes in the store per turn, of the first {hundred} turns and the last");
    figures::report("w8", &title, &rows)
}

async fn measure(store: Store, sizes: &Sizes) -> anyhow::Result<Row> {
    let (hundreds, hundred) = (sizes.hundreds, sizes.hundred);
    ensure!(hundreds > 1 && hundred > 0, "there is nothing to compare");
    let place = store.place().await;
    let folder = gathering_testkit::temp_dir();
    let data_dir = place.directory().unwrap_or_else(|| folder.path().to_owned());
    let server = Server::start(&data_dir, place.url()).await?;
    let mut client = server.sign_in().await?;
    let agent =
        json!({ "name": "listener", "model": "scripted/demo", "instructions": "Answer briefly." });
    let agent = client.post("/api/v1/agents", &agent).await?.success()?;
    let path = format!("/api/v1/agents/{}/threads", agent["id"].as_str().context("no agent")?);
    let thread = client.post(&path, &json!({})).await?.success()?;
    let thread = thread["id"].as_str().context("no thread")?.to_owned();
    // What a first turn brings with it once belongs to none.
    talk(&mut client, &thread, 1).await?;
    server.kill()?;
    let begin = held(&place).await?;
    talk_alone(&data_dir, &place, &thread, hundred).await?;
    let first = held(&place).await?;
    talk_alone(&data_dir, &place, &thread, hundred * (hundreds - 2)).await?;
    let before = held(&place).await?;
    talk_alone(&data_dir, &place, &thread, hundred).await?;
    let last = held(&place).await?;

    let (moments, turns) = ([&begin, &first, &before, &last], hundred as u64);
    let embedded = !last.tables.is_empty();
    let values = embedded.then(|| Growth::of(moments.map(Held::all), turns));
    let grown = last.tables.iter().map(|(table, bytes)| {
        let earlier = before.tables.get(table).copied().unwrap_or(0);
        (table.clone(), bytes.saturating_sub(earlier) / turns)
    });
    let mut largest: Vec<(String, u64)> = grown.collect();
    largest.sort_unstable_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    largest.truncate(MOST_SHOWN);
    let disk = Growth::of(moments.map(|held| held.disk), turns);
    Ok(Row { store, turns: 1 + hundreds * hundred, values, disk, largest })
}

/// Starts a server for so many turns.
async fn talk_alone(
    data_dir: &Path,
    place: &Place,
    thread: &str,
    turns: usize,
) -> anyhow::Result<()> {
    let server = Server::start(data_dir, place.url()).await?;
    talk(&mut server.sign_in().await?, thread, turns).await?;
    server.kill()
}

async fn talk(client: &mut Client, thread: &str, turns: usize) -> anyhow::Result<()> {
    let path = format!("/api/v1/threads/{thread}/messages?wait=20s");
    for _ in 0..turns {
        let message = client.post(&path, &json!({ "text": SAID })).await?.success()?;
        ensure!(!message["reply"].is_null(), "a message had no reply: {message}");
    }
    Ok(())
}

/// Counts what nobody is at work on.
async fn held(place: &Place) -> anyhow::Result<Held> {
    let database = open(place).await?;
    let mut tables = BTreeMap::new();
    if place.directory().is_some() {
        for table in database.tables().await? {
            let (mut scan, mut bytes) = (database.scan(&table).await?, 0);
            while let Some(rows) = scan.next().await? {
                bytes += rows.iter().flatten().map(size).sum::<u64>();
            }
            tables.insert(table.name, bytes);
        }
    }
    // The embedded store puts its write-ahead log away when it is closed.
    database.close().await;
    let database = open(place).await?;
    let disk = database.size_bytes().await?;
    database.close().await;
    Ok(Held { tables, disk })
}

async fn open(place: &Place) -> anyhow::Result<Database> {
    let options = match (place.directory(), place.url()) {
        (Some(directory), _) => DatabaseOptions::sqlite(directory),
        (None, Some(url)) => DatabaseOptions::postgres(url),
        (None, None) => bail!("a place without an address"),
    };
    Ok(Database::open(options).await?)
}

fn size(value: &Value) -> u64 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Real(_) => OF_A_NUMBER,
        Value::Uuid(_) => OF_AN_ID,
        Value::Text(text) => text.len() as u64,
        Value::Bytes(bytes) => bytes.len() as u64,
    }
}

impl Held {
    fn all(&self) -> u64 {
        self.tables.values().sum()
    }
}
