//! A statement: one text for both engines, or two side by side.

use std::fmt;

/// Which database is behind the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// The embedded store: one process, one writer.
    Sqlite,
    /// The store for several instances.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// A statement with parameters `$1`, `$2`, …; on SQLite they are bound by name.
///
/// Texts are `'static`, so that every statement of the program is known and the caches of prepared
/// statements are bounded by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Sql {
    /// One text for both engines.
    ///
    /// # Panics
    /// On `::`, which SQLite reads as part of a parameter's name. In a `const` this is a compile error.
    pub const fn both(text: &'static str) -> Self {
        assert!(
            !has_double_colon(text),
            "shared SQL must write CAST(x AS type) instead of x::type"
        );
        Self { sqlite: text, postgres: text }
    }

    /// Two texts, for what the engines truly say differently. Both take the same parameters; the one
    /// for SQLite may leave some out.
    ///
    /// # Panics
    /// On `::` in the text for SQLite.
    pub const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        assert!(
            !has_double_colon(sqlite),
            "SQL for SQLite must write CAST(x AS type) instead of x::type"
        );
        Self { sqlite, postgres }
    }

    /// A statement that only PostgreSQL is ever asked to run.
    pub(crate) const fn postgres(text: &'static str) -> Self {
        Self { sqlite: "", postgres: text }
    }

    /// True if both engines have the same text.
    pub(crate) fn is_shared(&self) -> bool {
        std::ptr::eq(self.sqlite, self.postgres) || self.sqlite == self.postgres
    }

    /// The text for an engine.
    pub const fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

const fn has_double_colon(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at - 1] == b':' && bytes[at] == b':' {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_gets_its_text() {
        const PAIR: Sql = Sql::each("SELECT 1", "SELECT 1::bigint");
        assert_eq!(PAIR.text(Engine::Sqlite), "SELECT 1");
        assert_eq!(PAIR.text(Engine::Postgres), "SELECT 1::bigint");
        assert_eq!(Sql::both("SELECT 2").text(Engine::Postgres), "SELECT 2");
    }

    #[test]
    #[should_panic(expected = "CAST(x AS type)")]
    fn double_colon_is_refused_in_shared_text() {
        let _ = Sql::both("SELECT $1::text");
    }

    #[test]
    #[should_panic(expected = "CAST(x AS type)")]
    fn double_colon_is_refused_in_text_for_sqlite() {
        let _ = Sql::each("SELECT $1::text", "SELECT $1::text");
    }
}
