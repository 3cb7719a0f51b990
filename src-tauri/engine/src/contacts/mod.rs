//! Contacts: names that a person gives to payees that can be paid again, and what they were paid, which the journal's index says.
//! It must not pay: to pay a contact is to read its text again, and to be shown what that pays.

pub(crate) mod kept;

use crate::amount::Msat;
use crate::core::Core;
use crate::error::{Code, Coded};
use crate::event::Event;
use crate::payment::{Payee, PayeeId, Payment, StoredStatus};
use crate::payments::JournalError;
use crate::payments::payee::payee;
use crate::time::Timestamp;
use crate::uri::{ParseError, parse, plain};
use crate::view;
use kept::Named;

/// Characters of a name: more than any row shows.
const LONGEST: usize = 80;

/// Why a contact is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    #[error("nothing payable was read")]
    Read(#[from] ParseError),
    #[error("it can be paid once")]
    Once,
    #[error("there is no name")]
    NoName,
    #[error("there is no such contact")]
    Gone,
    #[error("the contact cannot be kept")]
    Storage(#[source] lightning::io::Error),
    #[error("the journal does not say")]
    Journal(#[from] JournalError),
}

impl Coded for ContactError {
    fn code(&self) -> Code {
        match self {
            Self::Read(error) => error.code(),
            Self::Once => Code::PaidOnce,
            Self::NoName => Code::NothingToRead,
            Self::Gone => Code::Stale,
            Self::Storage(_) => Code::Storage,
            Self::Journal(error) => error.code(),
        }
    }
}

/// Names whoever a text pays; another name if they have one. Durable when this returns, like all that follows.
pub(crate) async fn save(
    core: &Core,
    text: &str,
    name: &str,
    now: Timestamp,
) -> Result<(), ContactError> {
    let parsed = parse(text, core.settings.network)?;
    let payee = payee(&parsed, parsed.lightning.is_none()).ok_or(ContactError::Once)?;
    let named = Named { payee, name: cleaned(name)?, created_at: now };
    core.contacts.keep(named).map_err(ContactError::Storage)?;
    changed(core).await
}

/// Forgets the name. What was paid stays in Activity.
pub(crate) async fn forget(core: &Core, id: &str) -> Result<(), ContactError> {
    let id = PayeeId::parse(id).filter(|id| core.contacts.name(id).is_some());
    core.contacts.forget(&id.ok_or(ContactError::Gone)?).map_err(ContactError::Storage)?;
    changed(core).await
}

fn cleaned(name: &str) -> Result<String, ContactError> {
    let name: String = name.chars().take(LONGEST).collect();
    plain(&name).ok_or(ContactError::NoName)
}

async fn changed(core: &Core) -> Result<(), ContactError> {
    core.bus.send(Event::Contacts(all(core)));
    let stopping = |_| ContactError::Storage(std::io::Error::other("the wallet stops").into());
    core.wake.durable().await.map_err(stopping)
}

/// All of them, by name.
pub(crate) fn all(core: &Core) -> Vec<view::Contact> {
    shown_all(core, &core.contacts.all())
}

/// Names in the order of [`kept::Contacts::all`].
fn shown_all(core: &Core, all: &[Named]) -> Vec<view::Contact> {
    // Sorted: who has the same name stands beside it.
    let same = |at: usize, other: Option<usize>| {
        other.and_then(|other| all.get(other)).is_some_and(|one| one.sounds() == all[at].sounds())
    };
    let contact = |(at, named): (usize, &Named)| view::Contact {
        payee: shown(core, &named.payee),
        name: named.name.clone(),
        same_name: same(at, at.checked_sub(1)) || same(at, Some(at + 1)),
    };
    all.iter().enumerate().map(contact).collect()
}

/// All of them with what they were paid: who was paid last comes first, and who never was at the end, by name.
pub(crate) fn totals(core: &Core) -> Result<Vec<view::ContactTotals>, JournalError> {
    let named = core.contacts.all();
    let shown = shown_all(core, &named);
    let totals = named.iter().zip(shown);
    let totals = totals.map(|(named, contact)| totals_of(core, &named.payee, contact));
    let mut totals = totals.collect::<Result<Vec<_>, _>>()?;
    totals.sort_by_key(|one| std::cmp::Reverse(one.last_secs));
    Ok(totals)
}

fn totals_of(
    core: &Core,
    payee: &Payee,
    contact: view::Contact,
) -> Result<view::ContactTotals, JournalError> {
    let mut paid = core.journal.paid_to(payee)?;
    paid.retain(|row| row.status == StoredStatus::Paid);
    let sum = |of: &dyn Fn(&Payment) -> u64| {
        Msat::sum(paid.iter().map(|row| Msat::new(of(row)))).unwrap_or_default()
    };
    let theirs = |row: &Payment| {
        let payees = row.payees();
        payees.iter().filter(|(one, _)| one == payee).map(|(_, msat)| *msat).sum()
    };
    // What one transaction to several cost is nobody's alone.
    let fee = |row: &Payment| row.fee_msat.filter(|_| row.recipients.is_empty()).unwrap_or(0);
    Ok(view::ContactTotals {
        contact,
        payments: paid.len() as u64,
        paid_msat: sum(&theirs),
        fees_msat: sum(&fee),
        last_secs: paid.iter().map(|row| row.created_at.secs()).max(),
    })
}

/// A payee as it is shown.
pub(crate) fn shown(core: &Core, payee: &Payee) -> view::Payee {
    let link = || parse(&payee.text, core.settings.network).ok()?.link;
    let host = (payee.kind == view::PayeeKind::Lnurl).then(link).flatten();
    view::Payee {
        id: payee.id().to_string(),
        kind: payee.kind,
        text: payee.text.clone(),
        host: host.map(|link| link.host()),
    }
}
