//! Every value that left through the clients of a process, to be taken out of what it tells.

mod values;

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use gathering_domain::ProjectId;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use self::values::Values;
use super::{
    needles::Needles,
    replace::{redact_value, replaced},
};

/// Shorter values are taken out of the answers to their own requests alone: elsewhere they would match by
/// chance.
const SHORTEST: usize = 8;
/// The most bytes of the values of all projects, in all their forms; for more, the project that used none
/// for the longest time is forgotten.
const MOST_BYTES_IN_ALL: usize = 64 * 1024 * 1024;
/// What a project counts for in that, besides its values.
const PROJECT_BYTES: usize = 512;

/// The values of secrets that the clients of a process have used, project by project. Cheap to clone;
/// clones share what they remember.
///
/// To look through a text takes a look-up for each of its bytes, however many values there are.
#[derive(Clone, Default)]
pub struct Revelations(Arc<RwLock<Memory>>);

/// The values that the clients of one project have used. Others' values are left in what that project is
/// told: to take them out would tell it that it has guessed one.
#[derive(Clone, Default)]
pub struct Revealed {
    all: Revelations,
    /// None for clients that act in no project.
    project: Option<ProjectId>,
}

struct Memory {
    /// For log lines, which no project is told.
    all: Values,
    by_project: HashMap<Option<ProjectId>, OfProject>,
    uses: AtomicU64,
    /// The most bytes of the values of all projects.
    most_bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        let (all, by_project, uses) = (Values::default(), HashMap::new(), AtomicU64::new(0));
        Self { all, by_project, uses, most_bytes: MOST_BYTES_IN_ALL }
    }
}

#[derive(Default)]
struct OfProject {
    values: Values,
    /// The number of its last use.
    used: AtomicU64,
}

impl Revelations {
    /// Those of one project.
    pub fn of(&self, project: ProjectId) -> Revealed {
        Revealed { all: self.clone(), project: Some(project) }
    }

    /// Bytes with the values of all projects replaced by their names. For log lines alone: whoever could
    /// read it would learn what others keep secret.
    pub fn redact<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let needles = Arc::clone(self.read().all.needles());
        replaced(&needles, bytes)
    }

    fn read(&self) -> RwLockReadGuard<'_, Memory> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn weight(&self) -> usize {
        let weights = self.by_project.values().map(|own| own.values.needles().weight());
        weights.map(|weight| weight + PROJECT_BYTES).sum()
    }

    fn next_use(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    fn add(&mut self, project: Option<ProjectId>, name: &str, value: &SecretString) {
        self.all.add(name, value);
        let used = self.next_use();
        let own = self.by_project.entry(project).or_default();
        own.used.store(used, Ordering::Relaxed);
        if !own.values.add(name, value) {
            return;
        }
        while self.by_project.len() > 1 && self.weight() > self.most_bytes {
            let oldest =
                self.by_project.iter().min_by_key(|(_, own)| own.used.load(Ordering::Relaxed));
            let oldest = oldest.map(|(project, _)| *project);
            oldest.and_then(|project| self.by_project.remove(&project));
        }
    }
}

impl Revealed {
    /// Those of clients that act in no project.
    pub(crate) fn in_no_project(all: &Revelations) -> Self {
        Self { all: all.clone(), project: None }
    }

    /// The same of one project.
    pub(crate) fn of(&self, project: ProjectId) -> Self {
        self.all.of(project)
    }

    /// Remembers a value.
    pub fn remember(&self, name: &str, value: &SecretString) {
        if value.expose_secret().len() < SHORTEST {
            return;
        }
        {
            let memory = self.all.read();
            if let Some(own) = memory.by_project.get(&self.project) {
                own.used.store(memory.next_use(), Ordering::Relaxed);
                if own.values.is_last(value) && memory.all.is_last(value) {
                    return;
                }
            }
        }
        let mut memory = self.all.0.write().unwrap_or_else(PoisonError::into_inner);
        memory.add(self.project, name, value);
    }

