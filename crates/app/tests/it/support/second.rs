//! Another app on the store of a bench, as another instance has it.

use std::sync::Arc;

use gathering_app::{
    App, NoWorker, Parts, events::PreviewRelay, identity::SessionTimes, secrets::SecretKey,
};
use gathering_domain::{Clock, InstanceId};
use gathering_storage::{LogTail, LogWriter, LogWriterOptions};
use gathering_testkit::CountingIds;
use tokio_util::sync::CancellationToken;

use super::{Bench, CannedCourier, CannedModels, Counting, toolbox};

/// Ids that the app of the bench has not come to.
const FAR: u64 = 1_000;

impl Bench {
    /// Another app on the same store.
    pub(crate) async fn another_app(&self) -> App {
        self.another_with(self.writer.clone()).await
    }

    /// The app of another process, which appends nothing to the log.
    pub(crate) async fn second(&self) -> App {
        let (tail, _) = LogTail::open(self.storage.database()).await.unwrap();
        let (instance, lanes) =
            (InstanceId::next(&CountingIds::after(2 * FAR)), LogWriterOptions::default());
        let opened = LogWriter::open(self.storage.database(), &tail, instance, lanes).await;
        self.another_with(opened.unwrap().0).await
    }

    /// The app of another process on PostgreSQL, which appends nothing and sees what others append.
    pub(crate) async fn second_that_reads(&mut self) -> App {
        let (tail, service) = LogTail::open(self.storage.database()).await.unwrap();
        self.services.spawn(service.run(CancellationToken::new()));
        self.another_on(self.writer.clone(), tail).await
    }

    /// Lets an app of this store exchange previews with the others.
    pub(crate) fn relay(&mut self, app: &App) {
        self.services.spawn(PreviewRelay::new(app).run(CancellationToken::new()));
    }

    async fn another_with(&self, writer: LogWriter) -> App {
        let (tail, _) = LogTail::open(self.storage.database()).await.unwrap();
        self.another_on(writer, tail).await
    }

    async fn another_on(&self, writer: LogWriter, tail: LogTail) -> App {
        let ids = CountingIds::after(FAR);
        App::open(Parts {
            storage: self.storage.clone(),
            writer,
            tail,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            ids: Arc::new(ids),
            randomness: Arc::new(Counting::default()),
            secret_key: SecretKey::from_bytes([7; 32]),
            toolbox: Arc::new(toolbox()),
            models: Arc::new(CannedModels),
            courier: Arc::new(CannedCourier::default()),
            admission: Arc::new(NoWorker),
            breakers: None,
            runs_per_project: 0,
            session_times: SessionTimes::default(),
            version: "0.0.0-test",
        })
        .await
        .unwrap()
    }
}
