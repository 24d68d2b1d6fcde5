//! What a request says of itself: tokens, cookies, forwarded addresses, traces, ids.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|headers: Vec<(&str, &[u8])>| {
    gathering_api::fuzzing::head(&headers);
    for (_, value) in &headers {
        if let Ok(text) = std::str::from_utf8(value) {
            gathering_app::fuzzing::token(text);
        }
    }
});
