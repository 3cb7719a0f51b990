//! What is handed to the chain's server, by whom, and what a lost disk leaves to nobody.

use super::fates::Fates;
use crate::{Offers, is_commitment};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, Txid};
use fulmen_engine::amount::Sat;
use fulmen_engine::keys::{Keys, Words};
use fulmen_engine::view::NetworkId;
use fulmen_practice::chain::{ANCHOR, PracticeChain};
use fulmen_practice::network::PracticeNetwork;
use lightning::sign::KeysManager;
use std::collections::{BTreeSet, HashSet};

/// More than what a close and a commitment cost, in sat, and less than the smallest payment.
const FEES: u64 = 3_000;

/// See the module.
pub(crate) struct Witness {
    chain: PracticeChain,
    offers: Offers,
    /// Commitments that were handed in before the disk was lost.
    before: BTreeSet<Txid>,
    /// What the peers' commitments pay to the people.
    theirs: HashSet<ScriptBuf>,
    /// Outputs that nobody can claim any more.
    pub(crate) unclaimable: HashSet<OutPoint>,
    /// In nobody's books, in msat.
    pub(crate) unexplained: i128,
}

impl Witness {
    /// Listens from now on. `words` are the people's.
    pub(crate) fn of<'a>(
        network: &PracticeNetwork,
        words: impl Iterator<Item = &'a str>,
        unexplained: i128,
    ) -> Self {
        let secp = Secp256k1::new();
        let scripts = words.flat_map(|words| {
            let words = Words::parse(words).expect("words");
            let keys = Keys::derive(&words, None, NetworkId::Practice.chain());
            KeysManager::new(keys.ldk_seed(), 0, 0, true)
                .possible_v2_counterparty_closed_balance_spks(&secp)
        });
        let theirs = scripts.collect();
        let (chain, offers) = (network.chain().clone(), Offers::to(network));
        let (before, unclaimable) = Default::default();
        Self { chain, offers, before, theirs, unclaimable, unexplained }
    }

    /// A disk is lost now.
    pub(crate) fn lost(&mut self, fates: &Fates) {
        self.before = self.commitments(fates).iter().map(Transaction::compute_txid).collect();
    }

    /// Commitments of people that were handed in since and are revoked: something else ended the channel, or the peer has
    /// punished them.
    pub(crate) fn stale(&mut self, fates: &Fates) -> Vec<Txid> {
        let all = self.commitments(fates);
        let ours = |tx: &Transaction| {
            !self.before.contains(&tx.compute_txid())
                && !tx.output.iter().any(|output| self.theirs.contains(&output.script_pubkey))
        };
        let mut stale: Vec<_> = all
            .iter()
            .filter(|tx| ours(tx) && self.is_revoked(tx, fates))
            .map(Transaction::compute_txid)
            .collect();
        stale.sort_unstable();
        stale.dedup();
        stale
    }

    /// This output is what a peer's commitment pays to the people: it rests, and is on no way.
    pub(crate) fn is_at_rest(&self, at: &OutPoint) -> bool {
        let transaction = self.chain.transaction(&at.txid);
        let output = transaction.as_ref().and_then(|one| one.tx_out(at.vout as usize).ok());
        output.is_some_and(|output| self.theirs.contains(&output.script_pubkey))
    }

    /// What a peer's commitment pays to the people's words lies there.
    pub(crate) fn waits(&self, unclaimed: &[(OutPoint, Sat)]) -> bool {
        unclaimed.iter().any(|(at, _)| self.is_at_rest(at))
    }

    fn commitments(&mut self, fates: &Fates) -> Vec<Transaction> {
        let fundings = fates.fundings();
        let spends = |tx: &Transaction| fundings.contains(&tx.input[0].previous_output);
        let all = self.offers.all().iter();
        all.filter(|tx| spends(tx) && is_commitment(tx)).cloned().collect()
    }

    fn is_revoked(&self, commitment: &Transaction, fates: &Fates) -> bool {
        let funding = commitment.input[0].previous_output;
        let txid = commitment.compute_txid();
        let ended = self.chain.spender_of(&funding);
        let ended = ended.and_then(|spender| self.chain.transaction(&spender.txid));
        match ended {
            None => true,
            Some(ended) if ended.compute_txid() == txid => self.is_punished(commitment),
            Some(ended) if is_commitment(&ended) => {
                !(fates.was_forced(&funding) && are_both_last(commitment, &ended))
            }
            Some(ended) => !pay_alike(commitment, &ended),
        }
    }

    fn is_punished(&self, commitment: &Transaction) -> bool {
        let txid = commitment.compute_txid();
        let outputs = (0..).zip(&commitment.output).map(|(vout, _)| OutPoint { txid, vout });
        outputs.filter_map(|at| Some((at, self.chain.spender_of(&at)?.txid))).any(
            |(at, spender)| {
                let spender = self.chain.transaction(&spender).expect("it is known");
                let input = spender.input.iter().find(|input| input.previous_output == at);
                input.is_some_and(|input| is_punishment(input.witness.iter().nth(1)))
            },
        )
    }
}

/// A close together pays what the last commitment does, but for fees and anchors, and what is too little for an output. LDK
/// publishes that commitment if it starts while the close is not yet deep in the chain; payments are larger than any of that, so
/// no older one pays alike.
fn pay_alike(commitment: &Transaction, close: &Transaction) -> bool {
    let sides = |transaction: &Transaction| {
        let values = transaction.output.iter().map(|output| output.value);
        let mut values: Vec<_> =
            values.filter(|value| *value > ANCHOR).map(Amount::to_sat).collect();
        values.sort_unstable_by(|a, b| b.cmp(a));
        values.resize(values.len().max(2), 0);
        values
    };
    let (commitment, close) = (sides(commitment), sides(close));
    let alike = |(a, b): (&u64, &u64)| a.abs_diff(*b) <= FEES;
    commitment.len() == close.len() && commitment.iter().zip(&close).all(alike)
}

/// A channel has no state after its close by force, so what decided on it may publish its commitment from the copy, too; the
/// peer may have published its own meanwhile. The two sides' last commitments have the same number, or the next. Both numbers
/// are hidden by the same bits (BOLT 3), so what is left of both is what differs: nothing, or ones at the end.
fn are_both_last(one: &Transaction, other: &Transaction) -> bool {
    let differs = obscured_number(one) ^ obscured_number(other);
    differs & (differs + 1) == 0
}

fn obscured_number(commitment: &Transaction) -> u64 {
    let low = |bits: u32| u64::from(bits & 0xff_ffff);
    low(commitment.input[0].sequence.0) << 24 | low(commitment.lock_time.to_consensus_u32())
}

/// Of a witness with a signature, this, and a script (BOLT 3): `1` takes a `to_local`, the revocation key an HTLC.
fn is_punishment(second: Option<&[u8]>) -> bool {
    second.is_some_and(|bytes| bytes == [1] || (bytes.len() == 33 && matches!(bytes[0], 2 | 3)))
}
