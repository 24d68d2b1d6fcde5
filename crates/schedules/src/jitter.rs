//! By how much a slot is put off: drawn from the schedule's id and the slot, the same everywhere.

use gathering_domain::{Duration, ScheduleId, Timestamp};

/// The finishing step of SplitMix64: each bit of the input moves each bit of the output.
const fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// When `slot` is due: at most `jitter` later, and before `next`, the slot after it.
///
/// Invariant: slots are due in their order, each before the slot that follows it.
pub(crate) fn due(
    id: ScheduleId,
    jitter: Duration,
    slot: Timestamp,
    next: Option<Timestamp>,
) -> Timestamp {
    let gap = next.map_or(u64::MAX, |next| next.since(slot).micros());
    let most = jitter.micros().min(gap.saturating_sub(1));
    if most == 0 {
        return slot;
    }
    let (high, low) = id.uuid().as_u64_pair();
    let drawn = mix(mix(mix(high) ^ low) ^ slot.micros().cast_unsigned());
    slot + Duration::from_micros(drawn % (most + 1))
}
