//! Taking secrets out of what comes back, over the seams of its pieces.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use secrecy::SecretString;

use super::{needles::Needles, replace::replaced};

/// Replaces the values of secrets by their names in a stream of pieces. Holds back no more than
/// what may be the beginning of a value.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    needles: Arc<Needles>,
    held: BytesMut,
}

impl Redactor {
    /// Takes out what was known already.
    pub(super) fn of(needles: Arc<Needles>) -> Self {
        Self { needles, held: BytesMut::new() }
    }

    /// Takes one more value out, in each of the forms in which it may come back.
    pub(crate) fn add(&mut self, name: &str, value: &SecretString) {
        if self.needles.has(value) {
            return;
        }
        Arc::make_mut(&mut self.needles).add(name, value);
    }

    /// Takes the next piece, and gives what can be shown.
    pub(crate) fn push(&mut self, piece: Bytes) -> Bytes {
        if self.needles.is_empty() {
            return piece;
        }
        self.held.extend_from_slice(&piece);
        let buffer = self.held.split();
        let mut shown = BytesMut::with_capacity(buffer.len());
        let mut at = 0;
        while at < buffer.len() {
            let rest = &buffer[at..];
            if self.needles.may_go_on(rest) {
                self.held.extend_from_slice(rest);
                break;
            }
            let (length, text) = self.needles.at_beginning(rest).unwrap_or((1, &rest[..1]));
            shown.extend_from_slice(text);
            at += length;
        }
        shown.freeze()
    }

    /// Gives what was held back when the stream ends.
    pub(crate) fn finish(&mut self) -> Bytes {
        // What is held is the beginning of one value, but may hold the whole of a shorter one.
        let rest = self.held.split().freeze();
        self.whole(&rest)
    }

    /// Takes the values out of something that comes in one piece.
    pub(crate) fn whole(&self, bytes: &[u8]) -> Bytes {
        Bytes::from(replaced(&self.needles, bytes).into_owned())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secrets::needles::placeholder;

    fn redactor(values: &[(&str, &str)]) -> Redactor {
        let mut redactor = Redactor::default();
        for (name, value) in values {
            redactor.add(name, &(*value).to_owned().into());
        }
        redactor
    }

    fn run(mut redactor: Redactor, pieces: &[&[u8]]) -> Vec<u8> {
        let mut all = Vec::new();
        for piece in pieces {
            all.extend_from_slice(&redactor.push(Bytes::copy_from_slice(piece)));
        }
        all.extend_from_slice(&redactor.finish());
        all
    }

    #[test]
    fn a_value_is_found_in_each_of_its_forms() {
        let marker = placeholder("K");
        for text in ["s3cr\"t/x", "s3cr\\\"t/x", "s3cr%22t%2Fx"] {
            let shown = run(redactor(&[("K", "s3cr\"t/x")]), &[b"<", text.as_bytes(), b">"]);
            assert_eq!(String::from_utf8(shown).unwrap(), format!("<{marker}>"), "{text}");
        }
    }

    #[test]
    fn nothing_is_held_back_without_cause() {
        let mut redactor = redactor(&[("K", "sk-12345")]);
        assert_eq!(redactor.push(Bytes::from_static(b"data: hello\n\n")), "data: hello\n\n");
        assert_eq!(redactor.push(Bytes::from_static(b"is sk-1")), "is ");
        assert_eq!(redactor.push(Bytes::from_static(b"x")), "sk-1x");
        assert_eq!(redactor.push(Bytes::from_static(b"s")), "");
        assert_eq!(redactor.finish(), "s");
    }

    #[test]
    fn the_longer_of_two_values_wins_and_short_ones_are_left() {
        let values = [("A", "abcd"), ("B", "abcdef"), ("C", "xyz")];
        let shown = run(redactor(&values), &[b"abcdef abcd abcde xyz"]);
        let (a, b) = (placeholder("A"), placeholder("B"));
        assert_eq!(String::from_utf8(shown).unwrap(), format!("{b} {a} {a}e xyz"));
    }

    proptest! {
        #[test]
        fn the_seams_of_pieces_change_nothing(text in "[abcd]{0,60}", cuts in proptest::collection::vec(0..60_usize, 0..6)) {
            let values = [("A", "abcd"), ("B", "bcda"), ("C", "aaaaaa")];
            let text = text.into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
            cuts.push(text.len());
            cuts.sort_unstable();
            let (mut from, mut pieces) = (0, Vec::new());
            for cut in cuts {
                pieces.push(&text[from..cut]);
                from = cut;
            }
            let in_pieces = run(redactor(&values), &pieces);
            let at_once = redactor(&values).whole(&text);
            prop_assert_eq!(&in_pieces[..], &at_once[..]);
            for (_, value) in values {
                prop_assert!(!in_pieces.windows(value.len()).any(|w| w == value.as_bytes()));
            }
        }
    }
}
