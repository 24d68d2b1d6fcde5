//! Pages of lists as clients read them.

use gathering_app::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// Some rows of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PageView<T> {
    /// The rows, in the list's order.
    items: Vec<T>,
    /// Asks, as `cursor`, for the rows after these; `null` at the end.
    next_cursor: Option<String>,
}

impl<T> PageView<T> {
    /// A list that is bounded by itself, as its only page.
    pub(crate) const fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}

impl<V, T: From<V>> From<Page<V>> for PageView<T> {
    fn from(page: Page<V>) -> Self {
        let Page { items, next_cursor } = page;
        Self { items: items.into_iter().map(T::from).collect(), next_cursor }
    }
}
