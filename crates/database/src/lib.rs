//! The one door to SQLite and PostgreSQL: statements, units of writes, group commit, listening.
