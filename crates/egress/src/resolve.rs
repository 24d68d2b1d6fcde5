//! From names to addresses that may be reached; nothing is connected to but these.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures::{FutureExt as _, future::BoxFuture};
use reqwest::dns::{Addrs, Name, Resolve};

use crate::{AddressClass, NetworkPolicy};

/// The most addresses of one name that are looked at.
const ADDRESSES_LIMIT: usize = 64;

/// A lookup under way.
pub type Resolving = BoxFuture<'static, io::Result<Vec<IpAddr>>>;

/// Finds the addresses of a name. What it answers is checked by the caller.
pub trait Resolver: Send + Sync {
    /// Looks `host` up.
    fn resolve(&self, host: &str) -> Resolving;
}

/// Asks the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let host = host.to_owned();
        async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|socket| socket.ip()).take(ADDRESSES_LIMIT).collect())
        }
        .boxed()
    }
}

/// Stands between the HTTP client and a resolver: a name with one address that may not be reached
/// is not reached at all, since a mixed answer is how rebinding begins.
pub(crate) struct CheckedResolver {
    pub(crate) inner: Arc<dyn Resolver>,
    pub(crate) policy: Arc<NetworkPolicy>,
}

/// Why a name gave no address; found again in the HTTP client's error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveFault {
    #[error("the address is {0}")]
    Refused(AddressClass),
    #[error("the name could not be resolved")]
    NotResolved(#[source] Arc<io::Error>),
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> reqwest::dns::Resolving {
        let host = name.as_str().to_ascii_lowercase();
        let lookup = self.inner.resolve(&host);
        let policy = Arc::clone(&self.policy);
        async move {
            let found = lookup.await.map_err(|e| ResolveFault::NotResolved(Arc::new(e)))?;
            if found.is_empty() {
                let none = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
                return Err(ResolveFault::NotResolved(Arc::new(none)).into());
            }
            let mut sockets = Vec::new();
            for address in found.into_iter().take(ADDRESSES_LIMIT) {
                policy.judge_address(&host, address).map_err(ResolveFault::Refused)?;
                sockets.push(SocketAddr::new(address, 0));
            }
            let addresses: Addrs = Box::new(sockets.into_iter());
            Ok(addresses)
        }
        .boxed()
    }
}
