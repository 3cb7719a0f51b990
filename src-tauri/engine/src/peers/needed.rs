//! Nodes that a message is to go to and that are no peers of ours: the payee of an offer, or whoever asks for an invoice of
//! ours. LDK keeps the message for some seconds and asks for the connection.

use bitcoin::secp256k1::PublicKey;
use std::collections::BTreeSet;
use std::sync::Mutex;
use tokio::sync::Notify;

/// More wait at no time: a message is worth a connection only for as long as LDK keeps it.
const MOST: usize = 16;

/// See the module.
#[derive(Default)]
pub(crate) struct Needed {
    nodes: Mutex<BTreeSet<PublicKey>>,
    notify: Notify,
}

impl Needed {
    pub(crate) fn ask(&self, node: PublicKey) {
        let mut nodes = self.nodes.lock().expect("needed lock is never poisoned");
        if nodes.len() < MOST {
            nodes.insert(node);
        }
        drop(nodes);
        self.notify.notify_one();
    }

    /// Waits for some, and takes all.
    pub(super) async fn next(&self) -> BTreeSet<PublicKey> {
        loop {
            let nodes =
                std::mem::take(&mut *self.nodes.lock().expect("needed lock is never poisoned"));
            if !nodes.is_empty() {
                return nodes;
            }
            self.notify.notified().await;
        }
    }
}
