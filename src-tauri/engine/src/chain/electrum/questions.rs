//! What is asked on a [`Line`], with answers that were looked at: a transaction has the id that it was asked by, a header its
//! work, and a block holds a transaction if its merkle proof says so.

use super::super::SourceError;
use super::super::merkle;
use super::line::{Line, Question, REFUSED, nonsense};
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize, deserialize_hex};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::FromHex;
use bitcoin::{Script, ScriptBuf, Transaction, TxMerkleNode, Txid};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Bytes of a header.
const HEADER: usize = 80;
/// Histories that are asked for to learn where one transaction is.
const MOST_HISTORIES: usize = 4;

/// The newest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) height: u32,
    pub(super) header: Header,
}

/// A transaction in the history of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) txid: Txid,
    /// `None`: it waits for a block.
    pub(super) height: Option<u32>,
}

/// Where a transaction is, proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) height: u32,
    pub(super) header: Header,
    /// Its place in the block.
    pub(super) index: usize,
}

impl Line {
    pub(super) async fn tip(&mut self) -> Result<Tip, SourceError> {
        #[derive(Deserialize)]
        struct Told {
            height: u32,
            hex: String,
        }
        let told: Told = read(&self.ask("blockchain.headers.subscribe", json!([])).await?)?;
        Ok(Tip { height: told.height, header: header(&told.hex)? })
    }

    /// Headers of blocks that follow each other, from this height on.
    pub(super) async fn headers_from(
        &mut self,
        height: u32,
        count: u32,
    ) -> Result<Vec<Header>, SourceError> {
        #[derive(Deserialize)]
        struct Told {
            hex: String,
        }
        let told = self.ask("blockchain.block.headers", json!([height, count])).await?;
        let told: Told = read(&told)?;
        let bytes = Vec::<u8>::from_hex(&told.hex).map_err(|_| nonsense("headers are none"))?;
        bytes.chunks(HEADER).map(|bytes| worked(deserialize(bytes).ok())).collect()
    }

    pub(super) async fn headers(&mut self, heights: &[u32]) -> Result<Vec<Header>, SourceError> {
        let questions: Vec<Question> =
            heights.iter().map(|height| ("blockchain.block.header", json!([height]))).collect();
        let answers = self.ask_all(&questions).await?;
        answers.into_iter().map(|answer| header(&read::<String>(&answer?)?)).collect()
    }

    /// What happened to each of these scripts.
    pub(super) async fn histories(
        &mut self,
        scripts: &[ScriptBuf],
    ) -> Result<Vec<Vec<Entry>>, SourceError> {
        let questions: Vec<Question> = scripts
            .iter()
            .map(|script| ("blockchain.scripthash.get_history", json!([script_hash(script)])))
            .collect();
        let answers = self.ask_all(&questions).await?;
        answers.into_iter().map(|answer| entries(&answer?)).collect()
    }

