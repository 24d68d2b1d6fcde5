//! One subscriber: reads the log from its own position, so that it is exact however slow it is.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use futures::FutureExt as _;
use gathering_domain::{Actor, Duration, ProjectId, RunId, Timestamp};
use gathering_storage::{
    Listener, LogFilter, LogPage, Notice, Position, RunFamily, child_ids, find_hidden,
    read_family_log, read_log,
};
use serde_json::json;
use tokio::{
    sync::{broadcast, watch},
    time::{Interval, MissedTickBehavior},
};
use uuid::Uuid;

use super::{
    Envelope, EventFilter,
    previews::{Preview, Watching},
    recent::Page,
};
use crate::{App, Caller, Credential, Result, identity::RIGHTS_CHANNEL};

/// How many entries one read takes; the subscriber's queue holds no more.
const READ_AT_ONCE: usize = 256;
/// How many descendants of one run a subscriber follows.
const MOST_FOLLOWED: usize = 100_000;
/// How many children of a run one read finds.
const CHILDREN_AT_ONCE: u32 = 10_000;
/// Of how many runs a subscriber keeps in mind whether they may be shown; then it asks anew.
const MOST_KNOWN: usize = 10_000;
/// How long a subscriber rests at most. Notices say when there is something to read, and when the
/// caller may have lost their right to it; this bounds how late one is whose notice was lost, and how
/// late a session's end by mere time shows.
const RESTS_AT_MOST: Duration = Duration::from_secs(30);

/// What a subscriber is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// An event.
    Event(Envelope),
    /// A piece of an answer on its way: it has no position, may be lost, and is never state.
    Preview(Envelope),
    /// Pieces of answers were lost, because the subscriber was slow. Events never are.
    PreviewsLost,
    /// Events behind the position from which the subscriber resumed are gone, because they are old. The
    /// oldest that there are follow.
    EventsGone,
}

/// One subscriber.
///
/// Nobody waits for it: it holds at most one page of the log, and asks for the next when that is
/// given away. A slow one lags behind and misses nothing.
pub struct Subscription {
    app: App,
    caller: Caller,
    filter: EventFilter,
    at: Position,
    page: VecDeque<Envelope>,
    /// The run and its descendants; all runs if absent.
    followed: Option<Arc<RunFamily>>,
    /// Runs of which it is known whether the caller may see them, where not all are followed.
    shown: HashMap<RunId, bool>,
    ends: watch::Receiver<i64>,
    previews: Option<Watching>,
    /// Tells whose rights have changed; none for callers who have no credential to lose.
    rights: Option<Listener>,
    rest: Interval,
    /// Whether the caller is to be asked about before anything more is shown.
    doubtful: bool,
    /// Whether there may be entries behind `at`.
    behind: bool,
    /// Whether it is to be told that events are gone.
    gone: bool,
    /// Whether it began so many rows before the end, of which it misses none that are gone.
    counted_back: bool,
}

/// What ends a rest.
enum Woken {
    /// The log has grown.
    Log,
    /// The rights of this user have changed, or of everybody in this project.
    Rights(Option<Notice>),
    /// A rest has lasted long enough.
    Rested,
    /// A preview.
    Preview(Result<Arc<Preview>, broadcast::error::RecvError>),
}

impl Subscription {
    pub(super) async fn open(
        app: App,
        caller: Caller,
        after: Option<i64>,
        filter: EventFilter,
    ) -> Result<Self> {
        // Watched from before the first read, so that nothing falls between.
        let ends = app.inner.tail.watch();
        let end = app.inner.tail.last_row() + 1;
        let before = |row: i64| Position(Position::of(row.max(0), 0).0 - 1);
        let at = match after {
            None => before(end),
            Some(back @ ..0) => before(end + back),
            Some(position) => Position(position),
        };
        let followed = match filter.run_id {
            None => None,
            Some(run) => Some(Arc::new(family(&app, caller.project(), run).await?)),
        };
        let previews = filter.previews.then(|| app.previews().watch(caller.project()));
        let rights = match caller.credential() {
            Credential::None => None,
            _ => Some(app.database().listen(RIGHTS_CHANNEL).await?),
        };
        let mut rest = tokio::time::interval(RESTS_AT_MOST.std());
        rest.set_missed_tick_behavior(MissedTickBehavior::Delay);
        rest.reset();
        Ok(Self {
            at,
            counted_back: after.is_some_and(i64::is_negative),
            page: VecDeque::new(),
            // What was known of the caller may be older than the listening.
            doubtful: rights.is_some(),
            behind: true,
            gone: false,
            app,
            caller,
            filter,
            followed,
            shown: HashMap::new(),
            ends,
            previews,
            rights,
            rest,
        })
    }

