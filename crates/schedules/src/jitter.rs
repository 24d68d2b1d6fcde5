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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_slot_is_put_off_to_the_next() {
        let slot = Timestamp::from_micros(1_800_000_000_000_000);
        for gap in 1..20 {
            let next = slot + Duration::from_micros(gap);
            let drawn = |id: u128| {
                let id = ScheduleId::from_uuid(uuid::Uuid::from_u128(id));
                due(id, Duration::from_secs(3_600), slot, Some(next)).since(slot).micros()
            };
            // Each wait before the next slot is drawn by somebody, and no other.
            let drawn: BTreeSet<u64> = (0..1_000).map(drawn).collect();
            assert_eq!(drawn, (0..gap).collect());
        }
    }
}
