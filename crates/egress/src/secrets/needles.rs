//! What is looked for in text: the values of secrets in each form in which they may come back.

use std::{cmp::Reverse, collections::HashMap};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::inject::{TextKind, encode};

/// Shorter values are left alone: they would match by chance everywhere.
pub(super) const SHORTEST: usize = 4;
/// Shorter values are left alone in forms that hide them: those would match by chance.
const SHORTEST_HIDDEN: usize = 8;

/// Values by their forms, found by their beginnings.
#[derive(Clone, Default)]
pub(super) struct Needles {
    /// What is looked for, and what is put in its place.
    list: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where in the list stands what begins so, the longest first: one value may begin with another.
    by_head: HashMap<[u8; SHORTEST], Vec<usize>>,
    longest: usize,
}

impl Needles {
    /// Looks for one more value, in all its forms.
    pub(super) fn add(&mut self, name: &str, value: &SecretString) {
        let shown = placeholder(name);
        for needle in forms(value.expose_secret()) {
            self.insert(needle, shown.as_bytes());
        }
    }

    /// Whether it looks for this value already.
    pub(super) fn has(&self, value: &SecretString) -> bool {
        let value = value.expose_secret().as_bytes();
        let of_head = value.first_chunk::<SHORTEST>().and_then(|head| self.by_head.get(head));
        of_head.into_iter().flatten().any(|at| self.list[*at].0 == value)
    }

    fn insert(&mut self, needle: Vec<u8>, shown: &[u8]) {
        let Some(head) = needle.first_chunk::<SHORTEST>().copied() else { return };
        let same = self.by_head.entry(head).or_default();
        if same.iter().any(|at| self.list[*at].0 == needle) {
            return;
        }
        self.longest = self.longest.max(needle.len());
        same.push(self.list.len());
        self.list.push((needle, shown.to_vec()));
        same.sort_by_key(|at| Reverse(self.list[*at].0.len()));
    }

    /// The value at the beginning of `text`: its length, and what stands in its place.
    pub(super) fn at_beginning(&self, text: &[u8]) -> Option<(usize, &[u8])> {
        let of_head = self.by_head.get(text.first_chunk::<SHORTEST>()?)?;
        let mut found = of_head.iter().map(|at| &self.list[*at]);
        let (needle, shown) = found.find(|(needle, _)| text.starts_with(needle))?;
        Some((needle.len(), shown))
    }

    /// Whether `text` may be the beginning of a value that goes on after it.
    pub(super) fn may_go_on(&self, text: &[u8]) -> bool {
        if text.len() >= self.longest {
            return false;
        }
        let goes_on = |needle: &[u8]| needle.len() > text.len() && needle.starts_with(text);
        match text.first_chunk::<SHORTEST>() {
            None => self.by_head.keys().any(|head| goes_on(head)),
            Some(head) => {
                let of_head = self.by_head.get(head).into_iter().flatten();
                of_head.into_iter().any(|at| goes_on(&self.list[*at].0))
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many bytes they take, roughly.
    pub(super) fn weight(&self) -> usize {
        self.list.iter().map(|(needle, shown)| needle.len() + shown.len()).sum()
    }
}

/// What stands in the place of a value. It is no marker: what came back must not be asked for again when it
/// goes out with another request.
pub(super) fn placeholder(name: &str) -> String {
    format!("[secret:{name}]")
}

/// A value as it is, as JSON and URLs write it, and as base64 and hexadecimal digits hide it.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let plain = [TextKind::Plain, TextKind::Json, TextKind::Url].map(|kind| encode(value, kind));
    let mut forms: Vec<Vec<u8>> = plain.into_iter().map(String::into_bytes).collect();
    if value.len() >= SHORTEST_HIDDEN {
        for before in 0..3 {
            forms.extend(in_base64(value.as_bytes(), before));
        }
        let hexadecimal = gathering_domain::hex(value.as_bytes());
        forms.push(hexadecimal.to_uppercase().into_bytes());
        forms.push(hexadecimal.into_bytes());
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// The characters of base64 that depend on nothing but the value, where so many bytes stand before it:
/// `Basic dXNlcjp…` holds a password in the midst of other text.
fn in_base64(value: &[u8], before: usize) -> [Vec<u8>; 2] {
    let padded = [&[0; 2][..before], value].concat();
    let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    let cut = |text: String| text.as_bytes()[first..end].to_vec();
    [cut(STANDARD_NO_PAD.encode(&padded)), cut(URL_SAFE_NO_PAD.encode(&padded))]
}
