//! A script that one key spends, whose coins no wallet derives: what a transaction of it is built and signed with.

use bitcoin::psbt::Input;
use bitcoin::{ScriptBuf, Transaction, Weight};

/// See the module.
pub(crate) trait Spendable: Sync {
    fn script(&self) -> ScriptBuf;

    /// What its input script and witness weigh at most.
    fn satisfaction(&self) -> Weight;

    /// All that its signer needs to know of an output of this transaction.
    fn input(&self, transaction: &Transaction, vout: u32) -> Input;
}
