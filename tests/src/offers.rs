//! What was handed to the chain's server, by anyone, refused or not.

use crate::is_commitment;
use bitcoin::{OutPoint, Transaction, Txid};
use fulmen_practice::network::PracticeNetwork;
use std::collections::BTreeSet;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// Listens from when it is made.
pub struct Offers {
    receiver: Receiver<Transaction>,
    seen: Vec<Transaction>,
}

impl Offers {
    pub fn to(network: &PracticeNetwork) -> Self {
        Self { receiver: network.chain().subscribe_offers(), seen: Vec::new() }
    }

    /// The different commitments of a channel that were handed in so far.
    pub fn commitments(&mut self, funding: OutPoint) -> BTreeSet<Txid> {
        let spends = |tx: &&Transaction| tx.input.iter().any(|i| i.previous_output == funding);
        let all = self.all().iter().filter(spends).filter(|tx| is_commitment(tx));
        all.map(Transaction::compute_txid).collect()
    }

    /// What was handed in so far and spends an output of this transaction.
    pub fn children(&mut self, parent: Txid) -> BTreeSet<Txid> {
        let spends = |tx: &&Transaction| tx.input.iter().any(|i| i.previous_output.txid == parent);
        self.all().iter().filter(spends).map(Transaction::compute_txid).collect()
    }

    /// One that was handed in.
    pub fn transaction(&mut self, txid: Txid) -> Transaction {
        let mut all = self.all().iter();
        all.find(|tx| tx.compute_txid() == txid).expect("it was handed in").clone()
    }

    /// All of it.
    pub fn all(&mut self) -> &[Transaction] {
        loop {
            match self.receiver.try_recv() {
                Ok(transaction) => self.seen.push(transaction),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return &self.seen,
                Err(TryRecvError::Lagged(missed)) => panic!("{missed} transactions were missed"),
            }
        }
    }
}

/// The funding output of a channel, found on the chain by its transaction's id and its value.
pub fn funding(network: &PracticeNetwork, channel: &fulmen_engine::view::Channel) -> OutPoint {
    let txid: Txid = channel.funding_txid.as_ref().expect("funded").parse().expect("an id");
    let coins = network.chain().utxos();
    let value = bitcoin::Amount::from(channel.capacity_sat);
    let mut found = coins.iter().filter(|(at, coin)| at.txid == txid && coin.output.value == value);
    found.next().expect("its funding output is unspent").0
}
