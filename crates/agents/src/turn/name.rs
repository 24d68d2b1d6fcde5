//! The keys of a turn: what each thing that it wants is called in its journal.

use gathering_engine::Key;

/// The most characters of a model's call id that a key repeats.
const MAX_ID_CHARS: usize = 64;

/// What a key of a turn stands for. Calls are told apart by their place in the reply; the model's
/// own id, made safe, stands beside it for those who read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Model { round: usize },
    Tool { round: usize, call: usize },
    Approval { round: usize, call: usize },
    ApprovalDeadline { round: usize, call: usize },
    Question { round: usize, call: usize },
    QuestionDeadline { round: usize, call: usize },
    Compact,
    Time,
    Stop,
    Report,
    Repair,
}

impl Name {
    /// Reads a key back; none for keys that no turn makes.
    pub(super) fn parse(key: &str) -> Option<Self> {
        match key {
            "limit/time" => return Some(Self::Time),
            "stop" => return Some(Self::Stop),
            "report/model" => return Some(Self::Report),
            "repair/model" => return Some(Self::Repair),
            _ => {}
        }
        if let Some(count) = key.strip_prefix("compact:") {
            return count.strip_suffix("/model").map(|_| Self::Compact);
        }
        let (round, rest) = key.strip_prefix("turn:")?.split_once('/')?;
        let round = round.parse::<usize>().ok()?.checked_sub(1)?;
        if rest == "model" {
            return Some(Self::Model { round });
        }
        let (rest, timer) = match rest.strip_suffix("/deadline") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (kind, slot) = rest.split_once(':')?;
        let call = slot.rsplit_once('.')?.1.parse().ok()?;
        match (kind, timer) {
            ("tool", false) => Some(Self::Tool { round, call }),
            ("approve", false) => Some(Self::Approval { round, call }),
            ("approve", true) => Some(Self::ApprovalDeadline { round, call }),
            ("ask", false) => Some(Self::Question { round, call }),
            ("ask", true) => Some(Self::QuestionDeadline { round, call }),
            _ => None,
        }
    }

    /// The key of something that is not about one call.
    pub(super) fn key(self) -> Key {
        Key::new(match self {
            Self::Model { round } => format!("turn:{}/model", round + 1),
            Self::Time => "limit/time".to_owned(),
            Self::Stop => "stop".to_owned(),
            Self::Report => "report/model".to_owned(),
            Self::Repair => "repair/model".to_owned(),
            Self::Compact
            | Self::Tool { .. }
            | Self::Approval { .. }
            | Self::ApprovalDeadline { .. }
            | Self::Question { .. }
            | Self::QuestionDeadline { .. } => unreachable!("these have a count or a call id"),
        })
    }
}

/// The key of a summary: they are counted from 1.
pub(super) fn compact_key(count: usize) -> Key {
    Key::new(format!("compact:{count}/model"))
}

/// The keys of one call.
pub(super) struct CallKeys {
    round: usize,
    slot: String,
}

impl CallKeys {
    pub(super) fn new(round: usize, call: usize, id: &str) -> Self {
        let safe =
            |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
        let id: String = id.chars().take(MAX_ID_CHARS).map(safe).collect();
        Self { round: round + 1, slot: format!("{id}.{call}") }
    }

    pub(super) fn tool(&self) -> Key {
        Key::new(format!("turn:{}/tool:{}", self.round, self.slot))
    }

    pub(super) fn approval(&self) -> Key {
        Key::new(format!("turn:{}/approve:{}", self.round, self.slot))
    }

    pub(super) fn approval_deadline(&self) -> Key {
        Key::new(format!("turn:{}/approve:{}/deadline", self.round, self.slot))
    }

    pub(super) fn question(&self) -> Key {
        Key::new(format!("turn:{}/ask:{}", self.round, self.slot))
    }

    pub(super) fn question_deadline(&self) -> Key {
        Key::new(format!("turn:{}/ask:{}/deadline", self.round, self.slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_whatever_the_model_calls_its_calls() {
        for id in
            ["call_7", "", "a/b:c.9", "é\n \0", &"x".repeat(500), "turn:1/model", "./deadline"]
        {
            let keys = CallKeys::new(2, 5, id);
            let (round, call) = (2, 5);
            for (key, name) in [
                (keys.tool(), Name::Tool { round, call }),
                (keys.approval(), Name::Approval { round, call }),
                (keys.approval_deadline(), Name::ApprovalDeadline { round, call }),
                (keys.question(), Name::Question { round, call }),
                (keys.question_deadline(), Name::QuestionDeadline { round, call }),
            ] {
                assert_eq!(Name::parse(key.as_str()), Some(name), "{key}");
            }
        }
        assert_eq!(CallKeys::new(2, 5, "call_7").tool().as_str(), "turn:3/tool:call_7.5");
        for name in [Name::Model { round: 0 }, Name::Time, Name::Stop, Name::Report, Name::Repair] {
            assert_eq!(Name::parse(name.key().as_str()), Some(name));
        }
        assert_eq!(Name::parse(compact_key(3).as_str()), Some(Name::Compact));
    }

    #[test]
    fn calls_with_one_id_have_keys_of_their_own() {
        assert_ne!(CallKeys::new(0, 0, "a").tool(), CallKeys::new(0, 1, "a").tool());
        assert_ne!(CallKeys::new(0, 0, "a").tool(), CallKeys::new(1, 0, "a").tool());
    }

    #[test]
    fn other_texts_are_no_keys_of_a_turn() {
        for text in ["", "node:x", "turn:0/model", "turn:x/model", "turn:1/tool:a", "turn:1/x:a.1"]
        {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }
}
