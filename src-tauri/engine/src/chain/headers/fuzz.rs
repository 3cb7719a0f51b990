//! What holds of the chain of headers, whoever offers what, for [`crate::fuzz`].

use super::chain::Offered;
use super::{Headers, ROW};
use crate::network::NetworkId;
use bitcoin::block::{Header, Version};
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash as _;
use bitcoin::{CompactTarget, Network, TxMerkleNode, Work};
use std::collections::BTreeMap;

/// Bytes of a step.
const STEP: usize = 6;

/// `r`: a row as the vault might have it, else steps, each a branch that is offered: on which header, how many, how far apart,
/// what is wrong with them.
pub(crate) fn branches(data: &[u8]) {
    match data.split_first() {
        Some((b'r', row)) => rows(row),
        Some((_, steps)) => offers(steps),
        None => {}
    }
}

/// Rows of any content: what is read of them hangs together.
fn rows(data: &[u8]) {
    let mut rows = Vec::new();
    for (number, row) in data.chunks(80 * ROW as usize).enumerate() {
        rows.push((format!("{number:010}"), row.to_vec()));
    }
    if let Some(anchor) = data.get(..40) {
        rows.push(("anchor".to_owned(), anchor.to_vec()));
    }
    for network in [NetworkId::Regtest, NetworkId::Mainnet, NetworkId::Mutinynet] {
        hangs_together(&Headers::load(network, rows.clone(), None));
    }
}

fn offers(steps: &[u8]) {
    let genesis = genesis_block(Network::Regtest).header;
    let headers = Headers::new(NetworkId::Regtest);
    // All that were made, with their heights; right ones and wrong ones.
    let mut made = vec![(0_u32, genesis)];
    let mut kept: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for step in steps.chunks_exact(STEP).take(32) {
        let (mut height, mut below) = made[usize::from(step[0]) % made.len()];
        let from = height.saturating_add(1).saturating_add(u32::from(step[5] >> 4 == 15));
        let mut branch = Vec::new();
        for _ in 0..=step[1] % 24 {
            below = on(&below, step);
            height += 1;
            branch.push(below);
            made.push((height, below));
        }
        let (tip, work) = (headers.tip(), work(&headers));
        match headers.offer(from, &branch) {
            Ok(Offered::Taken { .. }) => assert!(self::work(&headers) > work),
            Ok(_) | Err(_) => assert_eq!(headers.tip(), tip, "nothing of it is taken"),
        }
        hangs_together(&headers);
        kept.extend(headers.unwritten());
    }
    let read = Headers::load(NetworkId::Regtest, kept.into_iter().collect(), None);
    assert_eq!(read.tip(), headers.tip(), "what is kept is read");
}

/// One on another, with work unless that is what is wrong.
fn on(below: &Header, step: &[u8]) -> Header {
    let time = below.time.wrapping_add(u32::from(step[3]).wrapping_mul(60));
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash: below.block_hash(),
        merkle_root: TxMerkleNode::from_byte_array([step[2]; 32]),
        time: if step[4] & 1 == 0 { time } else { time.wrapping_sub(86_400) },
        bits: below.bits,
        nonce: 0,
    };
    if step[4] & 2 != 0 {
        header.bits =
            CompactTarget::from_consensus(u32::from_be_bytes([step[2], step[3], step[4], step[5]]));
    }
    if step[4] & 4 != 0 {
        header.prev_blockhash = bitcoin::BlockHash::from_byte_array([step[2]; 32]);
    }
    if step[4] & 8 == 0 {
        // Half of all hashes are work enough there.
        for nonce in 0..32 {
            header.nonce = nonce;
            if header.validate_pow(header.target()).is_ok() {
                break;
            }
        }
    }
    header
}

fn work(headers: &Headers) -> Work {
    let all = (1..=headers.tip().map_or(0, |tip| tip.height)).filter_map(|at| headers.header(at));
    all.fold(Work::from_be_bytes([0; 32]), |sum, header| sum + header.work())
}

/// Each is on the one below, has the work it names, and is found by its height.
fn hangs_together(headers: &Headers) {
    let (Some(tip), Some(anchor)) = (headers.tip(), headers.begins_above()) else { return };
    // No chain begins there: see `chain::plausible`.
    if anchor.height > u32::MAX / 2 {
        return;
    }
    assert_eq!(headers.hash(tip.height), Some(tip.hash));
    for height in anchor.height.saturating_add(1)..=tip.height {
        let header = headers.header(height).expect("up to the newest");
        assert_eq!(Some(header.prev_blockhash), headers.hash(height - 1));
    }
    assert_eq!(headers.hash(tip.height.wrapping_add(1)).filter(|_| tip.height < u32::MAX), None);
}
