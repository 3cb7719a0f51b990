//! A peer that says anything, through the gate, to a node that has a channel with it.
//!
//! The first line says how it stands between the two, a letter each; what follows are steps.

use super::known::{CHANNEL, Started, loaded_again, newer_blob, start, start_with};
use super::point_of;
use super::says::{CLOSING_SIGNED, FULFILLS, GIVES_BACK, REESTABLISH, says};
use super::step::Step;
use crate::logger::Log;
use crate::node::gate::reestablish::INITIAL;
use crate::node::is_commitment;
use crate::probe::Probe;
use crate::uri::plain;
use bitcoin::Transaction;
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::PublicKey;
use lightning::events::{Event, EventsProvider as _, ReplayEvent};
use lightning::ln::channelmanager::{PaymentId, RecipientOnionFields};
use lightning::ln::msgs::{
    BaseMessageHandler as _, ChannelMessageHandler as _, ChannelReestablish, ClosingSigned,
    ErrorAction, Init, MessageSendEvent, UpdateFulfillHTLC,
};
use lightning::onion_message::offers::{OffersMessage, OffersMessageHandler as _};
use lightning::routing::router::{Path, Route, RouteHop};
use lightning::sign::{ChannelSigner as _, SignerProvider as _};
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::types::payment::{PaymentHash, PaymentPreimage, PaymentSecret};
use lightning::util::ser::ReadableArgs as _;
use std::collections::BTreeSet;

/// No connection is so long.
const MOST_STEPS: usize = 64;
/// What we pay to the peer.
const PREIMAGE: PaymentPreimage = PaymentPreimage([7; 32]);
const PAID_MSAT: u64 = 1_500_000;

/// See the module. `s`: the peer stores for us; `v`: it has shown that it knows the same state; `p`: we pay it; `c`: we close;
/// `d`, `o`, `r`: what is disputed, old or from a copy.
pub(crate) fn talk(data: &[u8]) {
    let line = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (letters, steps) = data.split_at(line);
    let mut steps = steps.get(1..).unwrap_or_default();
    let mut talk = Talk::begin(&|letter| letters.contains(&letter));
    for _ in 0..MOST_STEPS {
        let Some(step) = Step::next(&mut steps) else { break };
        talk.takes(step);
        talk.holds();
    }
    talk.ends();
}

struct Talk {
    it: Started,
    stores: bool,
    /// Read from a copy at the start.
    restored: bool,
    old: bool,
    /// We closed by force, or both did it together.
    closes: bool,
    pays: bool,
    connected: BTreeSet<PublicKey>,
    /// The peer has given back what it keeps, or shown that it keeps nothing.
    gave_back: bool,
    shows_newer: bool,
    /// It has shown the preimage.
    fulfilled: bool,
    /// What we have offered for a close.
    offered: Vec<ClosingSigned>,
}

/// How it stands.
impl Talk {
    fn begin(is: &dyn Fn(u8) -> bool) -> Self {
        let it = start(|record| {
            (record.disputed, record.stale, record.restored) = (is(b'd'), is(b'o'), is(b'r'));
        });
        let (stores, restored, old) = (is(b's'), is(b'r'), is(b'o'));
        let mut talk = Self {
            it,
            stores,
            restored,
            old,
            closes: is(b'c'),
            pays: is(b'p'),
            connected: BTreeSet::new(),
            gave_back: false,
            shows_newer: false,
            fulfilled: false,
            offered: Vec::new(),
        };
        talk.connects(CHANNEL.peer);
        talk.connects(point_of(9));
        if is(b'v') && !old {
            talk.agrees();
            talk.pay();
            talk.close();
        }
        talk.holds();
        talk
    }