    /// The position after which a new subscription goes on exactly.
    pub fn resume_after(&self) -> i64 {
        match self.page.front() {
            Some(Envelope { position: Some(next), .. }) => next - 1,
            _ => self.at.0,
        }
    }

    /// The next event or preview. Waits for one as long as it takes, and may be dropped meanwhile
    /// without losing anything. Ends with an error when the caller may not look any more, or the
    /// store fails.
    pub async fn next(&mut self) -> Result<Delivery> {
        loop {
            self.look_up();
            if self.doubtful {
                let before = self.caller.looks_as();
                self.caller = self.app.identity().still_allowed(&self.caller).await?;
                if self.caller.looks_as() != before {
                    self.look_again();
                }
                if let Some(family) = &self.followed {
                    self.app.runs().require_visible(&self.caller, family.root).await?;
                }
                self.doubtful = false;
            }
            if std::mem::take(&mut self.gone) {
                return Ok(Delivery::EventsGone);
            }
            if let Some(event) = self.page.pop_front() {
                return Ok(Delivery::Event(event));
            }
            if self.behind {
                self.ends.mark_unchanged();
                self.behind = self.read().await?;
                continue;
            }
            match self.woken().await {
                Woken::Log => self.behind = true,
                Woken::Rights(notice) => self.heard(notice),
                Woken::Rested => (self.behind, self.doubtful) = (true, true),
                Woken::Preview(preview) => {
                    self.learn(preview.iter().map(|preview| preview.run_id)).await?;
                    if let Some(delivery) = self.preview(preview) {
                        return Ok(delivery);
                    }
                }
            }
        }
    }

    /// Reads again what was read for somebody who might see other things.
    fn look_again(&mut self) {
        self.at = Position(self.resume_after());
        self.page.clear();
        self.shown.clear();
        self.behind = true;
    }

    /// Waits until something is to be done. Asks nobody meanwhile.
    async fn woken(&mut self) -> Woken {
        tokio::select! {
            notice = next_right(&mut self.rights) => Woken::Rights(notice),
            // The tail lives as long as the app, which this holds.
            _ = self.ends.changed() => Woken::Log,
            preview = next_preview(&mut self.previews) => Woken::Preview(preview),
            _ = self.rest.tick() => Woken::Rested,
        }
    }

    /// Takes in what has been heard while there was always more to show.
    fn look_up(&mut self) {
        while let Some(notice) = next_right(&mut self.rights).now_or_never() {
            self.heard(notice);
        }
        if self.rest.tick().now_or_never().is_some() {
            (self.behind, self.doubtful) = (true, true);
        }
    }

    fn heard(&mut self, notice: Option<Notice>) {
        match notice {
            Some(Notice::Payload(named)) => {
                let own = matches!(self.caller.actor(), Actor::User { user_id }
                    if user_id.to_string() == *named);
                self.doubtful |= own || self.caller.project().to_string() == *named;
            }
            Some(Notice::Missed) => self.doubtful = true,
            // The store is closed: the next read says so.
            None => self.rights = None,
        }
    }

    /// Reads on, and says whether there is more.
    async fn read(&mut self) -> Result<bool> {
        // Of the first read alone: whoever lags later misses what goes meanwhile.
        let counted_back = std::mem::take(&mut self.counted_back);
        let app = &self.app;
        if let Some(page) = app.inner.recent.after(app, self.at, READ_AT_ONCE).await? {
            return Ok(self.take(&page));
        }
        let (database, tail) = (app.database(), &app.inner.tail);
        let page = if let Some(family) = &mut self.followed {
            let followed = Arc::clone(family);
            let read = read_family_log(database, tail, self.at, READ_AT_ONCE, followed).await?;
            if !read.found.is_empty() {
                Arc::make_mut(family).runs.extend(read.found);
            }
            read.page
        } else {
            let project_id = Some(self.caller.project());
            let filter = LogFilter { project_id, run_id: None };
            read_log(database, tail, self.at, READ_AT_ONCE, filter).await?
        };
        let LogPage { entries, next, more, gone } = page;
        self.gone |= gone.is_some() && !counted_back;
        let runs: HashSet<RunId> = entries.iter().map(|entry| entry.run_id).collect();
        self.learn(runs).await?;
        for entry in &entries {
            if !self.shows(entry.run_id) {
                continue;
            }
            let envelope = Envelope::of(entry);
            if self.filter.wants(&envelope.event_type, &envelope.subject) {
                self.page.push_back(envelope);
            }
        }
        self.at = next;
        Ok(more)
    }

