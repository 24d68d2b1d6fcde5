//! Whether a model's last word is an answer.

use gathering_domain::{Failure, Fault};
use gathering_llm::{ModelReply, StopReason as ModelStop};
use gathering_tools::Schema;
use serde_json::Value;

/// What a reply without calls is worth.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It is the answer.
    Answer {
        /// Text, or the value that the schema asks for.
        value: Value,
        /// Whether it was cut at its longest length.
        cut: bool,
    },
    /// It does not fit the schema.
    Misfit(String),
    /// It is none.
    Failed(Failure),
}

/// Judges a reply.
pub(super) fn judge(reply: &ModelReply, schema: Option<&Schema>) -> Verdict {
    let text = reply.text();
    let who = format!("{}/{}", reply.provider, reply.model);
    let cut = reply.stop_reason == ModelStop::MaxTokens;
    if reply.stop_reason == ModelStop::Refused {
        let said = text.trim();
        let said = if said.is_empty() { String::new() } else { format!(": {}", start_of(said)) };
        return Verdict::Failed(Failure::fatal(
            "model_refused",
            format!("the model {who} refused to answer{said}"),
        ));
    }
    if text.trim().is_empty() {
        let (code, why) = if cut {
            ("model_answer_cut", "reached its longest answer before it said anything")
        } else {
            ("model_empty_answer", "answered nothing")
        };
        return Verdict::Failed(Failure::fatal(code, format!("the model {who} {why}")));
    }
    let Some(schema) = schema else { return Verdict::Answer { value: Value::String(text), cut } };
    match serde_json::from_str::<Value>(unfenced(&text)) {
        Err(fault) => Verdict::Misfit(format!("it is not JSON: {fault}")),
        Ok(value) => {
            let faults = schema.faults(&value);
            if faults.is_empty() {
                Verdict::Answer { value, cut }
            } else {
                let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
                Verdict::Misfit(faults.join("\n"))
            }
        }
    }
}

/// The text without the code fence that models like to put around JSON.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    inner.map_or(text, |inner| inner.strip_prefix("json").unwrap_or(inner).trim())
}

/// The beginning of a text, for a message.
fn start_of(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use gathering_domain::TokenUsage;
    use gathering_llm::Part;
    use serde_json::json;

    use super::*;

    fn reply(text: &str, stop_reason: ModelStop) -> ModelReply {
        ModelReply {
            parts: vec![Part::text(text)],
            usage: TokenUsage::default(),
            usage_known: true,
            stop_reason,
            provider: "p".to_owned(),
            model: "m".to_owned(),
            scripted: true,
        }
    }

    #[test]
    fn every_last_word_has_a_verdict() {
        let schema = json!({ "type": "object", "required": ["n"] });
        let schema = Schema::compile(&schema).unwrap();
        for (text, stop, with_schema, wanted) in [
            ("hello", ModelStop::EndTurn, false, "answer \"hello\""),
            ("hel", ModelStop::MaxTokens, false, "cut \"hel\""),
            ("hello", ModelStop::Other, false, "answer \"hello\""),
            ("", ModelStop::EndTurn, false, "model_empty_answer"),
            (" \n", ModelStop::StopText, false, "model_empty_answer"),
            ("", ModelStop::MaxTokens, false, "model_answer_cut"),
            ("I must not.", ModelStop::Refused, true, "model_refused"),
            ("{\"n\":1}", ModelStop::EndTurn, true, "answer {\"n\":1}"),
            ("```json\n{\"n\":1}\n```", ModelStop::EndTurn, true, "answer {\"n\":1}"),
            ("```\n{\"n\":1}```", ModelStop::EndTurn, true, "answer {\"n\":1}"),
            ("{\"m\":1}", ModelStop::EndTurn, true, "misfit"),
            ("{\"n\":", ModelStop::MaxTokens, true, "misfit"),
            ("Here: {\"n\":1}", ModelStop::EndTurn, true, "misfit"),
        ] {
            let told = match judge(&reply(text, stop), with_schema.then_some(&schema)) {
                Verdict::Answer { value, cut: false } => format!("answer {value}"),
                Verdict::Answer { value, cut: true } => format!("cut {value}"),
                Verdict::Misfit(_) => "misfit".to_owned(),
                Verdict::Failed(failure) => failure.code,
            };
            assert_eq!(told, wanted, "{text:?} {stop:?}");
        }
    }
}
