//! Between a server and LDK's parts: what it says of blocks is kept until it is known whether they are in the checked chain,
//! and only then passed on. A monitor hears of no other block, and a transaction is undone only if another block is at its height.

use super::headers::Headers;
use super::server::{Confirmables, Following};
use super::{Source, SourceError, within};
use crate::error::chain_of;
use crate::time::Timestamp;
use bitcoin::block::Header;
use bitcoin::{BlockHash, Transaction, Txid};
use lightning::chain::Confirm;
use std::sync::Mutex;

/// What is passed on may have LDK watch more, which is asked for at once. A chain of transactions that is longer is left for
/// the next look.
const MOST_ROUNDS: usize = 10;

/// What a server said.
enum Heard {
    Confirmed { header: Header, height: u32, transactions: Vec<(usize, Transaction)> },
    Unconfirmed(Txid),
    Best { header: Header, height: u32 },
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Passed {
    /// There was something.
    any: bool,
    /// Some was not passed on, and has to be asked for again.
    held: bool,
}

/// See the module. One for all of LDK's parts.
pub(super) struct Gate<'a> {
    parts: Confirmables<'a>,
    heard: Mutex<Vec<Heard>>,
}

impl Source {
    /// Brings LDK's side to the newest block that is checked: channel manager, chain monitor, sweeper.
    ///
    /// # Errors
    /// [`SourceError::Lightning`], [`SourceError::TooSlow`]; [`SourceError::Lied`], if it named blocks that are not in the
    /// checked chain.
    pub(crate) async fn follow(
        &self,
        following: Following<'_>,
        now: Timestamp,
    ) -> Result<(), SourceError> {
        if let Some(blocks) = self.blocks() {
            return self.follow_blocks(blocks, following).await;
        }
        let Following { parts, settled, .. } = following;
        let gate = Gate::before(parts);
        for _ in 0..MOST_ROUNDS {
            let followed = within(self.server.follow(vec![&gate])).await;
            // A block may have come since.
            if gate.names_unknown(&self.headers)
                && let Err(error) = self.advance(now).await
            {
                tracing::warn!(error = chain_of(&error), "cannot check a block now");
            }
            if let Some(settled) = &settled {
                settled().await;
            }
            // Though the round failed: whoever asked does not ask for the same again.
            let passed = gate.pass(&self.headers);
            if passed.held {
                return Err(SourceError::Lied);
            }
            followed?;
            if !passed.any {
                return Ok(());
            }
        }
        Err(SourceError::Lightning)
    }
}

impl<'a> Gate<'a> {
    pub(super) fn before(parts: Confirmables<'a>) -> Self {
        Self { parts, heard: Mutex::default() }
    }
}

