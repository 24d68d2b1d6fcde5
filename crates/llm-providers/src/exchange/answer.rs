//! A streamed answer, from pieces of bytes to events, wherever the pieces were cut.

use std::collections::VecDeque;

use gathering_llm::{ModelErrorKind, ModelEvent};

use super::Decoder;
use crate::{fault::WireFault, sse::SseReader};

/// What has come of an answer, and was not yet taken.
pub(crate) struct Answer {
    reader: SseReader,
    decoder: Box<dyn Decoder>,
    ready: VecDeque<ModelEvent>,
    pub(super) fault: Option<WireFault>,
    /// Nothing more will come: the answer is done, or its fault was told.
    pub(super) ended: bool,
}

impl Answer {
    pub(crate) fn of(decoder: Box<dyn Decoder>) -> Self {
        let (reader, ready) = (SseReader::default(), VecDeque::new());
        Self { reader, decoder, ready, fault: None, ended: false }
    }

    /// The next of what has come; a fault comes after the events before it, and nothing comes after a
    /// fault or the end.
    pub(crate) fn next(&mut self) -> Option<Result<ModelEvent, WireFault>> {
        if let Some(event) = self.ready.pop_front() {
            if matches!(event, ModelEvent::Done { .. }) {
                self.ended = true;
                self.ready.clear();
                self.fault = None;
            }
            return Some(Ok(event));
        }
        let fault = self.fault.take()?;
        self.ended = true;
        Some(Err(fault))
    }

    /// Takes the next piece, or the end. Not after a fault.
    pub(crate) fn take(&mut self, piece: Option<&[u8]>) {
        self.fault = self.read(piece).err();
    }

    fn read(&mut self, piece: Option<&[u8]>) -> Result<(), WireFault> {
        let mut events = Vec::new();
        let framed = match piece {
            Some(piece) => self.reader.push(piece, &mut events),
            None => self.reader.finish(&mut events),
        };
        let mut out = Vec::new();
        let mut decoded = events.iter().try_for_each(|event| self.decoder.event(event, &mut out));
        if piece.is_none()
            && let Err(fault) = &mut decoded
            && fault.kind == ModelErrorKind::Malformed
        {
            // Half an event is where the stream was cut, not what the provider meant to say.
            *fault = cut();
        }
        if decoded.is_ok() && piece.is_none() && framed.is_ok() {
            decoded = self.decoder.end(&mut out);
            let done = out.iter().any(|event| matches!(event, ModelEvent::Done { .. }));
            if decoded.is_ok() && !done {
                decoded = Err(cut());
            }
        }
        self.ready.extend(out);
        decoded?;
        framed.map_err(|fault| WireFault::new(ModelErrorKind::Malformed, fault.to_string()))
    }
}

fn cut() -> WireFault {
    WireFault::new(ModelErrorKind::CutStream, "the stream ended before the answer did")
}
