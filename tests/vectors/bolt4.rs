//! BOLT 4: the onion of a payment, built for a path that ends blinded (`blinded-payment-onion-test.json`) and peeled hop by hop
//! (`onion-test.json` too).
//!
//! Not to be reached from outside LDK: the onion of `onion-test.json` cannot be built, because a hop between has a field of its
//! own in it; the last two blinded hops cannot be peeled, because one asks for fewer blocks than LDK forwards with, and the other
//! is paid by a path that LDK did not make; errors, attribution and trampolines have no public way in.

use super::{bytes, public, secret};
use bitcoin::hashes::{Hash, HashEngine, Hmac, HmacEngine, sha256};
use bitcoin::secp256k1::ecdh::SharedSecret;
use bitcoin::secp256k1::ecdsa::{RecoverableSignature, Signature};
use bitcoin::secp256k1::{PublicKey, Scalar, Secp256k1, SecretKey, schnorr};
use lightning::blinded_path::BlindedHop;
use lightning::ln::channelmanager::{PendingHTLCInfo, PendingHTLCRouting, RecipientOnionFields};
use lightning::ln::create_payment_onion;
use lightning::ln::inbound_payment::ExpandedKey;
use lightning::ln::msgs::{OnionPacket, UnsignedGossipMessage, UpdateAddHTLC};
use lightning::ln::onion_payment::peel_payment_onion;
use lightning::ln::types::ChannelId;
use lightning::offers::invoice::UnsignedBolt12Invoice;
use lightning::routing::router::{BlindedTail, Path, RouteHop};
use lightning::sign::{NodeSigner, PeerStorageKey, ReceiveAuthKey, Recipient};
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::types::payment::PaymentHash;
use lightning::util::logger::{Logger, Record};
use lightning::util::ser::{Readable, Writeable};
use lightning_invoice::RawBolt11Invoice;
use serde::Deserialize;

const HASH: PaymentHash = PaymentHash([0x42; 32]);

#[derive(Deserialize)]
struct Vectors {
    plain: Plain,
    blinded: Blinded,
}

#[derive(Deserialize)]
struct Plain {
    /// Of each node.
    keys: Vec<String>,
    onion: String,
}

#[derive(Deserialize)]
struct Blinded {
    path_key: String,
    introduction_node: String,
    /// Before the blinded path.
    first_node: String,
    hops: Vec<Hop>,
    /// As each node gets it.
    onions: Vec<String>,
}

#[derive(Deserialize)]
struct Hop {
    blinded_node_id: String,
    encrypted_data: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../fixtures/bolt4.json")).expect("the fixture")
}

fn onion(hex: &str) -> OnionPacket {
    Readable::read(&mut &bytes(hex)[..]).expect("an onion")
}

/// What comes to a node with an onion.
#[derive(Clone, Copy)]
struct Incoming {
    msat: u64,
    cltv_expiry: u32,
    path_key: Option<PublicKey>,
}

impl Incoming {
    fn unblinded(msat: u64, cltv_expiry: u32) -> Self {
        Self { msat, cltv_expiry, path_key: None }
    }

    fn peeled(self, onion_routing_packet: OnionPacket, key: &str, height: u32) -> PendingHTLCInfo {
        let add = UpdateAddHTLC {
            channel_id: ChannelId([0; 32]),
            htlc_id: 0,
            amount_msat: self.msat,
            payment_hash: HASH,
            cltv_expiry: self.cltv_expiry,
            skimmed_fee_msat: None,
            onion_routing_packet,
            blinding_point: self.path_key,
            hold_htlc: None,
        };
        let (node, secp) = (Node(secret(key)), Secp256k1::new());
        let peeled = peel_payment_onion(&add, &node, &Silent, &secp, height, false);
        peeled.unwrap_or_else(|error| panic!("{}", error.msg))
    }
}

/// Where it goes from here, and with which onion.
fn forwarded(peeled: &PendingHTLCInfo) -> (u64, OnionPacket) {
    match &peeled.routing {
        PendingHTLCRouting::Forward { short_channel_id, onion_packet, .. } => {
            (*short_channel_id, onion_packet.clone())
        }
        _ => panic!("it ends here"),
    }
}

#[test]
fn an_onion_is_peeled_by_each_node() {
    let Plain { keys, onion: hex } = vectors().plain;
    let mut packet = onion(&hex);
    let mut incoming = Incoming::unblinded(15_000, 1_600);
    let forwards = [(1, 15_000, 1_500), (2, 14_000, 1_400), (3, 12_500, 1_250), (4, 10_000, 1_000)];
    assert_eq!(keys.len(), forwards.len() + 1);
    for (key, (channel, msat, cltv_expiry)) in keys.iter().zip(forwards) {
        let peeled = incoming.peeled(packet, key, 900);
        let (to, next) = forwarded(&peeled);
        let outgoing = (to, peeled.outgoing_amt_msat, peeled.outgoing_cltv_value);
        assert_eq!(outgoing, (channel, msat, cltv_expiry));
        (packet, incoming) = (next, Incoming::unblinded(msat, cltv_expiry));
    }
    let peeled = incoming.peeled(packet, &keys[4], 900);
    assert_eq!((peeled.outgoing_amt_msat, peeled.outgoing_cltv_value), (10_000, 1_000));
    let PendingHTLCRouting::Receive { payment_data, .. } = peeled.routing else {
        panic!("it does not end there")
    };
    let paid = bytes("24a33562c54507a9334e79f0dc4f17d407e6d7c61f0e2f3d0d38599502f61704");
    assert_eq!((payment_data.payment_secret.0.to_vec(), payment_data.total_msat), (paid, 10_000));
}

