//! The instances of a chaos test: killed, paused, stopped, and started again.

use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::watch;

use crate::server::{Home, PATIENCE, Server};

/// How much of what the servers logged is shown where one ends that should not.
const LAST_LINES: usize = 40;

/// Instances on one store.
pub(crate) struct Fleet {
    home: Home,
    servers: Vec<Option<Server>>,
    addresses: watch::Sender<Vec<String>>,
    /// Starts and ends so far, for the report.
    pub(crate) starts: u32,
    pub(crate) kills: u32,
    pub(crate) pauses: u32,
}

impl Fleet {
    /// A fleet of `size` instances, of which the first one runs.
    pub(crate) async fn launch(home: Home, size: usize) -> Self {
        let addresses = watch::Sender::new(Vec::new());
        let servers = (0..size).map(|_| None).collect();
        let mut fleet = Self { home, servers, addresses, starts: 0, kills: 0, pauses: 0 };
        fleet.begin(0).await;
        fleet
    }

    /// Where those are that run, as they come and go.
    pub(crate) fn addresses(&self) -> watch::Receiver<Vec<String>> {
        self.addresses.subscribe()
    }

    pub(crate) fn first(&self) -> &Server {
        self.nth(0)
    }

    pub(crate) fn nth(&self, nth: usize) -> &Server {
        self.servers[nth].as_ref().expect("it runs")
    }

    /// Starts one that does not run.
    pub(crate) async fn begin(&mut self, nth: usize) {
        self.starts += 1;
        let Ok(server) = Server::greeted(self.home.launch()).await else {
            panic!("instance {nth} ended in its start: {}", self.home.logged(LAST_LINES));
        };
        self.servers[nth] = Some(server);
        self.tell();
    }

    /// Starts those that do not run.
    pub(crate) async fn begin_all(&mut self) {
        for nth in 0..self.servers.len() {
            if self.servers[nth].is_none() {
                self.begin(nth).await;
            }
        }
    }

    /// Kills one.
    pub(crate) async fn kill(&mut self, nth: usize) {
        let server = self.take(nth);
        self.kills += 1;
        server.kill().await;
    }

    /// Starts one that does not run, and kills it so long after its birth.
    pub(crate) async fn kill_in_its_start(&mut self, nth: usize, after: Duration) {
        assert!(self.servers[nth].is_none());
        let mut child = self.home.launch();
        tokio::time::sleep(after).await;
        child.start_kill().unwrap();
        tokio::time::timeout(PATIENCE, child.wait()).await.expect("it dies").unwrap();
        self.kills += 1;
    }

    /// Pauses one, as a host does that swaps or migrates. It keeps its address.
    pub(crate) fn pause(&mut self, nth: usize) {
        self.pauses += 1;
        self.running(nth).signal(Signal::STOP);
    }

    /// Lets a paused one go on.
    pub(crate) fn revive(&mut self, nth: usize) {
        self.running(nth).signal(Signal::CONT);
    }

    /// Tells one to stop, and waits until it has.
    pub(crate) async fn stop(&mut self, nth: usize) {
        let server = self.take(nth);
        server.signal(Signal::TERM);
        let status = server.ended().await;
        let log = self.home.logged(LAST_LINES);
        assert_eq!(status.code(), Some(0), "instance {nth} did not stop in peace: {log}");
    }

    fn take(&mut self, nth: usize) -> Server {
        self.running(nth);
        let server = self.servers[nth].take().expect("it runs");
        self.tell();
        server
    }

    /// One that runs; it has not ended by itself.
    fn running(&mut self, nth: usize) -> &Server {
        let server = self.servers[nth].as_mut().expect("it runs");
        if let Some(status) = server.has_ended() {
            panic!("instance {nth} ended by itself: {status}, {}", self.home.logged(LAST_LINES));
        }
        server
    }

    fn tell(&self) {
        let urls = self.servers.iter().flatten().map(|server| server.url.clone());
        self.addresses.send_replace(urls.collect());
    }
}
