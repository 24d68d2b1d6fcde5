//! Messages that a model reads and writes, in the terms of no provider.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The operator's and the agent's instructions. Adapters lift these to where the wire wants them.
    System,
    /// The person or the run that asks.
    User,
    /// The model.
    Assistant,
    /// Results of tools, as [`Part::ToolResult`]s.
    Tool,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Image(Image),
    /// The model wants a tool called.
    ToolCall(ToolCall),
    /// What a tool answered.
    ToolResult(ToolResult),
    /// What the model thought before it answered.
    Reasoning(Reasoning),
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Where its bytes are.
    pub source: ImageSource,
}

/// Where a picture's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum ImageSource {
    /// Here.
    Bytes {
        /// For instance `image/png`.
        media_type: String,
        /// The bytes; base64 in JSON.
        #[serde(with = "base64_bytes")]
        data: Vec<u8>,
    },
    /// At an address that the provider fetches itself.
    Url {
        /// The address.
        url: String,
    },
}

/// One call of a tool, as the model wants it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Ties the result to the call; unique within its reply.
    pub id: String,
    /// The tool.
    pub name: String,
    /// An object; or, if the model wrote something else, a string with exactly what it wrote, so
    /// that no schema of a tool can accept it. [`ToolCall::object`] tells the two apart.
    pub arguments: Value,
    /// Opaque to us; the provider wants it back with the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The call's id.
    pub id: String,
    /// The tool; some wires name it again.
    pub name: String,
    /// What the model gets to read.
    pub content: String,
    /// Whether the call failed.
    #[serde(default)]
    pub is_error: bool,
}

/// What the model thought before it answered. Goes back unchanged, or the provider refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasoning {
    /// The thought, or its summary; empty if the provider shows none.
    pub text: String,
    /// The provider's seal over the thought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// A thought that the provider encrypted, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<String>,
}

/// Arguments of a tool call that are not a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the model called `{tool}` with arguments that are not a JSON object: {reason}")]
pub struct MalformedArguments {
    /// The tool that was to be called.
    pub tool: String,
    /// What is wrong with the text.
    pub reason: String,
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::Text { text: text.into() }] }
    }

    /// Instructions.
    pub fn system(text: impl Into<String>) -> Self {
        Self::text(Role::System, text)
    }

    /// What the person or the run says.
    pub fn user(text: impl Into<String>) -> Self {
        Self::text(Role::User, text)
    }

    /// What the model said.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::text(Role::Assistant, text)
    }

    /// Results of tools.
    pub fn tool_results(results: impl IntoIterator<Item = ToolResult>) -> Self {
        Self { role: Role::Tool, parts: results.into_iter().map(Part::ToolResult).collect() }
    }

    /// All text and tool results of the message, joined by newlines.
    pub fn plain_text(&self) -> String {
        let texts: Vec<&str> = self.parts.iter().filter_map(Part::as_text).collect();
        texts.join("\n")
    }
}

impl Part {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text { text } => Some(text),
            Self::ToolResult(result) => Some(&result.content),
            Self::Image(_) | Self::ToolCall(_) | Self::Reasoning(_) => None,
        }
    }
}

impl Image {
    /// A picture whose bytes are here.
    pub fn bytes(media_type: impl Into<String>, data: Vec<u8>) -> Self {
        Self { source: ImageSource::Bytes { media_type: media_type.into(), data } }
    }

    /// A picture that the provider fetches.
    pub fn url(url: impl Into<String>) -> Self {
        Self { source: ImageSource::Url { url: url.into() } }
    }
}

impl ToolCall {
    /// Reads the text that a model wrote as arguments. Blank text means no arguments.
    pub fn from_text(id: impl Into<String>, name: impl Into<String>, text: &str) -> Self {
        let arguments = match serde_json::from_str::<Value>(text) {
            Ok(value @ Value::Object(_)) => value,
            Err(_) if text.trim().is_empty() => Value::Object(Map::new()),
            Ok(_) | Err(_) => Value::String(text.to_owned()),
        };
        Self { id: id.into(), name: name.into(), arguments, signature: None }
    }

    /// The arguments, if they are what a tool can be called with.
    pub fn object(&self) -> Result<&Map<String, Value>, MalformedArguments> {
        let reason = match &self.arguments {
            Value::Object(map) => return Ok(map),
            Value::String(text) => match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Ok(_) => "valid JSON of another type".to_owned(),
                Err(error) => error.to_string(),
            },
            _ => "valid JSON of another type".to_owned(),
        };
        Err(MalformedArguments { tool: self.name.clone(), reason })
    }

    /// The arguments as the model wrote them, or as compact JSON.
    pub fn arguments_text(&self) -> String {
        match &self.arguments {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }
}

mod base64_bytes {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_object_is_arguments() {
        for (text, arguments, well_formed) in [
            (r#"{"a":1}"#, json!({"a": 1}), true),
            ("", json!({}), true),
            (" \n", json!({}), true),
            (r#"{"a":"#, json!(r#"{"a":"#), false),
            ("[1]", json!("[1]"), false),
            (r#""text""#, json!(r#""text""#), false),
            ("null", json!("null"), false),
        ] {
            let call = ToolCall::from_text("c1", "look", text);
            assert_eq!(call.arguments, arguments, "{text}");
            assert_eq!(call.object().is_ok(), well_formed, "{text}");
            if !text.trim().is_empty() {
                assert_eq!(call.arguments_text(), text);
            }
        }
    }

    #[test]
    fn messages_survive_json() {
        let message = Message {
            role: Role::Assistant,
            parts: vec![
                Part::Reasoning(Reasoning {
                    text: "hm".into(),
                    signature: Some("s".into()),
                    redacted: None,
                }),
                Part::text("hello"),
                Part::Image(Image::bytes("image/png", vec![0, 255, 7])),
                Part::ToolCall(ToolCall::from_text("c1", "look", "{}")),
            ],
        };
        let json = serde_json::to_string(&message).unwrap();
        assert!(json.contains(r#""data":"AP8H""#), "{json}");
        assert_eq!(serde_json::from_str::<Message>(&json).unwrap(), message);
    }
}