#[test]
fn an_onion_for_a_blinded_path_is_built() {
    let vector = vectors().blinded;
    let session_key = SecretKey::from_slice(&[3; 32]).unwrap();
    // What no node reads is drawn from the session key.
    let mut padding = HmacEngine::<sha256::Hash>::new(b"pad");
    padding.input(&session_key.secret_bytes());
    let padding = Hmac::from_engine(padding).to_byte_array();
    let (built, msat, cltv_expiry) = create_payment_onion(
        &Secp256k1::new(),
        &path(&vector),
        &session_key,
        150_000,
        &RecipientOnionFields::spontaneous_empty(),
        749_000,
        &HASH,
        &None,
        None,
        padding,
    )
    .unwrap();
    assert_eq!(built.encode(), bytes(&vector.onions[0]));
    assert_eq!((msat, cltv_expiry), (110_125, 749_150));
}

fn path(vector: &Blinded) -> Path {
    let hop = |node: &str, short_channel_id, fee_msat, cltv_expiry_delta| RouteHop {
        pubkey: public(node),
        node_features: NodeFeatures::empty(),
        short_channel_id,
        channel_features: ChannelFeatures::empty(),
        fee_msat,
        cltv_expiry_delta,
        maybe_announced_channel: true,
    };
    let blinded = |hop: &Hop| BlindedHop {
        blinded_node_id: public(&hop.blinded_node_id),
        encrypted_payload: bytes(&hop.encrypted_data),
    };
    Path {
        // The first takes nothing. The second's share is that of the whole blinded path.
        hops: vec![
            hop(&vector.first_node, 1, 0, 0),
            hop(&vector.introduction_node, 10, 10_125, 150),
        ],
        blinded_tail: Some(BlindedTail {
            trampoline_hops: Vec::new(),
            hops: vector.hops.iter().map(blinded).collect(),
            blinding_point: public(&vector.path_key),
            excess_final_cltv_expiry_delta: 0,
            final_value_msat: 100_000,
        }),
    }
}

#[test]
fn an_onion_for_a_blinded_path_is_peeled() {
    let vector = vectors().blinded;
    let next_path_key =
        public("034e09f450a80c3d252b258aba0a61215bf60dda3b0dc78ffb0736ea1259dfd8a0");
    let steps = [
        (Incoming::unblinded(110_125, 749_200), "41", (10, 110_125, 749_150)),
        (Incoming::unblinded(110_125, 749_150), "42", (1, 100_125, 749_100)),
        (
            Incoming { msat: 100_125, cltv_expiry: 749_100, path_key: Some(next_path_key) },
            "43",
            (2, 100_010, 749_025),
        ),
    ];
    for (number, (incoming, key, expected)) in steps.into_iter().enumerate() {
        let peeled = incoming.peeled(onion(&vector.onions[number]), &key.repeat(32), 748_900);
        let (channel, next) = forwarded(&peeled);
        let outgoing = (channel, peeled.outgoing_amt_msat, peeled.outgoing_cltv_value);
        assert_eq!(outgoing, expected, "node {number}");
        assert_eq!(next.encode(), bytes(&vector.onions[number + 1]), "node {number}");
        let PendingHTLCRouting::Forward { blinded, .. } = peeled.routing else { unreachable!() };
        let path_keys = blinded.map(|it| (it.inbound_blinding_point, it.next_blinding_override));
        // The last of them leads into another blinded path.
        let other = public("031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f");
        let expected = match number {
            0 => None,
            1 => Some((public(&vector.path_key), None)),
            _ => Some((next_path_key, Some(other))),
        };
        assert_eq!(path_keys, expected, "node {number}");
    }
}

struct Silent;

impl Logger for Silent {
    fn log(&self, _: Record<'_>) {}
}

/// A node with the key of a vector. It is asked for nothing else.
struct Node(SecretKey);

impl NodeSigner for Node {
    fn ecdh(
        &self,
        _: Recipient,
        other: &PublicKey,
        tweak: Option<&Scalar>,
    ) -> Result<SharedSecret, ()> {
        let key = tweak.map_or(Ok(self.0), |tweak| self.0.mul_tweak(tweak)).map_err(|_| ())?;
        Ok(SharedSecret::new(other, &key))
    }
    fn get_expanded_key(&self) -> ExpandedKey {
        unreachable!()
    }
    fn get_peer_storage_key(&self) -> PeerStorageKey {
        unreachable!()
    }
    fn get_receive_auth_key(&self) -> ReceiveAuthKey {
        unreachable!()
    }
    fn get_node_id(&self, _: Recipient) -> Result<PublicKey, ()> {
        unreachable!()
    }
    fn sign_invoice(&self, _: &RawBolt11Invoice, _: Recipient) -> Result<RecoverableSignature, ()> {
        unreachable!()
    }
    fn sign_bolt12_invoice(&self, _: &UnsignedBolt12Invoice) -> Result<schnorr::Signature, ()> {
        unreachable!()
    }
    fn sign_gossip_message(&self, _: UnsignedGossipMessage) -> Result<Signature, ()> {
        unreachable!()
    }
    fn sign_message(&self, _: &[u8]) -> Result<String, ()> {
        unreachable!()
    }
}
