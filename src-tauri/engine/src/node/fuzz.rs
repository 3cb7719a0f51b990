//! What holds of what peers and snapshot servers say, for [`crate::fuzz`].

/// A node as a start finds it.
mod known;
/// A peer that says anything.
mod peer;
/// What it can say.
mod says;
/// What happens between the two.
mod step;

pub(crate) use peer::talk as peer;

use super::gate::closing_fee::{Offer, answered_by_force};
use super::gate::reestablish::{Assertion, INITIAL, Ours, Step, read};
use super::gossip::take_snapshot;
use super::graph::{Graph, NetworkGraph};
use super::limited_gossip::LimitedGossip;
use super::types::Gossip;
use crate::logger::Log;
use crate::time::Timestamp;
use bitcoin::Network;
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use lightning::ln::msgs::{
    BaseMessageHandler as _, ChannelReestablish, ClosingSigned, ClosingSignedFeeRange, Init,
    RoutingMessageHandler as _,
};
use lightning::ln::types::ChannelId;
use lightning::util::ser::{LengthReadable, Writeable as _};
use std::sync::{Arc, LazyLock};

/// A snapshot as a server gave it, and when that was.
const RECORDED: &[u8] = include_bytes!("../../../../tests/fixtures/rgs_v2.bin");
const THEN: Timestamp = Timestamp::from_secs(1_717_686_000);

static PEER: LazyLock<PublicKey> = LazyLock::new(|| point_of(9));

fn point_of(number: u64) -> PublicKey {
    secret(number).public_key(&Secp256k1::new())
}

/// Of our commitments, each has one that nobody else knows.
fn secret(number: u64) -> SecretKey {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_slice(&bytes).expect("less than the curve's order")
}

fn numbers<const N: usize>(data: &[u8]) -> Option<[u64; N]> {
    let mut numbers = [0; N];
    for (number, bytes) in numbers.iter_mut().zip(data.chunks_exact(8).take(N)) {
        *number = u64::from_le_bytes(bytes.try_into().ok()?);
    }
    (data.len() >= 8 * N).then_some(numbers)
}

/// `m`: a message as it comes; `f`: figures of a close; else numbers of a `channel_reestablish` and ours.
pub(crate) fn gate(data: &[u8]) {
    match data.split_first() {
        Some((b'm', bytes)) => {
            if let Some(message) = decoded::<ChannelReestablish>(bytes) {
                let ours = Ours { next_local: 11, next_remote: 10 };
                let told = read(&message, Some(ours), |number| Some(point_of(number)));
                // The secrets of what is to come are known to nobody.
                let guessed = message.your_last_per_commitment_secret[8..] == [1; 24];
                assert!(told != Assertion::Proven || guessed);
            }
        }
        Some((b'f', figures)) => closing(figures),
        Some((_, bytes)) => reestablished(bytes),
        None => {}
    }
}

fn decoded<T: LengthReadable>(mut bytes: &[u8]) -> Option<T> {
    T::read_from_fixed_length_buffer(&mut bytes).ok()
}

fn reestablished(data: &[u8]) {
    let Some([local, remote, shown, next_local, next_remote]) = numbers::<5>(data) else { return };
    let theirs = ChannelReestablish {
        channel_id: ChannelId([1; 32]),
        next_local_commitment_number: local,
        next_remote_commitment_number: remote,
        your_last_per_commitment_secret: secret(shown).secret_bytes(),
        my_current_per_commitment_point: *PEER,
        next_funding: None,
        my_current_funding_locked: None,
    };
    let ours = Ours { next_local: next_local % INITIAL, next_remote: next_remote % INITIAL };
    let told = read(&theirs, Some(ours), |number| Some(point_of(number)));
    let possible = (1..INITIAL).contains(&local) && remote < INITIAL;
    let shows = remote == 0 || (possible && shown == INITIAL - remote + 1);
    let wanted = match (possible, shows) {
        (false, _) => Assertion::Close,
        (true, false) => Assertion::Unproven,
        (true, true) if remote > 0 && remote >= ours.next_local => Assertion::Proven,
        (true, true) if local > ours.next_remote + 2 => Assertion::Unproven,
        (true, true) => Assertion::Agrees,
    };
    assert_eq!(told, wanted, "{local} {remote} {shown} {ours:?}");
    let step = ours.step(&theirs);
    assert!(step == Step::Other || remote < ours.next_local, "nothing newer is in step");
    let unheard = read(&theirs, None, |number| Some(point_of(number)));
    assert!(matches!(unheard, Assertion::Unread | Assertion::Close));
    let message = decoded::<ChannelReestablish>(&theirs.encode());
    assert_eq!(message, Some(theirs));
}

