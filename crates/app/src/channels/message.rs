//! What a message looks like on each kind of channel.

use std::fmt::Write as _;

use gathering_domain::{EffectId, ProjectId, RunId, Timestamp};
use serde_json::{Value, json};

use super::Notice;

/// The most characters of a heading in a chat.
const SLACK_TITLE_CHARS: usize = 150;
/// The most characters of a section in a chat, as they are sent: it takes 3,000, some of which stand around a text.
const SLACK_TEXT_CHARS: usize = 2_900;

/// The body that a webhook gets: type, time and data, as Standard Webhooks asks.
pub(super) fn webhook(
    notice: &Notice,
    project_id: ProjectId,
    run_id: Option<RunId>,
    at: Timestamp,
) -> Value {
    let Notice { channel, title, text, data, .. } = notice;
    json!({
        "type": "notification",
        "timestamp": at.to_rfc3339(),
        "data": {
            "channel": channel,
            "title": title,
            "text": text,
            "data": data,
            "project_id": project_id,
            "run_id": run_id,
        },
    })
}

/// The body that a chat gets: blocks, and a text for clients that show none.
pub(super) fn slack(notice: &Notice) -> Value {
    let Notice { title, text, data, .. } = notice;
    let heading: String = title.chars().take(SLACK_TITLE_CHARS).collect();
    let mut blocks =
        vec![json!({ "type": "header", "text": { "type": "plain_text", "text": heading } })];
    let section =
        |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } });
    if !text.is_empty() {
        blocks.push(section(escaped(text)));
    }
    if !data.is_null() {
        blocks.push(section(format!("```{}```", escaped(&pretty(data)))));
    }
    json!({ "text": escaped(title), "blocks": blocks })
}

/// The text that a mailbox gets.
pub(super) fn letter(notice: &Notice, run_id: Option<RunId>, effect_id: EffectId) -> String {
    let Notice { text, data, .. } = notice;
    let mut letter = text.clone();
    if !data.is_null() {
        letter.push_str("\n\n");
        letter.push_str(&pretty(data));
    }
    letter.push_str("\n\n-- \n");
    if let Some(run_id) = run_id {
        let _ = write!(letter, "Run {run_id}, ");
    }
    let _ = writeln!(letter, "message {effect_id}");
    letter
}

fn pretty(data: &Value) -> String {
    serde_json::to_string_pretty(data).expect("a value has only text keys")
}

/// A text in which nothing is a command of the chat, such as to call everybody; cut where it is too long so.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut room = SLACK_TEXT_CHARS;
    for letter in text.chars() {
        let mut utf8 = [0; 4];
        let (written, chars) = match letter {
            '&' => ("&amp;", 5),
            '<' => ("&lt;", 4),
            '>' => ("&gt;", 4),
            other => (&*other.encode_utf8(&mut utf8), 1),
        };
        if chars > room {
            escaped.push('…');
            break;
        }
        escaped.push_str(written);
        room -= chars;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use gathering_domain::EffectKind;

    use super::*;

    fn notice() -> Notice {
        Notice {
            channel: "ops".to_owned(),
            title: "Disk <!channel> full".to_owned(),
            text: "a & b".to_owned(),
            data: json!({ "free": "<1%" }),
            kind: EffectKind::Unsafe,
        }
    }

    #[test]
    fn nothing_in_a_text_commands_a_chat() {
        let body = slack(&notice());
        assert_eq!(body["text"], "Disk &lt;!channel&gt; full");
        assert_eq!(body["blocks"][0]["text"]["type"], "plain_text");
        assert_eq!(body["blocks"][1]["text"]["text"], "a &amp; b");
        let data = body["blocks"][2]["text"]["text"].as_str().unwrap();
        assert!(data.contains("&lt;1%") && data.starts_with("```"), "{data}");
        let long = Notice { text: "x".repeat(10_000), data: Value::Null, ..notice() };
        let text = slack(&long)["blocks"][1]["text"]["text"].clone();
        assert_eq!(text.as_str().unwrap().chars().count(), SLACK_TEXT_CHARS + 1);
        // A chat counts what it is sent, and refuses the whole message.
        let (text, data) = ("<&>".repeat(1_000), json!("&".repeat(2_000)));
        let marked = slack(&Notice { text, data, ..notice() });
        for section in [&marked["blocks"][1], &marked["blocks"][2]] {
            let text = section["text"]["text"].as_str().unwrap();
            assert!((2_890..3_000).contains(&text.chars().count()), "{}", text.chars().count());
            assert!(text.trim_matches('`').ends_with(";…"), "{text}");
        }
    }

    #[test]
    fn a_letter_holds_text_and_data_and_says_where_it_comes_from() {
        let effect_id = EffectId::from_uuid(uuid::Uuid::from_u128(1));
        let text = letter(&notice(), None, effect_id);
        assert!(text.starts_with("a & b\n\n{\n  \"free\""), "{text}");
        assert!(text.ends_with(&format!("message {effect_id}\n")), "{text}");
    }
}
