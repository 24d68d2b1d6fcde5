//! Follows a run to its end by its events, and answers what it asks.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use anyhow::Context as _;
use gathering_app::{
    Conflict, Error, PageRequest,
    approvals::{Approval, ApprovalStatus},
    events::{Delivery, Envelope, EventFilter, Subscription},
    runs::{RunNodes, UnknownOutcome},
};
use gathering_domain::{ApprovalId, Clock as _, EffectId, RunId};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    progress::Progress,
    questions::{self, Answers},
    terminal::Terminal,
};
use crate::{ambient::SystemClock, instance::Instance, output::Output};

/// Events that come within so much time are shown together.
const GATHER: Duration = Duration::from_millis(40);
/// How often a tree is drawn anew although nothing happened: its durations run.
const TICK: Duration = Duration::from_millis(500);

/// Somebody who follows a run.
pub(crate) struct Follow<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) run_id: RunId,
    pub(crate) output: Output,
    pub(crate) answers: Answers,
    terminal: Terminal,
    pub(crate) progress: Progress,
    /// The run and its descendants, as far as events told of them.
    pub(crate) runs: BTreeSet<RunId>,
    /// Runs that ask people something, since the last look.
    asking: BTreeSet<RunId>,
    /// Runs that do not know what became of an effect, since the last look.
    doubtful: BTreeSet<RunId>,
    answered: HashSet<ApprovalId>,
    settled: HashSet<EffectId>,
    cancelled: bool,
}

impl<'a> Follow<'a> {
    pub(crate) fn new(
        instance: &'a Instance,
        run_id: RunId,
        output: Output,
        answers: Answers,
    ) -> Self {
        Self {
            instance,
            run_id,
            output,
            answers,
            terminal: Terminal::default(),
            progress: Progress::new(output.is_json(), output.is_watched()),
            runs: BTreeSet::from([run_id]),
            asking: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            answered: HashSet::new(),
            settled: HashSet::new(),
            cancelled: false,
        }
    }

    /// Returns when the run has ended. `stop` cancels it.
    pub(crate) async fn until_the_end(
        &mut self,
        after: i64,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let filter = EventFilter { run_id: Some(self.run_id), ..EventFilter::default() };
        let owner = self.instance.owner();
        let mut events = self.instance.app.events().subscribe(&owner, Some(after), filter).await?;
        let mut look_at = Some(Instant::now());
        loop {
            let tick = Instant::now() + TICK;
            let next = look_at.unwrap_or(tick);
            tokio::select! {
                event = next_event(&mut events) => {
                    let event = event.context("could not follow the run")?;
                    if self.note(&event) {
                        self.show().await?;
                        return Ok(());
                    }
                    look_at.get_or_insert(Instant::now() + GATHER);
                }
                () = sleep_until(next), if look_at.is_some() || self.progress.ticks() => {
                    look_at = None;
                    self.show().await?;
                    self.answer(stop).await?;
                }
                () = stop.cancelled(), if !self.cancelled => self.cancel("interrupted at the terminal").await?,
            }
        }
    }

    /// Takes note of an event; `true` if it is the run's end.
    fn note(&mut self, event: &Envelope) -> bool {
        self.output.value(&told(event));
        self.runs.insert(event.run_id);
        let kind = event.event_type.as_str();
        if kind == "approval.requested" {
            self.asking.insert(event.run_id);
        }
        if kind.ends_with(".outcome_unknown") {
            self.doubtful.insert(event.run_id);
        }
        let ends = ["run.succeeded", "run.failed", "run.cancelled", "run.timed_out"];
        event.run_id == self.run_id && ends.contains(&kind)
    }

    async fn show(&mut self) -> anyhow::Result<RunNodes> {
        let nodes = self.instance.app.runs().nodes(&self.instance.owner(), self.run_id).await?;
        self.progress.show(&nodes, SystemClock.now());
        Ok(nodes)
    }

