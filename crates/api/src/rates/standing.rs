//! How a key stands with its rate: whether one more may come, how many are left, and when more may.
//!
//! The rule is the generic cell rate algorithm (ITU-T I.371): a key is one instant, the one at which it
//! has its whole burst again. One request moves the instant by the rate's interval; it may not lie
//! further ahead than the whole burst takes.

use gathering_domain::{Duration, Rate, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::table::Kept;
use crate::Problem;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How a key stands with its rate after it asked for one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    rate: Rate,
    name: &'static str,
    remaining: u64,
    /// Until the whole burst is there again; where one more may not come, until it may.
    reset: Duration,
    refused: bool,
}

/// Asks for one more, and says what the table is to store, if anything.
///
/// Invariant: whoever takes the place of another goes on from where that one stood. So a key that was
/// pushed out never comes back with more than it had: what pushed it out stands where it stood or
/// worse, and so does all else in its bucket.
pub(super) fn ask(
    rate: Rate,
    name: &'static str,
    now: Timestamp,
    kept: Kept,
) -> (Standing, Option<u64>) {
    let now = micros(now);
    let (interval, whole) = (rate.interval().micros(), rate.rest().micros());
    let furthest = now + whole;
    // Further ahead than is possible lies only what another rate left there, or a clock that was put
    // back: the key counts as one that has just used its burst.
    let before = kept.value.clamp(now, furthest);
    let after = before + interval;
    let refused = after > furthest;
    let standing = if refused {
        let reset = Duration::from_micros(after - furthest);
        Standing { rate, name, remaining: 0, reset, refused }
    } else {
        let reset = Duration::from_micros(after - now);
        Standing { rate, name, remaining: (furthest - after) / interval, reset, refused }
    };
    let mended = (kept.own && kept.value > furthest).then_some(furthest);
    (standing, if refused { mended } else { Some(after) })
}

/// Gives back what [`ask`] has taken.
pub(super) fn give_back(rate: Rate, kept: Kept) -> ((), Option<u64>) {
    let value = kept.value.saturating_sub(rate.interval().micros());
    ((), kept.own.then_some(value))
}

pub(super) fn micros(instant: Timestamp) -> u64 {
    u64::try_from(instant.micros()).unwrap_or_default()
}

impl Standing {
    /// Refuses if there may be no more for now.
    pub(crate) fn admit(&self) -> Result<(), Problem> {
        if !self.refused {
            return Ok(());
        }
        let Self { rate, name, .. } = self;
        let detail = format!("too many requests of the class `{name}`: no more than {rate}");
        Err(Problem::new("too_many_requests", detail).after(self.reset))
    }

    /// Until one more may come, where it may not now.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.refused.then_some(self.reset)
    }

    /// Tells the client how it stands. `Retry-After` is said by the refusal itself.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let seconds = |time: Duration| time.micros().div_ceil(1_000_000);
        let burst = self.rate.burst();
        let window = seconds(self.rate.rest()).max(1);
        headers.insert(LIMIT, HeaderValue::from(burst));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(seconds(self.reset)));
        let policy = format!("{burst};w={window};comment=\"{}\"", self.name);
        let policy = HeaderValue::try_from(policy).expect("numbers and a word of our own");
        headers.insert(POLICY, policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_700_000_000_000_000;

    fn at(micros: u64) -> Timestamp {
        Timestamp::from_micros(START + i64::try_from(micros).unwrap())
    }

    /// Asks at these times, in microseconds, and tells each answer: how many are left, or how long to
    /// wait, in microseconds.
    fn asked(rate: &str, times: &[u64]) -> Vec<Result<u64, u64>> {
        let rate: Rate = rate.parse().unwrap();
        let mut kept = Kept { value: 0, own: false };
        let mut answers = Vec::new();
        for time in times {
            let (standing, value) = ask(rate, "read", at(*time), kept);
            if let Some(value) = value {
                kept = Kept { value, own: true };
            }
            let wait = standing.wait().map(Duration::micros);
            answers.push(wait.map_or(Ok(standing.remaining), Err));
        }
        answers
    }

    #[test]
    fn after_the_burst_come_as_many_as_the_rate_has() {
        let second = 1_000_000;
        assert_eq!(
            asked("2/s burst 3", &[0, 0, 0, 0, second / 4, second / 2, second / 2, 9 * second]),
            [Ok(2), Ok(1), Ok(0), Err(500_000), Err(250_000), Ok(0), Err(500_000), Ok(2)]
        );
        assert_eq!(asked("1/h", &[0, 0, 3_600 * second]), [Ok(0), Err(3_600_000_000), Ok(0)]);
    }

    #[test]
    fn a_clock_that_is_put_back_costs_no_more_than_the_burst() {
        let rate: Rate = "1/s burst 5".parse().unwrap();
        let kept = Kept { value: micros(at(3_600_000_000)), own: true };
        let (standing, value) = ask(rate, "read", at(0), kept);
        assert_eq!(standing.wait(), Some(Duration::from_secs(1)));
        let kept = Kept { value: value.unwrap(), own: true };
        assert_eq!(ask(rate, "read", at(1_000_000), kept).0.wait(), None);
    }

    #[test]
    fn what_is_given_back_may_be_used_again() {
        let rate: Rate = "1/h burst 1".parse().unwrap();
        let (_, value) = ask(rate, "read", at(0), Kept { value: 0, own: false });
        let ((), value) = give_back(rate, Kept { value: value.unwrap(), own: true });
        let kept = Kept { value: value.unwrap(), own: true };
        assert_eq!(ask(rate, "read", at(0), kept).0.wait(), None);
        assert_eq!(give_back(rate, Kept { value: 5, own: false }), ((), None));
    }

    #[test]
    fn a_standing_is_told_in_whole_seconds() {
        let rate: Rate = "10/m burst 3".parse().unwrap();
        let (standing, _) = ask(rate, "sign_in", at(0), Kept { value: 0, own: false });
        let mut headers = HeaderMap::new();
        standing.tell(&mut headers);
        let told = |name: HeaderName| headers[name].to_str().unwrap().to_owned();
        assert_eq!([told(LIMIT), told(REMAINING), told(RESET)], ["3", "2", "6"]);
        assert_eq!(told(POLICY), "3;w=18;comment=\"sign_in\"");
    }
}
