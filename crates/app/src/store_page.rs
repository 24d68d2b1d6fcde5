//! Cursors that are ids.

use std::str::FromStr;

use uuid::Uuid;

use crate::{PageRequest, Result};

/// The UUID of the id after which a page begins.
pub(crate) fn after_id<T: FromStr>(
    page: &PageRequest,
    uuid: impl Fn(T) -> Uuid,
) -> Result<Option<Uuid>> {
    Ok(page.after::<T>()?.map(uuid))
}