impl Gate<'_> {
    /// Passes on at once what was read in a block.
    pub(super) fn confirm(
        &self,
        header: &Header,
        transactions: &[(usize, &Transaction)],
        height: u32,
        headers: &Headers,
    ) {
        self.transactions_confirmed(header, transactions, height);
        self.pass(headers);
    }

    /// All that a part believes in a block whose place another one has in the checked chain.
    pub(super) fn undo_all(&self, headers: &Headers) {
        for (txid, height, block) in self.get_relevant_txids() {
            if headers.hash(height).is_some_and(|hash| Some(hash) != block) {
                self.undo(&txid, headers);
            }
        }
    }

    fn hears(&self, heard: Heard) {
        self.heard.lock().expect("never poisoned: nothing panics there").push(heard);
    }

    fn names_unknown(&self, headers: &Headers) -> bool {
        let heard = self.heard.lock().expect("never poisoned: nothing panics there");
        heard.iter().any(|heard| match heard {
            Heard::Confirmed { header, height, .. } | Heard::Best { header, height } => {
                !is_below(headers, *height) && !is_in(headers, header, *height)
            }
            Heard::Unconfirmed(_) => false,
        })
    }

    /// In the order in which it was said.
    fn pass(&self, headers: &Headers) -> Passed {
        let mut all = self.heard.lock().expect("never poisoned: nothing panics there");
        let heard: Vec<Heard> = std::mem::take(&mut *all);
        drop(all);
        let mut passed = Passed { any: !heard.is_empty(), held: false };
        for heard in heard {
            match heard {
                Heard::Unconfirmed(txid) => self.undo(&txid, headers),
                // The channels are younger than the chain of headers, or were told before it began.
                Heard::Confirmed { header, height, transactions } if is_below(headers, height) => {
                    let block = header.block_hash();
                    let are_believed = transactions
                        .iter()
                        .all(|(_, one)| self.believes(&one.compute_txid(), height, block));
                    tracing::warn!(height, are_believed, "a block below all that is checked");
                    passed.held |= !are_believed;
                }
                Heard::Best { height, .. } if is_below(headers, height) => {
                    tracing::warn!(height, "the newest block is below all that is checked");
                }
                Heard::Confirmed { header, height, .. } | Heard::Best { header, height }
                    if !is_in(headers, &header, height) =>
                {
                    tracing::error!(height, "the server named a block that is not checked");
                    passed.held = true;
                }
                Heard::Confirmed { header, height, transactions } => {
                    let transactions: Vec<(usize, &Transaction)> =
                        transactions.iter().map(|(index, one)| (*index, one)).collect();
                    for part in &self.parts {
                        part.transactions_confirmed(&header, &transactions, height);
                    }
                }
                Heard::Best { .. } => self.reach(headers),
            }
        }
        passed
    }

    /// The newest block that is checked, though the server's own may be below it.
    pub(super) fn reach(&self, headers: &Headers) {
        let Some((header, height)) = headers.newest() else { return };
        self.parts.iter().for_each(|part| part.best_block_updated(&header, height));
    }

    fn believes(&self, txid: &Txid, height: u32, block: BlockHash) -> bool {
        let believed = self.get_relevant_txids();
        believed.contains(&(*txid, height, Some(block)))
    }

    /// A part that believes it in a block is told, if another one is there in the checked chain.
    fn undo(&self, txid: &Txid, headers: &Headers) {
        for part in &self.parts {
            let believed = part.get_relevant_txids().into_iter().find(|(one, ..)| one == txid);
            let Some((_, height, Some(block))) = believed else { continue };
            match headers.hash(height) {
                Some(hash) if hash != block => part.transaction_unconfirmed(txid),
                _ => tracing::warn!(%txid, "a transaction is undone by nothing that is checked"),
            }
        }
    }
}

fn is_in(headers: &Headers, header: &Header, height: u32) -> bool {
    headers.hash(height) == Some(header.block_hash())
}

fn is_below(headers: &Headers, height: u32) -> bool {
    headers.begins_above().is_some_and(|block| height < block.height)
}

