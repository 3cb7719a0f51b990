//! What holds of every answer of a server, for [`crate::fuzz`].

use super::super::fuzz::known::{BLOCK, HEIGHT, STRANGER, id};
use super::super::fuzz::served::{PLACE, put, wait};
use super::super::server::Server as _;
use super::Esplora;
use crate::chain::LdkLogger;
use crate::logger::Log;
use bdk_wallet::KeychainKind;
use bdk_wallet::chain::spk_client::SyncRequest;
use bitcoin::block::Header;
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use lightning::chain::transaction::{OutPoint as Output, TransactionData};
use lightning::chain::{Confirm, Filter as _, WatchedOutput};
use lightning_transaction_sync::EsploraSyncClient;
use std::sync::{Arc, LazyLock};

static SERVER: LazyLock<Esplora> = LazyLock::new(|| {
    let url = format!("http://{}", *PLACE);
    Esplora::new(&url, Arc::new(Log), None).expect("an address")
});

/// The first byte says what is asked, the rest are the answers.
pub(crate) fn answers(data: &[u8]) {
    let Some((asked, said)) = data.split_first() else { return };
    if put(said) {
        wait(ask(&SERVER, *asked));
    }
}

async fn ask(server: &Esplora, asked: u8) {
    let inside = &BLOCK.txdata[2];
    let txid = inside.compute_txid();
    match asked {
        b'b' => drop(server.blocks_from(HEIGHT, HEIGHT + 9).await),
        b'c' => follow(server).await,
        b'e' => drop(server.estimates().await),
        b'h' => drop(server.hash_at(HEIGHT).await),
        b'k' => drop(server.send_package(&BLOCK.txdata).await),
        b'o' => drop(server.outspend(OutPoint { txid, vout: 0 }).await),
        b'p' => drop(server.position(txid).await),
        b'r' => drop(server.send(&STRANGER).await),
        b's' => assert!(!matches!(server.proves(&STRANGER, id()).await, Ok(true)), "not in it"),
        b't' => {
            let found = server.transaction(txid).await.ok().flatten();
            assert!(found.is_none_or(|one| one.compute_txid() == txid));
        }
        b'w' => {
            let script = STRANGER.output[0].script_pubkey.clone();
            let request = SyncRequest::builder_at(1_800_000_000)
                .spks_with_indexes([((KeychainKind::External, 0), script)])
                .txids([txid])
                .build();
            drop(server.sync(request).await);
        }
        b'y' => drop(server.proves(inside, id()).await),
        _ => {
            if let Ok(newest) = server.newest().await {
                newest.hangs_together();
            }
        }
    }
    assert!(server.heard().is_none_or(|heard| heard.host == "127.0.0.1"));
}

/// LDK's client, which is told what it asks for and no more.
async fn follow(server: &Esplora) {
    let log: LdkLogger = Arc::new(Log);
    let client = EsploraSyncClient::from_client(server.client.clone(), log);
    let (one, other) = (&BLOCK.txdata[2], &BLOCK.txdata[3]);
    client.register_tx(&one.compute_txid(), &one.output[0].script_pubkey);
    client.register_output(WatchedOutput {
        block_hash: None,
        outpoint: Output { txid: other.compute_txid(), index: 0 },
        script_pubkey: other.output[0].script_pubkey.clone(),
    });
    let _followed = client.sync(vec![&Part]).await;
}

/// A part of LDK that watches these.
struct Part;

impl Confirm for Part {
    fn transactions_confirmed(&self, _: &Header, transactions: &TransactionData<'_>, _: u32) {
        let spent = OutPoint { txid: BLOCK.txdata[3].compute_txid(), vout: 0 };
        let is_asked = |transaction: &Transaction| {
            transaction.compute_txid() == BLOCK.txdata[2].compute_txid()
                || transaction.input.iter().any(|input| input.previous_output == spent)
        };
        assert!(transactions.iter().all(|(_, transaction)| is_asked(transaction)));
    }

    fn transaction_unconfirmed(&self, _: &Txid) {}

    fn best_block_updated(&self, _: &Header, _: u32) {}

    fn get_relevant_txids(&self) -> Vec<(Txid, u32, Option<BlockHash>)> {
        vec![(BLOCK.txdata[1].compute_txid(), HEIGHT, Some(BLOCK.block_hash()))]
    }
}