    /// Takes what is for this subscriber of a page that was read for all.
    fn take(&mut self, page: &Page) -> bool {
        let (project_id, looks_as) = (self.caller.project(), self.caller.looks_as());
        for event in &page.events {
            let envelope = &event.envelope;
            if envelope.project_id != project_id {
                continue;
            }
            if let Some(family) = &mut self.followed {
                if !family.runs.contains(&envelope.run_id) {
                    continue;
                }
                // A child begins in the append in which its parent says so, behind that.
                if let Some(child) = event.child
                    && family.runs.len() < family.most
                    && !family.runs.contains(&child)
                {
                    Arc::make_mut(family).runs.insert(child);
                }
            } else if looks_as.is_some_and(|actor| event.is_hidden_from(actor)) {
                continue;
            }
            if self.filter.wants(&envelope.event_type, &envelope.subject) {
                self.page.push_back(envelope.clone());
            }
        }
        self.at = page.next;
        page.more
    }

    /// Finds out which of the runs may be shown. Those that are followed were asked for by name, and
    /// descend from one that may.
    async fn learn(&mut self, runs: impl IntoIterator<Item = RunId>) -> Result<()> {
        let Some(actor) = self.caller.looks_as().filter(|_| self.followed.is_none()) else {
            return Ok(());
        };
        if self.shown.len() > MOST_KNOWN {
            self.shown.clear();
        }
        let unknown = runs.into_iter().filter(|run| !self.shown.contains_key(run));
        let unknown: Vec<RunId> = unknown.collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let hidden = find_hidden(&unknown, actor).all(self.app.database()).await?;
        self.shown.extend(unknown.into_iter().map(|run| (run, true)));
        self.shown.extend(hidden.into_iter().map(|(run,)| (RunId::from_uuid(run), false)));
        Ok(())
    }

    /// Whether the run is the caller's to see, as far as [`learn`](Self::learn) was asked.
    fn shows(&self, run: RunId) -> bool {
        let all = self.followed.is_some() || self.caller.looks_as().is_none();
        all || self.shown.get(&run).is_some_and(|shown| *shown)
    }

    fn preview(
        &self,
        preview: Result<Arc<Preview>, broadcast::error::RecvError>,
    ) -> Option<Delivery> {
        let preview = match preview {
            Ok(preview) => preview,
            Err(broadcast::error::RecvError::Lagged(_)) => return Some(Delivery::PreviewsLost),
            Err(broadcast::error::RecvError::Closed) => return None,
        };
        let mine = preview.project_id == self.caller.project()
            && self.shows(preview.run_id)
            && self.followed.as_ref().is_none_or(|family| family.runs.contains(&preview.run_id))
            && self.filter.wants("run.delta", "");
        mine.then(|| Delivery::Preview(shown(&preview, self.app.now(), self.caller.project())))
    }
}

async fn next_right(rights: &mut Option<Listener>) -> Option<Notice> {
    match rights {
        Some(rights) => rights.recv().await,
        None => std::future::pending().await,
    }
}

async fn next_preview(
    previews: &mut Option<Watching>,
) -> Result<Arc<Preview>, broadcast::error::RecvError> {
    match previews {
        Some(previews) => previews.recv().await,
        None => std::future::pending().await,
    }
}

fn shown(preview: &Preview, at: Timestamp, project_id: ProjectId) -> Envelope {
    Envelope {
        position: None,
        id: String::new(),
        event_type: "run.delta".to_owned(),
        subject: preview.run_id.to_string(),
        at,
        project_id,
        run_id: preview.run_id,
        data: json!({
            "run_id": preview.run_id,
            "root_run_id": preview.root_id,
            "key": preview.key,
            "attempt": preview.attempt,
            "piece": preview.piece,
            "text": preview.text,
            "reasoning": preview.reasoning,
        }),
    }
}

/// A run with those that descend from it already.
async fn family(app: &App, project_id: ProjectId, root: RunId) -> Result<RunFamily> {
    let mut runs = HashSet::from([root]);
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        let mut after = RunId::from_uuid(Uuid::nil());
        while runs.len() < MOST_FOLLOWED {
            let page = child_ids(parent, after, CHILDREN_AT_ONCE).all(app.database()).await?;
            let more = page.len() == CHILDREN_AT_ONCE as usize;
            for (child,) in page {
                after = RunId::from_uuid(child);
                if runs.len() < MOST_FOLLOWED && runs.insert(after) {
                    open.push(after);
                }
            }
            if !more {
                break;
            }
        }
    }
    Ok(RunFamily { project_id, root, runs, most: MOST_FOLLOWED })
}
