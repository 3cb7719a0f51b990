//! The bus: what the engine tells whoever listens. Values, not hints; a listener that falls behind is told to look again.

use crate::amount::Msat;
use crate::payment::Payment;
use crate::view::{
    Balance, Card, Channels, Contact, CopyView, LostChannels, RateView, SyncStatus, Tip,
};
use tokio::sync::broadcast;

/// Something changed.
#[derive(Clone, Debug)]
pub enum Event {
    Balance(Balance),
    Channels(Channels),
    Payment(Box<Payment>),
    Sync(SyncStatus, Tip),
    Cards(Vec<Card>),
    Copy(CopyView),
    Contacts(Vec<Contact>),
    Rate(RateView),
    LostChannels(LostChannels),
    /// A router passed a payment on and kept this for it.
    Forwarded(Msat),
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    sender: broadcast::Sender<Event>,
}

/// More than any burst of one person's wallet.
const CAPACITY: usize = 1024;

impl Bus {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(CAPACITY) }
    }

    /// Everything from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }

    pub(crate) fn payment(&self, payment: Payment) {
        self.send(Event::Payment(Box::new(payment)));
    }

    pub(crate) fn send(&self, event: Event) {
        // Nobody listening is fine: the next listener starts from a snapshot.
        drop(self.sender.send(event));
    }
}
