//! The log, projections, repositories, claims and migrations: all SQL, written once.
