//! Chains of headers that are made up, with real work where the network asks for little, and the retargets of Bitcoin Core's own
//! tests.

use super::chain::{Anchor, HeaderChain, Offered};
use super::rules::{BadHeader, Below, PERIOD, Rules};
use super::{Headers, ROW};
use crate::network::NetworkId;
use bdk_wallet::chain::BlockId;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, Network, TxMerkleNode};
use proptest::prelude::*;
use std::collections::BTreeMap;

const EASY: u32 = 0x207f_ffff;
const START: u32 = 1_700_000_000;

pub(crate) fn genesis() -> Header {
    genesis_block(Network::Regtest).header
}

/// A block on another, with work.
fn on(below: &Header, salt: u8, seconds: u32) -> Header {
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash: below.block_hash(),
        merkle_root: TxMerkleNode::from_byte_array([salt; 32]),
        time: below.time + seconds,
        bits: CompactTarget::from_consensus(EASY),
        nonce: 0,
    };
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    header
}

pub(crate) fn run(below: &Header, salt: u8, count: usize) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for _ in 0..count {
        headers.push(on(headers.last().unwrap_or(below), salt, 600));
    }
    headers
}

fn regtest() -> HeaderChain {
    let block = BlockId { height: 0, hash: genesis().block_hash() };
    let next_bits = Some(CompactTarget::from_consensus(EASY));
    HeaderChain::above(NetworkId::Regtest, Anchor { block, next_bits })
}

fn hashes(chain: &HeaderChain) -> Vec<BlockHash> {
    (0..=chain.height()).filter_map(|height| chain.hash(height)).collect()
}

