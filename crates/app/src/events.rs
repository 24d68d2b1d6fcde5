//! Events: the log as the world may see it, exactly resumable, and previews of tokens.

mod envelope;
mod follower;
mod previews;
mod recent;
mod subscription;

use gathering_domain::{Permission, ProjectId, RunId, subject_fits};
use gathering_storage::{LogFilter, Position, read_log};

pub use envelope::Envelope;
pub use follower::{Follower, Follows};
pub(crate) use follower::{by_project, tell_all};
pub use previews::{Preview, PreviewRelay, Previews, Speech};
pub(crate) use recent::Recent;
pub use subscription::{Delivery, Subscription};

use crate::{App, Caller, Error, Result};

/// The most patterns of a filter.
const MOST_TYPES: usize = 50;
/// How far back from the end of the log a subscriber may begin without a position, in its rows.
pub const FURTHEST_BACK: i64 = 1_000;

/// Use cases of events.
#[derive(Clone)]
pub struct Events<'a> {
    pub(crate) app: &'a App,
}

/// Which events a subscriber gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those of this run and of its descendants.
    pub run_id: Option<RunId>,
    /// Those whose type, or emitted subject, fits one of these
    /// [patterns](gathering_domain::SubjectPattern); all if empty.
    pub types: Vec<String>,
    /// Whether previews of tokens come too.
    pub previews: bool,
}

impl Events<'_> {
    /// Subscribes to what comes after a position of the log, or after now. A negative position is so many
    /// rows back from the end of the log, as far as they are there.
    pub async fn subscribe(
        &self,
        caller: &Caller,
        after: Option<i64>,
        filter: EventFilter,
    ) -> Result<Subscription> {
        caller.require_here(Permission::Read)?;
        if filter.types.len() > MOST_TYPES {
            let message = format!("at most {MOST_TYPES} types");
            return Err(Error::invalid_field("/types", "out_of_range", message));
        }
        if after.is_some_and(|position| position < -FURTHEST_BACK) {
            let message = format!("at most {FURTHEST_BACK} back from the end of the log");
            return Err(Error::invalid_field("/after", "out_of_range", message));
        }
        if let Some(run) = filter.run_id {
            self.app.runs().visible(caller, run).await?;
        }
        Subscription::open(self.app.clone(), caller.clone(), after, filter).await
    }

    /// The event of that id, while it is in the log.
    pub(crate) async fn find(&self, project_id: ProjectId, id: &str) -> Result<Option<Envelope>> {
        let Some(position) = Envelope::position_of(id) else { return Ok(None) };
        let (database, tail) = (self.app.database(), &self.app.inner.tail);
        let filter = LogFilter { project_id: Some(project_id), run_id: None };
        let page = read_log(database, tail, Position(position - 1), 1, filter).await?;
        let found = page.entries.iter().find(|entry| entry.position.0 == position);
        Ok(found.map(Envelope::of))
    }
}

impl EventFilter {
    /// Whether an event of this type, or about this emitted subject, is wanted.
    fn wants(&self, event_type: &str, subject: &str) -> bool {
        let types = self.types.iter().map(String::as_str);
        self.types.is_empty() || any_fits(types, (event_type, subject))
    }
}

/// Whether an event of this type, or about this emitted subject, fits any of the patterns.
pub(crate) fn any_fits<'a>(
    patterns: impl IntoIterator<Item = &'a str>,
    (event_type, subject): (&str, &str),
) -> bool {
    let fits = |pattern| subject_fits(pattern, event_type) || subject_fits(pattern, subject);
    patterns.into_iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_or_begin_alike() {
        let types = |types: &[&str]| EventFilter {
            types: types.iter().map(ToString::to_string).collect(),
            ..EventFilter::default()
        };
        assert!(types(&[]).wants("run.started", "run/1"));
        assert!(types(&["run.*"]).wants("run.node.failed", "run/1"));
        assert!(types(&["run.failed"]).wants("run.failed", "run/1"));
        assert!(!types(&["run.failed"]).wants("run.failed_over", "run/1"));
        assert!(types(&["orders.*"]).wants("event.emitted", "orders.paid"));
        assert!(types(&["run.*.failed"]).wants("run.node.failed", "run/1"));
        assert!(!types(&["approval.*"]).wants("run.started", "run/1"));
    }
}