impl Confirm for Gate<'_> {
    fn transactions_confirmed(
        &self,
        header: &Header,
        transactions: &[(usize, &Transaction)],
        height: u32,
    ) {
        let transactions =
            transactions.iter().map(|(index, one)| (*index, (*one).clone())).collect();
        self.hears(Heard::Confirmed { header: *header, height, transactions });
    }

    fn transaction_unconfirmed(&self, txid: &Txid) {
        self.hears(Heard::Unconfirmed(*txid));
    }

    fn best_block_updated(&self, header: &Header, height: u32) {
        self.hears(Heard::Best { header: *header, height });
    }

    fn get_relevant_txids(&self) -> Vec<(Txid, u32, Option<BlockHash>)> {
        self.parts.iter().flat_map(|part| part.get_relevant_txids()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::headers::tests::{genesis, run};
    use super::*;
    use crate::network::NetworkId;
    use bitcoin::Network;
    use bitcoin::constants::genesis_block;

    /// One of LDK's parts, which believes a transaction in a block.
    #[derive(Default)]
    struct Part {
        believes: Vec<(Txid, u32, Option<BlockHash>)>,
        told: Mutex<Vec<String>>,
    }

    impl Part {
        fn hears(&self, what: String) {
            self.told.lock().unwrap().push(what);
        }

        fn told(&self) -> Vec<String> {
            std::mem::take(&mut self.told.lock().unwrap())
        }
    }

    impl Confirm for Part {
        fn transactions_confirmed(&self, _: &Header, all: &[(usize, &Transaction)], height: u32) {
            self.hears(format!("{} in {height}", all.len()));
        }

        fn transaction_unconfirmed(&self, _: &Txid) {
            self.hears("undone".to_owned());
        }

        fn best_block_updated(&self, _: &Header, height: u32) {
            self.hears(format!("best {height}"));
        }

        fn get_relevant_txids(&self) -> Vec<(Txid, u32, Option<BlockHash>)> {
            self.believes.clone()
        }
    }

    fn gate(part: &Part) -> Gate<'_> {
        Gate { parts: vec![part], heard: Mutex::default() }
    }

    #[test]
    fn only_blocks_of_the_checked_chain_are_passed_on() {
        let (trunk, other) = (run(&genesis(), 0, 12), run(&genesis(), 1, 12));
        let headers = Headers::new(NetworkId::Regtest);
        headers.offer(1, &trunk).unwrap();
        let part = Part::default();
        let gate = gate(&part);
        let transaction = genesis_block(Network::Regtest).txdata[0].clone();
        let confirm =
            |header, height| gate.transactions_confirmed(header, &[(0, &transaction)], height);
        confirm(&trunk[4], 5);
        assert!(part.told().is_empty(), "not before it is looked at");
        assert!(!gate.names_unknown(&headers));
        assert_eq!(gate.pass(&headers), Passed { any: true, held: false });
        assert_eq!(part.told(), ["1 in 5"]);
        assert_eq!(gate.pass(&headers), Passed { any: false, held: false });
        for (header, height) in [(&other[4], 5), (&trunk[4], 6), (&trunk[4], 4_000_000)] {
            confirm(header, height);
            gate.best_block_updated(header, height);
            assert!(gate.names_unknown(&headers));
            assert_eq!(gate.pass(&headers), Passed { any: true, held: true });
            assert!(part.told().is_empty());
        }
    }

    /// A server that withholds blocks, or has not seen them yet.
    #[test]
    fn the_newest_block_is_the_checked_one() {
        let trunk = run(&genesis(), 0, 12);
        let headers = Headers::new(NetworkId::Regtest);
        headers.offer(1, &trunk).unwrap();
        let part = Part::default();
        let gate = gate(&part);
        gate.best_block_updated(&trunk[3], 4);
        assert_eq!(gate.pass(&headers), Passed { any: true, held: false });
        assert_eq!(part.told(), ["best 12"]);
    }

    /// Whoever names it does not ask again for what it spends: what LDK does not believe has to be asked for anew.
    #[test]
    fn nothing_below_the_checked_chain_is_passed_on() {
        let trunk = run(&genesis(), 0, 12);
        let headers = Headers::new(NetworkId::Mutinynet);
        let block = bdk_wallet::chain::BlockId { height: 5, hash: trunk[4].block_hash() };
        headers.begin_above(block);
        let transaction = genesis_block(Network::Regtest).txdata[0].clone();
        let believed = (transaction.compute_txid(), 4, Some(trunk[3].block_hash()));
        for (believes, held) in [(vec![], true), (vec![believed], false)] {
            let part = Part { believes, ..Part::default() };
            let gate = gate(&part);
            gate.transactions_confirmed(&trunk[3], &[(0, &transaction)], 4);
            assert!(!gate.names_unknown(&headers));
            assert_eq!(gate.pass(&headers), Passed { any: true, held });
            assert!(part.told().is_empty());
        }
    }

    #[test]
    fn a_transaction_is_undone_by_another_block_alone() {
        let (trunk, other) = (run(&genesis(), 0, 12), run(&genesis(), 1, 13));
        let headers = Headers::new(NetworkId::Regtest);
        headers.offer(1, &trunk).unwrap();
        let txid = genesis_block(Network::Regtest).txdata[0].compute_txid();
        for (height, header) in [(5u32, &trunk[4]), (20, &trunk[4])] {
            let believes = vec![(txid, height, Some(header.block_hash()))];
            let part = Part { believes, ..Part::default() };
            let gate = gate(&part);
            gate.transaction_unconfirmed(&txid);
            gate.pass(&headers);
            assert!(part.told().is_empty(), "{height}");
        }
        headers.offer(1, &other).unwrap();
        let believes = vec![(txid, 5, Some(trunk[4].block_hash()))];
        let part = Part { believes, ..Part::default() };
        let gate = gate(&part);
        gate.transaction_unconfirmed(&txid);
        gate.pass(&headers);
        assert_eq!(part.told(), ["undone"]);
    }
}
