use super::spend::Kind;
use super::{Onchain, Payees, SendAmount, SpendError};
use crate::amount::Sat;
use crate::keys::Keys;
use crate::time::Timestamp;
use bitcoin::hashes::Hash;
use bitcoin::{FeeRate, Script, ScriptBuf, Transaction, WScriptHash};

impl Onchain {
    /// A signed transaction for LDK's `FundingGenerationReady`: segwit inputs, final at any height, not replaceable. Its
    /// coins are locked; it is not booked until [`Onchain::reapply`] is called on its broadcast. If the channel does not
    /// come about: [`Onchain::release`].
    ///
    /// # Errors
    /// As [`Onchain::preview_send`] and [`Onchain::finish`].
    pub fn fund(
        &self,
        output: &Script,
        value: Sat,
        rate: FeeRate,
        reserve: Sat,
        keys: &Keys,
    ) -> Result<Transaction, SpendError> {
        self.change(|inner| {
            let plan = inner.plan(
                &Payees::one(output, SendAmount::Exact(value)),
                rate,
                reserve,
                &Kind::Funding,
            )?;
            inner.complete(plan, keys)
        })
    }

    /// What [`Onchain::fund`] would pay to miners.
    ///
    /// # Errors
    /// As [`Onchain::preview_send`].
    pub fn funding_fee(&self, value: Sat, rate: FeeRate, reserve: Sat) -> Result<Sat, SpendError> {
        let amount = SendAmount::Exact(value);
        Ok(self
            .change(|inner| {
                inner.plan(&Payees::one(&some_p2wsh(), amount), rate, reserve, &Kind::Funding)
            })?
            .fee())
    }

    /// The largest channel that can be funded; nothing if none can.
    pub fn largest_funding(&self, rate: FeeRate, reserve: Sat) -> Sat {
        let plan = self.change(|inner| {
            inner.plan(
                &Payees::one(&some_p2wsh(), SendAmount::Everything),
                rate,
                reserve,
                &Kind::Funding,
            )
        });
        plan.map_or(Sat::ZERO, |plan| plan.amount())
    }

    /// Frees the coins of a funding transaction that will never be broadcast (`DiscardFunding`, a failed opening).
    pub fn release(&self, transaction: &Transaction) {
        self.change(|inner| {
            transaction
                .input
                .iter()
                .for_each(|input| inner.wallet.unlock_outpoint(input.previous_output));
            inner.mark_change(transaction, false);
        });
    }

    /// Counts a transaction of ours as seen just now: before its broadcast, and again for every one in the outbox after a
    /// start, whatever the server lists. Not for one that was replaced: of two that conflict, the one seen last counts.
    pub fn reapply(&self, transaction: &Transaction, now: Timestamp) {
        self.change(|inner| {
            inner.wallet.apply_unconfirmed_txs([(transaction.clone(), now.secs())]);
            inner.count();
        });
    }

    /// Gives up a transaction of ours that can never confirm (it is invalid, or another one spent its coins) and frees its
    /// coins. Wrong if it still can: see [`crate::chain::BroadcastError`].
    pub fn forget(&self, transaction: &Transaction, now: Timestamp) {
        self.change(|inner| {
            let txid = transaction.compute_txid();
            inner.wallet.apply_evicted_txs([(txid, now.secs())]);
            inner.learnt.remove(&txid);
            inner.count();
            transaction
                .input
                .iter()
                .for_each(|input| inner.wallet.unlock_outpoint(input.previous_output));
        });
    }
}

/// A stand-in of the right size for a channel's funding script.
fn some_p2wsh() -> ScriptBuf {
    ScriptBuf::new_p2wsh(&WScriptHash::all_zeros())
}
