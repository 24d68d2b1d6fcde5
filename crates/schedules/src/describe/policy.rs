//! What a policy means, in English.

use super::words::{count, list, moment, spell};
use crate::{Misfire, Overlap, Policy, Retry};
use gathering_domain::Duration;

/// The most waits that are listed one by one.
const MOST_LISTED: usize = 4;

/// What a policy means, a sentence for each thing that it says; what is neither said nor has a
/// default is left out.
pub fn describe_policy(policy: &Policy) -> String {
    let mut sentences = vec![of_misfire(policy.misfire), of_overlap(policy.overlap).to_owned()];
    if policy.jitter > Duration::ZERO {
        sentences.push(format!("Each slot is put off by up to {}.", spell(policy.jitter)));
    }
    match (policy.start, policy.end) {
        (Some(start), Some(end)) => {
            sentences.push(format!(
                "It begins at {} and ends before {}.",
                moment(start),
                moment(end)
            ));
        }
        (Some(start), None) => sentences.push(format!("It begins at {}.", moment(start))),
        (None, Some(end)) => sentences.push(format!("It ends before {}.", moment(end))),
        (None, None) => {}
    }
    if let Some(most) = policy.max_fires {
        sentences.push(format!("It ends after {}.", count(most, "fire")));
    }
    sentences.extend(policy.retry.as_ref().and_then(of_retry));
    sentences.join(" ")
}

fn of_misfire(misfire: Misfire) -> String {
    match misfire {
        Misfire::Skip {} => "Slots that were missed are left out.".to_owned(),
        Misfire::FireOnce {} => {
            "If slots were missed, one fire makes up for all of them.".to_owned()
        }
        Misfire::FireAll { within } => {
            format!("Slots that were missed fire late, if by no more than {}.", spell(within))
        }
    }
}

const fn of_overlap(overlap: Overlap) -> &'static str {
    match overlap {
        Overlap::Skip => "A slot that comes while a run is under way is left out.",
        Overlap::Queue => {
            "A slot that comes while a run is under way waits for its end; one can wait."
        }
        Overlap::Allow => "A slot that comes while a run is under way starts beside it.",
        Overlap::CancelPrevious => "A slot that comes while a run is under way cancels it.",
    }
}

fn of_retry(retry: &Retry) -> Option<String> {
    let waits: Vec<String> = (1..Retry::MAX_ATTEMPTS)
        .map_while(|attempt| retry.delay_after(attempt))
        .map(spell)
        .collect();
    let times = match waits.len() {
        0 => return None,
        1 => "once".to_owned(),
        n => format!("up to {n} times"),
    };
    let when = if waits.len() <= MOST_LISTED {
        list(&waits)
    } else {
        format!("{}, then longer, up to {}", waits[0], waits[waits.len() - 1])
    };
    Some(format!("A run that fails is tried again {times}, after {when}."))
}

#[cfg(test)]
mod tests {
    use gathering_domain::Timestamp;

    use super::*;

    #[test]
    fn policies_read_as_sentences() {
        assert_eq!(
            describe_policy(&Policy::default()),
            "If slots were missed, one fire makes up for all of them. A slot that comes while a run is under way \
             is left out."
        );
        let policy = Policy {
            misfire: Misfire::FireAll { within: Duration::from_secs(7_200) },
            overlap: Overlap::Queue,
            jitter: Duration::from_secs(90),
            start: Timestamp::parse_rfc3339("2027-01-01T00:00:00Z"),
            end: Timestamp::parse_rfc3339("2028-01-01T00:00:00Z"),
            max_fires: Some(1),
            retry: Some(Retry {
                attempts: 4,
                first_delay: Duration::from_secs(60),
                factor: 2.0,
                max_delay: Duration::from_secs(180),
            }),
        };
        assert_eq!(
            describe_policy(&policy),
            "Slots that were missed fire late, if by no more than 2 hours. A slot that comes while a run is under \
             way waits for its end; one can wait. Each slot is put off by up to 1 minute 30 seconds. It begins at \
             2027-01-01 00:00 UTC and ends before 2028-01-01 00:00 UTC. It ends after 1 fire. A run that fails is \
             tried again up to 3 times, after 1 minute, 2 minutes and 3 minutes."
        );
        let often = Policy {
            retry: Some(Retry {
                attempts: 10,
                first_delay: Duration::from_secs(1),
                factor: 10.0,
                max_delay: Duration::from_secs(3_600),
            }),
            ..Policy::default()
        };
        assert!(
            describe_policy(&often)
                .ends_with("up to 9 times, after 1 second, then longer, up to 1 hour.")
        );
    }
}
