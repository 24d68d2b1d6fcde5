//! The latest part of the log, read once for all who subscribe to it.
//!
//! A thousand subscribers would else ask the store a thousand times for the same rows. Whoever has come as
//! far as this part is given it from memory; whoever lags behind it reads alone until they have caught up.
//! Nobody is waited for, and the part is bounded.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gathering_domain::{Actor, RunId};
use gathering_engine::EntryBody;
use gathering_storage::{LogEntry, LogFilter, Position, find_persons, read_log};
use serde_json::Value;

use super::{Envelope, follower::last_position};
use crate::{App, Result};

/// Events that are held at most.
const MOST_HELD: usize = 4_096;
/// Bytes that they take at most, roughly.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Entries that one read takes, except that a row of the log is never cut.
const READ_AT_ONCE: usize = 256;
/// What an event takes beside its texts, roughly.
const OF_EACH: usize = 256;

/// The latest part of the log, as far as somebody has asked for it.
#[derive(Default)]
pub(crate) struct Recent {
    window: Mutex<Option<Window>>,
    /// Held by whoever reads on for all. Only its holder changes the window.
    reading: tokio::sync::Mutex<()>,
}

/// All events after one position, up to another.
struct Window {
    after: Position,
    upto: Position,
    events: VecDeque<Arc<Shared>>,
    weight: usize,
}

/// An event, with what decides who is shown it.
pub(super) struct Shared {
    pub(super) envelope: Envelope,
    /// The run that it tells to have begun.
    pub(super) child: Option<RunId>,
    whose: Whose,
    position: Position,
    weight: usize,
}

/// Whose the run of an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Of all who may look in its project.
    All,
    /// One person's alone.
    Person(Actor),
    /// The run is gone, and nobody can say.
    Gone,
}

/// Some events, of all projects.
pub(super) struct Page {
    pub(super) events: Vec<Arc<Shared>>,
    /// Where to go on.
    pub(super) next: Position,
    /// Whether there is more to read now.
    pub(super) more: bool,
}

/// What is held of what comes after a position.
enum Held {
    Some(Page),
    /// It is to be read on.
    NotYet,
    /// Not all of it any more.
    NotAll,
}

impl Shared {
    fn of(entry: &LogEntry, whose: Whose) -> Self {
        let envelope = Envelope::of(entry);
        let child = match entry.entry.as_ref().map(|entry| &entry.body) {
            Ok(EntryBody::ChildStarted(child)) => Some(child.run_id),
            _ => None,
        };
        let weight = OF_EACH + weight(&envelope.data);
        Self { envelope, child, whose, position: entry.position, weight }
    }

    /// Whether it is of a run of somebody else than this one, or of which nobody can say any more whose it was.
    pub(super) fn is_hidden_from(&self, actor: Actor) -> bool {
        match self.whose {
            Whose::All => false,
            Whose::Person(person) => person != actor,
            Whose::Gone => true,
        }
    }
}

impl Recent {
    /// Events after a position, at most so many; none if what is held does not reach back so far.
    pub(super) async fn after(&self, app: &App, at: Position, most: usize) -> Result<Option<Page>> {
        loop {
            match self.held(at, last_position(app.inner.tail.last_row()), most) {
                Held::Some(page) => return Ok(Some(page)),
                Held::NotAll => return Ok(None),
                Held::NotYet => {}
            }
            let reading = self.reading.lock().await;
            // Whoever had the lock before may have read it.
            if self.window().as_ref().is_none_or(|window| window.upto <= at)
                && !self.read_on(app, at).await?
            {
                return Ok(None);
            }
            drop(reading);
        }
    }

    fn held(&self, at: Position, end: Position, most: usize) -> Held {
        if at >= end {
            return Held::Some(Page { events: Vec::new(), next: at, more: false });
        }
        let mut window = self.window();
        // What is older than the first look belongs to those who lag behind.
        let window = window.get_or_insert_with(|| Window::empty(end));
        if at < window.after {
            return Held::NotAll;
        }
        if at >= window.upto {
            return Held::NotYet;
        }
        let from = window.events.partition_point(|event| event.position <= at);
        let events: Vec<Arc<Shared>> =
            window.events.iter().skip(from).take(most).cloned().collect();
        let next = match events.last() {
            Some(last) if from + events.len() < window.events.len() => last.position,
            _ => window.upto,
        };
        Held::Some(Page { events, next, more: next < end })
    }

    /// Reads what comes after a position that nobody has come past. False if some of it is there no more, which
    /// whoever asked is to find alone.
    async fn read_on(&self, app: &App, at: Position) -> Result<bool> {
        let (database, tail) = (app.database(), &app.inner.tail);
        let page = read_log(database, tail, at, READ_AT_ONCE, LogFilter::default()).await?;
        if page.gone.is_some() {
            return Ok(false);
        }
        let runs: HashSet<RunId> = page.entries.iter().map(|entry| entry.run_id).collect();
        let runs: Vec<RunId> = runs.into_iter().collect();
        let mut persons: HashMap<RunId, Whose> = HashMap::new();
        if !runs.is_empty() {
            for found in find_persons(&runs).all(database).await? {
                persons.insert(found.run_id, found.actor.map_or(Whose::All, Whose::Person));
            }
        }
        let mut window = self.window();
        let window = window.get_or_insert_with(|| Window::empty(at));
        if window.upto != at {
            *window = Window::empty(at);
        }
        for entry in &page.entries {
            let whose = persons.get(&entry.run_id).copied().unwrap_or(Whose::Gone);
            window.push(Shared::of(entry, whose));
        }
        window.upto = page.next;
        window.bound();
        Ok(true)
    }

