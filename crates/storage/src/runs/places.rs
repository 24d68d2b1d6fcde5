//! Places that runs held until they ended: what no claim looks at any more is removed page by page.

use gathering_database::{Database, Sql, Unit, params, row};
use uuid::Uuid;

use super::lanes::LOCK;
use crate::Result;
use crate::statement::statements;

/// Places that one call looks at.
pub const PLACES_PAGE: u32 = 1_000;

row! {
    /// A place, in the order of keys.
    struct Place {
        limit_key: String,
        run_id: Uuid,
        ended: bool,
    }
}

/// Where a walk over all places has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacesAfter {
    limit_key: String,
    run_id: Uuid,
}

statements! {
    PAGE -> Place = Sql::both(
        "SELECT slots.limit_key AS limit_key, slots.run_id AS run_id, NOT EXISTS ( \
           SELECT 1 FROM runs WHERE runs.id = slots.run_id AND runs.finished_at IS NULL) AS ended \
         FROM slots WHERE (limit_key, run_id) > ($1, $2) ORDER BY limit_key, run_id LIMIT $3"
    );
    FORGET = Sql::both(
        "DELETE FROM slots WHERE (limit_key, run_id) > ($1, $2) AND (limit_key, run_id) <= ($3, $4) \
           AND NOT EXISTS ( \
             SELECT 1 FROM runs WHERE runs.id = slots.run_id AND runs.finished_at IS NULL)"
    );
}

/// Removes what ended runs have left among the next [`PLACES_PAGE`] places from behind `after`. Answers
/// where to go on, or nothing once it has seen the last one.
///
/// A claim removes what it finds of the keys that it looks at; a key that nobody asks for again, such as
/// a thread's, would keep its rows for ever without this.
pub async fn forget_places(
    database: &Database,
    after: Option<PlacesAfter>,
) -> Result<Option<PlacesAfter>> {
    let after =
        after.unwrap_or_else(|| PlacesAfter { limit_key: String::new(), run_id: Uuid::nil() });
    let params = params![after.limit_key.as_str(), after.run_id, PLACES_PAGE];
    let mut page: Vec<Place> = database.query(PAGE, params).await?;
    let (full, ended) = (page.len() == PLACES_PAGE as usize, page.iter().any(|place| place.ended));
    let Some(last) = page.pop() else { return Ok(None) };
    if ended {
        let params = params![after.limit_key, after.run_id, last.limit_key.as_str(), last.run_id];
        // Under the lock of claims: they remove such rows as well, in an order of their own.
        database.apply(Unit::new().run(LOCK, params![]).run(FORGET, params)).await?;
    }
    let next = PlacesAfter { limit_key: last.limit_key, run_id: last.run_id };
    Ok(full.then_some(next))
}
