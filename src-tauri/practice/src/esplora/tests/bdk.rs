//! BDK's wallet, scanning and syncing over real HTTP.

use super::*;
use crate::chain::Branch;
use bdk_esplora::EsploraAsyncExt;
use bdk_wallet::{KeychainKind, SignOptions, Wallet};
use bitcoin::bip32::Xpriv;
use bitcoin::{Amount, FeeRate};
use std::time::UNIX_EPOCH;

const KEY: &str = "tprv8ZgxMBicQKsPdy6LMhUtFHAgpocR8GC6QmwMSFpZs7h6Eziw3SpThFfczTDh5rW2krkqffa11UpX3XkeTTB2FvzZKWXqPY54Y6Rq4AQ5R8L";

fn wallet() -> Wallet {
    let [external, internal] = [0, 1].map(|chain| format!("wpkh({KEY}/84'/1'/0'/{chain}/*)"));
    Wallet::create(external, internal).network(Network::Regtest).create_wallet_no_persist().unwrap()
}

async fn scan(bench: &Bench, wallet: &mut Wallet) {
    let request = wallet.start_full_scan_at(UNIX_EPOCH.elapsed().unwrap().as_secs());
    let update = bench.client.full_scan(request, 5, 4).await.unwrap();
    wallet.apply_update(update).unwrap();
}

async fn sync(bench: &Bench, wallet: &mut Wallet) {
    let request = wallet.start_sync_with_revealed_spks_at(UNIX_EPOCH.elapsed().unwrap().as_secs());
    let update = bench.client.sync(request, 4).await.unwrap();
    wallet.apply_update(update).unwrap();
}

#[tokio::test]
async fn a_full_scan_finds_a_script_with_a_long_history() {
    let bench = Bench::new().await;
    let mut wallet = wallet();
    let script = wallet.peek_address(KeychainKind::External, 2).script_pubkey();
    for round in 0..55 {
        bench.pay(&script, 10_000);
        if round % 10 == 9 {
            bench.chain.mine(1).unwrap();
        }
    }
    scan(&bench, &mut wallet).await;
    assert_eq!(wallet.transactions().count(), 55);
    let balance = wallet.balance();
    assert_eq!(balance.confirmed, Amount::from_sat(500_000));
    assert_eq!(balance.untrusted_pending, Amount::from_sat(50_000));
    assert_eq!(wallet.latest_checkpoint().hash(), bench.chain.tip().hash);
}

#[tokio::test]
async fn a_wallet_pays_over_the_server_and_follows_a_reorg() {
    let bench = Bench::new().await;
    let mut wallet = wallet();
    let own = wallet.reveal_next_address(KeychainKind::External).script_pubkey();
    bench.pay(&own, 100_000);
    bench.chain.mine(1).unwrap();
    sync(&bench, &mut wallet).await;
    let mut build = wallet.build_tx();
    build
        .add_recipient(script(1), Amount::from_sat(30_000))
        .fee_rate(FeeRate::from_sat_per_vb_u32(3));
    let mut psbt = build.finish().unwrap();
    let key: Xpriv = KEY.parse().unwrap();
    psbt.sign(&key, wallet.secp_ctx()).unwrap();
    assert!(wallet.finalize_psbt(&mut psbt, SignOptions::default()).unwrap());
    let fee = psbt.fee().unwrap();
    let tx = psbt.extract_tx().unwrap();
    bench.client.broadcast(&tx).await.unwrap();
    bench.chain.mine(1).unwrap();
    sync(&bench, &mut wallet).await;
    let left = Amount::from_sat(70_000) - fee;
    assert_eq!(wallet.balance().confirmed, left);
    bench.chain.reorg_to(1, Branch::Empty).unwrap();
    sync(&bench, &mut wallet).await;
    assert_eq!(
        (wallet.balance().confirmed, wallet.balance().trusted_pending),
        (Amount::ZERO, left)
    );
    bench.chain.reorg_to(1, Branch::Without(&[tx.compute_txid()])).unwrap();
    sync(&bench, &mut wallet).await;
    assert_eq!(wallet.balance().total(), Amount::from_sat(100_000));
}
