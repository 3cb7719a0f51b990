//! One chain in two places: the practice network mines and serves it to Fulmen, bitcoind judges it and serves it to the
//! others; or bitcoind mines it, and practice serves that. Every block of either must be taken by the other, every transaction
//! that either takes by the other too, and what practice refuses, bitcoind must refuse for the same kind of reason.

use crate::bitcoind::{Bitcoind, Refused};
use bitcoin::{Transaction, Txid};
use fulmen_engine::amount::Sat;
use fulmen_practice::chain::{Branch, ChainError, PracticeChain, Refusal};
use std::collections::HashSet;
use tokio::sync::broadcast::Receiver;

/// See the module.
pub(crate) struct Mirror {
    chain: PracticeChain,
    pub(crate) bitcoind: Bitcoind,
    miner: Miner,
    offers: Receiver<Transaction>,
    /// The newest block that bitcoind has.
    height: u32,
    /// What was judged at which height; asking practice again tells us of it again.
    judged: HashSet<(u32, Txid)>,
    /// What waits in bitcoind alone, since practice has another that spends the same, and what spends that: a block decides.
    rivals: HashSet<Txid>,
    pub(crate) tally: Tally,
}

/// Who makes each block; the other side must take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Miner {
    Practice,
    Bitcoind,
}

/// How much agreed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) blocks: u32,
    pub(crate) transactions: u32,
    pub(crate) refusals: u32,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.transactions += other.transactions;
        self.refusals += other.refusals;
    }
}

impl Mirror {
    /// bitcoind gets the whole chain.
    pub(crate) async fn new(chain: PracticeChain, bitcoind: Bitcoind) -> Self {
        let offers = chain.subscribe_offers();
        let (judged, rivals, tally) = (HashSet::new(), HashSet::new(), Tally::default());
        let (miner, height) = (Miner::Practice, 0);
        let mut mirror = Self { chain, bitcoind, miner, offers, height, judged, rivals, tally };
        mirror.exchange().await;
        mirror
    }

    /// bitcoind starts again, and learns what it missed or forgot.
    pub(crate) async fn bitcoind_again(&mut self, pruned: bool) {
        if pruned {
            self.bitcoind.again_pruned().await;
        } else {
            self.bitcoind.again().await;
        }
        self.height = self.bitcoind.height().await;
        self.exchange().await;
    }

    /// From now on bitcoind makes the blocks, and practice has them from it.
    pub(crate) fn let_bitcoind_mine(&mut self) {
        self.miner = Miner::Bitcoind;
    }

    /// Mines one block with what waits on either side.
    pub(crate) async fn mine(&mut self) {
        self.exchange().await;
        if self.miner == Miner::Practice {
            self.chain.mine(1).expect("mined");
            return self.blocks().await;
        }
        let block = self.bitcoind.mine(&self.chain.faucet_script()).await;
        let taken = self.chain.submit_block(block);
        self.height += 1;
        taken.unwrap_or_else(|refused| panic!("practice takes block {}: {refused}", self.height));
        self.tally.blocks += 1;
    }

    /// Replaces the last blocks by a branch one block longer, in both places.
    pub(crate) async fn reorg(&mut self, depth: u32, branch: Branch<'_>) {
        self.exchange().await;
        self.chain.reorg_to(depth, branch).expect("another branch");
        let tip = self.chain.tip();
        for height in tip.height - depth..=tip.height {
            let block = self.chain.block_at(height).expect("below the tip");
            let taken = self.bitcoind.submit(&block).await;
            // Only the last one makes it the longer branch.
            let waits = height < tip.height
                && taken.as_ref().is_err_and(|refused| refused.said == "inconclusive");
            assert!(taken.is_ok() || waits, "bitcoind takes block {height}: {taken:?}");
            self.tally.blocks += 1;
        }
        self.height = tip.height;
        assert_eq!(self.bitcoind.tip().await, tip.hash.to_string());
    }

    /// So many ordinary payments that bitcoind can say what one costs.
    pub(crate) async fn teach_fees(&mut self) {
        let script = self.chain.faucet_script();
        for _ in 0..30 {
            for _ in 0..4 {
                self.chain.faucet(script.clone(), Sat::new(100_000)).expect("the faucet pays");
            }
            self.mine().await;
        }
    }

    /// What is new on one side is told to the other.
    ///
    /// Answers whether practice got something.
    pub(crate) async fn exchange(&mut self) -> bool {
        self.blocks().await;
        let mut offered = Vec::new();
        while let Ok(transaction) = self.offers.try_recv() {
            offered.push(transaction);
        }
        self.push().await;
        let pulled = self.pull().await;
        for transaction in offered {
            self.judge(&transaction).await;
        }
        pulled
    }

    async fn blocks(&mut self) {
        while self.height < self.chain.tip().height {
            self.height += 1;
            let block = self.chain.block_at(self.height).expect("below the tip");
            let taken = self.bitcoind.submit(&block).await;
            assert_eq!(taken, Ok(()), "bitcoind takes block {}", self.height);
            self.tally.blocks += 1;
        }
    }

