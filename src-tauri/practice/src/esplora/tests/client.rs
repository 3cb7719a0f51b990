//! Everything `esplora_client` can ask for.

use super::*;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, BlockHash, OutPoint, Txid};

#[tokio::test]
async fn blocks_are_told() {
    let bench = Bench::new().await;
    let tip = bench.chain.tip();
    let client = &bench.client;
    assert_eq!(client.get_height().await.unwrap(), tip.height);
    assert_eq!(client.get_tip_hash().await.unwrap(), tip.hash);
    assert_eq!(client.get_block_hash(7).await.unwrap(), bench.chain.hash_at(7).unwrap());
    let header = client.get_header_by_hash(&tip.hash).await.unwrap();
    assert_eq!(header.block_hash(), tip.hash);
    let block = client.get_block_by_hash(&tip.hash).await.unwrap().unwrap();
    assert_eq!((block.header, block.check_merkle_root()), (header, true));
    let info = client.get_block_info(&tip.hash).await.unwrap();
    assert_eq!((info.id, info.height, info.tx_count), (tip.hash, tip.height, 1));
    assert_eq!(info.previousblockhash, Some(header.prev_blockhash));
    assert_eq!(client.get_block_txids(&tip.hash).await.unwrap(), [block.txdata[0].compute_txid()]);
    assert_eq!(
        client.get_txid_at_block_index(&tip.hash, 0).await.unwrap(),
        Some(block.txdata[0].compute_txid())
    );
    assert_eq!(client.get_txid_at_block_index(&tip.hash, 1).await.unwrap(), None);
    let txs = client.get_block_txs(&tip.hash, None).await.unwrap();
    assert_eq!(txs.iter().map(esplora_client::Tx::to_tx).collect::<Vec<_>>(), block.txdata);
    let newest: Vec<u32> =
        client.get_block_infos(None).await.unwrap().iter().map(|info| info.height).collect();
    assert_eq!(newest, (tip.height - 9..=tip.height).rev().collect::<Vec<_>>());
    let oldest: Vec<u32> =
        client.get_block_infos(Some(3)).await.unwrap().iter().map(|info| info.height).collect();
    assert_eq!(oldest, [3, 2, 1, 0]);
    assert_eq!(client.get_block_by_hash(&BlockHash::all_zeros()).await.unwrap(), None);
}

#[tokio::test]
async fn an_undone_block_is_not_in_the_chain() {
    let bench = Bench::new().await;
    let old = bench.chain.tip();
    let status = bench.client.get_block_status(&old.hash).await.unwrap();
    assert_eq!(
        (status.in_best_chain, status.height, status.next_best),
        (true, Some(old.height), None)
    );
    let new = bench.chain.reorg(1).unwrap();
    let status = bench.client.get_block_status(&old.hash).await.unwrap();
    assert_eq!((status.in_best_chain, status.height), (false, None));
    let below =
        bench.client.get_block_status(&bench.chain.hash_at(old.height).unwrap()).await.unwrap();
    assert_eq!(below.next_best, Some(new.hash));
}

#[tokio::test]
async fn a_transaction_is_told_while_it_waits_and_when_it_is_confirmed() {
    let bench = Bench::new().await;
    let client = &bench.client;
    let tx = bench.pay(&script(1), 50_000);
    let (txid, fee) = (tx.compute_txid(), bench.chain.fee_of(&tx.compute_txid()).unwrap());
    assert_eq!(client.get_tx(&txid).await.unwrap().as_ref(), Some(&tx));
    assert!(!client.get_tx_status(&txid).await.unwrap().confirmed);
    assert!(client.get_merkle_proof(&txid).await.unwrap().is_none());
    assert!(client.get_merkle_block(&txid).await.unwrap().is_none());
    let tip = bench.chain.mine(1).unwrap();
    let info = client.get_tx_info(&txid).await.unwrap().unwrap();
    assert_eq!((info.to_tx(), info.fee, info.weight), (tx.clone(), fee.get(), tx.weight().to_wu()));
    assert_eq!(info.vin[0].prevout.as_ref().unwrap().scriptpubkey, bench.chain.faucet_script());
    assert_eq!(
        (info.status.block_hash, info.status.block_height),
        (Some(tip.hash), Some(tip.height))
    );
    assert_eq!(
        bench.get(&format!("/tx/{txid}/hex")).await.1,
        bitcoin::consensus::encode::serialize_hex(&tx)
    );
    let unknown = Txid::all_zeros();
    assert_eq!(client.get_tx(&unknown).await.unwrap(), None);
    assert_eq!(
        bench.get(&format!("/tx/{unknown}")).await,
        (404, "Transaction not found".to_owned())
    );
    assert!(!client.get_tx_status(&unknown).await.unwrap().confirmed);
}

