//! What an on-chain wallet is told of blocks: those of the checked chain, and its transactions in the blocks that they are proven
//! to be in. Below the checked chain a place is as the server says.

use super::{Source, SourceError};
use crate::time::Timestamp;
use bdk_wallet::Update;
use bdk_wallet::chain::{BlockId, CheckPoint, ConfirmationBlockTime};
use bitcoin::{Transaction, Txid};
use std::collections::HashMap;
use std::sync::Arc;

/// The newest blocks that a wallet is told. A reorganisation that is not deeper is seen for what it is.
const NEWEST: u32 = 10;

/// What is known of a place that a server named.
enum Place {
    Is(ConfirmationBlockTime),
    /// It is above all that is checked.
    NotChecked,
    /// The server should have proven it, and did not.
    NotProven,
}

/// What a wallet has where no header says what is so.
struct Below<'a> {
    begins: BlockId,
    known: &'a CheckPoint,
    /// The wallet is younger than the block that the headers begin above.
    is_before_all: bool,
}

impl Below<'_> {
    /// As the server says, if it can be. Nothing there takes the place of a block that the wallet knows: nobody can say which of the
    /// two names is right, and an earlier server may have lied.
    fn place(&self, anchor: ConfirmationBlockTime) -> Place {
        let height = anchor.block_id.height;
        let can_be = height > 0 && u32::try_from(anchor.confirmation_time).is_ok();
        if self.is_before_all || !can_be {
            return Place::NotProven;
        }
        let known = self.known.get(height).map(|known| known.block_id());
        Place::Is(ConfirmationBlockTime { block_id: known.unwrap_or(anchor.block_id), ..anchor })
    }
}

