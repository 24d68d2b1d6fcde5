//! One answer on its way: what a model says is gathered for a moment, and then shown.

use std::sync::{Arc, Mutex, Weak};

use gathering_domain::{Duration, ProjectId, RunId};
use gathering_engine::Key;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use super::{Preview, Previews, lock};

/// How often the answer of one call is shown, and its thought; what comes in between is gathered.
const SHOWN_EVERY: Duration = Duration::from_millis(100);
/// The longest piece, in bytes; what is more comes as several. Few texts take more than twice as much as
/// JSON, and so nearly all fit a notice.
const PIECE_BYTES: usize = 3_000;
/// How much is gathered in between, in bytes; what is more is lost.
const GATHERED_BYTES: usize = 32_000;
/// How many answers wait at most for somebody to show what they have gathered, if they say nothing more.
const MOST_WAITING: usize = 10_000;

/// An answer on its way. What it has said is shown at the latest when it is dropped.
#[derive(Debug)]
pub struct Speech {
    said: Arc<Said>,
}

#[derive(Debug)]
struct Said {
    previews: Previews,
    project_id: ProjectId,
    run_id: RunId,
    root_id: RunId,
    key: Key,
    attempt: u32,
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    /// The answer, and the thought.
    texts: [Text; 2],
    /// Whether it is among those who wait.
    waits: bool,
}

#[derive(Debug, Default)]
struct Text {
    gathered: String,
    /// Whether something after what is gathered was lost.
    lost: bool,
    shown_at: Option<Instant>,
    /// The number of the piece that was shown last.
    piece: u64,
}

/// Answers that have gathered something, and may say nothing more for a while.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    said: Mutex<Vec<Weak<Said>>>,
    some: Notify,
}

impl Previews {
    /// Begins to show what an attempt of a model call says.
    pub fn speech(
        &self,
        project_id: ProjectId,
        (run_id, root_id): (RunId, RunId),
        key: Key,
        attempt: u32,
    ) -> Speech {
        let (previews, gathered) = (self.clone(), Mutex::default());
        let said = Said { previews, project_id, run_id, root_id, key, attempt, gathered };
        Speech { said: Arc::new(said) }
    }

    /// Shows what answers have gathered that say nothing more. Never ends.
    pub(super) async fn show_gathered(&self) {
        let waiting = &self.inner.waiting;
        loop {
            waiting.some.notified().await;
            sleep(SHOWN_EVERY.std()).await;
            let said = std::mem::take(&mut *lock(&waiting.said));
            for said in said.iter().filter_map(Weak::upgrade) {
                let mut gathered = lock(&said.gathered);
                said.show(&mut gathered, Some(Instant::now()));
                gathered.waits = false;
                said.wait(&mut gathered);
            }
        }
    }
}

impl Speech {
    /// Something was added, to the thought or to the answer.
    pub fn say(&self, text: &str, reasoning: bool) {
        self.say_at(Instant::now(), text, reasoning);
    }

    fn say_at(&self, now: Instant, text: &str, reasoning: bool) {
        let said = &self.said;
        let watched = said.previews.watched(said.project_id);
        let mut gathered = lock(&said.gathered);
        let own = &mut gathered.texts[usize::from(reasoning)];
        if watched && own.gathered.is_empty() {
            own.leave_out();
        }
        // Pieces follow one another: after what was lost comes nothing more of the same piece.
        own.lost |= !watched || own.gathered.len() + text.len() > GATHERED_BYTES;
        if !own.lost {
            own.gathered.push_str(text);
        }
        if watched {
            said.show(&mut gathered, Some(now));
            said.wait(&mut gathered);
        }
    }
}

impl Drop for Speech {
    fn drop(&mut self) {
        self.said.show(&mut lock(&self.said.gathered), None);
    }
}

impl Said {
    /// Shows what is due by now; all there is, if nothing more will be said.
    fn show(&self, gathered: &mut Gathered, now: Option<Instant>) {
        for (text, reasoning) in gathered.texts.iter_mut().zip([false, true]) {
            if text.gathered.is_empty() || now.is_some_and(|now| !text.is_due(now)) {
                continue;
            }
            text.shown_at = now;
            for part in parts(&std::mem::take(&mut text.gathered)) {
                text.piece += 1;
                self.previews.show(self.preview(part, text.piece, reasoning));
            }
            text.leave_out();
        }
    }

