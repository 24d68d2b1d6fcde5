//! Notices that reach listeners after the commit of the transaction that sent them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast::{self, error::RecvError};

use crate::{DatabaseOptions, Error, Result, limits};

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A transaction that sent this has committed.
    Payload(Arc<str>),
    /// Notices may have been missed (a lag, or a lost connection): read again what you watch.
    Missed,
}

/// The listening end of a channel.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Notice>);

impl Listener {
    /// Waits for the next notice; `None` once the database is closed. Safe to cancel.
    pub async fn recv(&mut self) -> Option<Notice> {
        match self.0.recv().await {
            Ok(notice) => Some(notice),
            Err(RecvError::Lagged(_)) => Some(Notice::Missed),
            Err(RecvError::Closed) => None,
        }
    }
}

/// A notice that PostgreSQL would not carry; the limits hold on both engines.
#[derive(Debug, thiserror::Error)]
enum Oversize {
    #[error("the name of a channel has {0} bytes, and must have 1 to {max}", max = limits::CHANNEL_BYTES)]
    Channel(usize),
    #[error("the payload of a notice has {0} bytes, and may have {max}", max = limits::NOTICE_BYTES)]
    Payload(usize),
}

/// Refuses a channel that PostgreSQL does not know how to name.
pub(crate) fn check_channel(channel: &str) -> Result<()> {
    if (1..=limits::CHANNEL_BYTES).contains(&channel.len()) {
        return Ok(());
    }
    Err(Error::other("name a channel", Oversize::Channel(channel.len())))
}

/// Refuses notices that PostgreSQL would refuse.
pub(crate) fn check(notices: &[(String, String)]) -> Result<()> {
    for (channel, payload) in notices {
        check_channel(channel)?;
        if payload.len() > limits::NOTICE_BYTES {
            return Err(Error::other("send a notice", Oversize::Payload(payload.len())));
        }
    }
    Ok(())
}

/// The channels that someone in this process listens to.
#[derive(Debug)]
pub(crate) struct Hub {
    channels: Mutex<HashMap<String, broadcast::Sender<Notice>>>,
    #[cfg(feature = "sabotage")]
    mute: bool,
}

impl Hub {
    pub(crate) fn new(options: &DatabaseOptions) -> Self {
        let _ = options;
        Self {
            channels: Mutex::default(),
            #[cfg(feature = "sabotage")]
            mute: options.sabotage == crate::Sabotage::DropNotices,
        }
    }

    /// Starts listening; channels that nobody listens to any more are forgotten.
    pub(crate) fn listen(&self, channel: &str) -> Listener {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, sender| sender.receiver_count() > 0);
        let sender = channels
            .entry(channel.to_owned())
            .or_insert_with(|| broadcast::channel(limits::NOTICES_KEPT).0);
        Listener(sender.subscribe())
    }

    /// Whether somebody listens to the channel.
    pub(crate) fn has(&self, channel: &str) -> bool {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.get(channel).is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// Delivers a notice to those who listen to its channel.
    pub(crate) fn deliver(&self, channel: &str, payload: &str) {
        #[cfg(feature = "sabotage")]
        if self.mute {
            return;
        }
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = channels.get(channel) {
            // Nobody listening at this moment is no failure.
            let _ = sender.send(Notice::Payload(payload.into()));
        }
    }

    /// Tells every listener that it may have missed something.
    pub(crate) fn missed(&self) {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        for sender in channels.values() {
            let _ = sender.send(Notice::Missed);
        }
    }

    /// Ends every listener.
    pub(crate) fn close(&self) {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn listener_that_lags_is_told_so_and_goes_on() {
        let hub = Hub::new(&DatabaseOptions::sqlite(""));
        let mut listener = hub.listen("runs");
        for number in 0..=limits::NOTICES_KEPT {
            hub.deliver("runs", &number.to_string());
        }
        assert_eq!(listener.recv().await, Some(Notice::Missed));
        assert_eq!(listener.recv().await, Some(Notice::Payload("1".into())));
    }

    #[tokio::test]
    async fn listener_hears_its_channel_alone_until_the_end() {
        let hub = Hub::new(&DatabaseOptions::sqlite(""));
        let mut listener = hub.listen("runs");
        hub.deliver("other", "a");
        hub.deliver("runs", "b");
        hub.close();
        assert_eq!(listener.recv().await, Some(Notice::Payload("b".into())));
        assert_eq!(listener.recv().await, None);
    }
}
