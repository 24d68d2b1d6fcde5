//! URLs of tools, actions and redirects: what is taken is plain, and stays what it is when read again.
#![no_main]

use gathering_egress::{Target, classify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&str, &str)| {
    let (text, location) = data;
    let Ok(target) = Target::parse(text) else { return };
    let host = target.host();
    assert!(!host.is_empty() && !host.contains(['/', '\\', '@', '?', '#', ' ', '\0', '%']));
    assert!(host.is_ascii() && host.bytes().all(|byte| !byte.is_ascii_control()));
    // An address is told as one, in whatever notation it came.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<std::net::IpAddr>() {
        assert_eq!(target.address().map(|known| known.to_canonical()), Some(address.to_canonical()));
        let _ = classify(address);
    }
    if let Ok(next) = target.join(location) {
        assert!(!next.host().is_empty());
    }
});