impl Source {
    fn below<'a>(&self, known: &'a CheckPoint) -> Below<'a> {
        let begins = self.headers.begins_above().unwrap_or_default();
        // A new wallet begins with that block: nothing can have been paid to it before.
        let first = known.iter().filter(|block| block.height() > 0).last();
        let is_before_all = first.is_some_and(|first| first.block_id() == begins);
        Below { begins, known, is_before_all }
    }

    /// What a server found, as a wallet that knows `known` can take it: with each transaction in the block that it is proven to be
    /// in, or waiting. And whether the server proved all that it said. Of a place that `was_proven` it is not asked again.
    pub(crate) async fn placed(
        &self,
        mut update: Update,
        known: &CheckPoint,
        was_proven: impl Fn(&Txid, BlockId) -> bool + Send + Sync,
        now: Timestamp,
    ) -> Result<(Update, bool), SourceError> {
        let mut all_proven = true;
        let below = self.below(known);
        let named = update.tx_update.txs.iter().map(|one| (one.compute_txid(), one.clone()));
        let named: HashMap<Txid, Arc<Transaction>> = named.collect();
        let anchors: Vec<_> = std::mem::take(&mut update.tx_update.anchors).into_iter().collect();
        // A proof is a request, and a restore needs one for each transaction: two at a time, as the rest is asked.
        let (some, others) = anchors.split_at(anchors.len() / 2);
        let (some, others) = tokio::try_join!(
            self.looked_up(some, &named, &below, &was_proven),
            self.looked_up(others, &named, &below, &was_proven),
        )?;
        for ((_, txid), place) in anchors.into_iter().zip(some.into_iter().chain(others)) {
            match place {
                Place::Is(anchor) => {
                    update.tx_update.anchors.insert((anchor, txid));
                    continue;
                }
                Place::NotChecked => {}
                Place::NotProven => all_proven = false,
            }
            // Until it is known better, it waits for a block.
            update.tx_update.seen_ats.insert((txid, now.secs()));
        }
        let places = update.tx_update.anchors.iter().map(|(anchor, _)| anchor.block_id);
        update.chain = Some(self.blocks_above(known, places, u32::MAX));
        Ok((update, all_proven))
    }

    /// One after the other.
    async fn looked_up(
        &self,
        anchors: &[(ConfirmationBlockTime, Txid)],
        named: &HashMap<Txid, Arc<Transaction>>,
        below: &Below<'_>,
        was_proven: &(impl Fn(&Txid, BlockId) -> bool + Send + Sync),
    ) -> Result<Vec<Place>, SourceError> {
        let mut places = Vec::with_capacity(anchors.len());
        for &(anchor, txid) in anchors {
            let again = was_proven(&txid, anchor.block_id);
            let transaction = named.get(&txid).map(|one| &**one);
            places.push(self.place(anchor, (txid, transaction), below, again).await?);
        }
        Ok(places)
    }

    async fn place(
        &self,
        anchor: ConfirmationBlockTime,
        (txid, transaction): (Txid, Option<&Transaction>),
        below: &Below<'_>,
        was_proven: bool,
    ) -> Result<Place, SourceError> {
        let BlockId { height, hash } = anchor.block_id;
        if height <= below.begins.height {
            return Ok(below.place(anchor));
        }
        let Some(header) = self.headers.header(height) else { return Ok(Place::NotChecked) };
        if header.block_hash() != hash {
            return Ok(Place::NotProven);
        }
        let is_proven = was_proven
            || self.server.has_proven()
            || match self.proves(txid, transaction, anchor.block_id).await {
                Err(SourceError::Nonsense(_)) => false,
                answer => answer?,
            };
        let confirmation_time = u64::from(header.time);
        let proven = ConfirmationBlockTime { confirmation_time, ..anchor };
        Ok(if is_proven { Place::Is(proven) } else { Place::NotProven })
    }

    async fn proves(
        &self,
        txid: Txid,
        transaction: Option<&Transaction>,
        block: BlockId,
    ) -> Result<bool, SourceError> {
        if let Some(transaction) = transaction {
            return self.server.proves(transaction, block).await;
        }
        match self.server.transaction(txid).await? {
            Some(transaction) => self.server.proves(&transaction, block).await,
            None => Ok(false),
        }
    }

    /// The blocks that a wallet which knows `known` should know: from where both agree, those of `places`, and the newest; none
    /// above `last`.
    pub(crate) fn blocks_above(
        &self,
        known: &CheckPoint,
        places: impl Iterator<Item = BlockId>,
        last: u32,
    ) -> CheckPoint {
        let headers = &self.headers;
        let tip = headers.tip().map(|tip| tip.height);
        let (mut chain, mut differing) = (known.clone(), Vec::new());
        for block in known.iter() {
            let height = block.height();
            match headers.hash(height) {
                Some(hash) if hash != block.hash() => differing.push(BlockId { height, hash }),
                None if tip.is_none_or(|tip| tip < height) => {}
                // Both agree, or nobody checks it.
                _ => {
                    chain = block;
                    break;
                }
            }
        }
        let tip = tip.unwrap_or_default().min(last);
        let newest = (tip.saturating_sub(NEWEST - 1)..=tip)
            .filter_map(|height| Some(BlockId { height, hash: headers.hash(height)? }));
        for block in differing.into_iter().rev().chain(places).chain(newest) {
            // BDK's own answer to another first block is a panic.
            if block.height > 0 && block.height <= last {
                chain = chain.insert(block);
            }
        }
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::super::Address;
    use super::super::headers::tests::{genesis, run};
    use super::*;
    use crate::logger::Log;
    use crate::network::NetworkId;
    use bitcoin::hashes::Hash;
    use bitcoin::{BlockHash, Network};

    /// Nobody answers there.
    fn source(network: NetworkId) -> Source {
        Source::new(&Address::read("http://127.0.0.1:9"), network, Arc::new(Log)).unwrap()
    }

    fn at(height: u32, hash: BlockHash) -> ConfirmationBlockTime {
        let block_id = BlockId { height, hash };
        ConfirmationBlockTime { block_id, confirmation_time: 77 }
    }

    async fn told(
        source: &Source,
        known: &CheckPoint,
        anchor: ConfirmationBlockTime,
        was_proven: bool,
    ) -> (Option<ConfirmationBlockTime>, bool, CheckPoint) {
        let mut update = Update::default();
        let txid = Txid::from_byte_array([3; 32]);
        update.tx_update.anchors.insert((anchor, txid));
        let now = Timestamp::from_secs(1_000);
        let (update, all_proven) =
            source.placed(update, known, |_, _| was_proven, now).await.unwrap();
        let kept = update.tx_update.anchors.iter().next().map(|(anchor, _)| *anchor);
        let waits = update.tx_update.seen_ats.contains(&(txid, 1_000));
        assert_ne!(kept.is_some(), waits, "it is in a block, or waits for one");
        (kept, all_proven, update.chain.unwrap())
    }

    fn first(network: Network) -> CheckPoint {
        let hash = bitcoin::constants::genesis_block(network).block_hash();
        CheckPoint::new(BlockId { height: 0, hash })
    }

    #[tokio::test]
    async fn a_place_is_in_the_checked_chain_and_has_its_time() {
        let trunk = run(&genesis(), 0, 30);
        let source = source(NetworkId::Regtest);
        source.headers.offer(1, &trunk).unwrap();
        let known = first(Network::Regtest);
        let right = at(5, trunk[4].block_hash());
        let (kept, all_proven, chain) = told(&source, &known, right, true).await;
        assert_eq!(kept.map(|anchor| anchor.confirmation_time), Some(u64::from(trunk[4].time)));
        assert!(all_proven);
        let heights: Vec<u32> = chain.iter().map(|block| block.height()).collect();
        assert_eq!(heights, [30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 5, 0]);
        for wrong in [at(6, trunk[4].block_hash()), at(0, trunk[4].block_hash())] {
            let (kept, all_proven, _) = told(&source, &known, wrong, true).await;
            assert_eq!((kept, all_proven), (None, false), "another block is there");
        }
        let later = at(31, trunk[4].block_hash());
        let (kept, all_proven, _) = told(&source, &known, later, true).await;
        assert_eq!((kept, all_proven), (None, true), "it is looked at when its block is");
    }

    #[tokio::test]
    async fn below_the_checked_chain_it_is_as_the_server_says_unless_the_wallet_knows_better() {
        let source = source(NetworkId::Mutinynet);
        let hash = |byte: u8| BlockHash::from_byte_array([byte; 32]);
        source.headers.begin_above(BlockId { height: 50, hash: hash(50) });
        let known = first(Network::Signet).insert(BlockId { height: 30, hash: hash(30) });
        for (anchor, is_kept) in [
            (at(20, hash(20)), true),
            (at(30, hash(30)), true),
            (at(30, hash(31)), true),
            (at(0, hash(9)), false),
            (ConfirmationBlockTime { confirmation_time: u64::MAX, ..at(20, hash(20)) }, false),
        ] {
            let (kept, all_proven, _) = told(&source, &known, anchor, false).await;
            assert_eq!((kept.is_some(), all_proven), (is_kept, is_kept), "{anchor:?}");
            let there =
                kept.is_none_or(|kept| kept.block_id.hash == hash(kept.block_id.height as u8));
            assert!(there, "not in the place of a block that the wallet knows");
        }
    }

    #[tokio::test]
    async fn a_new_wallet_was_paid_nothing_before_it_was() {
        let source = source(NetworkId::Mutinynet);
        let hash = |byte: u8| BlockHash::from_byte_array([byte; 32]);
        let begins = BlockId { height: 50, hash: hash(50) };
        source.headers.begin_above(begins);
        for (known, is_kept) in [
            (first(Network::Signet).insert(begins), false),
            (first(Network::Signet), true),
            (
                first(Network::Signet).insert(begins).insert(BlockId { height: 9, hash: hash(9) }),
                true,
            ),
        ] {
            for height in [20, 50] {
                let (kept, all_proven, _) =
                    told(&source, &known, at(height, hash(50)), false).await;
                assert_eq!((kept.is_some(), all_proven), (is_kept, is_kept), "{height}");
            }
        }
    }

    /// The wallet knows blocks that are not in the chain any more.
    #[tokio::test]
    async fn a_wallet_is_told_of_another_branch_from_where_both_agree() {
        let (trunk, other) = (run(&genesis(), 0, 12), run(&genesis(), 1, 3));
        let source = source(NetworkId::Regtest);
        source.headers.offer(1, &trunk).unwrap();
        let mut known = first(Network::Regtest);
        for (height, header) in (1u32..).zip(&other) {
            known = known.insert(BlockId { height, hash: header.block_hash() });
        }
        let far = known.insert(BlockId { height: 400, hash: BlockHash::from_byte_array([4; 32]) });
        let (_, _, chain) = told(&source, &far, at(5, trunk[4].block_hash()), true).await;
        for (height, header) in (1u32..).zip(&trunk) {
            assert_eq!(chain.get(height).map(|block| block.hash()), Some(header.block_hash()));
        }
        assert_eq!(chain.height(), 12);
    }
}
