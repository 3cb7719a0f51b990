//! An Esplora server, over HTTP. BDK and LDK bring clients for it, which ask through ours.

#[cfg(feature = "test-util")]
pub(super) mod fuzz;

use super::SourceError;
use super::http::Http;
use super::merkle;
use super::packages::Packages;
use super::plausible::{self, Listed, Newest};
use super::refusal::{BroadcastError, judge};
use super::server::{Asked, Confirmables, Later, Outspend, Position, Server};
use super::source::LdkLogger;
use crate::http::Heard;
use bdk_esplora::EsploraAsyncExt;
use bdk_wallet::chain::BlockId;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::block::Header;
use bitcoin::consensus::encode;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, MerkleBlock, OutPoint, Transaction, Txid};
use esplora_client::{AsyncClient, BlockInfo, OutputStatus, TxStatus};
use lightning::chain::Filter;
use lightning_transaction_sync::EsploraSyncClient;
use std::collections::HashMap;
use std::time::Duration;

/// One request; a stalled server must not stall the wallet.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests at a time. Public servers punish bursts.
const PARALLEL: usize = 2;
/// Blocks that every server lists at once.
const PAGE: u32 = 10;
/// The most bytes of an answer: one hash, a short list, a whole transaction as JSON.
const HASH: usize = 256;
const LIST: usize = 256 * 1024;
const TRANSACTION: usize = 16 * 1024 * 1024;
/// The most bytes of an answer to a transaction.
const ANSWER: usize = 64 * 1024;
/// The answer to a package names each of up to 25 transactions.
const PACKAGE_ANSWER: usize = 1024 * 1024;

/// See the module.
pub(super) struct Esplora {
    /// For everything that is asked here.
    http: Http,
    /// For BDK and LDK, which bring their own requests. It stays with its host too, and no answer is larger than any that is right.
    pub(super) client: AsyncClient,
    lightning: EsploraSyncClient<LdkLogger>,
    packages: Packages,
}

impl Esplora {
    /// A server by its address (`https://host/api`), and how long a request to it may take, if not as long as usual.
    ///
    /// # Errors
    /// [`SourceError::BadUrl`].
    pub(super) fn new(
        url: &str,
        logger: LdkLogger,
        patience: Option<Duration>,
    ) -> Result<Self, SourceError> {
        let is_right = |parsed: reqwest::Url| {
            matches!(parsed.scheme(), "http" | "https")
                && parsed.has_host()
                && parsed.username().is_empty()
                && parsed.password().is_none()
        };
        if !reqwest::Url::parse(url).is_ok_and(is_right) {
            return Err(SourceError::BadUrl(url.to_owned()));
        }
        let http = Http::new(url, patience.unwrap_or(PATIENCE))?;
        let client = AsyncClient::from_client(url.to_owned(), http.client());
        let client = client.throttled(http.retry_after());
        let lightning = EsploraSyncClient::from_client(client.clone(), logger);
        Ok(Self { http, client, lightning, packages: Packages::default() })
    }

    /// Blocks that follow each other, the last of them first; none below `first`.
    async fn ask_blocks(&self, path: &str, first: u32) -> Result<Newest, SourceError> {
        let listed: Option<Vec<BlockInfo>> = self.http.get(path, LIST).await?;
        let listed = listed.ok_or_else(|| SourceError::Nonsense("no blocks".into()))?;
        let listed = listed.iter().filter(|block| block.height >= first).map(listed_of);
        plausible::newest(listed.collect::<Result<_, _>>()?)
    }

    async fn ask_hash(&self, height: u32) -> Result<BlockHash, SourceError> {
        let text = self.http.text(&format!("/block-height/{height}"), HASH).await?;
        text.trim().parse().map_err(|_| SourceError::Nonsense("a block's hash is none".into()))
    }

    async fn ask_outspend(&self, outpoint: OutPoint) -> Result<Option<Outspend>, SourceError> {
        let path = format!("/tx/{}/outspend/{}", outpoint.txid, outpoint.vout);
        let said: Option<OutputStatus> = self.http.get(&path, LIST).await?;
        Ok(said.map(|said| Outspend {
            spent: said.spent,
            txid: said.txid,
            block: said.status.and_then(block_of),
        }))
    }

    async fn ask_position(&self, txid: Txid) -> Result<Option<Position>, SourceError> {
        #[derive(serde::Deserialize)]
        struct Known {
            txid: Txid,
            status: TxStatus,
        }
        match self.http.get::<Known>(&format!("/tx/{txid}"), TRANSACTION).await? {
            Some(known) if known.txid == txid => {
                Ok(Some(Position { block: block_of(known.status) }))
            }
            Some(_) => Err(SourceError::Nonsense("another transaction than was asked for".into())),
            None => Ok(None),
        }
    }

