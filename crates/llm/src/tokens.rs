//! How many tokens a request is, when the provider cannot be asked.

use serde::{Deserialize, Serialize};

use crate::{Message, ModelRequest, Part};

/// A number of tokens and how it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCount {
    /// The number.
    pub tokens: u64,
    /// How it was found.
    pub method: CountMethod,
}

/// How a number of tokens was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountMethod {
    /// The provider counted.
    Counted,
    /// [`estimate_request`] guessed.
    Estimated,
}

/// Tokens that each message costs beside its parts: role and delimiters.
const PER_MESSAGE: u64 = 4;
/// Tokens that each tool costs beside its texts.
const PER_TOOL: u64 = 12;
/// Tokens of a picture: about what providers charge for one of 1,000 by 1,000 pixels.
const PER_IMAGE: u64 = 1_400;

/// Estimates the tokens of `text`, erring on the high side.
///
/// Today's vocabularies make one token of about four Latin letters, one of a short word, and one or
/// more of each character of other scripts. So each run of ASCII letters counts one per started
/// four, digits one per started three, each ASCII sign one, white space nothing where it is a single
/// blank and one per run otherwise, and any other character one (CJK) or half (the rest, rounded
/// up). Against real counts this lies between exact and a third too high for prose and code.
pub fn estimate_text(text: &str) -> u64 {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Letters,
        Digits,
        Space,
        Wide,
        OtherScript,
        Sign,
    }
    let class_of = |c: char| match c {
        'a'..='z' | 'A'..='Z' => Class::Letters,
        '0'..='9' => Class::Digits,
        c if c.is_whitespace() => Class::Space,
        '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' => Class::Wide,
        c if u32::from(c) >= 0x1_0000 => Class::Wide,
        c if c.is_alphabetic() => Class::OtherScript,
        _ => Class::Sign,
    };
    let close = |class: Class, length: u64, only_blank: bool| match class {
        Class::Letters => length.div_ceil(4),
        Class::Digits => length.div_ceil(3),
        Class::Space => u64::from(!only_blank),
        Class::OtherScript => length.div_ceil(2),
        Class::Wide | Class::Sign => length,
    };
    let (mut total, mut length, mut only_blank) = (0_u64, 0_u64, false);
    let mut current: Option<Class> = None;
    for c in text.chars() {
        let class = class_of(c);
        if current == Some(class) {
            length += 1;
            only_blank = false;
        } else {
            total += current.map_or(0, |class| close(class, length, only_blank));
            (current, length, only_blank) = (Some(class), 1, c == ' ');
        }
    }
    total + current.map_or(0, |class| close(class, length, only_blank))
}

/// Estimates the tokens that a model would read for `request`: messages, tools and output schema.
pub fn estimate_request(request: &ModelRequest) -> TokenCount {
    let messages: u64 = request.messages.iter().map(message_tokens).sum();
    let tools: u64 = request
        .tools
        .iter()
        .map(|tool| {
            PER_TOOL
                + estimate_text(&tool.name)
                + estimate_text(&tool.description)
                + estimate_text(&tool.input_schema.to_string())
        })
        .sum();
    let schema =
        request.output_schema.as_ref().map_or(0, |out| estimate_text(&out.schema.to_string()));
    TokenCount { tokens: messages + tools + schema, method: CountMethod::Estimated }
}

fn message_tokens(message: &Message) -> u64 {
    PER_MESSAGE + message.parts.iter().map(part_tokens).sum::<u64>()
}

fn part_tokens(part: &Part) -> u64 {
    match part {
        Part::Text { text } => estimate_text(text),
        Part::Image(_) => PER_IMAGE,
        Part::ToolCall(call) => {
            PER_MESSAGE + estimate_text(&call.name) + estimate_text(&call.arguments_text())
        }
        Part::ToolResult(result) => PER_MESSAGE + estimate_text(&result.content),
        Part::Reasoning(reasoning) => {
            estimate_text(&reasoning.text) + reasoning.redacted.as_deref().map_or(0, estimate_text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_lie_at_or_little_above_known_counts() {
        // Known counts of common vocabularies (o200k and cl100k agree on these).
        for (text, real) in
            [("", 0), ("Hello, world!", 4), ("The quick brown fox jumps over the lazy dog.", 10)]
        {
            let estimate = estimate_text(text);
            assert!(estimate >= real && estimate <= real * 2, "{text}: {estimate} for {real}");
        }
        assert_eq!(estimate_text("東京"), 2);
        assert_eq!(estimate_text("a    b\n"), 4);
        assert_eq!(estimate_text("2026-11"), 4);
    }

    proptest::proptest! {
        #[test]
        fn joining_texts_adds_at_most_one_token_and_never_loses_more_than_one_run(
            a in ".{0,40}", b in ".{0,40}",
        ) {
            let (apart, joined) = (estimate_text(&a) + estimate_text(&b), estimate_text(&(a + &b)));
            proptest::prop_assert!(joined <= apart + 1 && apart <= joined + 1, "{apart} {joined}");
        }
    }

    #[test]
    fn every_part_of_a_request_counts() {
        let mut request = ModelRequest::new("m", vec![Message::user("hello there")]);
        let bare = estimate_request(&request);
        assert_eq!(bare.method, CountMethod::Estimated);
        request.tools.push(crate::ToolSpec {
            name: "look".into(),
            description: "Looks around.".into(),
            input_schema: serde_json::json!({"type": "object"}),
        });
        let with_tool = estimate_request(&request);
        assert!(with_tool.tokens > bare.tokens + PER_TOOL);
        request.messages[0].parts.push(Part::Image(crate::Image::url("https://example.com/a.png")));
        assert_eq!(estimate_request(&request).tokens, with_tool.tokens + PER_IMAGE);
    }
}