    fn window(&self) -> MutexGuard<'_, Option<Window>> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    const fn empty(at: Position) -> Self {
        Self { after: at, upto: at, events: VecDeque::new(), weight: 0 }
    }

    fn push(&mut self, event: Shared) {
        self.weight += event.weight;
        self.events.push_back(Arc::new(event));
    }

    fn bound(&mut self) {
        while self.events.len() > MOST_HELD || self.weight > MOST_BYTES {
            let Some(first) = self.events.pop_front() else { return };
            self.weight -= first.weight;
            self.after = first.position;
        }
    }
}

/// Bytes of a value, roughly.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| size_of::<Value>() + weight(item)).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, item)| 2 * size_of::<Value>() + name.len() + weight(item))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use gathering_domain::{ProjectId, Timestamp};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn shared(position: i64, text: &str, whose: Whose) -> Shared {
        let run_id = RunId::from_uuid(Uuid::nil());
        let data = json!({ "text": text });
        let envelope = Envelope {
            position: Some(position),
            id: String::new(),
            event_type: "run.started".to_owned(),
            subject: String::new(),
            at: Timestamp::from_micros(0),
            project_id: ProjectId::from_uuid(Uuid::nil()),
            run_id,
            data,
        };
        let weight = OF_EACH + weight(&envelope.data);
        Shared { envelope, child: None, whose, position: Position(position), weight }
    }

    fn holding(after: i64, upto: i64, positions: &[i64]) -> Recent {
        let mut window = Window::empty(Position(after));
        for position in positions {
            window.push(shared(*position, "", Whose::All));
        }
        window.upto = Position(upto);
        Recent { window: Mutex::new(Some(window)), ..Recent::default() }
    }

    /// The positions of a page, where to go on, and whether there is more.
    fn page(held: Held) -> (Vec<i64>, i64, bool) {
        let Held::Some(Page { events, next, more }) = held else { panic!("nothing is held") };
        (events.iter().map(|event| event.position.0).collect(), next.0, more)
    }

    #[test]
    fn everybody_is_given_what_comes_after_their_own_position() {
        let recent = holding(10, 20, &[11, 12, 15, 18]);
        let held = |at, end, most| recent.held(Position(at), Position(end), most);
        assert_eq!(page(held(10, 20, 9)), (vec![11, 12, 15, 18], 20, false));
        assert_eq!(page(held(12, 20, 9)), (vec![15, 18], 20, false));
        assert_eq!(page(held(13, 30, 9)), (vec![15, 18], 20, true));
        assert_eq!(page(held(18, 30, 9)), (vec![], 20, true));
        // A page is cut where there are more; the last of it is where to go on.
        assert_eq!(page(held(10, 20, 2)), (vec![11, 12], 12, true));
        assert_eq!(page(held(12, 20, 2)), (vec![15, 18], 20, false));
        // Nobody reads past the end, wherever they claim to be.
        assert_eq!(page(held(20, 20, 9)), (vec![], 20, false));
        assert_eq!(page(held(99, 20, 9)), (vec![], 99, false));
        assert!(matches!(held(9, 20, 9), Held::NotAll));
        assert!(matches!(held(20, 30, 9), Held::NotYet));
    }

    #[test]
    fn what_came_before_the_first_look_is_not_held() {
        let recent = Recent::default();
        assert!(matches!(recent.held(Position(5), Position(20), 9), Held::NotAll));
        assert!(matches!(recent.held(Position(20), Position(30), 9), Held::NotYet));
    }

    #[test]
    fn what_is_held_is_bounded_in_number_and_in_bytes() {
        let mut window = Window::empty(Position(0));
        let more = i64::try_from(MOST_HELD).unwrap() + 3;
        for position in 1..=more {
            window.push(shared(position, "", Whose::All));
        }
        window.bound();
        assert_eq!((window.events.len(), window.after), (MOST_HELD, Position(3)));
        let large = "x".repeat(MOST_BYTES / 2);
        for position in more + 1..=more + 3 {
            window.push(shared(position, &large, Whose::All));
        }
        window.bound();
        assert_eq!((window.events.len(), window.after), (1, Position(more + 2)));
        assert_eq!(window.weight, window.events[0].weight);
    }

    #[test]
    fn a_run_of_somebody_or_of_nobody_knows_whom_is_hidden_from_everybody_else() {
        let [ann, bob] = [1, 2].map(|n| Actor::User { user_id: Uuid::from_u128(n).into() });
        let hidden = |whose| shared(1, "", whose).is_hidden_from(ann);
        assert!(!hidden(Whose::All) && !hidden(Whose::Person(ann)));
        assert!(hidden(Whose::Person(bob)) && hidden(Whose::Gone));
    }
}
