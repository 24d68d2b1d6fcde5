//! Pages of lists: bounded, and continued after the last row that was seen.

use std::str::FromStr;

use crate::{Error, Result};

/// How many rows of a list, and after which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// The most rows; [`PageRequest::DEFAULT_LIMIT`] if absent.
    pub limit: Option<u32>,
    /// What the page before answered as `next_cursor`.
    pub cursor: Option<String>,
}

/// Some rows of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// Asks for the rows after these; none at the end.
    pub next_cursor: Option<String>,
}

impl PageRequest {
    /// Rows of a page for which no limit was asked.
    pub const DEFAULT_LIMIT: u32 = 50;
    /// The most rows of a page.
    pub const MAX_LIMIT: u32 = 200;

    /// The limit within its bounds.
    pub(crate) fn limit(&self) -> Result<u32> {
        match self.limit {
            None => Ok(Self::DEFAULT_LIMIT),
            Some(limit) if (1..=Self::MAX_LIMIT).contains(&limit) => Ok(limit),
            Some(_) => Err(Error::invalid_field(
                "/limit",
                "out_of_range",
                format!("a page has 1 to {} rows", Self::MAX_LIMIT),
            )),
        }
    }

    /// The key after which the page begins.
    pub(crate) fn after<K: FromStr>(&self) -> Result<Option<K>> {
        let fault =
            || Error::invalid_field("/cursor", "unknown_cursor", "this is no cursor of this list");
        self.cursor.as_deref().map(|text| text.parse().map_err(|_| fault())).transpose()
    }
}

impl<T> Page<T> {
    /// A page of at most `limit` of `rows`, of which one more was read to see whether there are more.
    pub(crate) fn of(mut rows: Vec<T>, limit: u32, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(key) } else { None };
        Self { items: rows, next_cursor }
    }

    /// The same page with other rows.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_a_default_and_bounds() {
        let limit = |limit| PageRequest { limit, cursor: None }.limit().map_err(|e| e.code());
        assert_eq!(limit(None), Ok(50));
        assert_eq!(limit(Some(200)), Ok(200));
        assert_eq!(limit(Some(0)), Err("invalid"));
        assert_eq!(limit(Some(201)), Err("invalid"));
    }

    #[test]
    fn a_cursor_comes_only_with_more_rows() {
        let key = |n: &i32| n.to_string();
        assert_eq!(Page::of(vec![1, 2, 3], 2, key).next_cursor.as_deref(), Some("2"));
        assert_eq!(Page::of(vec![1, 2], 2, key).next_cursor, None);
        let bad = PageRequest { limit: None, cursor: Some("x".into()) };
        assert_eq!(bad.after::<i32>().unwrap_err().code(), "invalid");
    }
}
