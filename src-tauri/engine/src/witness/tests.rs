use super::blob::{SIZE, Seal, Witnessed, WitnessedPeer};
use super::{Progress, Witnesses};
use crate::keys::{DataKey, Keys, Words};
use crate::network::NetworkId;
use crate::store::{Batch, StagedKv, Vault};
use crate::time::Timestamp;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use bitcoin::{OutPoint, Txid};
use proptest::prelude::*;
use std::sync::Arc;

fn keys() -> Keys {
    Keys::derive(&Words::generate(), None, bitcoin::Network::Regtest)
}

fn peer(number: u8) -> PublicKey {
    SecretKey::from_slice(&[number; 32]).unwrap().public_key(&Secp256k1::new())
}

fn witnessed(channels: &[u8]) -> Witnessed {
    let peers = channels.iter().enumerate().map(|(number, channels)| WitnessedPeer {
        node: peer(u8::try_from(number + 1).unwrap()),
        address: number.is_multiple_of(2).then(|| "127.0.0.1:9735".parse().unwrap()),
        fundings: (0..*channels)
            .map(|n| OutPoint::new(Txid::from_byte_array([n; 32]), 1))
            .collect(),
    });
    let (life, writer) = ([1; 16], [2; 16]);
    let peers = peers.collect();
    Witnessed { life, writer, term: 3, generation: 400, at_secs: 5, peers, left_out: 0 }
}

fn channels_in(said: &Witnessed) -> usize {
    said.peers.iter().map(|peer| peer.fundings.len()).sum()
}

#[test]
fn a_dozen_channels_fit_and_the_rest_is_counted() {
    let seal = Seal::new(&keys(), NetworkId::Practice);
    let few = witnessed(&[2, 1, 3]);
    assert_eq!(seal.open(&seal.seal(few.clone())), Some(few));
    let opened = seal.open(&seal.seal(witnessed(&[40, 1, 5]))).unwrap();
    assert_eq!(opened.peers.len(), 3, "every peer is there");
    assert!(channels_in(&opened) >= 12);
    assert_eq!(channels_in(&opened) + opened.left_out as usize, 46);
    let opened = seal.open(&seal.seal(witnessed(&[1; 50]))).unwrap();
    assert!(opened.peers.len() >= 9, "{}", opened.peers.len());
    assert_eq!(channels_in(&opened) + opened.left_out as usize, 50);
}

