//! For the fuzz targets alone: reads an answer from pieces of bytes.

use gathering_llm::{ModelEvent, ModelRequest};

use crate::{
    anthropic::Anthropic,
    exchange::{Answer, Wire},
    google::Google,
    openai::{Dialect, OpenAi},
};

/// The events of an answer of one of the wires, and its fault if it ends in one.
pub fn decode<'a>(
    wire: u8,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<ModelEvent>, Option<String>) {
    let request = ModelRequest::new("model", Vec::new());
    let decoder = match wire % 4 {
        0 => Anthropic.decoder(&request),
        1 => Google.decoder(&request),
        2 => OpenAi { dialect: Dialect::openai() }.decoder(&request),
        _ => OpenAi { dialect: Dialect::compatible() }.decoder(&request),
    };
    let (mut answer, mut events) = (Answer::of(decoder), Vec::new());
    for piece in pieces.into_iter().map(Some).chain([None]) {
        answer.take(piece);
        while let Some(next) = answer.next() {
            match next {
                Ok(event) => {
                    let done = matches!(event, ModelEvent::Done { .. });
                    events.push(event);
                    if done {
                        return (events, None);
                    }
                }
                Err(fault) => return (events, Some(format!("{fault:?}"))),
            }
        }
    }
    (events, None)
}