    /// Sees to it that what is left is shown, should nothing more be said for a while.
    fn wait(self: &Arc<Self>, gathered: &mut Gathered) {
        if gathered.waits || gathered.texts.iter().all(|text| text.gathered.is_empty()) {
            return;
        }
        let waiting = &self.previews.inner.waiting;
        let mut said = lock(&waiting.said);
        if said.len() < MOST_WAITING {
            said.push(Arc::downgrade(self));
            gathered.waits = true;
            waiting.some.notify_one();
        }
    }

    fn preview(&self, text: &str, piece: u64, reasoning: bool) -> Preview {
        Preview {
            project_id: self.project_id,
            run_id: self.run_id,
            root_id: self.root_id,
            key: self.key.clone(),
            attempt: self.attempt,
            piece,
            text: text.to_owned(),
            reasoning,
        }
    }
}

impl Text {
    fn is_due(&self, now: Instant) -> bool {
        self.shown_at.is_none_or(|at| at + SHOWN_EVERY.std() <= now)
    }

    /// Leaves out the number of what was lost, so that readers see it.
    fn leave_out(&mut self) {
        self.piece += u64::from(std::mem::take(&mut self.lost));
    }
}

/// A text in parts that are not too long, none of which ends within a character.
fn parts(mut text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let (part, rest) = text.split_at(text.floor_char_boundary(PIECE_BYTES));
        parts.push(part);
        text = rest;
    }
    parts
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::events::previews::Watching;

    fn project() -> ProjectId {
        ProjectId::from_uuid(Uuid::from_u128(1))
    }

    fn speech(previews: &Previews) -> Speech {
        let run = RunId::from_uuid(Uuid::from_u128(2));
        previews.speech(project(), (run, run), Key::new("turn:1/model"), 1)
    }

    /// Number and text of what was shown until now.
    fn shown(watching: &mut Watching) -> Vec<(u64, String)> {
        let pieces = std::iter::from_fn(|| watching.pieces.try_recv().ok());
        pieces.map(|preview| (preview.piece, preview.text.clone())).collect()
    }

    fn piece(number: u64, text: &str) -> (u64, String) {
        (number, text.to_owned())
    }

    #[test]
    fn what_is_said_quickly_is_shown_together_and_all_of_it() {
        let (previews, now) = (Previews::default(), Instant::now());
        let mut watching = previews.watch(project());
        let speech = speech(&previews);
        for word in ["a", "b", "c"] {
            speech.say_at(now, word, false);
        }
        speech.say_at(now, "hm", true);
        assert_eq!(shown(&mut watching), [piece(1, "a"), piece(1, "hm")]);
        let later = now + SHOWN_EVERY.std();
        speech.say_at(later, "d", false);
        speech.say_at(later, "e", false);
        assert_eq!(shown(&mut watching), [piece(2, "bcd")]);
        drop(speech);
        assert_eq!(shown(&mut watching), [piece(3, "e")]);
    }

    #[tokio::test]
    async fn what_was_said_before_a_silence_is_shown_all_the_same() {
        let previews = Previews::default();
        let mut watching = previews.watch(project());
        let speech = speech(&previews);
        speech.say("a", false);
        speech.say("b", false);
        assert_eq!(shown(&mut watching), [piece(1, "a")]);
        tokio::select! {
            () = previews.show_gathered() => {}
            next = watching.recv() => assert_eq!(next.unwrap().text, "b"),
        }
    }

    #[test]
    fn what_nobody_saw_is_seen_to_be_missing() {
        let (previews, now) = (Previews::default(), Instant::now());
        let speech = speech(&previews);
        speech.say_at(now, "a", false);
        speech.say_at(now, "b", false);
        let mut watching = previews.watch(project());
        speech.say_at(now, "c", false);
        assert_eq!(shown(&mut watching), [piece(2, "c")]);
        speech.say_at(now, &"d".repeat(PIECE_BYTES), false);
        speech.say_at(now, &"e".repeat(GATHERED_BYTES), false);
        speech.say_at(now, "f", false);
        speech.say_at(now + SHOWN_EVERY.std(), "g", false);
        assert_eq!(shown(&mut watching), [piece(3, &"d".repeat(PIECE_BYTES))]);
        drop(speech);
        assert!(shown(&mut watching).is_empty(), "it was said beside what was too much");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "ä".repeat(PIECE_BYTES);
        let long = format!("x{text}");
        let parts = parts(&long);
        assert!(parts.iter().all(|part| part.len() <= PIECE_BYTES), "{}", parts.len());
        assert_eq!(parts.concat(), long);
        assert!(super::parts("").is_empty());
    }
}