/// Every header is on the one below.
fn hangs_together(chain: &HeaderChain) -> bool {
    (1..=chain.height()).all(|height| {
        chain.header(height).map(|header| header.prev_blockhash) == chain.hash(height - 1)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is offered, in whatever order: the chain hangs together, never loses work, and ends with the branch that has
    /// most.
    #[test]
    fn the_branch_with_most_work_stays(
        trunk in 1usize..40,
        branches in prop::collection::vec((0usize..40, 1usize..60, 1u8..4), 0..6),
    ) {
        let trunk = run(&genesis(), 0, trunk);
        let mut chain = regtest();
        prop_assert_eq!(chain.offer(1, &trunk), Ok(Offered::Taken { from: 1 }));
        let mut most = trunk.len();
        for (fork, length, salt) in branches {
            let fork = fork % trunk.len();
            let below = if fork == 0 { genesis() } else { trunk[fork - 1] };
            let branch = run(&below, salt, length);
            let from = u32::try_from(fork).unwrap() + 1;
            let before = chain.height();
            match chain.offer(from, &branch) {
                Ok(Offered::Taken { .. }) => most = most.max(fork + length),
                Ok(Offered::Lighter) => prop_assert!(fork + length <= most),
                Ok(Offered::Known | Offered::Apart) => {}
                Err(error) => prop_assert!(false, "{error}"),
            }
            prop_assert!(chain.height() >= before);
            prop_assert!(hangs_together(&chain));
        }
        prop_assert_eq!(chain.height() as usize, most);
    }

    /// One wrong header anywhere, and nothing of it is taken.
    #[test]
    fn one_that_is_wrong_spoils_all(
        known in 0usize..20,
        length in 1usize..40,
        at in 0usize..40,
        kind in 0usize..4,
    ) {
        let trunk = run(&genesis(), 5, known + length);
        let mut chain = regtest();
        chain.offer(1, &trunk[..known]).unwrap();
        let before = hashes(&chain);
        let mut branch = trunk[known..].to_vec();
        let wrong = &mut branch[at % length];
        match kind {
            0 => wrong.merkle_root = TxMerkleNode::all_zeros(),
            1 => wrong.prev_blockhash = BlockHash::all_zeros(),
            2 => wrong.bits = CompactTarget::from_consensus(0x207f_fffe),
            _ => wrong.time = 1,
        }
        let from = u32::try_from(known).unwrap() + 1;
        match chain.offer(from, &branch) {
            Err(_) | Ok(Offered::Apart) => prop_assert_eq!(hashes(&chain), before),
            // Half of all hashes are work enough here: one that still has it is another block, which is the last.
            Ok(_) => prop_assert!(kind != 1 && kind != 2 && at % length == length - 1),
        }
    }

    /// What is kept is what was checked, however often it was written in between, and what was undone is gone.
    #[test]
    fn what_is_kept_is_read_back(
        parts in prop::collection::vec(1usize..90, 1..5),
        undone in 0usize..5,
        more in 6usize..100,
    ) {
        let headers = Headers::new(NetworkId::Regtest);
        let mut rows: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut trunk: Vec<Header> = Vec::new();
        for part in parts {
            let below = trunk.last().copied().unwrap_or_else(genesis);
            let next = run(&below, 0, part);
            headers.offer(u32::try_from(trunk.len()).unwrap() + 1, &next).unwrap();
            trunk.extend(next);
            rows.extend(headers.unwritten());
        }
        let fork = trunk.len().saturating_sub(undone);
        let below = fork.checked_sub(1).map_or_else(genesis, |at| trunk[at]);
        let branch = run(&below, 9, more);
        headers.offer(u32::try_from(fork).unwrap() + 1, &branch).unwrap();
        rows.extend(headers.unwritten());
        prop_assert!(headers.unwritten().is_empty());
        let read = Headers::load(NetworkId::Regtest, rows.into_iter().collect(), None);
        prop_assert_eq!(read.tip(), headers.tip());
        for height in 0..=headers.tip().unwrap().height {
            prop_assert_eq!(read.hash(height), headers.hash(height));
        }
    }
}

#[test]
fn rows_that_do_not_hang_together_are_left() {
    let headers = Headers::new(NetworkId::Regtest);
    headers.offer(1, &run(&genesis(), 0, 100)).unwrap();
    let rows = headers.unwritten();
    let height = |network, rows| Headers::load(network, rows, None).tip().map(|tip| tip.height);
    assert_eq!(height(NetworkId::Regtest, rows.clone()), Some(100));
    // A row that is missing ends what is believed.
    let mut torn = rows.clone();
    torn.retain(|(name, _)| *name != format!("{:010}", 0));
    assert_eq!(height(NetworkId::Regtest, torn), Some(0));
    let mut harmed = rows;
    harmed.last_mut().unwrap().1.truncate(usize::try_from(ROW).unwrap());
    assert_eq!(height(NetworkId::Regtest, harmed), Some(63));
}

/// A vault that was away while releases came: nothing between its chain and the new checkpoint stays unchecked, and no other
/// chain passes.
#[test]
fn a_chain_that_ends_below_the_checkpoint_must_lead_there() {
    let trunk = run(&genesis(), 0, 20);
    let other = run(&trunk[4], 7, 30);
    let checkpoint = BlockId { height: 12, hash: trunk[11].block_hash() };
    let mut chain = regtest().with(Some(checkpoint));
    assert_eq!(chain.offer(1, &trunk[..6]), Ok(Offered::Taken { from: 1 }));
    assert_eq!(chain.offer(6, &other), Err(BadHeader::Checkpoint), "more work, and wrong");
    assert_eq!(chain.height(), 6);
    assert_eq!(chain.offer(7, &trunk[6..]), Ok(Offered::Taken { from: 7 }));
    assert_eq!(chain.offer(6, &other), Err(BadHeader::Checkpoint), "nor afterwards");
    assert_eq!(chain.height(), 20);
}

#[test]
fn a_wallet_with_channels_begins_where_it_was() {
    let block = |height| BlockId { height, hash: BlockHash::from_byte_array([7; 32]) };
    let begins = |network, rows, followed| {
        Headers::load(network, rows, followed).begins_above().map(|block| block.height)
    };
    assert_eq!(begins(NetworkId::Signet, vec![], None), Some(316_511));
    assert_eq!(begins(NetworkId::Signet, vec![], Some(block(300_000))), Some(300_000));
    assert_eq!(begins(NetworkId::Signet, vec![], Some(block(400_000))), Some(316_511));
    assert_eq!(begins(NetworkId::Mutinynet, vec![], None), None);
    assert_eq!(begins(NetworkId::Mutinynet, vec![], Some(block(5))), Some(5));
    let rows = Headers::load(NetworkId::Signet, vec![], Some(block(300_000))).unwritten();
    assert_eq!(begins(NetworkId::Signet, rows, None), Some(300_000), "it is kept");
}

#[test]
fn without_a_checkpoint_the_first_block_that_is_named_is_taken() {
    let headers = Headers::new(NetworkId::Mutinynet);
    assert_eq!(headers.tip(), None);
    let block = BlockId { height: 7, hash: BlockHash::from_byte_array([7; 32]) };
    headers.begin_above(block);
    headers.begin_above(BlockId { height: 9, ..block });
    let rows = headers.unwritten();
    let read = Headers::load(NetworkId::Mutinynet, rows, None);
    assert_eq!(read.begins_above(), Some(block));
    assert_eq!(read.hash(7), Some(block.hash));
}

/// Two headers of a period, and what they lead to.
struct Ends {
    first: (u32, u32, u32),
    last: (u32, u32, u32),
    next_bits: Option<CompactTarget>,
}

fn bare(time: u32, bits: u32) -> Header {
    let bits = CompactTarget::from_consensus(bits);
    Header { time, bits, nonce: 0, ..genesis() }
}

impl Below for Ends {
    fn header(&self, height: u32) -> Option<Header> {
        let ends = [self.first, self.last];
        let found = ends.into_iter().find(|(at, ..)| *at == height);
        found.map(|(_, time, bits)| bare(time, bits))
    }

    fn first_bits(&self) -> Option<CompactTarget> {
        self.next_bits
    }
}

fn asked(network: NetworkId, below: &Ends, height: u32, time: u32) -> Option<u32> {
    let bits = Rules::of(network).bits(below, height, &bare(time, EASY));
    bits.map(CompactTarget::to_consensus)
}

/// Bitcoin Core's `pow_tests.cpp`: an ordinary change, the least difficulty, and the most it changes either way.
#[test]
fn the_difficulty_changes_as_bitcoin_cores_does() {
    for (began, last, time, bits, next) in [
        (1_261_130_161, 32_255, 1_262_152_739, 0x1d00_ffff, 0x1d00_d86a),
        (1_231_006_505, 2_015, 1_233_061_996, 0x1d00_ffff, 0x1d00_ffff),
        (1_279_008_237, 68_543, 1_279_297_671, 0x1c05_a3f4, 0x1c01_68fd),
        (1_263_163_443, 46_367, 1_269_211_443, 0x1c38_7f6f, 0x1d00_e1fd),
    ] {
        let first = (last + 1 - PERIOD, began, bits);
        let ends = Ends { first, last: (last, time, bits), next_bits: None };
        assert_eq!(asked(NetworkId::Mainnet, &ends, last + 1, time), Some(next), "{last}");
        let within = Ends { first, last: (last - 1, time, bits), next_bits: None };
        assert_eq!(asked(NetworkId::Mainnet, &within, last, time), Some(bits), "{last}");
    }
}

#[test]
fn above_a_checkpoint_the_difficulty_is_the_one_that_it_names() {
    let next_bits = Some(CompactTarget::from_consensus(0x1702_3cc1));
    let nothing = Ends { first: (1, 0, 0), last: (1, 0, 0), next_bits };
    assert_eq!(asked(NetworkId::Mainnet, &nothing, 963_648, START), Some(0x1702_3cc1));
    assert_eq!(asked(NetworkId::Signet, &nothing, 316_512, START), None, "whoever signs says it");
}

#[test]
fn testnet_4_has_easy_blocks_and_measures_by_a_periods_first() {
    let (hard, easy) = (0x1c01_68fd, 0x1d00_ffff);
    let first = (2_016, START, hard);
    let after = |bits, next: u32| Ends { first, last: (next - 1, START, bits), next_bits: None };
    let late = START + 20 * 60 + 1;
    assert_eq!(asked(NetworkId::Testnet4, &after(hard, 2_020), 2_020, late), Some(easy));
    assert_eq!(asked(NetworkId::Testnet4, &after(hard, 2_020), 2_020, late - 1), Some(hard));
    // After an easy block the difficulty is that of the last one that was none: here the period's first.
    assert_eq!(asked(NetworkId::Testnet4, &after(easy, 2_018), 2_018, START), Some(hard));
    let two_weeks = START + 14 * 24 * 60 * 60;
    let ends = Ends { first, last: (4_031, two_weeks, easy), next_bits: None };
    assert_eq!(asked(NetworkId::Testnet4, &ends, 4_032, two_weeks + 3_000), Some(hard));
}

/// The first two headers of the real chain; the second without its work, at another place, and with a time before the first.
#[test]
fn a_real_header_stands_where_it_belongs() {
    const FIRST: &str = "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299";
    let first: Header = deserialize_hex(FIRST).unwrap();
    let below = genesis_block(Network::Bitcoin).header;
    let bits = Some(below.bits);
    let anchor = Anchor { block: BlockId { height: 0, hash: below.block_hash() }, next_bits: bits };
    let chain = HeaderChain::above(NetworkId::Mainnet, anchor);
    assert_eq!(chain.clone().offer(1, &[first]), Ok(Offered::Taken { from: 1 }));
    assert_eq!(chain.clone().offer(2, &[first]), Ok(Offered::Apart));
    let lazy = Header { nonce: first.nonce + 1, ..first };
    assert_eq!(chain.clone().offer(1, &[lazy]), Err(BadHeader::Work));
    // What has work on a test network has far too little here.
    let easy = on(&below, 0, 600);
    assert_eq!(chain.clone().offer(1, &[easy]), Err(BadHeader::Difficulty));
}
