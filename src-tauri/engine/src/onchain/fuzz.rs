//! What holds of every file of labels and of every transaction that others made, for [`crate::fuzz`].

use super::bip329::{Line, Record, Reference, read, write};
use super::labels::LONGEST;
use super::{Limits, Onchain, ProvenPsbt};
use crate::amount::Sat;
use crate::error::Coded as _;
use crate::store::fuzz::KEYS;
use crate::uri::plain;
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::hashes::Hash as _;
use bitcoin::{
    Amount, BlockHash, Network, OutPoint, Psbt, Transaction, TxIn, TxOut, Txid, absolute::LockTime,
    transaction::Version,
};
use std::sync::{Arc, LazyLock};

const ORIGIN: &str = "wpkh([d34db33f/84'/0'/0'])";

/// Whatever a file says is bounded and cleaned, and what was read of it is read again from what is written of it.
pub(crate) fn labels(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(lines) = read(&text) else { return };
    let mut records: Vec<Record> = Vec::new();
    for line in lines {
        let Line::Record { record, .. } = line else { continue };
        if let Some(label) = &record.label {
            assert!(label.chars().count() <= LONGEST);
            assert!(!label.contains(char::is_control));
            assert!(plain(label).is_some());
        }
        assert!(record.spendable.is_none() || matches!(record.on, Reference::Output(_)));
        records.push(record);
    }
    let written = write(&records, ORIGIN);
    assert_eq!(written.lines().count(), records.len(), "one line a record");
    let again = read(&written).expect("no more than was read");
    for (line, record) in again.iter().zip(&records) {
        // A label that was cut may end in a blank, and a long reference may be too long once it is escaped.
        match line {
            Line::Record { record: again, .. } => {
                assert_eq!(again.on, record.on);
                assert_eq!(again.spendable, record.spendable);
                let label = record.label.as_deref().and_then(plain);
                assert_eq!(again.label, label);
            }
            Line::Unreadable => assert!(matches!(record.on, Reference::Address(_))),
            Line::OtherType => panic!("{record:?}"),
        }
    }
}

const LIMITS: Limits = Limits { reserve: Sat::new(20_000), sat_per_vb: 500 };

/// What the wallet's first addresses were paid, one a transaction: all but the last can be spent.
const PAID: [u64; 3] = [50_000, 30_000, 40_000];
const FROZEN: usize = 2;

static WALLET: LazyLock<Onchain> = LazyLock::new(with_coins);

pub(super) static COINS: LazyLock<[OutPoint; 3]> = LazyLock::new(|| {
    let at = |number: usize| {
        let coins = WALLET.list_coins();
        let coin = coins.iter().find(|coin| coin.amount == Sat::new(PAID[number]));
        coin.expect("it was paid").outpoint
    };
    [0, 1, 2].map(at)
});

/// A wallet that was paid in a block.
pub(super) fn with_coins() -> Onchain {
    let wallet = Onchain::create(&KEYS, Network::Regtest, Arc::new(|| {})).expect("a wallet");
    let block = |height: u32| BlockId { height, hash: BlockHash::hash(&height.to_le_bytes()) };
    wallet.begin_at(block(100)).expect("a birthday");
    let (mut update, mut inner) = (Update::default(), wallet.lock());
    let anchor = ConfirmationBlockTime { block_id: block(101), confirmation_time: 1_700_000_000 };
    update.chain = Some(inner.wallet.latest_checkpoint().insert(anchor.block_id));
    for (number, value) in (1_u8..).zip(PAID) {
        let address = inner.wallet.reveal_next_address(KeychainKind::External);
        let previous_output = OutPoint::new(Txid::from_byte_array([number; 32]), 0);
        let (value, script_pubkey) = (Amount::from_sat(value), address.script_pubkey());
        let paid = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn { previous_output, ..TxIn::default() }],
            output: vec![TxOut { value, script_pubkey }],
        };
        update.tx_update.anchors.insert((anchor, paid.compute_txid()));
        update.tx_update.txs.push(Arc::new(paid));
    }
    drop(inner);
    wallet.apply(update).expect("a block");
    let coins = wallet.list_coins();
    let frozen = coins.iter().find(|coin| coin.amount == Sat::new(PAID[FROZEN]));
    wallet.stay_frozen(vec![frozen.expect("it was paid").outpoint]);
    wallet
}

