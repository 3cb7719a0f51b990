//! What the gate lets in: what a peer says of a channel that may be old does not reach LDK, which would panic, or close with
//! our commitment.

use super::closing_fee;
use super::reestablish::{self, Assertion, Ours, Step};
use crate::config::Role;
use crate::node::gate::Gate;
use crate::node::record::{ChannelRecord, harmless};
use crate::view::PeerAssertion;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{self, ChannelMessageHandler, ErrorAction, MessageSendEvent};
use lightning::ln::types::ChannelId;

/// What the peer reads of a closing fee that LDK would answer by force.
const NO_AGREEMENT: &str = "no agreement on the closing fee; let us begin anew";

impl Gate {
    /// True if what the peer says of this channel may reach LDK: before a matching `channel_reestablish` LDK answers
    /// anything with a close.
    pub(crate) fn lets_in(&self, channel: &ChannelId) -> bool {
        let lets_in = !self.staleness.is_stale(channel) && !self.staleness.is_unverified(channel);
        if !lets_in {
            tracing::debug!(%channel, "a message for a channel that may be old is dropped");
        }
        lets_in
    }

    /// Closing because the peer says so is what every node does. A person's wallet does it only if the peer has shown
    /// in this run that our state is not old: a peer that saw us fall behind could otherwise make us publish what it
    /// punishes. Nobody looks at a router, so it does as it is told.
    fn obeys(&self, channel: &ChannelId) -> bool {
        let unverified = self.staleness.is_unverified(channel) && self.role == Role::Leaf;
        !unverified && !self.staleness.is_stale(channel)
    }

    pub(crate) fn record(&self, peer: &PublicKey, channel: &ChannelId) -> Option<ChannelRecord> {
        let (peer, channel) = (peer.to_string(), channel.to_string());
        self.records.find(|record| {
            record.peer == peer && record.channel_id.as_deref() == Some(channel.as_str())
        })
    }

    pub(crate) fn reestablished(
        &self,
        peer: PublicKey,
        record: &ChannelRecord,
        theirs: &msgs::ChannelReestablish,
    ) {
        let channel = theirs.channel_id;
        if self.staleness.is_stale(&channel) {
            self.ask_to_close(peer, channel);
            return;
        }
        let ours = self.ours(&channel);
        let point = |number| self.keys.commitment_point(record.keys_id?, number);
        let assertion = reestablish::read(theirs, ours, point);
        if self.staleness.is_restored(&channel) {
            let agrees = assertion == Assertion::Agrees;
            let step = ours.filter(|_| agrees).map_or(Step::Other, |ours| ours.step(theirs));
            self.first_said(peer, record, theirs, step);
            return;
        }
        match assertion {
            Assertion::Agrees => {
                self.staleness.mark_verified(&channel);
                self.records.change(record.user_id, |record| {
                    record.disputed = false;
                    record.assertion = None;
                });
                self.manager.handle_channel_reestablish(peer, theirs);
            }
            Assertion::Proven => {
                tracing::error!(%channel, "the peer proved that our state of a channel is old");
                self.is_old(peer, record, channel);
            }
            Assertion::Close if self.obeys(&channel) => {
                self.manager.handle_channel_reestablish(peer, theirs);
            }
            Assertion::Close => self.disputed(record, &channel, PeerAssertion::Close),
            // LDK has forgotten it, and says so: some peers only close then.
            Assertion::Unread if record.is_forgotten() => {
                self.manager.handle_channel_reestablish(peer, theirs);
            }
            Assertion::Unread => self.claims(record, PeerAssertion::Newer),
            Assertion::Unproven => self.disputed(record, &channel, PeerAssertion::Newer),
        }
    }

    /// Our numbers in this connection.
    fn ours(&self, channel: &ChannelId) -> Option<Ours> {
        let ours = || self.lock().ours(channel);
        // The peer's may come before LDK's own is taken out.
        ours().or_else(|| {
            self.collect();
            ours()
        })
    }

    /// Only its peer may close it.
    fn is_old(&self, peer: PublicKey, record: &ChannelRecord, channel: ChannelId) {
        let Some(funding) = record.funding else { return };
        self.staleness.mark_stale(channel, funding);
        self.records.change(record.user_id, |record| record.stale = true);
        self.ask_to_close(peer, channel);
    }

    /// The peer of a channel from a copy spoke before us, so one that would like our state to be old had to guess it. If it
    /// knows the same state the channel goes on. Anything else, and a channel that LDK has closed meanwhile, is the peer's to
    /// close: our commitment may be revoked. Where it has one signature of ours more, LDK knows whether the copy holds it.
    fn first_said(
        &self,
        peer: PublicKey,
        record: &ChannelRecord,
        theirs: &msgs::ChannelReestablish,
        step: Step,
    ) {
        let channel = theirs.channel_id;
        let unsaid = self.lock().unsaid.remove(&channel);
        let goes_on = match (unsaid, step) {
            (Some((_, ours)), Step::Same) => {
                self.lock().released.push(ours);
                true
            }
            (Some((_, ours)), Step::OneMore) => self.remembers(peer, theirs, ours),
            (Some(_), Step::Other) | (None, _) => false,
        };
        if !goes_on {
            tracing::warn!(%channel, "the peer does not know the state in the copy as the newest");
            self.is_old(peer, record, channel);
            return;
        }
        tracing::info!(%channel, "the peer knows nothing newer than the copy");
        self.staleness.mark_verified(&channel);
        self.records.change(record.user_id, |record| {
            (record.restored, record.disputed, record.assertion) = (false, false, None);
        });
        if step == Step::Same {
            self.manager.handle_channel_reestablish(peer, theirs);
        }
    }

