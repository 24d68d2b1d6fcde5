//! Takes typed values from the merged layers, noting every fault on the way.

use std::collections::BTreeMap;

use crate::{
    fault::{Fault, Place},
    key::Key,
    setting::{Raw, Setting},
    sources::InForce,
};

/// The strongest value of each key, and what has been made of them so far.
pub(crate) struct Reader<'a> {
    values: &'a BTreeMap<String, (Place, Raw)>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) in_force: Vec<InForce>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(values: &'a BTreeMap<String, (Place, Raw)>) -> Self {
        Self { values, faults: Vec::new(), in_force: Vec::new() }
    }

    /// Takes the value of `key`, whatever it is.
    pub(crate) fn take<T: Setting>(&mut self, key: &Key) -> Option<T> {
        self.take_checked(key, |_: &T| Ok(()))
    }

    /// Takes the value of `key` if it is within the bounds of the key.
    pub(crate) fn take_within<T: Setting + PartialOrd>(&mut self, key: &Key) -> Option<T> {
        self.take_checked(key, |value: &T| {
            let Some((least, greatest)) = key.bounds else { return Ok(()) };
            let within = built_in::<T>(key, least) <= *value && *value <= built_in(key, greatest);
            if within {
                Ok(())
            } else {
                Err(format!("`{}` is not within {least} and {greatest}", value.show()))
            }
        })
    }

    fn take_checked<T: Setting>(
        &mut self,
        key: &Key,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> Option<T> {
        let (place, value) = match (self.values.get(&key.path()), key.default) {
            (Some((place, raw)), _) => (place.clone(), T::read(raw)),
            (None, Some(default)) => (Place::BuiltIn, Ok(built_in(key, default))),
            (None, None) => {
                (Place::BuiltIn, T::absent().ok_or_else(|| format!("is missing; set {}", T::KIND)))
            }
        };
        match value.and_then(|value| check(&value).map(|()| value)) {
            Ok(value) => {
                self.in_force.push(InForce { key: *key, value: value.show(), place });
                Some(value)
            }
            Err(message) => {
                let key = self.written(key);
                self.faults.push(Fault { place, key: Some(key), message });
                None
            }
        }
    }

    /// The key as somebody wrote it: that of the secret, or that of the file which holds it.
    fn written(&self, key: &Key) -> String {
        match self.values.get(&key.path()) {
            Some((_, Raw::Held(_))) => key.file_path().unwrap_or_else(|| key.path()),
            Some(_) | None => key.path(),
        }
    }
}

/// Reads a default or a bound, which a test of every key has proved readable.
fn built_in<T: Setting>(key: &Key, text: &str) -> T {
    T::read(&Raw::Written(text.to_owned()))
        .unwrap_or_else(|fault| panic!("the declaration of `{}` is sound: {fault}", key.path()))
}
