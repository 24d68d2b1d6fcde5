//! Random histories of operations: each is run and checked, and one that fails is made shorter.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

/// How many histories, and how long.
pub(crate) struct Histories {
    pub(crate) cases: u32,
    /// Operations in one, at most.
    pub(crate) operations: usize,
    /// Tries to make one shorter that fails.
    pub(crate) shrinks: u32,
}

impl Histories {
    /// Checks each history, with its number from 1, on this runtime.
    pub(crate) async fn check<S, F>(
        self,
        operation: fn() -> S,
        check: impl Fn(u64, Vec<S::Value>) -> F + Send + 'static,
    ) where
        S: Strategy + 'static,
        F: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Handle::current();
        let ran = tokio::task::spawn_blocking(move || {
            let number = AtomicU64::new(1);
            let config = Config {
                cases: self.cases,
                failure_persistence: None,
                max_shrink_iters: self.shrinks,
                ..Config::default()
            };
            let histories = prop::collection::vec(operation(), 1..self.operations);
            let run = TestRunner::new(config).run(&histories, |operations| {
                let number = number.fetch_add(1, Ordering::Relaxed);
                runtime.block_on(check(number, operations));
                Ok(())
            });
            run.map_err(|failure| failure.to_string())
        });
        if let Err(failure) = ran.await.unwrap() {
            panic!("{failure}");
        }
    }
}
