//! Notices a turn that goes round in circles.

use gathering_domain::ContentHash;
use serde_json::{Value, json};

use super::round::Round;

/// How often the same round, or the same pair of rounds, stands in a row before the turn is stopped.
const REPEATS: usize = 3;

/// What a round did and what came of it, told shortly. Ids of calls differ in each round and do
/// not count.
pub(super) type Mark = [u8; 32];

pub(super) fn mark(round: &Round) -> Mark {
    let calls: Vec<Value> = round
        .calls
        .iter()
        .map(|call| {
            let result = call.message();
            json!([call.wanted.name, call.arguments(), result.content, result.is_error])
        })
        .collect();
    ContentHash::of(&Value::Array(calls)).bytes()
}

/// Whether the last rounds are one round, or two in alternation, again and again.
pub(super) fn is_circling(marks: &[Mark]) -> bool {
    repeats(marks, 1) || repeats(marks, 2)
}

fn repeats(marks: &[Mark], length: usize) -> bool {
    let Some(start) = marks.len().checked_sub(length * REPEATS) else { return false };
    let tail = &marks[start..];
    tail.iter().zip(&tail[length..]).all(|(one, next)| one == next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_three_of_one_or_of_a_pair_in_a_row() {
        for (rounds, circling) in [
            ("", false),
            ("a", false),
            ("aa", false),
            ("aaa", true),
            ("baaa", true),
            ("aaab", false),
            ("aab", false),
            ("ababab", true),
            ("babab", false),
            ("xababab", true),
            ("abcabcabc", false),
        ] {
            let marks: Vec<Mark> = rounds.bytes().map(|byte| [byte; 32]).collect();
            assert_eq!(is_circling(&marks), circling, "{rounds}");
        }
    }
}