    /// Only a server that names the transaction took it: a page of a network that asks for a login answers 200 as well.
    async fn send_one(&self, transaction: &Transaction) -> Result<(), BroadcastError> {
        match self.http.post("/tx", encode::serialize_hex(transaction), ANSWER).await {
            Ok(answer) if answer.trim().parse() == Ok(transaction.compute_txid()) => Ok(()),
            Ok(_) => {
                Err(SourceError::Nonsense("its answer is not the transaction's id".into()).into())
            }
            Err(SourceError::Refused { status, said }) => judge(status, said),
            Err(error) => Err(error.into()),
        }
    }

    async fn send_all(&self, transactions: &[Transaction]) -> Result<bool, SourceError> {
        #[derive(serde::Deserialize)]
        struct Answer {
            package_msg: String,
        }
        let body: Vec<String> = transactions.iter().map(encode::serialize_hex).collect();
        let body = serde_json::to_string(&body)?;
        let answer = self.http.post("/txs/package", body, PACKAGE_ANSWER).await;
        self.notes_packages(&answer);
        let said = serde_json::from_str::<Answer>(&answer?)?.package_msg;
        tracing::debug!(said, "a package");
        Ok(said == "success")
    }

    /// Asked with an empty one, which every server refuses that knows what it is.
    async fn ask_for_packages(&self) -> Option<bool> {
        if self.packages.taken().is_none() {
            let answer = self.http.post("/txs/package", "[]".to_owned(), PACKAGE_ANSWER).await;
            self.notes_packages(&answer);
        }
        self.packages.taken()
    }

    fn notes_packages(&self, answer: &Result<String, SourceError>) {
        let taken = match answer {
            Err(SourceError::Refused { status: 404 | 405 | 501, .. }) => false,
            Err(SourceError::Refused { status: 400, .. }) => true,
            Ok(answer) if serde_json::from_str::<serde_json::Value>(answer).is_ok() => true,
            _ => return,
        };
        self.packages.show(taken);
    }
}

fn listed_of(block: &BlockInfo) -> Result<Listed, SourceError> {
    let time = u32::try_from(block.timestamp)
        .map_err(|_| SourceError::Nonsense("a block's time cannot be".into()))?;
    let header = Header {
        version: block.version,
        // The first block has none below it.
        prev_blockhash: block.previousblockhash.unwrap_or_else(BlockHash::all_zeros),
        merkle_root: block.merkle_root,
        time,
        bits: block.bits,
        nonce: block.nonce,
    };
    Ok(Listed { block: BlockId { height: block.height, hash: block.id }, header })
}

fn block_of(status: TxStatus) -> Option<BlockId> {
    let (height, hash) = (status.block_height?, status.block_hash?);
    status.confirmed.then_some(BlockId { height, hash })
}

/// The proof leads from the transaction to the block, which has its work. It is no deeper than a block can be: the library looks
/// at that.
fn leads_to(proof: &MerkleBlock, transaction: &Transaction, block: &BlockHash) -> bool {
    let (mut matches, mut places) = (Vec::new(), Vec::new());
    !merkle::is_like_a_node(transaction)
        && proof.extract_matches(&mut matches, &mut places).is_ok()
        && matches.contains(&transaction.compute_txid())
        && merkle::root_of(&proof.txn) == Some(proof.header.merkle_root)
        && proof.header.block_hash() == *block
        && proof.header.validate_pow(proof.header.target()).is_ok()
}

impl Server for Esplora {
    fn heard(&self) -> Option<Heard> {
        self.http.heard()
    }

    fn url(&self) -> &str {
        self.http.url()
    }

    fn filter(&self) -> &(dyn Filter + Send + Sync) {
        &self.lightning
    }

