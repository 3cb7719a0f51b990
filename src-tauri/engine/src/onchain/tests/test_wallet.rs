use crate::amount::Sat;
use crate::keys::{Keys, Words};
use crate::onchain::Onchain;
use crate::time::Timestamp;
use crate::view::{OnchainBalance, PartKind};
use bdk_wallet::WalletEvent;
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime};
use bdk_wallet::{ChangeSet, Update};
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, BlockHash, Network, OutPoint, Psbt, ScriptBuf, Transaction, TxIn, TxOut, Txid,
    absolute::LockTime, transaction::Version,
};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const NETWORK: Network = Network::Regtest;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// The keys of all tests.
pub(super) fn keys() -> Keys {
    Keys::derive(&Words::parse(WORDS).unwrap(), None, NETWORK)
}

/// A wallet and the chain it believes in.
pub(super) struct TestWallet {
    pub(super) wallet: Arc<Onchain>,
    pub(super) keys: Keys,
    /// How often the wallet asked for a commit.
    pub(super) calls: Arc<AtomicU64>,
    serial: AtomicU64,
}

impl TestWallet {
    pub(super) fn new() -> Self {
        Self::over(|keys, on_change| {
            let wallet = Onchain::create(keys, NETWORK, on_change).unwrap();
            wallet.begin_at(block(100)).unwrap();
            wallet
        })
    }

    pub(super) fn loaded(kept: ChangeSet) -> Self {
        let test_wallet =
            Self::over(|keys, on_change| Onchain::load(kept, keys, NETWORK, on_change).unwrap());
        // Time does not go back at a restart.
        test_wallet.serial.store(1_000_000, Ordering::SeqCst);
        test_wallet
    }

    fn over(make: impl FnOnce(&Keys, crate::onchain::OnChange) -> Onchain) -> Self {
        let (keys, calls) = (keys(), Arc::new(AtomicU64::new(0)));
        let counter = calls.clone();
        let wallet = make(&keys, Arc::new(move || count(&counter)));
        Self { wallet: Arc::new(wallet), keys, calls, serial: AtomicU64::new(0) }
    }

    /// Somebody pays; the server sees it outside a block.
    pub(super) fn receive(&self, amount: u64) -> Transaction {
        let paid = self.foreign(amount, self.wallet.fresh_address(&HashSet::new()).script_pubkey());
        self.see(&paid, self.later());
        paid
    }

    /// Somebody pays, and it confirms.
    pub(super) fn earn(&self, amount: u64) -> Transaction {
        let paid = self.receive(amount);
        self.mine(&[&paid]);
        paid
    }

    pub(super) fn foreign(&self, amount: u64, script_pubkey: ScriptBuf) -> Transaction {
        let serial = self.serial.fetch_add(1, Ordering::SeqCst);
        let mut from = [0xAA; 32];
        from[..8].copy_from_slice(&serial.to_le_bytes());
        let previous_output = OutPoint::new(Txid::from_byte_array(from), 0);
        Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn { previous_output, ..TxIn::default() }],
            output: vec![TxOut { value: Amount::from_sat(amount), script_pubkey }],
        }
    }

    /// Signed with this wallet's keys: all that it spends is its own.
    pub(super) fn signed(&self, transaction: Transaction) -> Transaction {
        let mut psbt = Psbt::from_unsigned_tx(transaction).unwrap();
        let inner = self.wallet.lock();
        for (input, details) in psbt.unsigned_tx.input.iter().zip(&mut psbt.inputs) {
            let coin = inner.wallet.spk_index().txout(input.previous_output);
            let ((keychain, place), coin) = coin.unwrap();
            details.witness_utxo = Some(coin.clone());
            details.bip32_derivation = [self.keys.derivation(keychain, place)].into();
        }
        self.keys.sign_psbt(&mut psbt).unwrap();
        psbt.extract_tx_unchecked_fee_rate()
    }

    /// The server lists it outside a block.
    pub(super) fn see(&self, transaction: &Transaction, at: Timestamp) {
        let mut update = Update::default();
        update.tx_update.txs = vec![Arc::new(transaction.clone())];
        update.tx_update.seen_ats = [(transaction.compute_txid(), at.secs())].into();
        self.wallet.apply(update).unwrap();
    }

    /// The server does not list it any more.
    pub(super) fn vanish(&self, transaction: &Transaction) {
        let mut update = Update::default();
        update.tx_update.evicted_ats = [(transaction.compute_txid(), self.later().secs())].into();
        self.wallet.apply(update).unwrap();
    }

    /// A block with these in it.
    pub(super) fn mine(&self, transactions: &[&Transaction]) -> Vec<WalletEvent> {
        let mut update = Update::default();
        let next = block(self.wallet.tip().height + 1);
        let anchor = ConfirmationBlockTime {
            block_id: next,
            confirmation_time: 1_700_000_000 + u64::from(next.height),
        };
        update.chain = Some(self.wallet.lock().wallet.latest_checkpoint().insert(next));
        update.tx_update.txs =
            transactions.iter().map(|&transaction| Arc::new(transaction.clone())).collect();
        update.tx_update.anchors =
            transactions.iter().map(|transaction| (anchor, transaction.compute_txid())).collect();
        self.wallet.apply(update).unwrap()
    }

    pub(super) fn mine_empty(&self, blocks: u32) {
        (0..blocks).for_each(|_| drop(self.mine(&[])));
    }

    pub(super) fn later(&self) -> Timestamp {
        Timestamp::from_secs(2_000_000_000 + self.serial.fetch_add(1, Ordering::SeqCst))
    }

    /// Everything ever staged, as the vault would give it back.
    pub(super) fn kept(&self) -> ChangeSet {
        self.wallet.take_staged().unwrap()
    }
}

fn count(calls: &AtomicU64) {
    calls.fetch_add(1, Ordering::SeqCst);
}

pub(super) fn block(height: u32) -> BlockId {
    BlockId { height, hash: BlockHash::hash(&height.to_le_bytes()) }
}

pub(super) fn stranger() -> ScriptBuf {
    ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::hash(b"stranger"))
}

pub(super) fn kept_part(balance: &OnchainBalance, kind: PartKind) -> Sat {
    balance
        .kept
        .iter()
        .find(|part| part.kind == kind)
        .map_or(Sat::ZERO, |part| part.amount_msat.to_sat_floor())
}
