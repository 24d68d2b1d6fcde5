//! Money as people write it in a definition: dollars with decimals.

use gathering_domain::MicroUsd;
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

/// The most dollars of a limit.
const MAX_DOLLARS: f64 = 1_000_000.0;

#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
pub(super) fn serialize<S: Serializer>(cost: &Option<MicroUsd>, to: S) -> Result<S::Ok, S::Error> {
    match cost {
        #[expect(clippy::cast_precision_loss, reason = "a limit is at most 10^12 micro-dollars")]
        Some(MicroUsd(micros)) => to.serialize_f64(*micros as f64 / 1e6),
        None => to.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<MicroUsd>, D::Error> {
    let Some(dollars) = Option::<f64>::deserialize(from)? else { return Ok(None) };
    if !(0.0..=MAX_DOLLARS).contains(&dollars) {
        return Err(D::Error::custom("a limit has 0 to 1000000 dollars"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the bound was just checked")]
    let micros = (dollars * 1e6).round() as i64;
    Ok(Some(MicroUsd(micros)))
}
