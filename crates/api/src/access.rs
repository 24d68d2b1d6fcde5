//! Who may use a route, how often, and with how much.

use gathering_domain::Permission;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody: health, the documentation, set-up and sign-in, and whoever has the address of a hook.
    Open,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever has the permission.
    Permitted(Permission),
    /// Whoever has the permission and may read: what is there already shows in what is made of it.
    PermittedReader(Permission),
}

impl Access {
    /// What a caller must be permitted, all of it; none where it is enough to be one.
    pub(crate) fn permissions(self) -> impl Iterator<Item = Permission> {
        let (needed, reads) = match self {
            Self::Open | Self::SignedIn => (None, false),
            Self::Permitted(permission) => (Some(permission), false),
            Self::PermittedReader(permission) => (Some(permission), true),
        };
        needed.into_iter().chain(reads.then_some(Permission::Read))
    }
}

/// By which limit the requests of a route are counted: what one of them costs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RateClass {
    /// Not at all: health, by which others decide whether the server lives.
    Free,
    /// Set-up and sign-in: the work of a password, for somebody unknown.
    SignIn,
    /// Looks something up.
    Read,
    /// Changes something, or has a body worth the work of a change.
    Write,
    /// Opens a stream.
    Stream,
    /// Makes the server work for longer than the request: runs, calls of models and tools.
    Expensive,
    /// A request to the address of a hook, of somebody who shows who they are by that and a signature.
    Hook,
}

impl RateClass {
    /// Its word in the description of the API, in headers and in the configuration.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::SignIn => "sign_in",
            Self::Read => "read",
            Self::Write => "write",
            Self::Stream => "stream",
            Self::Expensive => "expensive",
            Self::Hook => "hook",
        }
    }
}

/// How large the body of a route's requests may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyBound {
    /// As large as any body: [`Options::body_bytes`](crate::Options::body_bytes).
    Plain,
    /// As large as the input of a run: [`Options::input_bytes`](crate::Options::input_bytes).
    Input,
}