    /// Everything that waits in practice waits in bitcoind.
    async fn push(&mut self) {
        let known: HashSet<Txid> = self.bitcoind.mempool().await.into_iter().collect();
        let waiting = self.chain.mempool().into_iter().filter(|txid| !known.contains(txid));
        let mut poor: Vec<Transaction> = Vec::new();
        for transaction in waiting.filter_map(|txid| self.chain.transaction(&txid)) {
            let spends = |parent: &Transaction| spends(&transaction, parent);
            let taken = if poor.iter().any(spends) {
                let mut package = std::mem::take(&mut poor);
                package.push(transaction.clone());
                self.bitcoind.send_package(&package).await
            } else {
                self.bitcoind.send(&transaction).await
            };
            match taken {
                Ok(()) => self.tally.transactions += 1,
                // Its child, which comes later, pays for it.
                Err(refused) if refused.said.contains("min relay fee not met") => {
                    poor.push(transaction);
                }
                Err(refused) if is_conflict(&refused) => {}
                Err(refused) => panic!("practice takes it, bitcoind does not: {refused:?}"),
            }
        }
    }

    /// And the other way round. A parent may come after its child.
    async fn pull(&mut self) -> bool {
        let mut pulled = false;
        let known: HashSet<Txid> = self.chain.mempool().into_iter().collect();
        let mut left: Vec<Txid> = self.bitcoind.mempool().await;
        left.retain(|txid| !known.contains(txid) && self.chain.transaction(txid).is_none());
        while !left.is_empty() {
            let (mut later, before) = (Vec::new(), left.len());
            for txid in left {
                // It may have been replaced in between.
                let Some(transaction) = self.bitcoind.transaction(txid).await else { continue };
                match self.chain.submit(transaction) {
                    Ok(_) => {
                        self.tally.transactions += 1;
                        pulled = true;
                    }
                    Err(ChainError::Refused(Refusal::MissingInput(output)))
                        if !self.rivals.contains(&output.txid) =>
                    {
                        later.push(txid);
                    }
                    Err(ChainError::Refused(
                        Refusal::ReplacementFee { .. } | Refusal::MissingInput(_),
                    )) => {
                        self.rivals.insert(txid);
                        self.judged.insert((self.height, txid));
                    }
                    Err(refused) => panic!("bitcoind takes {txid}, practice does not: {refused}"),
                }
            }
            if later.len() == before {
                break;
            }
            left = later;
        }
        pulled
    }

    /// Whether bitcoind refuses what practice refuses.
    async fn judge(&mut self, transaction: &Transaction) {
        let txid = transaction.compute_txid();
        let is_new = self.judged.insert((self.height, txid));
        if !is_new || self.chain.transaction(&txid).is_some() {
            return;
        }
        let Err(ChainError::Refused(refusal)) = self.chain.submit(transaction.clone()) else {
            return;
        };
        let theirs = self.bitcoind.send(transaction).await;
        if theirs.is_ok() && matches!(refusal, Refusal::MissingInput(_)) {
            // Its parent came to bitcoind after the two were compared.
            self.pull().await;
            let is_same = self.chain.transaction(&txid).is_some() || self.rivals.contains(&txid);
            assert!(is_same, "{txid} has its inputs in bitcoind, practice says {refusal}");
            return;
        }
        assert!(agree(&refusal, &theirs), "{txid}: practice says {refusal}, bitcoind {theirs:?}");
        self.tally.refusals += 1;
    }

    /// What each of the two says to a transaction that must be refused.
    pub(crate) async fn refuses(&mut self, transaction: &Transaction) -> Refusal {
        let ours = self.chain.submit(transaction.clone()).map(drop);
        let theirs = self.bitcoind.send(transaction).await;
        self.judged.insert((self.height, transaction.compute_txid()));
        self.refused(ours, &theirs)
    }

    /// The same for some that must be refused together.
    pub(crate) async fn refuses_package(&mut self, package: &[Transaction]) -> Refusal {
        let ours = self.chain.submit_package(package).map(drop);
        let theirs = self.bitcoind.send_package(package).await;
        let height = self.height;
        self.judged.extend(package.iter().map(|one| (height, one.compute_txid())));
        self.refused(ours, &theirs)
    }

    fn refused(&mut self, ours: Result<(), ChainError>, theirs: &Result<(), Refused>) -> Refusal {
        let Err(ChainError::Refused(refusal)) = ours else {
            panic!("practice takes it, bitcoind: {theirs:?}");
        };
        assert!(agree(&refusal, theirs), "practice says {refusal}, bitcoind {theirs:?}");
        self.tally.refusals += 1;
        refusal
    }
}

fn spends(child: &Transaction, parent: &Transaction) -> bool {
    let txid = parent.compute_txid();
    child.input.iter().any(|input| input.previous_output.txid == txid)
}

/// Two that spend the same, one on each side: whichever is mined, both sides know it then.
fn is_conflict(refused: &Refused) -> bool {
    ["insufficient fee", "txn-mempool-conflict", "missingorspent", "already"]
        .iter()
        .any(|word| refused.said.contains(word))
}

/// The same code, and the same kind: what stands before the details.
fn agree(refusal: &Refusal, theirs: &Result<(), Refused>) -> bool {
    let Err(theirs) = theirs else { return false };
    let kind = |text: &str| text.split([',', '(']).next().unwrap_or_default().trim().to_owned();
    i64::from(refusal.code()) == theirs.code && kind(&refusal.to_string()) == kind(&theirs.said)
}
