//! The pure core of durable work: entries, fold, machine trait, retry, limit and cancel rules.