    fn connects(&mut self, peer: PublicKey) {
        let node = &self.it.node;
        let mut features = node.gate.provided_init_features(peer);
        if !self.stores {
            features.clear_provide_storage();
        }
        let init = Init { features, networks: None, remote_network_address: None };
        let must_wait = node.staleness.must_wait(&peer);
        let heard = node.gate.peer_connected(peer, &init, true);
        assert!(heard.is_err() || !must_wait, "it is not spoken to");
        if heard.is_ok() {
            self.connected.insert(peer);
            self.gave_back &= peer != CHANNEL.peer;
        }
        self.leaves(false, None);
    }

    fn disconnects(&mut self, peer: PublicKey) {
        if self.connected.remove(&peer) {
            self.it.node.gate.peer_disconnected(peer);
        }
    }

    /// The peer shows that it knows the same state.
    fn agrees(&mut self) {
        let node = &self.it.node;
        let ours = node.gate.lock().ours(&CHANNEL.id).expect("we were connected");
        let revoked = ours.next_local - 1;
        let signer = node.keys.derive_channel_signer(CHANNEL.keys_id);
        let secret = |number| signer.release_commitment_secret(number).expect("it is revoked");
        let message = ChannelReestablish {
            channel_id: CHANNEL.id,
            next_local_commitment_number: ours.next_remote + 1,
            next_remote_commitment_number: revoked,
            your_last_per_commitment_secret: match revoked {
                0 => [0; 32],
                _ => secret(INITIAL - revoked + 1),
            },
            my_current_per_commitment_point: point_of(7),
            next_funding: None,
            my_current_funding_locked: None,
        };
        self.gave_back = true;
        node.gate.handle_channel_reestablish(CHANNEL.peer, &message);
        assert!(!node.staleness.is_unverified(&CHANNEL.id), "it knows nothing newer");
        self.leaves(false, None);
    }

    fn pay(&mut self) {
        if !self.pays {
            return;
        }
        let manager = &self.it.node.manager;
        let listed = manager.list_usable_channels();
        let channel = listed.iter().find(|channel| channel.channel_id == CHANNEL.id);
        let scid = channel.and_then(|channel| channel.get_outbound_payment_scid());
        let hop = RouteHop {
            pubkey: CHANNEL.peer,
            node_features: NodeFeatures::empty(),
            short_channel_id: scid.expect("a channel that can be used"),
            channel_features: ChannelFeatures::empty(),
            fee_msat: PAID_MSAT,
            cltv_expiry_delta: 40,
            maybe_announced_channel: false,
        };
        let paths = vec![Path { hops: vec![hop], blinded_tail: None }];
        let (hash, onion) = (hash(), RecipientOnionFields::secret_only(PaymentSecret([3; 32])));
        let route = Route { paths, route_params: None };
        manager
            .send_payment_with_route(route, PaymentHash(hash), onion, PaymentId(hash))
            .expect("it is paid");
        self.commits();
    }

    fn close(&mut self) {
        if self.closes {
            let closed = self.it.node.manager.close_channel(&CHANNEL.id, &CHANNEL.peer);
            // LDK first wants to hear of a payment that we have just offered.
            assert!(closed.is_ok() || self.pays, "it is open: {closed:?}");
            self.closes = closed.is_ok();
            self.commits();
        }
    }
}

fn hash() -> [u8; 32] {
    sha256::Hash::hash(&PREIMAGE.0).to_byte_array()
}

/// What happens.
impl Talk {
    fn takes(&mut self, step: Step<'_>) {
        match step {
            Step::Says { stranger, kind, message } => {
                let peer = if stranger { point_of(9) } else { CHANNEL.peer };
                self.hears(peer, kind, message);
            }
            Step::Offers { kind, message } => self.hears_of_offers(kind, message),
            Step::Commits => self.commits(),
            Step::Reconnects => {
                self.disconnects(CHANNEL.peer);
                self.connects(CHANNEL.peer);
            }
            Step::ShowsNewer if self.connected.contains(&CHANNEL.peer) => {
                let mut message = newer_blob(CHANNEL.peer);
                let length = u16::try_from(message.len()).expect("a kilobyte");
                drop(message.splice(..0, length.to_be_bytes()));
                self.shows_newer = true;
                self.hears(CHANNEL.peer, GIVES_BACK, &message);
                assert!(self.it.node.staleness.stands_still(), "a newer copy goes on");
                assert!(!self.connected.contains(&CHANNEL.peer), "nobody is there any more");
            }
            Step::ShowsNewer => {}
            Step::Stops => self.it.node.staleness.stop(),
            Step::Closes => self.closes_by_force(),
        }
    }

