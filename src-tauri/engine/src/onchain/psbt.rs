//! A transaction that others made, held against what this wallet knows before it is signed. What our coins are worth comes from
//! our own transactions, and which outputs are ours from our own keys; nothing that a PSBT claims of either counts.
//!
//! Our coins are P2WPKH: a signature over one says nothing of what the other inputs are worth (BIP 143). So what the others'
//! coins are worth counts only where the PSBT has the whole transaction they come from, and without that nothing is signed.
//! Signatures are over everything (`SIGHASH_ALL`), made anew even where the PSBT has some for our inputs.

use super::balance::Use;
use super::{Inner, Onchain};
use crate::amount::Sat;
use crate::error::{Code, Coded};
use crate::keys::{Keys, SignError};
use crate::time::Timestamp;
use crate::view::Descriptors;
use bdk_wallet::KeychainKind;
use bitcoin::psbt::Input;
use bitcoin::{
    Amount, EcdsaSighashType, NetworkKind, OutPoint, Psbt, ScriptBuf, Transaction, TxOut, Weight,
    absolute::LockTime, bip32::ChildNumber,
};
use std::collections::HashSet;

/// What is proven of a PSBT.
#[derive(Clone, Debug)]
pub(crate) struct ProvenPsbt {
    /// With our inputs as this wallet has them.
    psbt: Psbt,
    /// Which inputs are ours.
    ours: Vec<usize>,
    /// What they are worth.
    pub(crate) own: Sat,
    /// What the others are worth, if the transactions they come from are in a block.
    pub(crate) others: Sat,
    pub(crate) outputs: Vec<ProvenOutput>,
    /// What comes back to us.
    pub(crate) back: Sat,
    pub(crate) fee: Sat,
    pub(crate) sat_per_vb: u32,
    /// Inputs of others that nobody signed.
    pub(crate) unsigned: usize,
    pub(crate) time_locked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ProvenOutput {
    pub(crate) script: ScriptBuf,
    pub(crate) amount: Sat,
    pub(crate) own: bool,
}

/// What must hold beside what the coins say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// What must stay to close channels with.
    pub(crate) reserve: Sat,
    /// No transaction should pay more.
    pub(crate) sat_per_vb: u32,
}

