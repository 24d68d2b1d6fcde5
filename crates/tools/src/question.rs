//! A question to a person, and the answer that a run awaits.

use gathering_domain::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Asks a person, and goes on when the answer is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What to ask, in words that need no other context.
    #[serde(rename = "question")]
    #[schemars(length(min = 1, max = 4000))]
    pub text: String,
    /// The answers to choose from; none for a free answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 200)))]
    pub choices: Vec<String>,
    /// How long to wait, such as `30m`, `2h` or `1d`. After that the run goes on without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub deadline: Option<Duration>,
}

/// What a person answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The choice, or the free text.
    #[serde(rename = "answer")]
    pub text: String,
}

/// An answer that the question does not admit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAnswer {
    /// Not one of the choices.
    #[error("`{answer}` is not one of the choices: {}", choices.join(", "))]
    NotAChoice {
        /// What was answered, cut to 200 characters.
        answer: String,
        /// What may be answered.
        choices: Vec<String>,
    },
    /// Empty or too long.
    #[error("an answer has 1 to {} characters", Answer::MAX_CHARS)]
    Length,
}

impl Answer {
    /// The longest answer, in characters.
    pub const MAX_CHARS: usize = 16_000;
}

impl Question {
    /// The longest question, in characters.
    pub const MAX_CHARS: usize = 4_000;
    /// The most choices.
    pub const MAX_CHOICES: usize = 20;
    /// The longest choice, in characters.
    pub const MAX_CHOICE_CHARS: usize = 200;

    /// Whether `answer` is one that the question admits.
    pub fn admits(&self, answer: &Answer) -> Result<(), InvalidAnswer> {
        let length = answer.text.chars().count();
        if !(1..=Answer::MAX_CHARS).contains(&length) {
            return Err(InvalidAnswer::Length);
        }
        if self.choices.is_empty() || self.choices.contains(&answer.text) {
            return Ok(());
        }
        Err(InvalidAnswer::NotAChoice {
            answer: answer.text.chars().take(Self::MAX_CHOICE_CHARS).collect(),
            choices: self.choices.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(choices: &[&str]) -> Question {
        Question {
            text: "Ship it?".to_owned(),
            choices: choices.iter().map(ToString::to_string).collect(),
            deadline: None,
        }
    }

    #[test]
    fn answer_must_be_one_of_the_choices_if_there_are_any() {
        let answer = |text: &str| Answer { text: text.to_owned() };
        for (choices, text, admitted) in [
            (&["yes", "no"][..], "yes", true),
            (&["yes", "no"], "Yes", false),
            (&["yes", "no"], "", false),
            (&[], "when it rains", true),
            (&[], "", false),
        ] {
            assert_eq!(question(choices).admits(&answer(text)).is_ok(), admitted, "{text:?}");
        }
        let long = answer(&"x".repeat(Answer::MAX_CHARS + 1));
        assert_eq!(question(&[]).admits(&long), Err(InvalidAnswer::Length));
    }

    #[test]
    fn schema_bounds_are_the_stated_ones() {
        let schema = crate::schema_of::<Question>();
        assert_eq!(schema["properties"]["question"]["maxLength"], Question::MAX_CHARS);
        assert_eq!(schema["properties"]["choices"]["maxItems"], Question::MAX_CHOICES);
        assert_eq!(
            schema["properties"]["choices"]["items"]["maxLength"],
            Question::MAX_CHOICE_CHARS
        );
    }
}