    fn hears(&mut self, peer: PublicKey, kind: u16, message: &[u8]) {
        if !self.connected.contains(&peer) {
            return;
        }
        if peer == CHANNEL.peer {
            self.gave_back |= [GIVES_BACK, REESTABLISH].contains(&kind);
            let preimage = super::decoded::<UpdateFulfillHTLC>(message)
                .map(|message| message.payment_preimage);
            self.fulfilled |= kind == FULFILLS && preimage == Some(PREIMAGE);
        }
        says(&self.it.node.gate, peer, kind, message);
        self.handle_events();
        self.leaves(false, Some(kind));
    }

    /// Nothing that we would say of an offer leaves before a commit, and nothing is paid to somebody who is away.
    fn hears_of_offers(&mut self, kind: u16, mut message: &[u8]) {
        let Ok(message) = OffersMessage::read(&mut message, (kind.into(), &Log)) else { return };
        let is_static = matches!(message, OffersMessage::StaticInvoice(_));
        let answer = self.it.node.onion_gate.handle_message(message, None, None);
        assert!(answer.is_none() || !is_static);
        self.handle_events();
        self.leaves(false, None);
    }

    /// Whoever wants a channel may have one.
    fn handle_events(&self) {
        let node = &self.it.node;
        node.manager.process_pending_events(&|event: Event| -> Result<(), ReplayEvent> {
            if let Event::OpenChannelRequest {
                temporary_channel_id, counterparty_node_id, ..
            } = event
            {
                let (id, peer) = (temporary_channel_id, counterparty_node_id);
                let accept = || node.manager.accept_inbound_channel(&id, &peer, 7, None);
                drop(node.keys.give_to_channel(7, accept));
            }
            Ok(())
        });
    }

    /// In the order of [`crate::run`].
    fn commits(&mut self) {
        let node = &self.it.node;
        let count = node.watch.waiting();
        let (gate, onion, outbox) = (node.gate.bump(), node.onion_gate.bump(), node.outbox.bump());
        for package in node.outbox.release(outbox) {
            node.outbox.send(package);
        }
        node.gate.release(gate);
        node.onion_gate.release(onion);
        node.watch.apply(count, &Probe::default());
        self.handle_events();
        self.leaves(true, None);
    }

    fn closes_by_force(&mut self) {
        let node = &self.it.node;
        self.closes = true;
        let why = "a person asked for it".to_owned();
        let close =
            || node.manager.force_close_broadcasting_latest_txn(&CHANNEL.id, &CHANNEL.peer, why);
        // It may be gone already.
        drop(node.gate.between_revocations(close));
        self.commits();
    }
}

