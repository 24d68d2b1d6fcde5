//! Opens what an instance of the tests is made of.

use std::sync::Arc;

use gathering_domain::{IdSource, InstanceId};
use gathering_storage::{
    Database, DatabaseOptions, LogTail, LogTailService, LogWriter, LogWriterOptions,
    LogWriterService, Storage,
};
use gathering_testkit::Place;
use gathering_worker::{Worker, WorkerOptions, WorkerParts};
use tokio::time::Instant;
use uuid::Uuid;

use super::{LOOK, PATIENCE, options, usual};
use crate::{
    ambient::{FullDelay, WrongClock},
    world::World,
};

pub(super) fn worker(
    (database, writer): &(Database, LogWriter),
    clock: Arc<WrongClock>,
    options: WorkerOptions,
    world: &Arc<World>,
) -> Worker {
    Worker::new(WorkerParts {
        database: database.clone(),
        writer: writer.clone(),
        clock,
        ids: Arc::new(Ids(Arc::clone(world))),
        jitter: Arc::new(FullDelay),
        options,
        about: "test".into(),
    })
}

/// A worker on an open store that has not begun.
pub(crate) async fn not_running(
    place: &Place,
    world: &Arc<World>,
    clock: Arc<WrongClock>,
) -> Worker {
    let (inside, ..) = open(options(place), Arc::clone(world)).await;
    worker(&inside, clock, usual(), world)
}

/// Opens the store, as soon as a process that died has let go of it.
pub(super) async fn open(
    options: DatabaseOptions,
    world: Arc<World>,
) -> ((Database, LogWriter), LogTail, LogTailService, LogWriterService) {
    let until = Instant::now() + PATIENCE;
    let database = loop {
        match Database::open(options.clone()).await {
            Ok(database) => break database,
            Err(error) => assert!(Instant::now() < until, "{error:?}"),
        }
        tokio::time::sleep(LOOK).await;
    };
    Storage::open(database.clone()).await.unwrap();
    let instance = InstanceId::from_uuid(spread(world.ids.next_uuid()));
    let (tail, tail_service) = LogTail::open(&database).await.unwrap();
    let (writer, writer_service) =
        LogWriter::open(&database, &tail, instance, LogWriterOptions::default()).await.unwrap();
    ((database, writer), tail, tail_service, writer_service)
}

/// Ids of a test's world, spread like real ones, so that all lanes get their share.
struct Ids(Arc<World>);

impl IdSource for Ids {
    fn next_uuid(&self) -> Uuid {
        spread(self.0.ids.next_uuid())
    }
}

pub(super) fn spread(id: Uuid) -> Uuid {
    let id = id.as_u128();
    Uuid::from_u128((id << 64) | (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) & u128::from(u64::MAX)))
}