#[test]
fn other_words_and_other_networks_do_not_open_it() {
    let ours = keys();
    let blob = Seal::new(&ours, NetworkId::Mainnet).seal(witnessed(&[1]));
    assert!(Seal::new(&ours, NetworkId::Mainnet).open(&blob).is_some());
    assert_eq!(Seal::new(&ours, NetworkId::Signet).open(&blob), None);
    assert_eq!(Seal::new(&keys(), NetworkId::Mainnet).open(&blob), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// One size, whatever is in it; and nothing but the whole blob opens.
    #[test]
    fn only_the_whole_blob_opens(
        channels in prop::collection::vec(0..20_u8, 0..20),
        at in 0..SIZE,
        bit in 0..8_u8,
    ) {
        let seal = Seal::new(&keys(), NetworkId::Practice);
        let blob = seal.seal(witnessed(&channels));
        prop_assert_eq!(blob.len(), SIZE);
        let opened = seal.open(&blob).unwrap();
        let all: usize = channels.iter().map(|n| usize::from(*n)).sum();
        prop_assert_eq!(channels_in(&opened) + opened.left_out as usize, all);
        let mut flipped = blob.clone();
        flipped[at] ^= 1 << bit;
        prop_assert_eq!(seal.open(&flipped), None);
        prop_assert_eq!(seal.open(&blob[..at]), None);
        prop_assert_eq!(seal.open(&[blob.as_slice(), &[0]].concat()), None);
    }

    #[test]
    fn whatever_a_peer_sends_is_nothing(bytes in prop::collection::vec(any::<u8>(), 0..70_000)) {
        let seal = Seal::new(&keys(), NetworkId::Practice);
        prop_assert_eq!(seal.open(&bytes), None);
    }
}

/// A vault on disk, and who opens it.
struct Computer {
    dir: tempfile::TempDir,
    key: DataKey,
    keys: Arc<Keys>,
    term: u64,
}

impl Computer {
    fn new() -> Self {
        let (dir, key) = (tempfile::tempdir().unwrap(), DataKey::generate());
        drop(Vault::create(&dir.path().join("vault.db"), &key).unwrap());
        Self { dir, key, keys: Arc::new(keys()), term: 0 }
    }

    /// The same vault on another computer. It must not be open.
    fn copied(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::copy(self.dir.path().join("vault.db"), dir.path().join("vault.db")).unwrap();
        Self { dir, key: self.key.clone(), keys: self.keys.clone(), term: self.term }
    }

    fn opens(&self) -> Opened {
        self.opens_as(false)
    }

    fn opens_as(&self, new: bool) -> Opened {
        let vault = Arc::new(Vault::open(&self.dir.path().join("vault.db"), &self.key).unwrap());
        let kv = StagedKv::new(vault.clone(), || {});
        let keys = (&*self.keys, NetworkId::Practice);
        let witnesses = Witnesses::load((&kv, vault.clone()), keys, self.term, new);
        Opened { vault, kv, witnesses }
    }
}

struct Opened {
    vault: Arc<Vault>,
    kv: StagedKv,
    witnesses: Witnesses,
}

impl Opened {
    fn commits(&self, times: usize) {
        for _ in 0..times {
            let batch = Batch { kv: self.kv.take_staged(), ..Batch::default() };
            self.vault.commit(&batch).unwrap();
        }
    }

    fn gives(&self, to: u8) -> Vec<u8> {
        self.witnesses.give(peer(to), witnessed(&[1]).peers, Timestamp::from_secs(7))
    }

    /// With a new connection.
    fn hears(&self, from: u8, blob: &[u8]) -> bool {
        self.witnesses.begins(peer(from));
        self.hears_late(from, blob)
    }

    fn hears_late(&self, from: u8, blob: &[u8]) -> bool {
        self.witnesses.hear(peer(from), blob)
    }
}

#[test]
fn a_copy_sees_that_the_original_went_on_and_the_original_goes_on() {
    let original = Computer::new();
    original.opens().commits(3);
    let copy = original.copied();
    let first = original.opens();
    let at_once = first.gives(1);
    assert!(!copy.opens().hears(1, &at_once), "nothing was written since");
    first.commits(1);
    let blob = first.gives(1);
    assert!(!first.hears(1, &blob), "its own");
    let second = copy.opens();
    second.commits(50);
    assert!(second.hears(1, &blob), "what it wrote itself since does not hide it");
    assert_eq!(*second.witnesses.ahead().borrow(), Some(Progress { term: 0, generation: 4 }));
    drop(first);
    assert!(!original.opens().hears(1, &blob), "its past");
    assert!(!original.opens().hears(1, &at_once), "an older one");
}

#[test]
fn of_two_that_run_the_one_that_is_ahead_goes_on() {
    let original = Computer::new();
    original.opens().commits(3);
    let copy = original.copied();
    let (first, second) = (original.opens(), copy.opens());
    let before = first.gives(1);
    first.commits(9);
    assert!(!second.hears(1, &before));
    second.commits(2);
    let fork = second.gives(1);
    assert!(!first.hears(1, &fork), "it is behind");
    assert!(second.hears(1, &first.gives(1)), "it hears so");
    assert!(first.hears(2, &fork), "a peer that had none of ours has heard the other one alone");
}

/// The peer is slow: it was given one before what it kept is here, and this opening has written as much as the other.
#[test]
fn what_was_kept_before_and_comes_after_counts() {
    let original = Computer::new();
    original.opens().commits(3);
    let copy = original.copied();
    let first = original.opens();
    first.commits(1);
    let kept = first.gives(1);
    let second = copy.opens();
    second.witnesses.begins(peer(1));
    second.commits(1);
    second.gives(1);
    assert!(second.hears_late(1, &kept));
}

#[test]
fn a_restore_is_ahead_of_what_it_was_restored_from() {
    let lost = Computer::new();
    lost.opens().commits(3);
    let restored = Computer { term: 1, ..lost.copied() };
    let lost = lost.opens();
    lost.commits(400);
    let blob = lost.gives(1);
    let restored = restored.opens();
    assert!(!restored.hears(1, &blob), "its own former blob");
    assert!(lost.hears(1, &restored.gives(1)), "and whoever was taken over hears of it");
}

#[test]
fn another_life_of_the_same_words_is_found_and_locks_nobody_out() {
    let lost = Computer::new();
    let opened = lost.opens_as(true);
    opened.commits(100);
    let blob = opened.gives(1);
    let from_words = Computer { keys: lost.keys.clone(), ..Computer::new() };
    let from_words = from_words.opens_as(true);
    assert!(!from_words.hears(9, &blob));
    let found = from_words.witnesses.found().borrow().clone();
    assert_eq!(found[&peer(9)].peers, witnessed(&[1]).peers);
    assert_eq!((found[&peer(9)].generation, found[&peer(9)].at_secs), (100, 7));
}

#[test]
fn what_a_person_has_seen_is_no_news_after_a_start() {
    let original = Computer::new();
    original.opens().commits(1);
    let copy = original.copied();
    let first = original.opens();
    first.commits(20);
    let (seen, later) = (first.gives(1), {
        first.commits(1);
        first.gives(1)
    });
    let second = copy.opens();
    assert!(second.hears(1, &seen));
    let ahead = *second.witnesses.ahead().borrow();
    Witnesses::remember(&second.kv, ahead.unwrap()).unwrap();
    second.commits(1);
    drop(second);
    let again = copy.opens();
    assert!(!again.hears(1, &seen));
    assert!(again.hears(1, &later));
}

#[test]
fn what_was_written_before_the_channels_were_given_up_is_no_news() {
    let original = Computer::new();
    original.opens().commits(1);
    let copy = original.copied();
    let first = original.opens();
    first.commits(20);
    let secs = Timestamp::from_secs;
    let written = |at| first.witnesses.give(peer(1), Vec::new(), secs(at));
    let (before, after) = (written(100), written(101));
    let second = copy.opens();
    second.witnesses.gave_up(&second.kv, secs(100)).unwrap();
    assert!(!second.hears(1, &before));
    second.commits(1);
    drop(second);
    let again = copy.opens();
    assert!(!again.hears(1, &before), "nor after a start");
    assert!(again.hears(1, &after), "who wrote it is alive");
}

#[test]
fn a_life_begins_with_the_vault_and_lasts() {
    let computer = Computer::new();
    let made = computer.opens_as(true);
    made.commits(1);
    let life = made.witnesses.life;
    drop(made);
    assert_eq!(computer.opens().witnesses.life, life);
    assert_ne!(life, Computer::new().opens_as(true).witnesses.life);
    assert_eq!(Computer::new().opens().witnesses.life, [0; 16], "of an older Fulmen");
}
