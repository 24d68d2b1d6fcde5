//! Programs that runs share, so that each is parsed once and not once for each run.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{BrokenProgram, Program};

/// Most programs that are kept. With more in use, the one longest unused is parsed anew.
pub const MAX_PROGRAMS: usize = 256;

/// A bounded set of loaded programs.
#[derive(Debug, Default)]
pub struct Programs(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By the pinned set and the pipeline that runs, with the number of the last use.
    programs: HashMap<(String, String), (u64, Arc<Program>)>,
    uses: u64,
}

impl Programs {
    /// The program for a run whose first entry keeps `definition`.
    pub fn get(&self, definition: &Value) -> Result<Arc<Program>, BrokenProgram> {
        let word = |key: &str| definition.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = (word("id").to_owned(), word("main").to_owned());
        if let Some(program) = self.kept().find(&name) {
            return Ok(program);
        }
        // Not under the lock: two runs may parse the same program at the same time.
        let program = Arc::new(Program::load(definition)?);
        self.kept().keep(name, Arc::clone(&program));
        Ok(program)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic while the lock was held can at worst have lost a program.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn find(&mut self, name: &(String, String)) -> Option<Arc<Program>> {
        self.uses += 1;
        let (last_use, program) = self.programs.get_mut(name)?;
        *last_use = self.uses;
        Some(Arc::clone(program))
    }

    fn keep(&mut self, name: (String, String), program: Arc<Program>) {
        if self.programs.len() >= MAX_PROGRAMS {
            let oldest = self.programs.iter().min_by_key(|(_, (last_use, _))| *last_use);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                self.programs.remove(&oldest);
            }
        }
        self.programs.insert(name, (self.uses, program));
    }
}