    /// Answers what is asked, or cancels the run if nobody can.
    async fn answer(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        if self.cancelled || (self.asking.is_empty() && self.doubtful.is_empty()) {
            return Ok(());
        }
        let owner = self.instance.owner();
        for run in std::mem::take(&mut self.asking) {
            for approval in self.instance.app.approvals().of_run(&owner, run).await? {
                if approval.status != ApprovalStatus::Open || !self.answered.insert(approval.id) {
                    continue;
                }
                self.progress.pause();
                let Some(answered) = self.decide(&approval, stop).await? else { return Ok(()) };
                if !answered {
                    let why = format!(
                        "the run asks \"{}\", and nobody is there to answer: --approve takes the first of {}",
                        approval.title,
                        options(&approval),
                    );
                    return self.give_up(&why).await;
                }
            }
        }
        for run in std::mem::take(&mut self.doubtful) {
            let unknown = self.unknown_outcomes(run).await?;
            for unknown in &unknown {
                if self.settled.insert(unknown.effect_id) {
                    self.progress.pause();
                    let Some(settled) = self.settle(unknown, stop).await? else { return Ok(()) };
                    if !settled {
                        let key = &unknown.key;
                        let why = format!(
                            "nobody knows whether `{key}` happened, and nobody is there to say"
                        );
                        return self.give_up(&why).await;
                    }
                }
            }
        }
        Ok(())
    }

    /// All of one run: a shared store may hold many of others.
    async fn unknown_outcomes(&self, run: RunId) -> anyhow::Result<Vec<UnknownOutcome>> {
        let owner = self.instance.owner();
        let mut all = Vec::new();
        let mut page = PageRequest { limit: Some(PageRequest::MAX_LIMIT), cursor: None };
        loop {
            let runs = self.instance.app.runs();
            let found = runs.unknown_outcomes_of(&owner, Some(run), page.clone()).await?;
            all.extend(found.items);
            if found.next_cursor.is_none() {
                return Ok(all);
            }
            page.cursor = found.next_cursor;
        }
    }

    /// None if the run is to stop meanwhile.
    async fn decide(
        &mut self,
        approval: &Approval,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<bool>> {
        tokio::select! {
            decided = questions::decide(
                self.instance, self.answers, &mut self.terminal, approval, self.output,
            ) => decided.map(Some),
            () = stop.cancelled() => Ok(None),
        }
    }

    /// None if the run is to stop meanwhile.
    async fn settle(
        &mut self,
        unknown: &UnknownOutcome,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<bool>> {
        tokio::select! {
            settled = questions::settle(
                self.instance, self.answers, &mut self.terminal, unknown,
            ) => settled.map(Some),
            () = stop.cancelled() => Ok(None),
        }
    }

    async fn give_up(&mut self, why: &str) -> anyhow::Result<()> {
        self.output.note(format!("error: {why}"));
        self.output.value(&json!({ "type": "gave_up", "error": why }));
        self.cancel(why).await
    }

    async fn cancel(&mut self, why: &str) -> anyhow::Result<()> {
        self.cancelled = true;
        match self.instance.app.runs().cancel(&self.instance.owner(), self.run_id, why).await {
            // It has ended by itself meanwhile.
            Ok(_) | Err(Error::Conflict { kind: Conflict::RunEnded, .. }) => Ok(()),
            Err(error) => Err(anyhow::Error::new(error).context("could not cancel the run")),
        }
    }
}

/// The next event; previews are for those who show text as it comes.
async fn next_event(events: &mut Subscription) -> gathering_app::Result<Envelope> {
    loop {
        match events.next().await? {
            Delivery::Event(event) => return Ok(event),
            Delivery::Preview(_) | Delivery::PreviewsLost | Delivery::EventsGone => {}
        }
    }
}

fn options(approval: &Approval) -> String {
    if approval.options.is_empty() {
        "the possible answers".to_owned()
    } else {
        approval.options.join(", ")
    }
}

/// An event in the shape of the API's streams.
fn told(event: &Envelope) -> Value {
    json!({
        "position": event.position,
        "id": event.id,
        "type": event.event_type,
        "subject": event.subject,
        "at": event.at.to_rfc3339(),
        "project_id": event.project_id,
        "data": event.data,
    })
}