/// What must hold.
impl Talk {
    /// What tells a peer of our state waits for a commit, and what tells it of a channel for what the peer keeps and knows.
    fn leaves(&mut self, is_commit: bool, heard: Option<u16>) {
        let said = self.it.node.onion_gate.release_pending_messages();
        assert!(is_commit || said.is_empty());
        let staleness = self.it.node.staleness.clone();
        for event in self.it.node.gate.get_and_clear_pending_msg_events() {
            match event {
                MessageSendEvent::SendFundingSigned { .. }
                | MessageSendEvent::SendShutdown { .. } => assert!(is_commit),
                MessageSendEvent::SendClosingSigned { msg, .. } => {
                    let again = heard == Some(CLOSING_SIGNED) && self.offered.contains(&msg);
                    assert!(is_commit || again);
                    self.offered.push(msg);
                }
                MessageSendEvent::SendChannelReestablish { node_id, msg }
                    if msg.next_local_commitment_number > 0 =>
                {
                    assert!(!staleness.stands_still() && !staleness.is_stale(&msg.channel_id));
                    assert!(!staleness.is_restored(&msg.channel_id), "the peer speaks first");
                    let waits = self.stores && node_id == CHANNEL.peer && !self.gave_back;
                    assert!(!waits, "it has not given back what it keeps");
                }
                MessageSendEvent::SendChannelReestablish { .. } => assert!(is_commit),
                MessageSendEvent::HandleError { node_id, action } => match action {
                    ErrorAction::DisconnectPeer { msg } => {
                        let is_quarantine = heard == Some(GIVES_BACK) && msg.is_none();
                        assert!(is_commit || is_quarantine);
                        self.disconnects(node_id);
                    }
                    ErrorAction::DisconnectPeerWithWarning { .. } => {
                        assert!(is_commit || heard == Some(CLOSING_SIGNED));
                        self.disconnects(node_id);
                    }
                    _ => assert!(is_commit),
                },
                _ => {}
            }
        }
    }

    /// After each step.
    fn holds(&mut self) {
        let Started { node, records, witnesses, broadcasts } = &mut self.it;
        let (staleness, id) = (&node.staleness, &CHANNEL.id);
        let is_doubted = staleness.is_unverified(id) || staleness.is_stale(id);
        while let Ok(package) = broadcasts.try_recv() {
            assert!(!staleness.stands_still(), "nothing leaves");
            assert!(!is_doubted || !package.iter().any(is_ours), "it may be old");
        }
        assert!(self.old || self.restored || !staleness.is_stale(id), "nobody can prove it");
        let listed = node.manager.list_channels_with_counterparty(&CHANNEL.peer);
        let is_open = listed.iter().any(|channel| channel.channel_id == *id);
        // LDK looks itself whether a copy has what its peer knows.
        let is_behind = self.restored && staleness.is_stale(id);
        assert!(is_open || self.closes || is_behind || !is_doubted, "not at a peer's word");
        assert!(self.shows_newer || witnesses.found().borrow().is_empty(), "it cannot be forged");
        let unknown = node.gate.unknown.all();
        assert!(unknown.len() <= 256 && !unknown.contains(&(CHANNEL.peer, *id)));
        let record = records.get(CHANNEL.user_id).expect("a channel is not forgotten");
        let said = record.last_peer_error.unwrap_or_default();
        assert!(said.chars().count() <= 300);
        assert!(said.is_empty() || plain(&said).as_deref() == Some(&*said), "words are cleaned");
        let is_paid = self.pays && self.fulfilled;
        assert!(record.fulfilled.iter().all(|htlc| is_paid && htlc.hash == hash()));
    }

    /// What a commit would have written opens again; and where nothing may leave, not even a close does.
    fn ends(mut self) {
        if self.it.node.staleness.stands_still() {
            self.closes_by_force();
            self.holds();
        }
        for _ in 0..MOST_STEPS {
            if self.it.node.watch.waiting() == 0 {
                break;
            }
            self.commits();
            self.holds();
        }
        let again = start_with(&loaded_again(&self.it.node), |_| {});
        let open = |started: &Started| {
            let all = started.node.manager.list_channels().into_iter();
            let funded = all.filter(|channel| channel.funding_txo.is_some());
            funded.map(|channel| channel.channel_id).collect::<BTreeSet<_>>()
        };
        assert_eq!(open(&again), open(&self.it));
    }
}

/// Our commitment of the channel.
fn is_ours(transaction: &Transaction) -> bool {
    let spends = transaction.input.iter().any(|input| input.previous_output == CHANNEL.funding);
    spends && is_commitment(transaction)
}