#[tokio::test]
async fn proofs_lead_to_the_merkle_root() {
    let bench = Bench::new().await;
    let txs: Vec<Transaction> = (1..=6).map(|number| bench.pay(&script(number), 50_000)).collect();
    let tip = bench.chain.mine(1).unwrap();
    let root = bench.client.get_header_by_hash(&tip.hash).await.unwrap().merkle_root;
    for tx in &txs {
        let txid = tx.compute_txid();
        let block = bench.client.get_merkle_block(&txid).await.unwrap().unwrap();
        let (mut found, mut places) = (Vec::new(), Vec::new());
        assert_eq!(block.txn.extract_matches(&mut found, &mut places), Ok(root));
        let proof = bench.client.get_merkle_proof(&txid).await.unwrap().unwrap();
        assert_eq!((found, places), (vec![txid], vec![u32::try_from(proof.pos).unwrap()]));
        let up =
            proof.merkle.iter().enumerate().fold(txid.to_byte_array(), |below, (level, beside)| {
                let beside = beside.to_byte_array();
                let pair =
                    if proof.pos >> level & 1 == 0 { [below, beside] } else { [beside, below] };
                bitcoin::hashes::sha256d::Hash::hash(pair.as_flattened()).to_byte_array()
            });
        assert_eq!((up, proof.block_height), (root.to_byte_array(), tip.height));
    }
}

#[tokio::test]
async fn spends_are_told() {
    let bench = Bench::new().await;
    let tx = bench.pay(&script(1), 50_000);
    let spent = tx.input[0].previous_output;
    let status =
        bench.client.get_output_status(&spent.txid, spent.vout.into()).await.unwrap().unwrap();
    assert_eq!(
        (status.txid, status.vin, status.status.unwrap().confirmed),
        (Some(tx.compute_txid()), Some(0), false)
    );
    bench.chain.mine(1).unwrap();
    let outputs = bench.client.get_tx_outspends(&spent.txid).await.unwrap();
    assert!(outputs[spent.vout as usize].status.as_ref().unwrap().confirmed);
    let free = bench.client.get_output_status(&tx.compute_txid(), 0).await.unwrap().unwrap();
    assert_eq!((free.spent, free.txid), (false, None));
}

#[tokio::test]
async fn a_long_history_comes_in_pages_by_hash_and_by_address() {
    let bench = Bench::new().await;
    let script = script(1);
    let mut sent = Vec::new();
    for round in 0u64..60 {
        sent.push(bench.pay(&script, 10_000 + round).compute_txid());
        if round % 7 == 6 {
            bench.chain.mine(1).unwrap();
        }
    }
    let waiting = bench.chain.mempool().len();
    assert_eq!(waiting, 4);
    let first = bench.client.scripthash_txs(&script, None).await.unwrap();
    assert_eq!(first.len(), 25 + waiting);
    assert_eq!(first.iter().filter(|tx| tx.status.confirmed).count(), 25);
    let mut seen: Vec<Txid> = first.iter().map(|tx| tx.txid).collect();
    loop {
        let page =
            bench.client.get_address_txs(&address(&script), seen.last().copied()).await.unwrap();
        seen.extend(page.iter().map(|tx| tx.txid));
        if page.len() < 25 {
            break;
        }
    }
    let unique: std::collections::HashSet<_> = seen.iter().copied().collect();
    assert_eq!((seen.len(), unique), (60, sent.iter().copied().collect()));
    assert!(bench.client.scripthash_txs(&script, sent.last().copied()).await.unwrap().is_empty());
    let waiting_txs = bench.client.get_mempool_scripthash_txs(&script).await.unwrap();
    assert_eq!(waiting_txs.first().map(|tx| tx.txid), sent.last().copied());
    assert_eq!(bench.client.get_mempool_address_txs(&address(&script)).await.unwrap(), waiting_txs);
}

