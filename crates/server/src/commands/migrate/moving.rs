//! `gathering migrate --to`: moves the embedded store into an empty PostgreSQL database.
//!
//! The order in which each step may be the last before a crash: everything is written and compared in
//! one transaction; a note beside the embedded store keeps it from being served; the transaction is
//! committed; the file of the embedded store gets another name. So no two stores are ever served, and
//! where nobody knows whether the commit came through, the same command finds out.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail, ensure};
use gathering_app::stores;
use gathering_config::Config;
use gathering_domain::{Clock as _, IdSource};
use gathering_storage::{
    Database, DatabaseError, DatabaseOptions, DirectoryClaim, Storage, StorageError,
    moving::{Move, MoveProgress, MovedTable, ReadyMove, has_arrived, prepare_move},
};
use serde_json::json;

use crate::{
    ambient::{SystemClock, TimeOrderedIds},
    moved::Note,
    output::{Output, Unusable},
};

/// How often the database is asked whether a commit came through whose answer was lost, and the pause
/// before each time.
const LOOKS: u32 = 5;
const LOOK_PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(config: &Config, url: &str, output: Output) -> anyhow::Result<()> {
    let directory = &config.server.data_dir;
    let to = address(url)?;
    if config.database.url.is_some() {
        bail!(Unusable(
            "`database.url` is set already: `migrate --to` moves the embedded store of the data \
             directory; set `database.url` once that is done"
                .to_owned()
        ));
    }
    let earlier = Note::of(directory)?;
    if let Some(note) = earlier.as_ref().filter(|note| note.to != to) {
        bail!(Unusable(format!(
            "a move of this store to {} has begun{}",
            note.to,
            if note.arrived { " and ended: it is there" } else { ": end that one first" }
        )));
    }
    if !DirectoryClaim::has_store(directory) {
        if earlier.is_some_and(|note| note.arrived) {
            tell_done(&to, &[], output);
            return Ok(());
        }
        bail!(Unusable(format!("there is no embedded store in `{}`", directory.display())));
    }
    let options = DatabaseOptions::sqlite(directory).though_departed();
    let source = Database::open(options).await.map_err(|error| {
        let hint = match &error {
            DatabaseError::InUse { .. } => {
                "stop the server first: nothing may change while it moves"
            }
            _ => "could not open the embedded store",
        };
        anyhow::Error::new(error).context(hint)
    })?;
    let moved = perform(&source, earlier, url, &to, output).await;
    if moved.is_ok() {
        source.close_aside().await.context(
            "everything is in PostgreSQL, but the embedded store could not be given another name",
        )?;
    } else {
        source.close().await;
    }
    tell_done(&to, &moved?, output);
    Ok(())
}

async fn perform(
    source: &Database,
    earlier: Option<Note>,
    url: &str,
    to: &str,
    output: Output,
) -> anyhow::Result<Vec<MovedTable>> {
    let target = Database::open(DatabaseOptions::postgres(url))
        .await
        .with_context(|| format!("could not open {to}"))?;
    let moved = move_between(source, &target, earlier, to, output).await;
    target.close().await;
    moved
}

async fn move_between(
    source: &Database,
    target: &Database,
    earlier: Option<Note>,
    to: &str,
    output: Output,
) -> anyhow::Result<Vec<MovedTable>> {
    if let Some(note) = earlier
        && has_arrived(target, note.id).await?
    {
        source.depart(Note { arrived: true, ..note }.text()?).await?;
        return Ok(Vec::new());
    }
    let ids: Arc<dyn IdSource> = Arc::new(TimeOrderedIds);
    let at = SystemClock.now();
    Storage::open(source.clone()).await?;
    stores::release(source, at).await?;
    let (id, record) = (ids.next_uuid(), stores::record_of_move(&ids, at, to)?);
    let mut show = |progress: MoveProgress<'_>| show(progress, output);
    let ready = prepare_move(source, target, Move { id, at, record }, &mut show).await;
    let ready = ready.map_err(|error| {
        let refused = matches!(error, StorageError::NotEmpty { .. });
        let error = anyhow::Error::new(error);
        let said = format!("nothing was moved to {to}, and the embedded store is as it was");
        if refused { error.context(Unusable(said)) } else { error.context(said) }
    })?;
    let note = Note { id, to: to.to_owned(), at: at.to_rfc3339(), arrived: false };
    let tables = ready.tables.clone();
    commit(ready, source, target, &note).await?;
    source.depart(Note { arrived: true, ..note }.text()?).await?;
    Ok(tables)
}

