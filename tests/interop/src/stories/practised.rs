//! What the practice network mined in the stories of `npm test`: bitcoind takes every block of it.

use crate::bitcoind::Bitcoind;
use crate::mirror::Tally;
use crate::peer::Tools;
use bitcoin::BlockHash;
use fulmen_engine::time::Timestamp;
use fulmen_practice::chain::PracticeChain;
use std::path::{Path, PathBuf};

/// Why there is nothing to judge.
pub(super) fn cannot(chains: &Path) -> Option<&'static str> {
    (!chains.is_dir()).then_some("`npm test` has left no chains here")
}

/// Every chain becomes bitcoind's own, one after the other.
pub(super) async fn by_bitcoind(tools: Tools, dir: PathBuf) -> (String, Tally) {
    let bitcoind = Bitcoind::start(&tools.debian, &dir.join("bitcoind")).await;
    let mut tally = Tally::default();
    let mut before: Vec<BlockHash> = Vec::new();
    for (hashes, place) in chains(&tools.chains) {
        let same = before.iter().zip(&hashes).take_while(|(a, b)| a == b).count();
        if same < before.len() {
            bitcoind.forget_from(height(same) + 1).await;
        }
        let chain = open(&place);
        let blocks =
            (same..hashes.len()).map(|at| chain.block_at(height(at) + 1).expect("its own"));
        let blocks: Vec<_> = blocks.collect();
        let latest = blocks.iter().map(|block| u64::from(block.header.time)).max();
        bitcoind.set_clock(Timestamp::from_secs(latest.unwrap_or_default())).await;
        for block in &blocks {
            let taken = bitcoind.submit(block).await;
            assert_eq!(
                taken,
                Ok(()),
                "bitcoind takes {} of {}",
                block.block_hash(),
                place.display()
            );
            tally.blocks += 1;
        }
        assert_eq!(bitcoind.tip().await, chain.tip().hash.to_string());
        before = hashes;
    }
    assert!(tally.blocks > 0, "a chain has blocks");
    (bitcoind.version().await, tally)
}

/// All of them, and the hashes of their blocks above genesis. Stories that began in the same second share their first blocks;
/// in this order such chains follow each other, and no block that bitcoind was told to forget comes again.
fn chains(place: &Path) -> Vec<(Vec<BlockHash>, PathBuf)> {
    let folders = std::fs::read_dir(place).expect("chains").map(|entry| entry.expect("a chain"));
    let mut all: Vec<_> = folders
        .map(|folder| {
            let chain = open(&folder.path());
            let hashes = (1..=chain.tip().height).map(|at| chain.hash_at(at).expect("its own"));
            (hashes.collect(), folder.path())
        })
        .collect();
    // Where one chain is the beginning of another, the shorter comes first.
    all.sort();
    all
}

fn open(place: &Path) -> PracticeChain {
    PracticeChain::open(place, Timestamp::now).expect("a chain")
}

fn height(blocks: usize) -> u32 {
    u32::try_from(blocks).expect("few")
}