    /// LDK looks itself whether it waits for the revocation of that one signature. If not it closes the channel, and nothing of
    /// that leaves: it is still doubted. Our numbers are said only if the channel goes on, and before what LDK says next.
    fn remembers(
        &self,
        peer: PublicKey,
        theirs: &msgs::ChannelReestablish,
        ours: MessageSendEvent,
    ) -> bool {
        let _one = self.lock_asking();
        self.manager.handle_channel_reestablish(peer, theirs);
        let remembers = self.listed(&peer, &theirs.channel_id).is_some();
        if remembers {
            self.lock().released.push(ours);
        }
        remembers
    }

    /// False if LDK would answer with a close by force. The peer then hears our offer again, or both sides begin anew: see
    /// [`closing_fee`].
    pub(crate) fn can_answer(&self, peer: PublicKey, theirs: &msgs::ClosingSigned) -> bool {
        let channel = theirs.channel_id;
        let Some(record) = self.record(&peer, &channel) else { return true };
        // It may come before our own is taken out.
        if !self.lock().offers.contains_key(&channel) {
            self.collect();
        }
        let mut held = self.lock();
        let mut ours = held.offers.get_mut(&channel).map(|(_, offer)| offer);
        if !closing_fee::answered_by_force(theirs, ours.as_deref(), record.ours) {
            return true;
        }
        let fee = theirs.fee_satoshis;
        if let Some(again) = ours.as_mut().and_then(|ours| ours.again(theirs)) {
            tracing::debug!(%channel, fee, "our closing fee stands");
            held.repeats(peer, again);
            return false;
        }
        tracing::warn!(%channel, fee, ?ours, "no agreement on a closing fee; asking anew");
        let msg = msgs::WarningMessage { channel_id: channel, data: NO_AGREEMENT.to_owned() };
        let action = ErrorAction::DisconnectPeerWithWarning { msg };
        held.released.push(MessageSendEvent::HandleError { node_id: peer, action });
        false
    }

    fn disputed(&self, record: &ChannelRecord, channel: &ChannelId, claim: PeerAssertion) {
        self.claims(record, claim);
        if self.staleness.dispute(channel) {
            self.records.change(record.user_id, |record| record.disputed = true);
        }
    }

    /// The same for what it says of our state.
    fn claims(&self, record: &ChannelRecord, claim: PeerAssertion) {
        tracing::warn!(peer = record.peer, ?claim, "nothing is done about what a peer claims");
        self.records.change(record.user_id, |record| record.assertion = Some(claim));
    }

    /// Nothing is done; a person may read it and close.
    fn note(&self, record: &ChannelRecord, said: &str) {
        tracing::warn!(peer = record.peer, said, "nothing is done about what a peer says");
        self.records
            .change(record.user_id, |record| record.last_peer_error = Some(said.to_owned()));
    }

    pub(crate) fn handle_peer_error(&self, peer: PublicKey, error: &msgs::ErrorMessage) {
        if self.refuses_our_offer(&peer, error) {
            return;
        }
        let id = peer.to_string();
        let about: Vec<_> = self
            .records
            .all()
            .into_iter()
            .filter(|record| record.peer == id)
            .filter_map(|record| Some((record.channel()?, record)))
            .filter(|(channel, _)| error.channel_id.is_zero() || *channel == error.channel_id)
            .collect();
        if about.iter().all(|(channel, _)| self.obeys(channel)) {
            self.manager.handle_error(peer, error);
            return;
        }
        for (_, record) in about {
            self.note(&record, &harmless(&error.data));
        }
    }

    /// The peer does not want the channel that we offer. LDK would offer it again, with less: the first thing it leaves out
    /// are the anchors, without which a close cannot be paid for. So the offer ends here, with the peer's reason.
    fn refuses_our_offer(&self, peer: &PublicKey, error: &msgs::ErrorMessage) -> bool {
        let listed = self.manager.list_channels_with_counterparty(peer);
        let offer = listed.into_iter().find(|channel| {
            channel.is_outbound
                && channel.funding_txo.is_none()
                && channel.channel_id == error.channel_id
        });
        let Some(offer) = offer else { return false };
        let said = harmless(&error.data);
        self.records.change(offer.user_channel_id, |record| record.last_peer_error = Some(said));
        let why = "the offer of this channel is withdrawn".to_owned();
        let ended = self.manager.force_close_broadcasting_latest_txn(&offer.channel_id, peer, why);
        if ended.is_err() {
            tracing::debug!(channel = %offer.channel_id, "the offered channel was gone already");
        }
        true
    }
}
