//! Retention: what is old goes whole, and whatever stays reads as before.
//!
//! A crash between two steps, or somebody else who makes the same ones, changes nothing of that.

mod blobs;
mod deliveries;
mod fires;
mod line;
mod trees;

use gathering_database::{Database, FromRow, Sql, Value, params};
use gathering_domain::{Duration, FireId, RunId, ScheduleId, Timestamp};
use gathering_storage::{
    NewRun,
    retention::{self, Cleared, RunsWalk, Trees},
};

use crate::support::{Node, settled};

/// How long runs are kept here.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Node {
    /// What is old now.
    fn old(&self) -> Trees {
        Trees { ended_by: self.ago(KEPT), silent_since: None }
    }

    fn ago(&self, ago: Duration) -> Timestamp {
        Timestamp::from_micros(self.now().micros().saturating_sub_unsigned(ago.micros()))
    }

    /// A run that has begun and ended, with an entry of this text between.
    async fn ended(&self, text: &str) -> RunId {
        self.ended_as(NewRun { owner: Some(self.id), ..self.world.run() }, text).await
    }

    async fn ended_as(&self, run: NewRun, text: &str) -> RunId {
        let run_id = self.create(NewRun { owner: Some(self.id), ..run }).await;
        self.say(run_id, 1, text).await;
        self.finish(run_id, 2).await;
        run_id
    }

    async fn say(&self, run_id: RunId, seq: u32, text: &str) {
        let mut append = self.append(run_id);
        append.entries = vec![settled(seq, self.now(), text)];
        self.writer.append(append).await.unwrap();
    }

    /// A fire of some schedule that came to be now.
    async fn fire(&self, status: &str, run_id: Option<RunId>, is_open: bool) {
        let insert = Sql::both(
            "INSERT INTO fires (id, schedule_id, slot, manual, status, attempt, run_id, missed, created_at, \
             is_open) VALUES ($1, $2, $3, true, $4, 1, $5, 0, $3, $6)",
        );
        let (id, schedule) = (FireId::next(&self.world.ids), ScheduleId::next(&self.world.ids));
        let run_id = run_id.map(RunId::uuid);
        let row = params![id.uuid(), schedule.uuid(), self.now().micros(), status, run_id, is_open];
        write(self.database(), insert, row).await;
    }

    /// Walks over all runs, and says how many went.
    async fn remove(&self, trees: Trees) -> u64 {
        let (mut walk, mut all) = (RunsWalk::default(), 0);
        loop {
            let step = retention::remove_runs(self.database(), trees, walk, self.now());
            let (removed, next) = step.await.unwrap();
            all += removed;
            let Some(next) = next else { return all };
            walk = next;
        }
    }

    async fn clear(&self) -> Cleared {
        retention::clear_removed(self.database(), self.now()).await.unwrap()
    }

    /// The runs that there are, by their numbers.
    async fn runs(&self) -> Vec<RunId> {
        let ids: Vec<(uuid::Uuid,)> = ask(self.database(), "SELECT id FROM runs ORDER BY id").await;
        ids.into_iter().map(|(id,)| RunId::from_uuid(id)).collect()
    }
}

async fn ask<T: FromRow>(database: &Database, text: &'static str) -> Vec<T> {
    database.query(Sql::each(text, text), Vec::new()).await.unwrap()
}

async fn count(database: &Database, text: &'static str) -> i64 {
    ask::<(i64,)>(database, text).await[0].0
}

async fn write(database: &Database, sql: Sql, params: Vec<Value>) {
    database.apply(gathering_database::Unit::new().run(sql, params)).await.unwrap();
}