/// Commits behind the note, and takes the note away if that is known to have failed.
async fn commit(
    ready: ReadyMove,
    source: &Database,
    target: &Database,
    note: &Note,
) -> anyhow::Result<()> {
    source.depart(note.text()?).await?;
    let error = match ready.commit().await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let unknown = matches!(&error, StorageError::Database(error) if error.outcome_unknown());
    if !unknown {
        source.stay().await?;
        let said = format!("nothing was moved to {}, and the embedded store is as it was", note.to);
        return Err(anyhow::Error::new(error).context(said));
    }
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK_PAUSE).await;
        if matches!(has_arrived(target, note.id).await, Ok(true)) {
            return Ok(());
        }
    }
    let said = format!(
        "nobody knows whether {} has the store now, and until that is known the embedded one is not \
         served: run the same command again, once the database answers",
        note.to
    );
    Err(anyhow::Error::new(error).context(said))
}

/// Shows a person how far it is.
fn show(progress: MoveProgress<'_>, output: Output) {
    match progress {
        MoveProgress::Written(table, rows) if output.is_watched() => {
            output.note(format!("  {table}: {rows} rows written"));
        }
        MoveProgress::Written(..) => {}
        MoveProgress::Compared(MovedTable { name, rows, checksum }) => {
            output.line(format!("{name}: {rows} rows, equal, checksum {checksum}"));
        }
    }
}

fn tell_done(to: &str, tables: &[MovedTable], output: Output) {
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    if tables.is_empty() {
        output.line(format!("the store was moved to {to} before"));
    } else {
        output.line(format!("{rows} rows of {} tables are in {to}", tables.len()));
    }
    output.line(
        "set `database.url` to it and start the server; keep `secrets.key` of the data directory, or \
         give its value to every instance as `secrets.key`. The embedded store stays beside it as \
         `gathering.db.moved`",
    );
    let tables: Vec<_> = tables
        .iter()
        .map(|MovedTable { name, rows, checksum }| {
            json!({ "table": name, "rows": rows, "checksum": checksum.to_string() })
        })
        .collect();
    output.value(&json!({ "to": to, "rows": rows, "tables": tables }));
}

/// Where a database is, without who asks it.
fn address(url: &str) -> anyhow::Result<String> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let Some(rest) = rest else {
        bail!(Unusable("`--to` takes an address that begins with `postgres://`".to_owned()));
    };
    let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    // A database that is reached through a socket has its host here.
    let host = options.split('&').find(|option| option.starts_with("host="));
    let host = host.map(|host| format!("?{host}")).unwrap_or_default();
    ensure!(!place.is_empty() || !host.is_empty(), "`--to` names no database");
    Ok(format!("postgres://{place}{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_not_who() {
        for (url, wanted) in [
            ("postgres://ada:secret@db:5432/teams", "postgres://db:5432/teams"),
            ("postgresql://db/teams?sslmode=require", "postgres://db/teams"),
            ("postgres://a%40b:c@db/x?host=/run/pg&user=me", "postgres://db/x?host=/run/pg"),
            ("postgres:///x?host=/run/pg&password=y", "postgres:///x?host=/run/pg"),
        ] {
            assert_eq!(address(url).unwrap(), wanted, "{url}");
        }
        for url in ["mysql://db/x", "db", "postgres://"] {
            assert!(address(url).is_err(), "{url}");
        }
    }
}
