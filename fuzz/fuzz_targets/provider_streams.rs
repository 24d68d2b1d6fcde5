//! Streams of model providers: any bytes, wherever they are cut, end in the same events or fault.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (u8, u8, &[u8])| {
    let (wire, cut, bytes) = data;
    let whole = gathering_llm_providers::fuzzing::decode(wire, [bytes]);
    let pieces = bytes.chunks(usize::from(cut) + 1);
    assert_eq!(whole, gathering_llm_providers::fuzzing::decode(wire, pieces));
});
