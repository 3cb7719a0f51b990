//! What BOLT 12 says to other nodes by itself (an `invoice_request`, the `invoice` for a refund) waits for the commit that has
//! the payment in the manager, and its row. LDK hands these messages out at once: a payee could answer a payment that a crash
//! made us forget. Answers to what others ask hold no state of ours, and pass.

use crate::node::durable::wake::Wake;
use crate::node::types::Manager;
use lightning::blinded_path::message::OffersContext;
use lightning::onion_message::messenger::{
    MessageSendInstructions, Responder, ResponseInstruction,
};
use lightning::onion_message::offers::{OffersMessage, OffersMessageHandler};
use std::sync::{Arc, Mutex, MutexGuard};

/// See the module.
pub(crate) struct OnionGate {
    manager: Arc<Manager>,
    held: Mutex<Held<(OffersMessage, MessageSendInstructions)>>,
    wake: Wake,
}

impl OnionGate {
    pub(crate) fn new(manager: Arc<Manager>, wake: Wake) -> Self {
        Self { manager, held: Mutex::default(), wake }
    }

    /// Starts a new epoch; what was held before is covered by the manager encoded after this call, because LDK adds the payment
    /// and its message under one lock, which encoding takes too.
    pub(crate) fn bump(&self) -> u64 {
        let mut held = self.lock();
        held.epoch += 1;
        held.epoch
    }

    /// Lets out everything held before `epoch` began. The caller then makes the peer manager send it.
    pub(crate) fn release(&self, epoch: u64) {
        self.lock().release(epoch);
    }

    /// True while something waits for a commit.
    pub(crate) fn is_holding(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Held<(OffersMessage, MessageSendInstructions)>> {
        self.held.lock().expect("gate lock is never poisoned: a panic ends the process")
    }
}

impl OffersMessageHandler for OnionGate {
    fn handle_message(
        &self,
        message: OffersMessage,
        context: Option<OffersContext>,
        responder: Option<Responder>,
    ) -> Option<(OffersMessage, ResponseInstruction)> {
        if matches!(message, OffersMessage::StaticInvoice(_)) {
            // Its payee is away, and the money would wait for it, for days: nobody was asked whether it may.
            tracing::warn!("an invoice of somebody who is away is not paid");
            return None;
        }
        self.manager.handle_message(message, context, responder)
    }

    fn release_pending_messages(&self) -> Vec<(OffersMessage, MessageSendInstructions)> {
        let messages = OffersMessageHandler::release_pending_messages(&*self.manager);
        let mut held = self.lock();
        let out = held.pass(messages);
        if !held.waiting.is_empty() {
            self.wake.urgent();
        }
        out
    }
}

struct Held<T> {
    epoch: u64,
    waiting: Vec<(u64, T)>,
    released: Vec<T>,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self { epoch: 0, waiting: Vec::new(), released: Vec::new() }
    }
}

impl<T> Held<T> {
    /// What was released before may leave; `messages` wait.
    fn pass(&mut self, messages: Vec<T>) -> Vec<T> {
        let epoch = self.epoch;
        self.waiting.extend(messages.into_iter().map(|message| (epoch, message)));
        std::mem::take(&mut self.released)
    }

    fn release(&mut self, epoch: u64) {
        let (covered, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(tag, _)| *tag < epoch);
        self.waiting = rest;
        self.released.extend(covered.into_iter().map(|(_, message)| message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_leaves_after_the_commit_that_began_after_it() {
        let mut held = Held::default();
        assert!(held.pass(vec!["asked"]).is_empty());
        held.epoch += 1;
        let running = held.epoch;
        assert!(held.pass(vec!["asked while it ran"]).is_empty());
        held.release(running);
        assert_eq!(held.pass(Vec::new()), ["asked"]);
        held.epoch += 1;
        held.release(held.epoch);
        assert_eq!(held.pass(Vec::new()), ["asked while it ran"]);
        assert!(held.waiting.is_empty());
    }
}