/// A transaction that others made: what is proven of it is so, and nothing else is signed.
pub(crate) fn psbt(data: &[u8]) {
    let Ok(psbt) = Psbt::deserialize(data) else { return };
    match WALLET.prove(&psbt, &KEYS, LIMITS) {
        Ok(proven) => {
            adds_up(&proven, &psbt);
            signed(&proven, &psbt);
        }
        Err(error) => {
            let _code = error.code();
            assert!(error.to_string().len() < 200, "{error}");
        }
    }
}

fn value_of(outpoint: &OutPoint) -> Option<Sat> {
    let number = COINS.iter().position(|coin| coin == outpoint)?;
    Some(Sat::new(PAID[number]))
}

fn adds_up(proven: &ProvenPsbt, psbt: &Psbt) {
    let transaction = &psbt.unsigned_tx;
    assert_eq!(proven.transaction(), transaction);
    let spent = transaction.input.iter().map(|input| &input.previous_output);
    let ours: Vec<Sat> = spent.filter_map(value_of).collect();
    assert!(!ours.is_empty() && proven.own_inputs() == ours.len());
    assert_eq!(proven.own_inputs() + proven.other_inputs(), transaction.input.len());
    assert_eq!(Some(proven.own), Sat::sum(ours), "whatever the PSBT says of our coins");
    assert!(!transaction.input.iter().any(|input| input.previous_output == COINS[FROZEN]));
    for (output, paid) in proven.outputs.iter().zip(&transaction.output) {
        assert_eq!((&output.script, output.amount), (&paid.script_pubkey, Sat::from(paid.value)));
        assert_eq!(output.own, WALLET.is_mine(&output.script));
    }
    assert_eq!(proven.outputs.len(), transaction.output.len());
    let sum =
        |own: bool| Sat::sum(proven.outputs.iter().filter(|o| o.own || !own).map(|o| o.amount));
    assert_eq!(sum(true), Some(proven.back));
    let brought = proven.own.checked_add(proven.others).expect("a sum");
    assert!(brought <= Amount::MAX_MONEY.into(), "no more than there is");
    assert_eq!(sum(false).and_then(|paid| paid.checked_add(proven.fee)), Some(brought));
    assert!(proven.sat_per_vb <= LIMITS.sat_per_vb, "{} sat/vB", proven.sat_per_vb);
    let left = Sat::new(PAID[0] + PAID[1]).checked_sub(proven.own).expect("coins of ours");
    assert!(left.checked_add(proven.back) >= Some(LIMITS.reserve));
    assert!(proven.leaves() == Sat::ZERO || proven.gains() == Sat::ZERO);
}

/// Every input of ours, and of nobody else.
fn signed(proven: &ProvenPsbt, psbt: &Psbt) {
    // Of its own: addresses in it are handed out.
    let signed = with_coins().sign(proven, &KEYS, LIMITS).expect("what is proven is signed");
    assert_eq!(signed.unsigned_tx, psbt.unsigned_tx);
    for ((spent, signed), before) in
        psbt.unsigned_tx.input.iter().zip(&signed.inputs).zip(&psbt.inputs)
    {
        if value_of(&spent.previous_output).is_some() {
            assert_eq!(signed.final_script_witness.as_ref().map(|witness| witness.len()), Some(2));
            continue;
        }
        for (key, signature) in &signed.partial_sigs {
            assert_eq!(before.partial_sigs.get(key), Some(signature), "somebody else's input");
        }
        assert!(signed.tap_key_sig.is_none() || signed.tap_key_sig == before.tap_key_sig);
    }
    // All signatures are looked at there.
    let transaction = KEYS.extract(&signed);
    assert!(transaction.is_some() || proven.other_inputs() > 0, "ours is complete");
    let again = Psbt::deserialize(&signed.serialize()).expect("what is handed out is read");
    assert_eq!(again, signed);
}