    /// One request, so height and hash belong together.
    fn newest(&self) -> Asked<'_, Newest> {
        Box::pin(self.ask_blocks("/blocks", 0))
    }

    /// Servers list ten blocks from a height downwards, some of them more.
    fn blocks_from(&self, first: u32, last: u32) -> Asked<'_, Newest> {
        Box::pin(async move {
            let start = first.saturating_add(PAGE - 1).min(last);
            self.ask_blocks(&format!("/blocks/{start}"), first).await
        })
    }

    fn hash_at(&self, height: u32) -> Asked<'_, BlockHash> {
        Box::pin(self.ask_hash(height))
    }

    fn estimates(&self) -> Asked<'_, HashMap<u16, f64>> {
        Box::pin(async { Ok(self.http.get("/fee-estimates", LIST).await?.unwrap_or_default()) })
    }

    fn scan(&self, request: FullScanRequest<KeychainKind>, gap: usize) -> Asked<'_, Update> {
        Box::pin(async move { Ok(self.client.full_scan(request, gap, PARALLEL).await?.into()) })
    }

    fn sync(&self, request: SyncRequest<(KeychainKind, u32)>) -> Asked<'_, Update> {
        Box::pin(async move { Ok(self.client.sync(request, PARALLEL).await?.into()) })
    }

    fn follow<'a>(&'a self, confirmables: Confirmables<'a>) -> Asked<'a, ()> {
        Box::pin(async move {
            let told = self.lightning.sync(confirmables).await;
            // LDK does not say why. That the server wants to be left alone is known here.
            told.map_err(|_| self.http.may_ask().err().unwrap_or(SourceError::Lightning))
        })
    }

    fn outspend(&self, outpoint: OutPoint) -> Asked<'_, Option<Outspend>> {
        Box::pin(self.ask_outspend(outpoint))
    }

    fn position(&self, txid: Txid) -> Asked<'_, Option<Position>> {
        Box::pin(self.ask_position(txid))
    }

    fn transaction(&self, txid: Txid) -> Asked<'_, Option<Transaction>> {
        Box::pin(async move {
            let found = self.client.get_tx(&txid).await?;
            Ok(found.filter(|transaction| transaction.compute_txid() == txid))
        })
    }

    fn proves<'a>(&'a self, transaction: &'a Transaction, block: BlockId) -> Asked<'a, bool> {
        Box::pin(async move {
            let proof = self.client.get_merkle_block(&transaction.compute_txid()).await?;
            Ok(proof.is_some_and(|proof| leads_to(&proof, transaction, &block.hash)))
        })
    }

    fn send<'a>(&'a self, transaction: &'a Transaction) -> Later<'a, Result<(), BroadcastError>> {
        Box::pin(self.send_one(transaction))
    }

    fn send_package<'a>(&'a self, transactions: &'a [Transaction]) -> Asked<'a, bool> {
        Box::pin(self.send_all(transactions))
    }

    fn relays_packages(&self) -> Later<'_, Option<bool>> {
        Box::pin(self.ask_for_packages())
    }

    fn known_relays_packages(&self) -> Option<bool> {
        self.packages.taken()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::merkle::tests::{Trick, mined, of_64_bytes};
    use bitcoin::merkle_tree::PartialMerkleTree;

    /// A proof of the second of three.
    fn proof(of: Txid) -> MerkleBlock {
        let txids = [Txid::from_byte_array([1; 32]), of, Txid::from_byte_array([3; 32])];
        let txn = PartialMerkleTree::from_txids(&txids, &[false, true, false]);
        let root = txn.extract_matches(&mut vec![], &mut vec![]).unwrap();
        MerkleBlock { header: mined(root), txn }
    }

    #[test]
    fn a_proof_is_of_a_transaction_and_of_nothing_that_looks_like_one() {
        let small = of_64_bytes();
        let usual = Transaction { output: vec![small.output[0].clone(); 2], ..small.clone() };
        let right = proof(usual.compute_txid());
        let block = right.header.block_hash();
        assert!(leads_to(&right, &usual, &block));
        assert!(!leads_to(&right, &usual, &BlockHash::all_zeros()), "another block");
        assert!(!leads_to(&right, &small, &block), "another transaction");

        let node = proof(small.compute_txid());
        assert!(!leads_to(&node, &small, &node.header.block_hash()), "it may be an inner node");

        let trick = Trick::new();
        let block = trick.header.block_hash();
        assert!(!leads_to(&trick.proof(), &trick.nowhere, &block), "it is beneath a transaction");
    }

    /// More leaves than a block can have would make room for anything beneath.
    #[test]
    fn a_proof_is_no_deeper_than_a_block() {
        let small = of_64_bytes();
        let usual = Transaction { output: vec![small.output[0].clone(); 2], ..small };
        let numbered = |number: u32| {
            let mut bytes = [7; 32];
            bytes[..4].copy_from_slice(&number.to_le_bytes());
            Txid::from_byte_array(bytes)
        };
        for (count, is_right) in [(16_666, true), (16_667, false)] {
            let last = usual.compute_txid();
            let txids: Vec<Txid> = (1..count).map(numbered).chain([last]).collect();
            let is_last: Vec<bool> = txids.iter().map(|one| *one == last).collect();
            let txn = PartialMerkleTree::from_txids(&txids, &is_last);
            let header = mined(merkle::root_of(&txn).unwrap());
            let proof = MerkleBlock { header, txn };
            assert_eq!(leads_to(&proof, &usual, &header.block_hash()), is_right, "{count}");
        }
    }
}
