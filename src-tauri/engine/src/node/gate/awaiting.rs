//! Signatures that peers owe. Who takes updates from us answers with `revoke_and_ack` and, right behind it, a
//! `commitment_signed` for the same updates (BOLT 2, "Normal Operation"). Whoever knows that can make both durable with one
//! sync. It only tells what to wait for a moment for; nothing may depend on it coming.

use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{CommitmentUpdate, MessageSendEvent};
use lightning::ln::types::ChannelId;
use std::collections::HashMap;

/// One of a channel.
struct Debt {
    peer: PublicKey,
    revoked: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Owed(HashMap<ChannelId, Debt>);

impl Owed {
    /// This is about to be sent.
    pub(crate) fn sending(&mut self, event: &MessageSendEvent) {
        if let MessageSendEvent::UpdateHTLCs { node_id, channel_id, updates } = event
            && has_updates(updates)
        {
            self.0.insert(*channel_id, Debt { peer: *node_id, revoked: false });
        }
    }

    /// The peer's `revoke_and_ack` came.
    pub(crate) fn revoked(&mut self, channel: &ChannelId) {
        if let Some(debt) = self.0.get_mut(channel) {
            debt.revoked = true;
        }
    }

    /// The peer's `commitment_signed` came. One before its `revoke_and_ack` crossed our updates and does not know them.
    pub(crate) fn signed(&mut self, channel: &ChannelId) {
        if self.0.get(channel).is_some_and(|debt| debt.revoked) {
            self.0.remove(channel);
        }
    }

    /// The connection is gone, and begins anew with `channel_reestablish`.
    pub(crate) fn gone(&mut self, peer: &PublicKey) {
        self.0.retain(|_, debt| debt.peer != *peer);
    }

    /// What is due and did not come is not expected any more.
    pub(crate) fn write_off(&mut self) {
        self.0.retain(|_, debt| !debt.revoked);
    }

    /// A signature is right behind what came last.
    pub(crate) fn is_due(&self) -> bool {
        self.0.values().any(|debt| debt.revoked)
    }
}

/// A `commitment_signed` alone answers the peer's updates and is owed no other.
fn has_updates(updates: &CommitmentUpdate) -> bool {
    let CommitmentUpdate {
        update_add_htlcs,
        update_fulfill_htlcs,
        update_fail_htlcs,
        update_fail_malformed_htlcs,
        update_fee,
        commitment_signed: _,
    } = updates;
    !update_add_htlcs.is_empty()
        || !update_fulfill_htlcs.is_empty()
        || !update_fail_htlcs.is_empty()
        || !update_fail_malformed_htlcs.is_empty()
        || update_fee.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::{Secp256k1, SecretKey};
    use lightning::ln::msgs::UpdateFee;

    const CHANNEL: ChannelId = ChannelId([7; 32]);

    fn peer(number: u8) -> PublicKey {
        let key = SecretKey::from_slice(&[number; 32]).expect("a key");
        PublicKey::from_secret_key(&Secp256k1::new(), &key)
    }

    fn sent(update_fee: Option<UpdateFee>) -> Owed {
        let updates = CommitmentUpdate {
            update_add_htlcs: vec![],
            update_fulfill_htlcs: vec![],
            update_fail_htlcs: vec![],
            update_fail_malformed_htlcs: vec![],
            update_fee,
            commitment_signed: vec![],
        };
        let mut owed = Owed::default();
        owed.sending(&MessageSendEvent::UpdateHTLCs {
            node_id: peer(1),
            channel_id: CHANNEL,
            updates,
        });
        owed
    }

    fn updated() -> Owed {
        sent(Some(UpdateFee { channel_id: CHANNEL, feerate_per_kw: 253 }))
    }

    #[test]
    fn a_signature_is_due_from_the_revocation_until_it_comes() {
        let mut owed = updated();
        assert!(!owed.is_due(), "nothing came yet");
        owed.revoked(&ChannelId([8; 32]));
        assert!(!owed.is_due(), "another channel's");
        owed.revoked(&CHANNEL);
        assert!(owed.is_due());
        owed.signed(&CHANNEL);
        assert!(!owed.is_due());
    }

    #[test]
    fn a_signature_that_crossed_our_updates_pays_nothing() {
        let mut owed = updated();
        owed.signed(&CHANNEL);
        owed.revoked(&CHANNEL);
        assert!(owed.is_due());
    }

    #[test]
    fn an_answer_is_owed_nothing() {
        let mut owed = sent(None);
        owed.revoked(&CHANNEL);
        assert!(!owed.is_due());
    }

    #[test]
    fn nobody_waits_twice_for_a_signature() {
        let mut owed = updated();
        owed.write_off();
        owed.revoked(&CHANNEL);
        assert!(owed.is_due(), "it was not due before");
        owed.write_off();
        assert!(!owed.is_due());
    }

    #[test]
    fn a_debt_ends_with_its_connection() {
        let mut owed = updated();
        owed.revoked(&CHANNEL);
        owed.gone(&peer(2));
        assert!(owed.is_due());
        owed.gone(&peer(1));
        assert!(!owed.is_due());
    }
}
