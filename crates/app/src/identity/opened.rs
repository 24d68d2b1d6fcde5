//! From where an account has signed in.

use std::net::IpAddr;

use gathering_domain::{Timestamp, normal_email};
use gathering_storage::sessions;

use super::{Identity, sign_in::MOST_SESSIONS};
use crate::Result;

/// The opening of a session that has not been ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The address from which.
    pub address: IpAddr,
    /// When.
    pub at: Timestamp,
}

impl Identity<'_> {
    /// From where the sessions of an account were opened that are still stored; nothing for an account
    /// that does not exist. For whoever decides how often a password may be tried, and for nobody outside.
    pub async fn opened_from(&self, email: &str) -> Result<Vec<Opened>> {
        let email = normal_email(email).unwrap_or_default();
        let rows = sessions::opened(&email, MOST_SESSIONS).all(self.app.database()).await?;
        let opened = rows.into_iter().filter_map(|row| {
            let address = row.address?.parse().ok()?;
            Some(Opened { address, at: row.created_at })
        });
        Ok(opened.collect())
    }
}
