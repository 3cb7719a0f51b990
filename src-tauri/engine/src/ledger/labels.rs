//! Labels: what a person calls a movement, and all of them out to a file and in from one (BIP 329). A file is looked at first. What
//! has no label here is given the file's; nothing that a person wrote here is written over.

use crate::core::Core;
use crate::error::{Code, Coded};
use crate::onchain::bip329::{self, Line, Record, Reference};
use crate::onchain::labels::LONGEST;
use crate::onchain::purpose::Purpose;
use crate::payments::{JournalError, Payment, PaymentId, StoredDirection, StoredKind};
use crate::previews::{LabelsPlan, Preview};
use crate::status::DiskTrouble;
use crate::uri::plain;
use crate::view::{LabelsPreview, LabelsTaken};
use bitcoin::{Address, OutPoint, Txid};
use std::collections::HashMap;

/// Why labels are not read, or not kept.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// See [`bip329::MAX_BYTES`].
    #[error("the file is longer than any file of labels")]
    TooLarge,
    #[error("what was shown is no longer true")]
    Stale,
    #[error("nothing new can be written down now")]
    Disk(#[from] DiskTrouble),
    #[error("cannot look at the journal")]
    Journal(#[from] JournalError),
    #[error("cannot keep a coin's label")]
    Storage(#[source] lightning::io::Error),
}

impl Coded for LabelError {
    fn code(&self) -> Code {
        match self {
            Self::TooLarge => Code::LabelsTooLong,
            Self::Stale => Code::Stale,
            Self::Disk(trouble) => trouble.code(),
            Self::Journal(error) => error.code(),
            Self::Storage(_) => Code::Storage,
        }
    }
}

/// Names a movement, or takes its name away.
pub(crate) fn name(core: &Core, id: &str, label: &str) -> Result<(), LabelError> {
    core.status.disk()?;
    let id = PaymentId::parse(id).ok_or(LabelError::Stale)?;
    let label: Option<String> = plain(label).map(|label| label.chars().take(LONGEST).collect());
    let is_there = core.journal.get(&id)?.is_some();
    core.journal.change(&id, |row| {
        let news = row.label != label;
        row.label = label;
        news
    })?;
    if is_there { Ok(()) } else { Err(LabelError::Stale) }
}

/// All labels and notes, as a file. What is not committed yet is not in it.
pub(crate) fn export(core: &Core) -> Result<String, LabelError> {
    let mut records = Vec::new();
    core.journal.each(|row| records.extend(of_row(&row)))?;
    let outputs = core.output_labels.all().into_iter().map(|(outpoint, known)| Record {
        on: Reference::Output(outpoint),
        label: known.label,
        spendable: known.frozen.then_some(false),
    });
    records.extend(outputs);
    // The same order each time, so that two files can be compared.
    records.sort_by(|one, other| one.on.cmp(&other.on));
    records.dedup_by(|one, other| one.on == other.on);
    Ok(bip329::write(&records, &core.signer.account_origin()))
}

/// What a row's words are on: its transaction or its payment, and the address of a request.
fn of_row(row: &Payment) -> Vec<Record> {
    let Some(label) = row.label.clone().or_else(|| row.note.clone()) else { return Vec::new() };
    let is_onchain = row.kind == StoredKind::Onchain;
    let txid = row.txid.as_ref().filter(|_| is_onchain).and_then(|txid| txid.parse().ok());
    let hash = row.hash.filter(|_| row.kind == StoredKind::Lightning);
    let address = row.address.clone().filter(|_| row.direction == StoredDirection::In);
    let on = [
        txid.map(Reference::Tx),
        hash.filter(|_| row.is_movement()).map(Reference::Lightning),
        address.map(Reference::Address),
    ];
    let record = |on| Record { on, label: Some(label.clone()), spendable: None };
    on.into_iter().flatten().map(record).collect()
}

/// What taking a file's labels would do. Changes nothing.
pub(crate) fn preview(core: &Core, text: &str) -> Result<LabelsPreview, LabelError> {
    let lines = bip329::read(text).ok_or(LabelError::TooLarge)?;
    let mut look = Look::new(core);
    let mut addresses = Vec::new();
    for line in lines {
        match line {
            Line::OtherType => look.shown.other_types += 1,
            Line::Unreadable => look.shown.unreadable += 1,
            Line::Record { record, cut } => {
                look.shown.cut += u32::from(cut);
                match record.on {
                    // What is said of a movement itself goes before what is said of its address.
                    Reference::Address(_) => addresses.push(record),
                    _ => look.at(&record)?,
                }
            }
        }
    }
    for record in addresses {
        look.at(&record)?;
    }
    let Look { plan, mut shown, .. } = look;
    shown.id = core.previews.put(|_| Preview::Labels(Box::new(plan)));
    Ok(shown)
}

/// Takes what was shown, once. What was named here meanwhile stays as it is, and so does a coin that closing channels needs.
pub(crate) fn take(core: &Core, id: &str) -> Result<LabelsTaken, LabelError> {
    core.status.disk()?;
    let Some(Preview::Labels(plan)) = core.previews.take(id) else { return Err(LabelError::Stale) };
    let mut taken = LabelsTaken::default();
    for (row, label) in plan.rows {
        let changed = core.journal.change(&row, |row| {
            let news = row.label.is_none();
            row.label.get_or_insert(label);
            news
        })?;
        taken.labels += u32::from(changed.is_some());
    }
    for (outpoint, label) in plan.outputs {
        let is_new = core.output_labels.label(&outpoint).is_none();
        let named = core.output_labels.change(outpoint, |known| {
            known.label.get_or_insert(label);
        });
        named.map_err(LabelError::Storage)?;
        taken.labels += u32::from(is_new);
    }
    for outpoint in plan.frozen {
        if core.onchain.freeze(outpoint, core.reserve_with(0)).is_err() {
            taken.not_frozen += 1;
            continue;
        }
        let frozen = core.output_labels.change(outpoint, |known| known.frozen = true);
        frozen.map_err(LabelError::Storage)?;
        taken.frozen += 1;
    }
    core.status.money_moved();
    Ok(taken)
}

/// A file that is being looked at.
struct Look<'a> {
    core: &'a Core,
    plan: LabelsPlan,
    shown: LabelsPreview,
    /// The transactions that pay to an address of ours.
    received: HashMap<String, Vec<Txid>>,
}

/// What a label finds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// Another one is there.
    Differs,
    /// It is there already.
    Same,
    New,
}

