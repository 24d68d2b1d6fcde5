//! Loading a configuration from real files and given variables.

mod defaults;
mod faults;
mod layers;
mod secrets;

use std::{ffi::OsString, fs, path::PathBuf};

use gathering_config::{Environment, Faults, Loaded, Sources};
use tempfile::TempDir;

/// A directory for one test's files.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory can be made"))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("a temporary directory can be written");
        path
    }
}

fn variables(variables: &[(&str, &str)]) -> Sources {
    let pairs = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Sources::new(pairs.collect::<Environment>())
}

/// The value in force of a key, and where it was written.
fn in_force(loaded: &Loaded, key: &str) -> (String, String) {
    let setting = loaded
        .in_force
        .iter()
        .find(|setting| setting.key.path() == key)
        .expect("the key is listed");
    (setting.value.clone(), setting.place.to_string())
}

fn lines(faults: &Faults) -> Vec<String> {
    faults.each().iter().map(ToString::to_string).collect()
}
