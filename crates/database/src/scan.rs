//! All rows of a table, batch by batch.

use crate::{Result, Value};

/// The rows of a table as they stood at one moment, in no order. Ends early, and lets go of what it
/// holds, when it is dropped.
pub struct Scan(pub(crate) flume::Receiver<Result<Batch>>);

/// Rows, each with its values in the order of the table's columns and of their kinds.
pub type Batch = Vec<Vec<Value>>;

impl Scan {
    /// The next rows, at least one; none at the end.
    pub async fn next(&mut self) -> Result<Option<Batch>> {
        self.0.recv_async().await.ok().transpose()
    }
}

impl Value {
    /// Bytes that it takes in memory, roughly.
    pub(crate) fn weight(&self) -> usize {
        let beyond = match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        size_of::<Self>() + beyond
    }
}
