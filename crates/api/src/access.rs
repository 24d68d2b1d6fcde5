//! Who may use a route.

use gathering_domain::Permission;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody: health, the documentation, set-up and sign-in.
    Open,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever has the permission.
    Permitted(Permission),
}

/// How large the body of a route's requests may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyBound {
    /// As large as any body: [`Options::body_bytes`](crate::Options::body_bytes).
    Plain,
    /// As large as the input of a run: [`Options::input_bytes`](crate::Options::input_bytes).
    Input,
}
