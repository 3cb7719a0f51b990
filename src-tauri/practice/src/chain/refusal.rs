//! Why a transaction or a block is refused. The words and codes of a transaction's refusal are `bitcoind`'s own
//! (`sendrawtransaction`), because wallets read them.

use bitcoin::{OutPoint, Txid};
use fulmen_engine::amount::Sat;

/// Why a transaction is refused. Displayed as `bitcoind` says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It spends nothing.
    #[error("bad-txns-vin-empty")]
    NoInputs,
    /// It pays nothing.
    #[error("bad-txns-vout-empty")]
    NoOutputs,
    /// It names one output twice.
    #[error("bad-txns-inputs-duplicate")]
    DuplicateInput,
    /// A coinbase outside a block's first place.
    #[error("coinbase")]
    Coinbase,
    /// Heavier than 400,000 weight units.
    #[error("tx-size")]
    TooLarge,
    /// Under 65 bytes without witness: it could pose as a node of a Merkle tree.
    #[error("tx-size-small")]
    TooSmall,
    /// Outputs above 21 million bitcoin.
    #[error("bad-txns-txouttotal-toolarge")]
    TooMuch,
    /// It pays out more than it takes in: value from nothing.
    #[error("bad-txns-in-belowout, value in ({into}) < value out ({out})")]
    ValueFromNothing {
        /// What the spent outputs are worth.
        into: Sat,
        /// What the new outputs ask for.
        out: Sat,
    },
    /// An output that was never there.
    #[error("bad-txns-inputs-missingorspent")]
    MissingInput(OutPoint),
    /// An output that is spent already.
    #[error("bad-txns-inputs-missingorspent")]
    SpentInput(OutPoint),
    /// A signature or script that does not hold.
    #[error("mempool-script-verify-flag-failed (input {input})")]
    BadScript {
        /// Which input, from 0.
        input: usize,
    },
    /// A block's reward spent before 100 blocks stand on it.
    #[error("bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth {depth}")]
    ImmatureCoinbase {
        /// Blocks on top of the reward.
        depth: u32,
    },
    /// Its `nLockTime` is not reached.
    #[error("non-final")]
    NotFinal,
    /// A relative lock (BIP 68) is not over.
    #[error("non-BIP68-final")]
    SequenceLock,
    /// Below 1 sat/vB.
    #[error("min relay fee not met, {} < {}", fee.get(), needed.get())]
    FeeTooLow {
        /// What it pays.
        fee: Sat,
        /// What its size asks for.
        needed: Sat,
    },
    /// Above 0.1 BTC/kvB, `sendrawtransaction`'s guard against a slip.
    #[error("Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)")]
    FeeTooHigh,
    /// An output that costs more to spend than it is worth.
    #[error("dust")]
    Dust {
        /// Which output, from 0.
        output: usize,
    },
    /// Value in an output that nobody can spend.
    #[error("Unspendable output exceeds maximum configured by user (maxburnamount)")]
    Burn,
    /// It conflicts with the mempool and does not pay enough more (BIP 125 rules 3, 4 and 6).
    #[error("insufficient fee, rejecting replacement, {} < {}", fee.get(), needed.get())]
    ReplacementFee {
        /// What it pays.
        fee: Sat,
        /// What it would have to pay.
        needed: Sat,
    },
    /// It spends an output of a transaction it replaces (BIP 125 rule 2).
    #[error("bad-txns-spends-conflicting-tx")]
    SpendsReplaced,
    /// It would throw out more than 100 transactions (BIP 125 rule 5).
    #[error("too many potential replacements")]
    TooManyReplaced,
    /// It is in the chain.
    #[error("Transaction outputs already in utxo set")]
    AlreadyConfirmed,
    /// A package that is not a child with its parents, parents first, at most 25.
    #[error("package topology disallowed. not child-with-parents or parents depend on each other.")]
    PackageShape,
}

impl Refusal {
    /// The JSON-RPC error code `bitcoind` answers with.
    pub fn code(&self) -> i32 {
        match self {
            Self::MissingInput(_) | Self::SpentInput(_) => -25,
            Self::FeeTooHigh | Self::Burn | Self::PackageShape => -25,
            Self::AlreadyConfirmed => -27,
            _ => -26,
        }
    }
}

/// Why a block is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockRefusal {
    /// It does not stand on the tip.
    #[error("block does not build on the tip")]
    NotOnTip,
    /// Another difficulty than regtest's.
    #[error("bad-diffbits")]
    Difficulty,
    /// The hash does not meet the target.
    #[error("high-hash")]
    ProofOfWork,
    /// Not later than the median of the last eleven blocks.
    #[error("time-too-old")]
    TimeTooOld,
    /// The header does not commit to the transactions.
    #[error("bad-txnmrklroot")]
    MerkleRoot,
    /// The coinbase does not commit to the witnesses (BIP 141).
    #[error("bad-witness-merkle-match")]
    WitnessCommitment,
    /// No coinbase in the first place.
    #[error("bad-cb-missing")]
    NoCoinbase,
    /// The coinbase does not begin with the height (BIP 34).
    #[error("bad-cb-height")]
    CoinbaseHeight,
    /// The coinbase takes something other than subsidy and fees. Less is refused too, so that the books stay exact.
    #[error("bad-cb-amount, {claimed} claimed, {earned} earned")]
    CoinbaseValue {
        /// What it takes.
        claimed: Sat,
        /// Subsidy and fees.
        earned: Sat,
    },
    /// Above four million weight units.
    #[error("bad-blk-weight")]
    TooHeavy,
    /// One of its transactions is refused.
    #[error("transaction {txid}: {refusal}")]
    Transaction {
        /// Which.
        txid: Txid,
        /// Why.
        #[source]
        refusal: Refusal,
    },
}