fn closing(data: &[u8]) {
    let Some([fee, least, most, ours, lowest, highest]) = numbers::<6>(data) else { return };
    let signed = |fee_satoshis, range: Option<(u64, u64)>| ClosingSigned {
        channel_id: ChannelId([7; 32]),
        fee_satoshis,
        signature: Secp256k1::new().sign_ecdsa(&Message::from_digest([1; 32]), &secret(7)),
        fee_range: range.map(|(min_fee_satoshis, max_fee_satoshis)| ClosingSignedFeeRange {
            min_fee_satoshis,
            max_fee_satoshis,
        }),
    };
    let Some(mut offer) = Offer::of(&signed(ours, Some((lowest, highest)))) else { return };
    for range in [None, Some((least, most))] {
        let theirs = signed(fee, range);
        for we_pay in [false, true] {
            let by_force = answered_by_force(&theirs, Some(&offer), we_pay);
            let too_much = fee > bitcoin::Amount::MAX_MONEY.to_sat();
            assert!(!too_much || by_force, "no fee is more than there is");
            assert!(too_much || fee != ours || !by_force, "what we offered is taken");
            answered_by_force(&theirs, None, we_pay);
        }
    }
    // Who comes no closer is not told again.
    let again = offer.again(&signed(fee, None));
    assert_eq!(again.map(|again| again.fee_satoshis), Some(ours));
    assert_eq!(offer.again(&signed(fee, None)), None);
}

/// A message of a peer's about the network. The first byte says which.
pub(crate) fn gossip(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let log = Arc::new(Log);
    let graph = Graph::from(NetworkGraph::new(Network::Regtest, log.clone()));
    let gossip = LimitedGossip::of_at_most(Gossip::new(graph.clone(), None, log), graph.clone(), 1);
    // Whoever handles a message takes it as it is decoded.
    match kind {
        b'c' => drop(decoded(bytes).map(|it| gossip.handle_channel_announcement(Some(*PEER), &it))),
        b'n' => drop(decoded(bytes).map(|it| gossip.handle_node_announcement(Some(*PEER), &it))),
        b'u' => drop(decoded(bytes).map(|it| gossip.handle_channel_update(Some(*PEER), &it))),
        b'q' => drop(decoded(bytes).map(|it| gossip.handle_query_channel_range(*PEER, it))),
        b'r' => drop(decoded(bytes).map(|it| gossip.handle_reply_channel_range(*PEER, it))),
        b's' => drop(decoded(bytes).map(|it| gossip.handle_query_short_channel_ids(*PEER, it))),
        _ => drop(decoded::<Init>(bytes).map(|it| gossip.peer_connected(*PEER, &it, true))),
    }
    drop(gossip.get_and_clear_pending_msg_events());
    assert!(graph.read_only().channels().len() <= 1, "no more than there may be");
}

/// A snapshot that is refused leaves the graph as it was.
pub(crate) fn snapshot(data: &[u8]) {
    let (network, log) = (Network::Bitcoin, Arc::new(Log));
    let graph = Graph::from(NetworkGraph::new(network, log.clone()));
    take_snapshot(&graph, network, RECORDED, THEN, &log).expect("a recorded snapshot");
    let before = graph.encode();
    match take_snapshot(&graph, network, data, THEN, &log) {
        Ok(made) => {
            assert!(u64::from(made) <= THEN.secs() + 86_400, "what comes next is asked for")
        }
        Err(error) => assert_eq!(graph.encode(), before, "{error}"),
    }
}
