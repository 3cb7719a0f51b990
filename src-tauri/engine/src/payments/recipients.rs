//! Who is paid on-chain: one, or several with one transaction. Each is what a text said, looked at as if it were paid alone; of
//! several it is said which one is refused.

use super::debt::Debt;
use super::error::SendError;
use super::instruction::{Choice, accept, amount_of, describe, refuse_own, with_id};
use super::lookalike::{are_alike, looks_like};
use super::payee::looked_up;
use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::onchain::{SendAmount, SpendError};
use crate::payment::{Payee, Recipient};
use crate::previews::{OnchainPayee, Preview};
use crate::time::Timestamp;
use crate::uri::{Parsed, parse_list};
use crate::view::{Instruction, RecipientQuote};
use bitcoin::Address;
use std::collections::HashSet;

/// Far below what nodes relay as one transaction, and more than anybody checks by eye.
const MOST: usize = 50;

/// Somebody who is paid, and what.
pub(super) struct Paid {
    pub(super) address: Address,
    pub(super) amount: SendAmount,
    pub(super) shown: RecipientQuote,
    debt: Debt,
    looked_up: Option<Payee>,
}

impl Paid {
    /// What it gets of a plan that gives `all` of them so much together.
    pub(super) fn gets(&self, all: &[Self], together: Sat) -> Sat {
        let exact = |one: &Self| match one.amount {
            SendAmount::Exact(amount) => Some(amount),
            SendAmount::Everything => None,
        };
        let others = Sat::sum(all.iter().filter_map(exact)).unwrap_or_default();
        exact(self).unwrap_or(together.minus_or_zero(others))
    }

    /// With what it gets in the end.
    pub(super) fn of_plan(self, amount: Sat) -> OnchainPayee {
        let Self { address, shown, debt, looked_up, .. } = self;
        let RecipientQuote { instruction, paid_before, .. } = shown;
        let note = instruction.note.or(instruction.label);
        OnchainPayee { address, amount, note, debt, paid_before, looked_up }
    }
}

impl OnchainPayee {
    /// As the journal keeps one of several.
    pub(super) fn row(&self) -> Recipient {
        Recipient {
            address: self.address.to_string(),
            amount_msat: Msat::from_sat(self.amount).unwrap_or_default().get(),
            asked_hash: self.debt.hash,
            note: self.note.clone(),
        }
    }
}

/// What a text says of those who are to be paid: one instruction, or a line for each with its amount.
pub(crate) fn read(core: &Core, text: &str, now: Timestamp) -> Result<Vec<Instruction>, SendError> {
    let Some(list) = parse_list(text, core.settings.network) else {
        return Ok(vec![super::instruction::read(core, text, now)?]);
    };
    if list.len() > MOST {
        return Err(SendError::TooMany);
    }
    let read = list.into_iter().enumerate();
    read.map(|(at, line)| {
        let instruction = line.map_err(SendError::from).and_then(|line| accept(core, line, now));
        instruction.map_err(|error| at_place(at, error))
    })
    .collect()
}

/// Everyone whom the payer chose, the first one first. Where all there is is sent, that one gets what the others leave.
pub(super) fn of(core: &Core, choice: &Choice) -> Result<Vec<Paid>, SendError> {
    if choice.also.len() >= MOST {
        return Err(SendError::TooMany);
    }
    let first = (&choice.instruction, choice.amount);
    let others = choice.also.iter().map(|other| (&other.instruction, other.amount));
    let several = !choice.also.is_empty();
    let mut seen = HashSet::new();
    let mut all: Vec<Paid> = Vec::new();
    for (at, (instruction, amount)) in [first].into_iter().chain(others).enumerate() {
        let everything = choice.everything && at == 0;
        let one = paid(core, instruction, amount, everything).and_then(|one| {
            let is_new = seen.insert(one.address.script_pubkey());
            if is_new { Ok(one) } else { Err(SendError::SameAddress) }
        });
        let mut one = one.map_err(|error| if several { at_place(at, error) } else { error })?;
        one.shown.like_recipient = like_one_of(&all, &one.address);
        all.push(one);
    }
    Ok(all)
}

/// The place of one whom somebody may have wanted to be paid twice, by an address that only looks like theirs.
fn like_one_of(all: &[Paid], address: &Address) -> Option<u32> {
    let address = address.to_string();
    let alike = all.iter().position(|one| are_alike(&one.address.to_string(), &address))?;
    Some(place(alike))
}

fn paid(
    core: &Core,
    instruction: &str,
    amount: Option<Msat>,
    everything: bool,
) -> Result<Paid, SendError> {
    let parsed = match core.previews.get(instruction) {
        Some(Preview::Instruction(parsed)) => parsed,
        Some(Preview::PayLink(_)) => return Err(SendError::NoAddress),
        _ => return Err(SendError::Stale),
    };
    refuse_own(core, &parsed)?;
    let address = parsed.onchain.clone().ok_or(SendError::NoAddress)?;
    if core.onchain.is_mine(&address.script_pubkey()) {
        return Err(SendError::OwnAddress);
    }
    let debt = Debt::of(&parsed);
    let paid_before = debt.check(&core.journal)?;
    let amount = exactly(&parsed, &address, amount, everything)?;
    let shown = RecipientQuote {
        instruction: with_id(describe(core, &parsed, false), instruction),
        // The plan says what it gets.
        amount_msat: Msat::ZERO,
        paid_before,
        looks_like: looks_like(core, &address.to_string())?,
        like_recipient: None,
        fiat: None,
    };
    let looked_up = parsed.looked_up.as_ref().and_then(looked_up);
    Ok(Paid { address, amount, shown, debt, looked_up })
}

fn exactly(
    parsed: &Parsed,
    address: &Address,
    amount: Option<Msat>,
    everything: bool,
) -> Result<SendAmount, SendError> {
    if everything {
        return Ok(SendAmount::Everything);
    }
    let amount = amount_of(parsed, amount)?.to_sat_ceil();
    let least = Sat::from(address.script_pubkey().minimal_non_dust());
    if amount < least {
        return Err(SpendError::AmountTooSmall { least }.into());
    }
    Ok(SendAmount::Exact(amount))
}

fn at_place(at: usize, error: SendError) -> SendError {
    SendError::Recipient { place: place(at), why: Box::new(error) }
}

/// From 1, as people count.
fn place(at: usize) -> u32 {
    u32::try_from(at).map_or(u32::MAX, |at| at.saturating_add(1))
}