    /// The text with the values that it holds replaced by their names.
    pub fn redact_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match replaced(&self.needles(), text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Replaces values in every text and key of `value`; nothing if it holds none.
    pub fn redact_value(&self, value: &Value) -> Option<Value> {
        let needles = self.needles();
        (!needles.is_empty()).then(|| redact_value(&needles, value)).flatten()
    }

    pub(super) fn needles(&self) -> Arc<Needles> {
        let memory = self.all.read();
        let own = memory.by_project.get(&self.project);
        own.map_or_else(Arc::default, |own| Arc::clone(own.values.needles()))
    }
}

impl fmt::Debug for Revelations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revelations")
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed")
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose};
    use serde_json::json;

    use uuid::Uuid;

    use super::{
        values::{MOST_BYTES, MOST_VALUES},
        *,
    };
    use crate::secrets::needles::placeholder;

    fn secret(text: impl Into<String>) -> SecretString {
        text.into().into()
    }

    #[test]
    fn a_value_is_found_in_every_form_and_in_the_midst_of_others() {
        let revealed = Revealed::default();
        revealed.remember("K", &secret("s3cr\"t/vÄlue?>"));
        let value = "s3cr\"t/vÄlue?>";
        let hexadecimal = gathering_domain::hex(value.as_bytes());
        let mut forms = vec![
            value.to_owned(),
            "s3cr\\\"t/vÄlue?>".to_owned(),
            "s3cr%22t%2Fv%C3%84lue%3F%3E".to_owned(),
            hexadecimal.to_uppercase(),
            hexadecimal,
        ];
        for user in ["", "u", "us", "usr", "user"] {
            for engine in [general_purpose::STANDARD, general_purpose::URL_SAFE] {
                forms.push(engine.encode(format!("{user}{value}")));
                forms.push(engine.encode(format!("{user}{value}:{user}x")));
            }
        }
        for form in forms {
            let shown = revealed.redact_text(&form).into_owned();
            assert!(shown.contains(&placeholder("K")), "{form}: {shown}");
            // What is left of base64 is of the neighbours, and bits of the value that share characters
            // with them.
            let left = shown.len() - placeholder("K").len();
            assert!(form.len() - left >= value.len(), "{form}: {shown}");
        }
        assert!(matches!(revealed.redact_text("nothing of the kind"), Cow::Borrowed(_)));
    }

    #[test]
    fn texts_keys_and_numbers_of_a_value_are_looked_through() {
        let revealed = Revealed::default();
        revealed.remember("K", &secret("hunter2-hunter2"));
        revealed.remember("N", &secret("1234567890"));
        let (k, n) = (placeholder("K"), placeholder("N"));
        let value = json!({ "a": ["x hunter2-hunter2"], "hunter2-hunter2": 1_234_567_890, "b": 5 });
        let shown = revealed.redact_value(&value).unwrap();
        assert_eq!(shown, json!({ "a": [format!("x {k}")], k: n, "b": 5 }));
        assert_eq!(revealed.redact_value(&json!({ "a": [1, "b"] })), None);
    }

    #[test]
    fn what_one_project_used_is_taken_out_of_its_own_answers_and_of_every_log_line() {
        let all = Revelations::default();
        let [one, two] = [1, 2].map(|n| all.of(ProjectId::from_uuid(Uuid::from_u128(n))));
        one.remember("ONE", &secret("value-of-one"));
        two.remember("TWO", &secret("00000000"));
        let text = "value-of-one 00000000 dmFsdWUtb2Ytb25l";
        assert_eq!(one.redact_text(text), "[secret:ONE] 00000000 [secret:ONE]");
        assert_eq!(two.redact_text(text), "value-of-one [secret:TWO] dmFsdWUtb2Ytb25l");
        let nobodys = Revealed::in_no_project(&all);
        assert_eq!(nobodys.redact_text(text), text);
        let line = String::from_utf8(all.redact(text.as_bytes()).into_owned()).unwrap();
        assert_eq!(line, "[secret:ONE] [secret:TWO] [secret:ONE]");
    }

    #[test]
    fn projects_that_used_none_for_long_are_forgotten_first() {
        let all = Revelations::default();
        let most_bytes = 64 * 1024;
        all.0.write().unwrap().most_bytes = most_bytes;
        let project = |n: u32| all.of(ProjectId::from_uuid(Uuid::from_u128(n.into())));
        let known = |n: u32| !project(n).needles().is_empty();
        project(0).remember("K", &secret("the-first-value"));
        project(1).remember("K", &secret("the-second-value"));
        for n in 2..60 {
            // Used all the time.
            project(0).remember("K", &secret("the-first-value"));
            project(n).remember("LONG", &secret(format!("{n}-{n:0512}")));
            assert!(all.read().weight() <= most_bytes);
        }
        assert!(known(0) && known(59));
        assert!(!known(1) && !known(2));
    }

    #[test]
    fn memory_is_bounded_and_the_latest_stay() {
        let revealed = Revealed::default();
        revealed.remember("SHORT", &secret("1234567"));
        assert!(revealed.needles().is_empty(), "a short value would match by chance");
        for number in 0..=MOST_VALUES {
            revealed.remember("K", &secret(format!("value-of-{number}")));
        }
        let known = |text: &str| matches!(revealed.redact_text(text), Cow::Owned(_));
        assert!(known(&format!("value-of-{MOST_VALUES}")));
        assert!(!known("the value-of-0 is forgotten"));
        for number in 0..100 {
            revealed.remember("LONG", &secret(format!("{number:016384}")));
            assert!(revealed.needles().weight() <= MOST_BYTES);
        }
        assert!(known(&format!("{:016384}", 99)));
    }
}