#[tokio::test]
async fn what_a_script_holds_is_told() {
    let bench = Bench::new().await;
    let faucet = bench.chain.faucet_script();
    let tx = bench.pay(&script(1), 50_000);
    bench.chain.mine(1).unwrap();
    let waiting = bench.pay(&script(1), 60_000);
    let stats = bench.client.get_scripthash_stats(&script(1)).await.unwrap();
    assert_eq!((stats.chain_stats.funded_txo_sum, stats.chain_stats.tx_count), (50_000, 1));
    assert_eq!((stats.mempool_stats.funded_txo_sum, stats.mempool_stats.tx_count), (60_000, 1));
    assert_eq!(
        bench.client.get_address_stats(&address(&script(1))).await.unwrap().chain_stats,
        stats.chain_stats
    );
    let utxos = bench.client.get_scripthash_utxos(&script(1)).await.unwrap();
    let found: Vec<_> = utxos
        .iter()
        .map(|utxo| (OutPoint { txid: utxo.txid, vout: utxo.vout }, utxo.value))
        .collect();
    let place = |tx: &Transaction| OutPoint { txid: tx.compute_txid(), vout: 0 };
    assert_eq!(
        found,
        [(place(&waiting), Amount::from_sat(60_000)), (place(&tx), Amount::from_sat(50_000))]
    );
    let own = bench.client.get_address_utxos(&address(&faucet)).await.unwrap();
    let confirmed: Amount =
        own.iter().filter(|utxo| utxo.status.confirmed).map(|utxo| utxo.value).sum();
    assert!(confirmed < bench.chain.faucet_total().into(), "what waits to be spent is not unspent");
}

#[tokio::test]
async fn the_mempool_and_fees_are_told() {
    let bench = Bench::new().await;
    let txs: Vec<Transaction> = (1..=12).map(|number| bench.pay(&script(number), 50_000)).collect();
    let stats = bench.client.get_mempool_stats().await.unwrap();
    let fees: u64 =
        txs.iter().map(|tx| bench.chain.fee_of(&tx.compute_txid()).unwrap().get()).sum();
    assert_eq!((stats.count, stats.total_fee), (12, fees));
    assert_eq!(stats.fee_histogram.iter().map(|(_, vsize)| vsize).sum::<usize>(), stats.vsize);
    let ids: Vec<Txid> = txs.iter().map(Transaction::compute_txid).collect();
    assert_eq!(bench.client.get_mempool_txids().await.unwrap(), ids);
    let recent: Vec<Txid> =
        bench.client.get_mempool_recent_txs().await.unwrap().iter().map(|tx| tx.txid).collect();
    assert_eq!(recent, ids.iter().rev().take(10).copied().collect::<Vec<_>>());
    let estimates = bench.client.get_fee_estimates().await.unwrap();
    assert_eq!(estimates.len(), 28);
    assert!(estimates.values().all(|rate| *rate >= 1.0));
    assert!(estimates[&1] > estimates[&1008]);
}

#[tokio::test]
async fn nonsense_is_answered_as_esplora_does() {
    let bench = Bench::new().await;
    for path in [
        "/block/nonsense",
        "/tx/00",
        "/scripthash/12/txs",
        "/address/nonsense/txs",
        "/block-height/x",
    ] {
        assert_eq!(bench.get(path).await.0, 400, "{path}");
    }
    assert_eq!(bench.get("/block-height/4000").await, (404, "Block not found".to_owned()));
    assert_eq!(bench.get("/nothing/here").await.0, 404);
    let mainnet = "/address/bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq/txs";
    assert_eq!(bench.get(mainnet).await, (400, "Address on invalid network".to_owned()));
}
