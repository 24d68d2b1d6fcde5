//! How many files and connections this process may have open, and how many of them are clients'.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the server keeps for itself: its store, what its runs ask elsewhere, its own logs and listeners.
const OWN: u64 = 512;

/// The most that this process may have open once it has asked for it; none without a limit.
pub(crate) fn most() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}

/// Asks for as many open files as this process may have. Shells and service managers give it few at first,
/// for programs of long ago that cannot count further.
pub(crate) fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "could not raise the limit of open files");
    }
}

/// How many connections of clients there may be: as many as are wanted, but so many fewer than files that
/// the server can still do its work while all are taken.
pub(crate) fn connections(wanted: usize) -> usize {
    let Some(files) = getrlimit(Resource::Nofile).current else { return wanted };
    let connections = within(files, wanted);
    if connections < wanted {
        tracing::warn!(files, connections, "few files may be open: there is room for few clients");
    }
    connections
}

/// At least half of the files are clients', however few there are.
fn within(files: u64, wanted: usize) -> usize {
    let room = files.saturating_sub(OWN).max(files / 2);
    usize::try_from(room).unwrap_or(usize::MAX).min(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_leave_room_for_the_server() {
        for (files, connections) in
            [(64, 32), (1_024, 512), (4_096, 3_584), (8_704, 8_192), (1_000_000, 8_192)]
        {
            assert_eq!(within(files, 8_192), connections, "{files}");
        }
    }
}