/// Why a PSBT is not signed.
#[derive(Debug, thiserror::Error)]
pub enum PsbtError {
    #[error("the PSBT contradicts itself: {0}")]
    Damaged(&'static str),
    #[error("the PSBT is for another network")]
    WrongNetwork,
    #[error("no input of the PSBT is ours")]
    NothingOurs,
    #[error("the PSBT says of {0} what is not so")]
    CoinDiffers(OutPoint),
    #[error("the PSBT wants a signature that is not over everything")]
    Sighash,
    #[error("the PSBT does not prove what {0} is worth")]
    FeeUnproven(OutPoint),
    #[error("the PSBT pays the miners {0} sat/vB")]
    FeeAbsurd(u32),
    #[error("an output is below the dust limit {0}")]
    Dust(Sat),
    #[error("{0} is spent")]
    Spent(OutPoint),
    #[error("{0} is frozen")]
    Frozen(OutPoint),
    #[error("{0} is promised to something")]
    Promised(OutPoint),
    #[error("{0} is not in a block")]
    Unconfirmed(OutPoint),
    #[error("too little would be left to close channels with")]
    NeededForClosing,
    #[error("a signature of the others is missing or wrong")]
    Unfinished,
    #[error("cannot sign")]
    Sign(#[from] SignError),
}

impl Coded for PsbtError {
    fn code(&self) -> Code {
        match self {
            Self::Damaged(_) => Code::PsbtDamaged,
            Self::WrongNetwork => Code::WrongNetwork,
            Self::NothingOurs => Code::PsbtNothingOurs,
            Self::CoinDiffers(_) => Code::PsbtCoinDiffers,
            Self::Sighash => Code::PsbtSighash,
            Self::FeeUnproven(_) => Code::PsbtFeeUnproven,
            Self::FeeAbsurd(_) => Code::PsbtFeeAbsurd,
            Self::Dust(_) => Code::AmountTooSmall,
            Self::Spent(_) => Code::PsbtCoinSpent,
            Self::Frozen(_) => Code::PsbtCoinFrozen,
            Self::Promised(_) => Code::PsbtCoinPromised,
            Self::Unconfirmed(_) => Code::PsbtCoinUnconfirmed,
            Self::NeededForClosing => Code::NeededForClosing,
            Self::Unfinished => Code::PsbtUnfinished,
            Self::Sign(_) => Code::Internal,
        }
    }
}

impl ProvenPsbt {
    pub(crate) fn transaction(&self) -> &Transaction {
        &self.psbt.unsigned_tx
    }

    pub(crate) fn own_inputs(&self) -> usize {
        self.ours.len()
    }

    pub(crate) fn other_inputs(&self) -> usize {
        self.psbt.inputs.len() - self.ours.len()
    }

    /// What we have less of afterwards.
    pub(crate) fn leaves(&self) -> Sat {
        self.own.minus_or_zero(self.back)
    }

    /// What we have more of afterwards.
    pub(crate) fn gains(&self) -> Sat {
        self.back.minus_or_zero(self.own)
    }

    /// Outputs that are not ours.
    pub(crate) fn payees(&self) -> impl Iterator<Item = &ProvenOutput> {
        self.outputs.iter().filter(|output| !output.own)
    }
}

impl Onchain {
    /// What a PSBT would do, or why it is not signed.
    ///
    /// # Errors
    /// [`PsbtError`].
    pub(crate) fn prove(
        &self,
        psbt: &Psbt,
        keys: &Keys,
        limits: Limits,
    ) -> Result<ProvenPsbt, PsbtError> {
        self.lock().prove(psbt, keys, limits)
    }

    /// Signs our inputs of what was proven, if all of it still holds. The coins stay free. To be handed out once that is
    /// committed.
    ///
    /// # Errors
    /// [`PsbtError`].
    pub(crate) fn sign(
        &self,
        proven: &ProvenPsbt,
        keys: &Keys,
        limits: Limits,
    ) -> Result<Psbt, PsbtError> {
        self.change(|inner| {
            let signed = inner.prove(&proven.psbt, keys, limits)?.signed(keys)?;
            inner.hand_out(&signed.unsigned_tx);
            Ok(signed)
        })
    }

    /// Signs it, locks our coins and books it as unconfirmed, if all of it still holds. To be broadcast once that is committed.
    ///
    /// # Errors
    /// [`PsbtError`].
    pub(crate) fn finish_psbt(
        &self,
        proven: &ProvenPsbt,
        keys: &Keys,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Transaction, PsbtError> {
        self.change(|inner| {
            let proven = inner.prove(&proven.psbt, keys, limits)?;
            let signed = proven.signed(keys)?;
            let transaction = keys.extract(&signed).ok_or(PsbtError::Unfinished)?;
            for &input in &proven.ours {
                inner.wallet.lock_outpoint(transaction.input[input].previous_output);
            }
            inner.hand_out(&transaction);
            inner.wallet.apply_unconfirmed_txs([(transaction.clone(), now.secs())]);
            inner.count();
            Ok(transaction)
        })
    }

    /// The public descriptors, with checksums (BIP 380).
    pub(crate) fn public_descriptors(&self) -> Descriptors {
        let inner = self.lock();
        let of = |keychain| inner.wallet.public_descriptor(keychain).to_string();
        Descriptors { external: of(KeychainKind::External), internal: of(KeychainKind::Internal) }
    }

    /// The transaction leaves this computer unsent: its change is asked for from now on, and goes to nothing else.
    pub(crate) fn handed_out(&self, transaction: &Transaction) {
        self.change(|inner| inner.hand_out(transaction));
    }
}

impl Inner {
    fn prove(&self, psbt: &Psbt, keys: &Keys, limits: Limits) -> Result<ProvenPsbt, PsbtError> {
        let transaction = &psbt.unsigned_tx;
        well_formed(transaction)?;
        let mut psbt = psbt.clone();
        let (mut ours, mut own, mut others) = (Vec::new(), Sat::ZERO, Sat::ZERO);
        for (at, input) in transaction.input.iter().enumerate() {
            let claimed = &psbt.inputs[at];
            match self.own_input(input.previous_output, claimed, keys)? {
                Some((known, value)) => {
                    psbt.inputs[at] = known;
                    ours.push(at);
                    own = plus(own, value)?;
                }
                None => others = plus(others, foreign_value(input.previous_output, claimed))?,
            }
        }
        if ours.is_empty() {
            let elsewhere = names_another_network(&psbt, self.wallet.network().into());
            return Err(if elsewhere { PsbtError::WrongNetwork } else { PsbtError::NothingOurs });
        }
        for (at, input) in transaction.input.iter().enumerate() {
            if !ours.contains(&at) {
                proven_value(input.previous_output, &psbt.inputs[at])?;
            }
        }
        let outputs: Vec<ProvenOutput> =
            transaction.output.iter().map(|output| self.output(output)).collect();
        let paid = Sat::sum(outputs.iter().map(|output| output.amount)).ok_or(TOO_MUCH)?;
        let back = outputs.iter().filter(|output| output.own).map(|output| output.amount);
        let back = Sat::sum(back).ok_or(TOO_MUCH)?;
        let fee = plus(own, others)?.checked_sub(paid);
        let fee = fee.ok_or(PsbtError::Damaged("it pays more than it has"))?;
        keys.finalize_others(&mut psbt, &ours);
        let sat_per_vb = sat_per_vb(fee, weight_of(&psbt, &ours));
        if sat_per_vb > limits.sat_per_vb {
            return Err(PsbtError::FeeAbsurd(sat_per_vb));
        }
        let spent = ours.iter().map(|&at| transaction.input[at].previous_output);
        if !self.keeps(spent, transaction, limits.reserve) {
            return Err(PsbtError::NeededForClosing);
        }
        let unsigned = psbt.inputs.iter().enumerate();
        let unsigned =
            unsigned.filter(|(at, input)| !ours.contains(at) && !is_final(input)).count();
        let time_locked = self.is_time_locked(transaction);
        Ok(ProvenPsbt {
            psbt,
            ours,
            own,
            others,
            outputs,
            back,
            fee,
            sat_per_vb,
            unsigned,
            time_locked,
        })
    }

    /// An input of ours as this wallet has it and what it is worth; `None` if it is somebody else's.
    fn own_input(
        &self,
        outpoint: OutPoint,
        claimed: &Input,
        keys: &Keys,
    ) -> Result<Option<(Input, Sat)>, PsbtError> {
        let Some(((keychain, place), output)) = self.wallet.spk_index().txout(outpoint) else {
            return Ok(None);
        };
        let from = self.wallet.tx_graph().get_tx(outpoint.txid);
        let other_output = claimed.witness_utxo.as_ref().is_some_and(|said| said != output);
        let other_transaction = claimed
            .non_witness_utxo
            .as_ref()
            .is_some_and(|said| said.compute_txid() != outpoint.txid);
        if other_output || other_transaction {
            return Err(PsbtError::CoinDiffers(outpoint));
        }
        // DEFAULT is of taproot alone, where it is the same.
        if claimed.sighash_type.is_some_and(|kind| !matches!(kind.to_u32(), 0 | 1)) {
            return Err(PsbtError::Sighash);
        }
        let coin = self.coins().into_iter().find(|(coin, _)| coin.outpoint == outpoint);
        match coin.map(|(_, what)| what) {
            Some(Use::Free) => {}
            Some(Use::Frozen) => return Err(PsbtError::Frozen(outpoint)),
            Some(Use::Locked) => return Err(PsbtError::Promised(outpoint)),
            Some(Use::Incoming) => return Err(PsbtError::Unconfirmed(outpoint)),
            None => return Err(PsbtError::Spent(outpoint)),
        }
        let known = Input {
            non_witness_utxo: from.map(|from| (*from).clone()),
            witness_utxo: Some(output.clone()),
            sighash_type: Some(EcdsaSighashType::All.into()),
            bip32_derivation: [keys.derivation(keychain, place)].into(),
            ..Input::default()
        };
        Ok(Some((known, output.value.into())))
    }

    /// Ours is what our descriptors give within the gap that a restore searches.
    fn output(&self, output: &TxOut) -> ProvenOutput {
        let script = output.script_pubkey.clone();
        let own = self.wallet.is_mine(script.clone());
        ProvenOutput { script, amount: output.value.into(), own }
    }

    fn is_time_locked(&self, transaction: &Transaction) -> bool {
        let tip = self.wallet.latest_checkpoint().height();
        let absolute = transaction.is_lock_time_enabled()
            && match transaction.lock_time {
                LockTime::Blocks(height) => height.to_consensus_u32() > tip,
                // A time of blocks that is not asked for here.
                LockTime::Seconds(_) => true,
            };
        let relative = transaction.version.0 >= 2
            && transaction.input.iter().any(|input| input.sequence.is_relative_lock_time());
        absolute || relative
    }

    /// Our addresses in it are revealed, and used.
    fn hand_out(&mut self, transaction: &Transaction) {
        for output in &transaction.output {
            let found = self.wallet.derivation_of_spk(output.script_pubkey.clone());
            if let Some((keychain, place)) = found {
                drop(self.wallet.reveal_addresses_to(keychain, place));
                self.wallet.mark_used(keychain, place);
            }
        }
    }
}

impl ProvenPsbt {
    /// With our signatures, and none for anybody else's input, whatever key it names.
    fn signed(&self, keys: &Keys) -> Result<Psbt, PsbtError> {
        let mut ours = self.psbt.clone();
        for (at, spent) in self.transaction().input.iter().enumerate() {
            if !self.ours.contains(&at) {
                // Whoever finalizes wants to know what each input spends; a legacy one says so only by its whole transaction.
                let witness_utxo = proven_output(spent.previous_output, &ours.inputs[at]).cloned();
                ours.inputs[at] = Input { witness_utxo, ..Input::default() };
            }
        }
        if keys.sign_psbt(&mut ours)? != self.ours {
            return Err(PsbtError::Damaged("not every input of ours was signed"));
        }
        let mut signed = self.psbt.clone();
        for &at in &self.ours {
            signed.inputs[at] = ours.inputs[at].clone();
        }
        Ok(signed)
    }
}

const TOO_MUCH: PsbtError = PsbtError::Damaged("more bitcoin than there is");

fn plus(sum: Sat, value: Sat) -> Result<Sat, PsbtError> {
    let most = Sat::from(Amount::MAX_MONEY);
    sum.checked_add(value).filter(|sum| *sum <= most).ok_or(TOO_MUCH)
}

fn well_formed(transaction: &Transaction) -> Result<(), PsbtError> {
    if transaction.input.is_empty() || transaction.output.is_empty() {
        return Err(PsbtError::Damaged("no inputs or no outputs"));
    }
    let spent: HashSet<OutPoint> =
        transaction.input.iter().map(|input| input.previous_output).collect();
    if spent.len() < transaction.input.len() {
        return Err(PsbtError::Damaged("an input is there twice"));
    }
    let small = transaction.output.iter().find(|o| o.value < o.script_pubkey.minimal_non_dust());
    small
        .map_or(Ok(()), |small| Err(PsbtError::Dust(small.script_pubkey.minimal_non_dust().into())))
}

/// What is claimed to be there, for the sum; [`proven_value`] says whether it is so.
fn foreign_value(outpoint: OutPoint, claimed: &Input) -> Sat {
    proven_value(outpoint, claimed).unwrap_or_default()
}

/// What an input of others is worth, by the transaction it comes from.
fn proven_value(outpoint: OutPoint, claimed: &Input) -> Result<Sat, PsbtError> {
    let output = proven_output(outpoint, claimed).ok_or(PsbtError::FeeUnproven(outpoint))?;
    if claimed.witness_utxo.as_ref().is_some_and(|said| said != output) {
        return Err(PsbtError::Damaged("an input is said to be worth two amounts"));
    }
    Ok(output.value.into())
}

/// What an input spends, in the transaction it comes from.
fn proven_output(outpoint: OutPoint, claimed: &Input) -> Option<&TxOut> {
    let from = claimed.non_witness_utxo.as_ref()?;
    let place = usize::try_from(outpoint.vout).ok()?;
    from.output.get(place).filter(|_| from.compute_txid() == outpoint.txid)
}

/// It says itself that it is made for keys of another network.
fn names_another_network(psbt: &Psbt, network: NetworkKind) -> bool {
    let coin = u32::from(!network.is_mainnet());
    let other = ChildNumber::Hardened { index: 1 - coin };
    let mut sources = psbt.inputs.iter().flat_map(|input| input.bip32_derivation.values());
    psbt.xpub.keys().any(|key| key.network != network)
        || sources.any(|(_, path)| path.into_iter().nth(1) == Some(&other))
}

fn is_final(input: &Input) -> bool {
    input.final_script_sig.is_some() || input.final_script_witness.is_some()
}

/// One signature and one key, and how many there are.
const P2WPKH_WITNESS: u64 = 108;
const P2TR_WITNESS: u64 = 66;
/// Marker and flag.
const SEGWIT: u64 = 2;

/// What it weighs once it is signed. What others have still to sign is taken to be small: the rate is then rather too high.
fn weight_of(psbt: &Psbt, ours: &[usize]) -> Weight {
    let witness = |(at, input): (usize, &Input)| {
        let taproot = input.witness_utxo.as_ref().is_some_and(|o| o.script_pubkey.is_p2tr());
        let script = input.final_script_sig.as_ref().map_or(0, |script| script.len());
        match &input.final_script_witness {
            _ if ours.contains(&at) => P2WPKH_WITNESS,
            Some(witness) => as_weight(witness.size()).saturating_add(as_weight(script) * 4),
            None if is_final(input) => as_weight(script) * 4,
            None if taproot => P2TR_WITNESS,
            None => P2WPKH_WITNESS,
        }
    };
    let witnesses: u64 = psbt.inputs.iter().enumerate().map(witness).sum();
    psbt.unsigned_tx.weight() + Weight::from_wu(witnesses.saturating_add(SEGWIT))
}

fn as_weight(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX / 8)
}

/// Rounded up.
fn sat_per_vb(fee: Sat, weight: Weight) -> u32 {
    let rate = fee.get().saturating_mul(4).div_ceil(weight.to_wu().max(1));
    u32::try_from(rate).unwrap_or(u32::MAX)
}
