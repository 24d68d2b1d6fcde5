//! The three layers of values, and what they come to.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    environment::Environment,
    fault::{Fault, Faults, Place},
    file,
    key::{Key, PREFIX},
    names::Names,
    reader::Reader,
    sections::Config,
    setting::Raw,
};

/// The variable that names the configuration file.
pub(crate) const FILE_VARIABLE: &str = "GATHERING_CONFIG";

/// The file that is read from the working directory when none is named.
pub(crate) const DEFAULT_FILE: &str = "gathering.toml";

/// Variables that begin like ours but steer the tests, not the server.
const TEST_PREFIX: &str = "GATHERING_TEST_";

/// Where values come from: a file, variables, flags; each stronger than the one before.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    environment: Environment,
    file: Option<PathBuf>,
    default_file: Option<PathBuf>,
    flags: Vec<(String, String, String)>,
}

/// The configuration in force, and where each value of it came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Every key in order, as `gathering config check` lists it.
    pub in_force: Vec<InForce>,
    /// The file that was read, if any was.
    pub file: Option<PathBuf>,
}

/// The value of one key, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The key.
    pub key: Key,
    /// Its value, masked if secret, empty if there is none.
    pub value: String,
    /// Where it was written.
    pub place: Place,
}

type Values = BTreeMap<String, (Place, Raw)>;

impl Sources {
    /// Values from `environment`, and from `gathering.toml` in the working directory if there is
    /// one.
    pub fn new(environment: Environment) -> Self {
        Self { environment, default_file: Some(DEFAULT_FILE.into()), ..Self::default() }
    }

    /// Reads this file, which must exist, instead of the default one. A file named here is
    /// stronger than one named by the environment.
    #[must_use]
    pub fn with_file(mut self, path: Option<&Path>) -> Self {
        self.file = path.map(Path::to_owned).or(self.file);
        self
    }

    /// Adds a value given by a flag of the command: `("--listen", "server.listen", value)`.
    /// Nothing is added for a flag that was not given.
    #[must_use]
    pub fn with_flag(mut self, flag: &str, key: &str, value: Option<impl Into<String>>) -> Self {
        if let Some(value) = value {
            self.flags.push((flag.to_owned(), key.to_owned(), value.into()));
        }
        self
    }

    /// Reads all layers. Every fault of every layer is in the error.
    pub fn load(&self) -> Result<Loaded, Faults> {
        let mut faults = Vec::new();
        let mut values = Values::new();
        let file = self.chosen_file();
        if let Some(file) = &file {
            add(&mut values, values_of_file(file, &mut faults), &mut faults);
        }
        add(&mut values, self.values_of_variables(&mut faults), &mut faults);
        add(&mut values, self.values_of_flags(), &mut faults);

        let mut reader = Reader::new(&values);
        let config = Config::read(&mut reader);
        faults.append(&mut reader.faults);
        for (key, message) in config.iter().flat_map(Config::contradictions) {
            let of_key = |setting: &&InForce| setting.key.path() == key;
            let place = reader.in_force.iter().find(of_key).map(|setting| setting.place.clone());
            let place = place.unwrap_or(Place::BuiltIn);
            faults.push(Fault { place, key: Some(key.to_owned()), message: message.to_owned() });
        }
        match (config, Faults::of(faults)) {
            (Some(config), None) => Ok(Loaded { config, in_force: reader.in_force, file }),
            (_, Some(faults)) => Err(faults),
            (None, None) => unreachable!("a section is only missing when the reader noted a fault"),
        }
    }

    fn chosen_file(&self) -> Option<PathBuf> {
        let named = self.file.clone();
        named
            .or_else(|| self.environment.text(FILE_VARIABLE).map(PathBuf::from))
            .or_else(|| self.default_file.clone().filter(|file| file.exists()))
    }

    fn values_of_variables(&self, faults: &mut Vec<Fault>) -> Vec<(Place, String, Raw)> {
        let names = Names::of_variables();
        let mut values = Vec::new();
        for (variable, text) in self.environment.beginning_with(PREFIX) {
            let place = Place::Variable(variable.to_owned());
            if variable == FILE_VARIABLE || variable.starts_with(TEST_PREFIX) {
                continue;
            }
            match (names.key_of(variable), text) {
                (Some(key), Some(text)) => {
                    values.push((place, key.to_owned(), Raw::Written(text.to_owned())));
                }
                (Some(key), None) => faults.push(Fault {
                    place,
                    key: Some(key.to_owned()),
                    message: "the value is not UTF-8".to_owned(),
                }),
                (None, _) => {
                    faults.push(Fault {
                        place,
                        key: None,
                        message: names.unknown("variable", variable),
                    });
                }
            }
        }
        values
    }

    fn values_of_flags(&self) -> Vec<(Place, String, Raw)> {
        self.flags
            .iter()
            .map(|(flag, key, value)| {
                (Place::Flag(flag.clone()), key.clone(), Raw::Written(value.clone()))
            })
            .collect()
    }
}

fn values_of_file(path: &Path, faults: &mut Vec<Fault>) -> Vec<(Place, String, Raw)> {
    let parsed =
        file::read(path).map_err(|fault| vec![fault]).and_then(|text| file::parse(path, &text));
    match parsed {
        Ok(values) => values
            .into_iter()
            .map(|value| (Place::Line(path.to_owned(), value.line), value.key, value.raw))
            .collect(),
        Err(mut found) => {
            faults.append(&mut found);
            Vec::new()
        }
    }
}

/// Lays one layer over the weaker ones. A secret and the file that holds it are two ways to write
/// one key, so within a layer only one of them may stand.
fn add(values: &mut Values, layer: Vec<(Place, String, Raw)>, faults: &mut Vec<Fault>) {
    let names = Names::of_keys();
    let mut of_layer = Values::new();
    for (place, name, raw) in layer {
        let Some(key) = names.key_of(&name) else {
            let message = names.unknown("key", &name);
            faults.push(Fault { place, key: None, message });
            continue;
        };
        let raw = if key == name { Ok(raw) } else { secret_of(&raw) };
        match raw {
            Err(message) => faults.push(Fault { place, key: Some(name), message }),
            Ok(raw) => {
                if let Some((other, _)) = of_layer.insert(key.to_owned(), (place.clone(), raw)) {
                    let message = format!("is set twice, here and by {other}");
                    faults.push(Fault { place, key: Some(key.to_owned()), message });
                }
            }
        }
    }
    values.append(&mut of_layer);
}

fn secret_of(path: &Raw) -> Result<Raw, String> {
    let path = path.text().filter(|path| !path.is_empty()).ok_or("the value is not a path")?;
    file::read_secret(Path::new(path)).map(Raw::Held)
}
