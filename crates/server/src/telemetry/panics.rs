//! Panics, as lines of the log like all others.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{PanicHookInfo, set_hook},
};

/// Writes each panic to the log, in its form, with the ids of what it happened in.
pub(crate) fn log_them() {
    set_hook(Box::new(log));
}

fn log(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let message = panic.payload_as_str().unwrap_or("a panic without a message");
    let backtrace = Backtrace::capture();
    let backtrace = matches!(backtrace.status(), BacktraceStatus::Captured).then_some(backtrace);
    tracing::error!(
        panic = message,
        place,
        backtrace = backtrace.map(tracing::field::display),
        "a panic"
    );
}
