//! What holds of every answer of a node, for [`crate::fuzz`].

use super::super::Address;
use super::super::fuzz::known::{BLOCK, HEIGHT, STRANGER, id};
use super::super::fuzz::served::{PLACE, put, wait};
use super::super::server::{Blocks as _, Server as _};
use super::Bitcoind;
use bitcoin::{OutPoint, Transaction, Txid};
use std::sync::{LazyLock, Mutex, PoisonError};

static NODE: LazyLock<Mutex<Bitcoind>> = LazyLock::new(|| {
    let address = Address::read(&format!("bitcoind://{}", *PLACE));
    Mutex::new(Bitcoind::new(&address, None).expect("an address"))
});

/// The first byte says what is asked, the rest are the answers.
pub(crate) fn answers(data: &[u8]) {
    let Some((asked, said)) = data.split_first() else { return };
    let mut node = NODE.lock().unwrap_or_else(PoisonError::into_inner);
    // Nothing is remembered from before.
    (node.recent, node.read) = Default::default();
    if put(said) {
        wait(ask(&node, *asked));
    }
}

async fn ask(node: &Bitcoind, asked: u8) {
    let txid = BLOCK.txdata[2].compute_txid();
    match asked {
        b'b' => {
            if let Ok(block) = node.block(BLOCK.block_hash()).await {
                let ids = |all: &[Transaction]| -> Vec<Txid> {
                    all.iter().map(Transaction::compute_txid).collect()
                };
                assert_eq!(ids(&block.txdata), ids(&BLOCK.txdata), "what its header names");
            }
        }
        b'e' => {
            let estimates = node.estimates().await.unwrap_or_default();
            assert!(estimates.values().all(|rate| *rate > 0.0));
        }
        b'f' => drop(node.blocks_from(HEIGHT, HEIGHT + 9).await),
        b'h' => drop(node.hash_at(HEIGHT).await),
        b'm' => {
            if let Ok(mempool) = node.mempool().await {
                let known = |one: &Transaction| mempool.waiting.contains(&one.compute_txid());
                assert!(mempool.transactions.iter().all(known));
                node.was_read(&mempool);
            }
        }
        b'o' => drop(node.outspend(OutPoint { txid, vout: 0 }).await),
        b'p' => drop(node.position(txid).await),
        b'r' => drop(node.send(&STRANGER).await),
        b's' => assert!(!matches!(node.proves(&STRANGER, id()).await, Ok(true)), "not in it"),
        b't' => {
            let found = node.transaction(txid).await.ok().flatten();
            assert!(found.is_none_or(|one| one.compute_txid() == txid));
        }
        _ => {
            if let Ok(newest) = node.newest().await {
                newest.hangs_together();
            }
        }
    }
    assert!(node.heard().is_none_or(|heard| heard.host == "127.0.0.1"));
}
