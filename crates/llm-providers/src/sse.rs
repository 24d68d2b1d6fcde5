//! Server-sent events: from pieces of bytes to whole events, bounded.

/// The most bytes of one event.
const EVENT_LIMIT: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SseEvent {
    /// Its type; empty if the stream names none.
    pub(crate) name: String,
    /// Its data; lines joined by newlines.
    pub(crate) data: String,
}

/// Bytes that are no stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseFault {
    #[error("an event has more than {EVENT_LIMIT} bytes")]
    TooLarge,
    #[error("an event is not UTF-8")]
    NotText,
}

/// Reads a stream piece by piece, wherever the pieces were cut.
#[derive(Debug, Default)]
pub(crate) struct SseReader {
    line: Vec<u8>,
    event: SseEvent,
    has_data: bool,
    after_cr: bool,
    begun: bool,
}

impl SseReader {
    /// Takes the next piece, and appends the events that it completes.
    pub(crate) fn push(
        &mut self,
        piece: &[u8],
        events: &mut Vec<SseEvent>,
    ) -> Result<(), SseFault> {
        for &byte in piece {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    self.end_line(events)?;
                }
                _ => {
                    self.after_cr = false;
                    if self.line.len() + self.event.data.len() >= EVENT_LIMIT {
                        return Err(SseFault::TooLarge);
                    }
                    self.line.push(byte);
                }
            }
        }
        Ok(())
    }

    /// Takes the end of the stream. An event without its blank line is complete in practice: some
    /// servers end so.
    pub(crate) fn finish(&mut self, events: &mut Vec<SseEvent>) -> Result<(), SseFault> {
        if !self.line.is_empty() {
            self.end_line(events)?;
        }
        self.dispatch(events);
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<SseEvent>) -> Result<(), SseFault> {
        let bytes = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&bytes).map_err(|_| SseFault::NotText)?;
        let line = if self.begun { line } else { line.strip_prefix('\u{feff}').unwrap_or(line) };
        self.begun = true;
        if line.is_empty() {
            self.dispatch(events);
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            "event" => value.clone_into(&mut self.event.name),
            // Comments (`: ping`), `id` and `retry` mean nothing here.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, events: &mut Vec<SseEvent>) {
        let event = std::mem::take(&mut self.event);
        if std::mem::take(&mut self.has_data) {
            events.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Result<Vec<(String, String)>, SseFault> {
        let (mut reader, mut events) = (SseReader::default(), Vec::new());
        for piece in pieces {
            reader.push(piece, &mut events)?;
        }
        reader.finish(&mut events)?;
        Ok(events.into_iter().map(|event| (event.name, event.data)).collect())
    }

    #[test]
    fn events_are_read_whatever_ends_their_lines() {
        let cases: [(&str, &[(&str, &str)]); 8] = [
            ("data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]),
            ("event: x\r\ndata: a\r\n\r\n", &[("x", "a")]),
            ("data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]),
            (": ping\n\ndata:a\ndata: b\n\n", &[("", "a\nb")]),
            ("\u{feff}data: a\n\n", &[("", "a")]),
            ("event: only\n\ndata\n\n", &[("", "")]),
            ("id: 1\nretry: 5\nother: x\ndata: a", &[("", "a")]),
            ("data:  two\n\n\n\n", &[("", " two")]),
        ];
        for (text, expected) in cases {
            let events = read(&[text.as_bytes()]).unwrap();
            let shown: Vec<_> = events.iter().map(|(n, d)| (n.as_str(), d.as_str())).collect();
            assert_eq!(shown, expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_text_or_has_no_end_is_refused() {
        assert_eq!(read(&[b"data: \xff\n\n"]), Err(SseFault::NotText));
        let long = vec![b'x'; EVENT_LIMIT + 1];
        assert_eq!(read(&[b"data: ", &long]), Err(SseFault::TooLarge));
        let lines = b"data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(100_000);
        assert_eq!(read(&[&lines]), Err(SseFault::TooLarge));
    }

    proptest! {
        #[test]
        fn the_seams_of_pieces_change_nothing(
            text in "(data: |event: |[a-c\r\n:é ]){0,40}",
            cuts in proptest::collection::vec(0..200_usize, 0..8),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let (mut from, mut pieces) = (0, Vec::new());
            for cut in cuts {
                pieces.push(&bytes[from..cut]);
                from = cut;
            }
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&[&bytes]);
        }
    }
}
