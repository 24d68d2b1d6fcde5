//! The one door to the network: address checks, allow-lists, secret injection, caps.