impl<'a> Look<'a> {
    fn new(core: &'a Core) -> Self {
        let mut received: HashMap<String, Vec<Txid>> = HashMap::new();
        for tx in core.onchain.history().all() {
            for output in &tx.transaction.output {
                if core.onchain.is_mine(&output.script_pubkey)
                    && let Ok(address) = Address::from_script(&output.script_pubkey, core.network)
                {
                    received.entry(address.to_string()).or_default().push(tx.txid);
                }
            }
        }
        Self { core, plan: LabelsPlan::default(), shown: LabelsPreview::default(), received }
    }

    fn at(&mut self, record: &Record) -> Result<(), LabelError> {
        let rows: Vec<Payment> = match &record.on {
            Reference::Tx(txid) => self.row_of(txid)?.into_iter().collect(),
            Reference::Lightning(hash) => {
                use StoredDirection::{In, Out};
                let by_hash = |direction| self.core.journal.by_hash(direction, hash);
                by_hash(Out)?.into_iter().chain(by_hash(In)?).collect()
            }
            Reference::Address(address) => self.rows_at(address)?,
            Reference::Output(outpoint) => {
                self.output(*outpoint, record);
                return Ok(());
            }
        };
        if rows.is_empty() {
            self.shown.foreign += 1;
        } else if let Some(label) = &record.label {
            let is_address = matches!(record.on, Reference::Address(_));
            let found = rows.iter().map(|row| self.row(row, label, is_address)).max();
            self.count(found);
        }
        Ok(())
    }

    /// The row that tells of a transaction of ours.
    fn row_of(&self, txid: &Txid) -> Result<Option<Payment>, JournalError> {
        let Some(Purpose::Payment { row }) = self.core.purposes.get(txid) else { return Ok(None) };
        self.core.journal.get(&row)
    }

    /// What came to an address of ours. What left, and left change there, is not what its label is about.
    fn rows_at(&self, address: &str) -> Result<Vec<Payment>, JournalError> {
        let asked = [address.to_owned()];
        let mut rows = self.core.journal.at_addresses(asked.iter())?;
        for txid in self.received.get(address).into_iter().flatten() {
            rows.extend(self.row_of(txid)?.filter(|row| row.direction == StoredDirection::In));
        }
        rows.sort_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        Ok(rows)
    }

    fn row(&mut self, row: &Payment, label: &str, is_address: bool) -> Found {
        let said = self.plan.rows.get(&row.id);
        if is_address && said.is_some() {
            // The file says more of the payment itself.
            return Found::Same;
        }
        let note = row.note.as_ref().filter(|note| note.as_str() == label);
        match row.label.as_ref().or(said).or(note) {
            Some(there) if there == label => Found::Same,
            Some(_) => Found::Differs,
            None => {
                self.plan.rows.insert(row.id, label.to_owned());
                Found::New
            }
        }
    }

    fn output(&mut self, outpoint: OutPoint, record: &Record) {
        let (labels, onchain) = (&self.core.output_labels, &self.core.onchain);
        if !onchain.is_output(outpoint) {
            self.shown.foreign += 1;
            return;
        }
        if let Some(label) = &record.label {
            let there = labels.label(&outpoint);
            let found = match there.as_ref().or_else(|| self.plan.outputs.get(&outpoint)) {
                Some(there) if there == label => Found::Same,
                Some(_) => Found::Differs,
                None => {
                    self.plan.outputs.insert(outpoint, label.clone());
                    Found::New
                }
            };
            self.count(Some(found));
        }
        let can_freeze = onchain.has_coin(outpoint) && !labels.is_frozen(&outpoint);
        if record.spendable == Some(false) && can_freeze && self.plan.frozen.insert(outpoint) {
            self.shown.freezes += 1;
        }
    }

    fn count(&mut self, found: Option<Found>) {
        match found {
            Some(Found::New) => self.shown.labels += 1,
            Some(Found::Same) => self.shown.same += 1,
            Some(Found::Differs) => self.shown.differ += 1,
            None => {}
        }
    }
}
