//! BDK's log becomes one row, or stays as it was.

use super::*;
use bdk_wallet::chain::local_chain;
use bdk_wallet::{ChangeSet, KeychainKind, Wallet};
use bitcoin::BlockHash;
use bitcoin::hashes::Hash;

#[test]
fn bdk_loads_what_a_compacted_log_holds() {
    let p = place();
    let vault = Arc::new(Vault::create(&p.path, &p.key).unwrap());
    let words = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    let keys = crate::keys::Keys::derive(
        &crate::keys::Words::parse(words).unwrap(),
        None,
        bitcoin::Network::Regtest,
    );
    let (ours, change) =
        (keys.descriptor(KeychainKind::External), keys.descriptor(KeychainKind::Internal));
    let mut wallet = Wallet::create(ours, change)
        .network(bitcoin::Network::Regtest)
        .create_wallet_no_persist()
        .unwrap();
    for index in 0..6 {
        if index > 0 {
            wallet.reveal_next_address(KeychainKind::External);
        }
        let staged = wallet.take_staged().unwrap();
        vault
            .commit(&Batch { changesets: vec![changesets::encode(&staged)], ..Batch::default() })
            .unwrap();
    }
    let log = vault.changesets().unwrap();
    assert_eq!(log.len(), 6);
    let before = changesets::decode_all(&log).unwrap();
    assert!(!vault.compact_changesets(6).unwrap());
    assert!(vault.compact_changesets(5).unwrap());
    let log = vault.changesets().unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(changesets::decode_all(&log).unwrap(), before);
    let again = Wallet::load().load_wallet_no_persist(before).unwrap().unwrap();
    assert_eq!(again.derivation_index(KeychainKind::External), Some(4));
    let damaged = changesets::decode_all(&[b"{".to_vec()]).unwrap_err();
    assert_eq!(damaged.code(), Code::VaultDamaged);
}

/// What a look at the chain adds with each block.
fn block(height: u32) -> Vec<u8> {
    let hash = BlockHash::hash(&height.to_be_bytes());
    let local_chain = local_chain::ChangeSet { blocks: [(height, Some(hash))].into() };
    changesets::encode(&ChangeSet { local_chain, ..ChangeSet::default() })
}

/// A year of blocks, each a row.
const YEAR: u32 = 52_560;

#[test]
fn a_year_of_blocks_becomes_one_row() {
    let p = place();
    let vault = Arc::new(Vault::create(&p.path, &p.key).unwrap());
    vault
        .commit(&Batch { changesets: (0..YEAR).map(block).collect(), ..Batch::default() })
        .unwrap();
    let before = changesets::decode_all(&vault.changesets().unwrap()).unwrap();
    assert_eq!(before.local_chain.blocks.len(), usize::try_from(YEAR).unwrap());
    assert!(vault.compact_changesets(256).unwrap());
    let log = vault.changesets().unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(changesets::decode_all(&log).unwrap(), before);
    assert_eq!(vault.generation(), Generation(2), "one commit");
    vault.commit(&Batch { changesets: vec![block(YEAR)], ..Batch::default() }).unwrap();
    let after = changesets::decode_all(&vault.changesets().unwrap()).unwrap();
    assert_eq!(after.local_chain.blocks.len(), before.local_chain.blocks.len() + 1);
}

#[test]
fn a_compaction_that_is_cut_short_leaves_the_log_as_it_was() {
    let p = place();
    let vault = Arc::new(Vault::create(&p.path, &p.key).unwrap());
    vault.commit(&Batch { changesets: (0..600).map(block).collect(), ..Batch::default() }).unwrap();
    let before = (vault.load().unwrap(), vault.changesets().unwrap());
    // A kill in the middle: what the log of a transaction without its end holds does not count.
    {
        let mut conn = foreigner(&p);
        let half = conn.transaction().unwrap();
        half.execute("DELETE FROM changeset", []).unwrap();
        std::mem::forget(half);
    }
    assert_eq!((vault.load().unwrap(), vault.changesets().unwrap()), before);
    assert!(vault.compact_changesets(256).unwrap());
    let merged = |log: &[Vec<u8>]| changesets::decode_all(log).unwrap();
    assert_eq!(merged(&vault.changesets().unwrap()), merged(&before.1));
}