    /// Where the server says that a transaction is. The history of one output is enough; a busy address has one that is too
    /// long to be told, so another output's is asked for then.
    pub(super) async fn height_of(
        &mut self,
        transaction: &Transaction,
    ) -> Result<Option<u32>, SourceError> {
        let txid = transaction.compute_txid();
        let scripts = transaction.output.iter().map(|output| &output.script_pubkey);
        let scripts = scripts.filter(|script| !script.is_op_return()).take(MOST_HISTORIES);
        let mut refused = None;
        for script in scripts {
            match self.histories(std::slice::from_ref(script)).await {
                Ok(histories) => {
                    let mut entries = histories.into_iter().flatten();
                    return Ok(entries.find(|entry| entry.txid == txid).and_then(|one| one.height));
                }
                Err(error @ SourceError::Refused { status: REFUSED, .. }) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        refused.map_or(Ok(None), Err)
    }

    /// `None` for each that the server does not know.
    pub(super) async fn transactions(
        &mut self,
        txids: &[Txid],
    ) -> Result<Vec<Option<Arc<Transaction>>>, SourceError> {
        let questions: Vec<Question> =
            txids.iter().map(|txid| ("blockchain.transaction.get", json!([txid]))).collect();
        let answers = self.ask_all(&questions).await?;
        let mut found = Vec::with_capacity(txids.len());
        for (txid, answer) in txids.iter().zip(answers) {
            let text = match answer {
                Ok(answer) => read::<String>(&answer)?,
                Err(refusal) if refusal.is_unknown() => {
                    found.push(None);
                    continue;
                }
                Err(refusal) => return Err(refusal.into()),
            };
            let transaction: Transaction =
                deserialize_hex(&text).map_err(|_| nonsense("a transaction is none"))?;
            if transaction.compute_txid() != *txid {
                return Err(nonsense("another transaction than was asked for"));
            }
            found.push(Some(Arc::new(transaction)));
        }
        Ok(found)
    }

    /// Where each of these is, by the height that the server named. `None` if it cannot prove it: its chain may have
    /// changed in between.
    pub(super) async fn placed(
        &mut self,
        transactions: &[(&Transaction, u32)],
    ) -> Result<Vec<Option<Placed>>, SourceError> {
        #[derive(Deserialize)]
        struct Proof {
            merkle: Vec<String>,
            pos: usize,
        }
        let heights: Vec<u32> = transactions.iter().map(|(_, height)| *height).collect();
        let headers = self.headers(&heights).await?;
        let questions: Vec<Question> = transactions
            .iter()
            .map(|(transaction, height)| {
                ("blockchain.transaction.get_merkle", json!([transaction.compute_txid(), height]))
            })
            .collect();
        let answers = self.ask_all(&questions).await?;
        let mut placed = Vec::with_capacity(answers.len());
        for ((answer, header), (transaction, height)) in
            answers.into_iter().zip(headers).zip(transactions)
        {
            let proof: Proof = match answer {
                Ok(answer) => read(&answer)?,
                Err(refusal) if refusal.is_trouble() => return Err(refusal.into()),
                Err(_) => {
                    placed.push(None);
                    continue;
                }
            };
            let root = root_of(&transaction.compute_txid(), &proof.merkle, proof.pos)?;
            let is_shown = root == header.merkle_root && !merkle::is_like_a_node(transaction);
            placed.push(is_shown.then_some(Placed { height: *height, header, index: proof.pos }));
        }
        Ok(placed)
    }
}

pub(super) fn read<T: DeserializeOwned>(value: &RawValue) -> Result<T, SourceError> {
    Ok(serde_json::from_str(value.get())?)
}

fn header(text: &str) -> Result<Header, SourceError> {
    worked(deserialize_hex(text).ok())
}

/// Every block has the work that it names; how much that must be is not checked.
fn worked(header: Option<Header>) -> Result<Header, SourceError> {
    let header = header.ok_or_else(|| nonsense("a header is none"))?;
    header.validate_pow(header.target()).map_err(|_| nonsense("a block without its work"))?;
    Ok(header)
}

fn entries(answer: &RawValue) -> Result<Vec<Entry>, SourceError> {
    #[derive(Deserialize)]
    struct Told {
        tx_hash: Txid,
        height: i64,
    }
    let told: Vec<Told> = read(answer)?;
    let entry = |told: Told| {
        // 0 and -1 are those that wait.
        let height = u32::try_from(told.height.max(0)).map_err(|_| nonsense("a height is none"))?;
        Ok(Entry { txid: told.tx_hash, height: (height > 0).then_some(height) })
    };
    told.into_iter().map(entry).collect()
}

/// How Electrum's protocol names a script: written backwards.
pub(super) fn script_hash(script: &Script) -> String {
    let mut hash = sha256::Hash::hash(script.as_bytes()).to_byte_array();
    hash.reverse();
    sha256::Hash::from_byte_array(hash).to_string()
}

/// Where a merkle branch leads from a transaction.
fn root_of(txid: &Txid, branch: &[String], index: usize) -> Result<TxMerkleNode, SourceError> {
    if branch.len() > merkle::LONGEST_BRANCH {
        return Err(nonsense("a proof is too long"));
    }
    let (mut node, mut index) = (txid.to_byte_array(), index);
    for beside in branch {
        let beside: TxMerkleNode = beside.parse().map_err(|_| nonsense("a proof is none"))?;
        let beside = beside.to_byte_array();
        let (left, right) = if index & 1 == 0 { (node, beside) } else { (beside, node) };
        let above = merkle::above(left, right);
        node = above.ok_or_else(|| nonsense("a proof goes through a transaction"))?;
        index >>= 1;
    }
    // A place that the branch does not reach proves nothing.
    if index != 0 {
        return Err(nonsense("a proof does not fit its place"));
    }
    Ok(TxMerkleNode::from_byte_array(node))
}
