//! What holds of a wallet with coins whatever a server says of it, for [`crate::fuzz`].

use crate::amount::{Msat, Sat};
use crate::onchain::fuzz::{COINS, with_coins};
use crate::onchain::sync::Request;
use crate::onchain::{Onchain, Use};
use crate::time::Timestamp;
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::hashes::Hash as _;
use bitcoin::{
    Amount, BlockHash, OutPoint, ScriptBuf, Transaction, TxIn, TxOut, Txid, Witness,
    absolute::LockTime, transaction::Version,
};
use std::sync::Arc;

/// Bytes of a step: what, three choices, a number.
const STEP: usize = 12;
/// More are one too many for a moment's work.
const MOST: usize = 64;

/// A server that says anything, a step at a time.
struct Liar {
    wallet: Onchain,
    made: Vec<Transaction>,
    said: Update,
}

/// Steps: see [`Liar::step`]. What it said is heard at the end, too.
pub(crate) fn said(data: &[u8]) {
    let mut liar = Liar { wallet: with_coins(), made: Vec::new(), said: Update::default() };
    let steps = data.chunks_exact(STEP).take(4 * MOST);
    for step in steps {
        let number = step[4..].try_into().map(u64::from_le_bytes).expect("eight bytes");
        liar.step([step[0], step[1], step[2], step[3]], number);
    }
    liar.is_heard();
    // Whatever it said, an honest server lists none of it.
    let missed = expected(&liar.wallet).map(|txid| (txid, u64::MAX));
    liar.said.tx_update.evicted_ats.extend(missed);
    liar.is_heard();
    let waits = liar.wallet.history().all().iter().any(|one| one.confirmation.is_none());
    assert!(!waits, "what nobody signed does not outlast the lie");
}

impl Liar {
    /// `n` begins a transaction, `o` and `i` give it another output and input, `w` a witness; `t` names it, `b` puts it in a block,
    /// `e` takes it back, `f` says what an input of it was worth; all else lets the wallet hear.
    fn step(&mut self, [what, a, b, c]: [u8; 4], number: u64) {
        let at = usize::from(a);
        let txid = self.made.get(at).map(Transaction::compute_txid);
        match what {
            b'n' if self.made.len() < MOST => self.begin(a, b, c, number),
            b'o' => {
                let output = self.output(a, number);
                let last = self.made.last_mut().filter(|last| last.output.len() < MOST);
                last.into_iter().for_each(|last| last.output.push(output.clone()));
            }
            b'i' => {
                let input = self.input(b, c);
                let last = self.made.last_mut().filter(|last| last.input.len() < MOST);
                last.into_iter().for_each(|last| last.input.push(input.clone()));
            }
            b'w' => {
                let input = self.made.last_mut().and_then(|last| last.input.last_mut());
                let witness = [vec![b; usize::from(a)], vec![c; 33]];
                input.into_iter().for_each(|input| input.witness = Witness::from_slice(&witness));
            }
            b't' => {
                // When that was is our clock's word.
                let seen = number.min(1 << 40);
                self.said.tx_update.seen_ats.extend(txid.map(|txid| (txid, seen)));
                let named = self.made.get(at).cloned().map(Arc::new);
                self.said.tx_update.txs.extend(named);
            }
            b'b' => {
                let block_id = block(102 + u32::from(b % 4));
                let anchor = ConfirmationBlockTime { block_id, confirmation_time: number };
                self.said.tx_update.anchors.extend(txid.map(|txid| (anchor, txid)));
            }
            b'e' => {
                let missed = number.min(1 << 40);
                self.said.tx_update.evicted_ats.extend(txid.map(|txid| (txid, missed)));
            }
            b'f' => {
                let spent = self.made.get(at).and_then(|one| one.input.get(usize::from(b)));
                let spent = spent.map(|input| (input.previous_output, self.output(c, number)));
                self.said.tx_update.txouts.extend(spent);
            }
            _ => self.is_heard(),
        }
    }

    fn begin(&mut self, a: u8, b: u8, c: u8, number: u64) {
        let (input, output) = (vec![self.input(b, c)], vec![self.output(a, number)]);
        let (version, lock_time) = (Version::TWO, LockTime::ZERO);
        self.made.push(Transaction { version, lock_time, input, output });
    }

    /// A coin of ours, an output of what was made before, or anything else.
    fn input(&self, of: u8, number: u8) -> TxIn {
        let made = self.made.get(usize::from(number)).map(Transaction::compute_txid);
        let previous_output = match (of % 3, made) {
            (0, _) => COINS[usize::from(number) % COINS.len()],
            (1, Some(txid)) => OutPoint::new(txid, u32::from(of / 3)),
            _ => OutPoint::new(Txid::from_byte_array([number; 32]), u32::from(of)),
        };
        TxIn { previous_output, ..TxIn::default() }
    }

    /// To an address of ours, given out or not, or to a stranger.
    fn output(&self, to: u8, value: u64) -> TxOut {
        let keychain = if to & 1 == 0 { KeychainKind::External } else { KeychainKind::Internal };
        let place = u32::from(to / 4);
        let script_pubkey = match to % 4 {
            0 | 1 => {
                self.wallet.lock().wallet.peek_address(keychain, place).address.script_pubkey()
            }
            2 => ScriptBuf::from_bytes(vec![0x51]),
            _ => ScriptBuf::new_op_return([to]),
        };
        TxOut { value: Amount::from_sat(value), script_pubkey }
    }

    fn is_heard(&mut self) {
        let mut said = std::mem::take(&mut self.said);
        let mut chain = self.wallet.checkpoint();
        for (anchor, _) in &said.tx_update.anchors {
            chain = chain.insert(anchor.block_id);
        }
        said.chain = Some(chain);
        let before = self.wallet.balance(Sat::ZERO);
        if self.wallet.apply(said).is_err() {
            assert_eq!(self.wallet.balance(Sat::ZERO), before, "what is refused changes nothing");
        }
        self.holds();
    }

    /// Nobody signed anything: our coins stay, and nothing is free that is in no block.
    fn holds(&self) {
        let inner = self.wallet.lock();
        for coin in *COINS {
            assert!(inner.unspent_output(coin).is_some(), "only our keys spend our coins");
        }
        for (coin, what) in inner.coins() {
            assert!(what != Use::Free || coin.chain_position.is_confirmed(), "not free");
        }
        drop(inner);
        for one in self.wallet.history().all() {
            assert!(one.confirmation.is_some() || !one.own, "we made none of it");
            for amount in [Some(one.sent), Some(one.received), one.fee].into_iter().flatten() {
                assert!(is_shown(&Msat::from_sat(amount)), "a page can count it");
            }
        }
        assert!(is_shown(&self.wallet.balance(Sat::ZERO)));
    }
}

/// What a look asks for. What a block has, it has, even if a server does not list it.
fn expected(wallet: &Onchain) -> impl Iterator<Item = Txid> {
    let Request::Due(mut request) = wallet.request(Timestamp::from_secs(u64::MAX)) else {
        panic!("it knows a block");
    };
    let addresses: Vec<_> = request.iter_spks_with_expected_txids().collect();
    addresses.into_iter().flat_map(|address| address.expected_txids)
}

fn is_shown(it: &impl serde::Serialize) -> bool {
    serde_json::to_string(it).is_ok()
}

fn block(height: u32) -> BlockId {
    BlockId { height, hash: BlockHash::hash(&height.to_le_bytes()) }
}
