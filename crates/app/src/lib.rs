//! Use cases: permission, rule, one transaction.
