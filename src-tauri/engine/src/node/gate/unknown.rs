//! Channels that peers name and this vault does not know: of a wallet that was restored from words. LDK answers them.

use bitcoin::secp256k1::PublicKey;
use lightning::ln::types::ChannelId;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// Nobody makes us remember more.
const MOST: usize = 256;

/// See the module. In memory: a peer names them with each connection.
#[derive(Default)]
pub(crate) struct Unknown {
    named: Mutex<HashSet<(PublicKey, ChannelId)>>,
    notify: Notify,
}

impl Unknown {
    pub(super) fn is_named(&self, peer: PublicKey, channel: ChannelId) {
        let mut named = self.lock();
        if named.len() < MOST && named.insert((peer, channel)) {
            self.notify.notify_one();
        }
    }

    pub(crate) fn all(&self) -> Vec<(PublicKey, ChannelId)> {
        self.lock().iter().copied().collect()
    }

    /// Waits for another one.
    pub(crate) async fn named(&self) {
        self.notify.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(PublicKey, ChannelId)>> {
        self.named.lock().expect("never poisoned: a panic in the engine ends the process")
    }
}
