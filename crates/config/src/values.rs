//! The types of values that only configuration knows, one file each.

mod bearer_token;
mod byte_size;
mod database_url;
mod email_address;
mod hosts;
mod http_headers;
mod keep_time;
mod log;
mod mail;
mod master_key;
mod password;
mod private_place;
mod proxies;
mod public_url;
mod rate_limit;
mod ratio;
mod service_name;

pub use bearer_token::BearerToken;
pub use byte_size::ByteSize;
pub use database_url::DatabaseUrl;
pub use email_address::EmailAddress;
pub use hosts::Origin;
pub use http_headers::HttpHeaders;
pub use keep_time::KeepTime;
pub use log::{LogFilter, LogFormat};
pub use mail::{MailEncryption, MailHost, MailPassword, MailUser};
pub use master_key::MasterKey;
pub use password::Password;
pub use private_place::PrivatePlace;
pub use proxies::ProxyHeader;
pub use public_url::PublicUrl;
pub use rate_limit::RateLimit;
pub use ratio::Ratio;
pub use service_name::ServiceName;

pub use crate::setting::{ListItem, Raw, Setting};

/// What stands in a listing in place of a secret.
pub(crate) const MASK: &str = "********";
