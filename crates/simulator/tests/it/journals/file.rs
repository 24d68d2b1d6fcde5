//! Files of recordings: a line that says what is recorded, then a line for each entry.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use gathering_agents::TurnMachine;
use gathering_domain::Timestamp;
use gathering_engine::{Entry, EntryBody};
use gathering_pipelines::PIPELINE_BEHAVIOUR;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decided::{Decided, decided};

/// What to do about a difference.
pub(super) const RULE: &str = "recorded journals are never edited: give the behaviour a new number";

/// The most files that there may be; more than that want another form.
const MAX_FILES: usize = 1_000;

/// A recorded journal.
pub(super) struct Recording {
    head: Head,
    pub(super) lines: Vec<Line>,
}

/// One entry and what was decided once it was in the log.
pub(super) struct Line {
    pub(super) entry: Entry,
    pub(super) then: Vec<Decided>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    machine: String,
    behaviour: u32,
    feature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLine {
    seq: u32,
    at: Timestamp,
    entry: EntryBody,
    /// A decision that was the same after the entry before is only named.
    then: Vec<Value>,
}

impl Recording {
    /// A journal with what follows from each of its prefixes.
    pub(super) fn of(feature: &str, journal: &[Entry]) -> Self {
        let EntryBody::RunStarted(started) = &journal[0].body else { panic!("no `run_started`") };
        let head = Head {
            machine: started.machine.clone(),
            behaviour: started.behaviour,
            feature: feature.to_owned(),
        };
        let line = |count: usize| Line {
            entry: journal[count - 1].clone(),
            then: decided(&journal[..count]),
        };
        Self { head, lines: (1..=journal.len()).map(line).collect() }
    }

    pub(super) fn parse(name: &str, text: &str) -> Self {
        let mut lines = text.lines();
        let head = lines.next().unwrap_or_default();
        let head: Head = serde_json::from_str(head).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut last = BTreeMap::new();
        let mut read = Vec::new();
        for line in lines {
            let line: StoredLine =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}, {line}: {e}"));
            let then: Vec<Decided> = line
                .then
                .into_iter()
                .map(|stored| match stored {
                    Value::String(label) => {
                        let full: Option<&Value> = last.get(&label);
                        let full = full.unwrap_or_else(|| panic!("{name}: nothing is {label}"));
                        Decided::of(full.clone())
                    }
                    full => Decided::of(full),
                })
                .collect();
            last = then.iter().map(|one| (one.label.clone(), one.full.clone())).collect();
            let entry = Entry { seq: line.seq, at: line.at, body: line.entry };
            read.push(Line { entry, then });
        }
        assert!(!read.is_empty(), "{name} holds no entry");
        let recording = Self { head, lines: read };
        let Head { machine, behaviour, feature } = &recording.head;
        assert_eq!(format!("{machine}/{behaviour}/{feature}.jsonl"), name);
        recording
    }

    fn text(&self) -> String {
        let mut text = serde_json::to_string(&self.head).unwrap();
        let mut last: &[Decided] = &[];
        for line in &self.lines {
            let stored = StoredLine {
                seq: line.entry.seq,
                at: line.entry.at,
                entry: line.entry.body.clone(),
                then: line.then.iter().map(|one| one.stored(last)).collect(),
            };
            text.push('\n');
            text.push_str(&serde_json::to_string(&stored).unwrap());
            last = &line.then;
        }
        text.push('\n');
        text
    }

    /// Writes a file that must not exist.
    pub(super) fn write_new(&self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = fs::File::create_new(path);
        let mut file = file.unwrap_or_else(|e| panic!("{}: {e}; {RULE}", path.display()));
        file.write_all(self.text().as_bytes()).unwrap();
    }
}

/// Where the recordings lie.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals")
}

/// The name of a feature's file, under the behaviour that new runs of the machine get.
pub(super) fn name(machine: &str, feature: &str) -> String {
    let behaviour = match machine {
        "pipeline" => PIPELINE_BEHAVIOUR,
        "agent_turn" => TurnMachine::BEHAVIOUR,
        other => panic!("no machine is called {other}"),
    };
    format!("{machine}/{behaviour}/{feature}.jsonl")
}

/// All recordings with their names, in order.
pub(super) fn all() -> Vec<(String, String)> {
    let mut open = vec![folder()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
            assert!(found.len() + open.len() <= MAX_FILES, "too many recordings");
        }
    }
    found.sort_unstable();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        (name, text)
    };
    found.into_iter().map(named).collect()
}
