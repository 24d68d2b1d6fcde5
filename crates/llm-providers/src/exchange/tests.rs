//! Damaged streams: whatever arrives is read or refused, on every wire.

use gathering_llm::{Assembler, ModelReply, ModelRequest};
use proptest::prelude::*;

use super::*;
use crate::{
    anthropic::Anthropic,
    google::Google,
    openai::{Dialect, OpenAi},
    sse::SseReader,
};

const ANTHROPIC: &str = include_str!("../../tests/it/streams/anthropic/tools.sse");
const OPENAI: &str = include_str!("../../tests/it/streams/openai/tools.sse");
const MISTRAL: &str = include_str!("../../tests/it/streams/openai/mistral_thinking.sse");
const GOOGLE: &str = include_str!("../../tests/it/streams/google/tools.sse");

/// Reads a whole stream as [`Reading`] does, without a network.
fn read(wire: &dyn Wire, bytes: &[u8]) -> Result<ModelReply, String> {
    let mut decoder = wire.decoder(&ModelRequest::default());
    let (mut reader, mut events, mut out) = (SseReader::default(), Vec::new(), Vec::new());
    reader.push(bytes, &mut events).map_err(|fault| fault.to_string())?;
    reader.finish(&mut events).map_err(|fault| fault.to_string())?;
    for event in &events {
        decoder.event(event, &mut out).map_err(|fault| fault.message)?;
    }
    decoder.end(&mut out).map_err(|fault| fault.message)?;
    let mut assembler = Assembler::new("p", "m", false);
    for event in out {
        let last = matches!(event, ModelEvent::Done { .. });
        assembler.push(event).map_err(|error| error.message)?;
        if last {
            break;
        }
    }
    assembler.finish().map_err(|error| error.message)
}

fn wires() -> [(Box<dyn Wire>, &'static str); 4] {
    [
        (Box::new(Anthropic), ANTHROPIC),
        (Box::new(OpenAi { dialect: Dialect::openai() }), OPENAI),
        (Box::new(OpenAi { dialect: Dialect::mistral() }), MISTRAL),
        (Box::new(Google), GOOGLE),
    ]
}

#[derive(Debug, Clone)]
enum Damage {
    Replace(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = 0..4_000_usize;
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (at.clone(), 1..80_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (at, 1..80_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match *self {
            Self::Replace(at, byte) => {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            Self::Remove(at, length) => {
                let at = at % bytes.len();
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            Self::Repeat(at, length) => {
                let at = at % bytes.len();
                let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

#[test]
fn whole_streams_are_whole_answers() {
    for (wire, stream) in wires() {
        assert!(read(wire.as_ref(), stream.as_bytes()).unwrap().tool_calls().count() >= 1);
    }
}

proptest! {
    #[test]
    fn damaged_streams_are_read_or_refused(
        which in 0..4_usize,
        damages in proptest::collection::vec(damage(), 1..6),
    ) {
        let (wire, stream) = &wires()[which];
        let mut bytes = stream.as_bytes().to_vec();
        for damage in &damages {
            damage.apply(&mut bytes);
        }
        if let Ok(reply) = read(wire.as_ref(), &bytes) {
            let mut ids: Vec<&str> = reply.tool_calls().map(|call| call.id.as_str()).collect();
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), count, "ids of calls are unique");
        }
    }
}
