//! A channel that the chain has ended takes nothing new.
//!
//! LDK's manager hears from a monitor that its channel has ended only when it is asked for its messages. What it adds to the channel
//! before that, the monitor refuses, and LDK 0.2.7 decides on such a payment at the next start and no sooner
//! (`ChannelMonitorImpl::update_monitor`). So it is asked as soon as the monitors were told. This must come after them.

use super::Gate;
use bitcoin::block::Header;
use bitcoin::{BlockHash, Txid};
use lightning::chain::Confirm;
use lightning::chain::transaction::TransactionData;

impl Confirm for Gate {
    fn transactions_confirmed(&self, _: &Header, _: &TransactionData<'_>, _: u32) {
        self.collect();
    }

    fn transaction_unconfirmed(&self, _: &Txid) {}

    fn best_block_updated(&self, _: &Header, _: u32) {}

    fn get_relevant_txids(&self) -> Vec<(Txid, u32, Option<BlockHash>)> {
        Vec::new()
    }
}
