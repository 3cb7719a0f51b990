//! The wallet goes on from its copy, on a computer that had nothing. What the copy lacks nobody here can know, so the vault that
//! is made says which channels must hear their peers first. Whoever still writes the copy learns that it has been taken over.

use super::keep::{CHOICE, TERM};
use super::read::{is_last, rebuild};
use super::{Claim, CopyError, Found, Place, Seal};
use crate::keys::{DataKey, random};
use crate::store::{Batch, KvWrite, StoreError, Vault, adopt, discard};
use std::path::Path;

/// Once the copy is taken nobody writes there any more, but for what was under way.
const ATTEMPTS: usize = 3;

/// Says of a vault that was just made what must be doubted in it.
pub(crate) type Doubts = fn(&Vault) -> Result<Vec<KvWrite>, StoreError>;

/// A vault that was made of the copy, and what was read.
pub(crate) struct Tried<'a> {
    pub(crate) vault: &'a Path,
    pub(crate) found: Found,
}

/// Moves the vault that was tried to its place, marks its `doubts`, and takes the copy over. If the copy went on meanwhile, another
/// vault is made of it. `shown` is the commit that a person saw: an older copy is not what they agreed to. After an error there is
/// no vault; the copy may be taken over, which the next attempt does once more.
///
/// # Errors
/// As [`rebuild`]; [`CopyError::Older`]; [`CopyError::TakenOver`] if another computer goes on writing; [`CopyError::Io`] if
/// the copy cannot be taken over.
pub(crate) fn restore(
    place: &Place,
    seal: &Seal,
    tried: Tried<'_>,
    vault: (&Path, &DataKey),
    shown: u64,
    doubts: Doubts,
) -> Result<(), CopyError> {
    adopt(tried.vault, vault.0)?;
    let restored = attempts(place, seal, tried.found, vault, shown, doubts);
    if restored.is_err() {
        discard(vault.0)?;
    }
    restored
}

fn attempts(
    place: &Place,
    seal: &Seal,
    tried: Found,
    vault: (&Path, &DataKey),
    shown: u64,
    doubts: Doubts,
) -> Result<(), CopyError> {
    let mut target = place.at(seal)?;
    let target = target.as_mut();
    let (mut tried, mut claim): (_, Option<Claim>) = (Some(tried), None);
    for _ in 0..ATTEMPTS {
        let found = match tried.take() {
            Some(tried) => tried,
            None => rebuild(target, seal, vault.0, vault.1)?,
        };
        if found.stamp.generation < shown {
            return Err(CopyError::Older);
        }
        // After the vault: what fails until here leaves the other computer as it is.
        let ours = match claim {
            Some(claim) => claim,
            None => {
                let term = target.claimed()?.term.saturating_add(1);
                Claim { wallet: seal.wallet(), writer: *random(), term }
            }
        };
        mark(vault, place, ours.term, doubts)?;
        target.claim(ours)?;
        claim = Some(ours);
        if is_last(target, seal, &found)? {
            return Ok(());
        }
        discard(vault.0)?;
    }
    Err(CopyError::TakenOver)
}

fn mark(
    (path, key): (&Path, &DataKey),
    place: &Place,
    term: u64,
    doubts: Doubts,
) -> Result<(), CopyError> {
    let vault = Vault::open(path, key)?;
    let mut kv = doubts(&vault)?;
    kv.push(KvWrite::put(TERM, term.to_be_bytes().to_vec()));
    // It goes on in the same place, wherever that is on this computer.
    kv.push(KvWrite::put(CHOICE, place.stored()?));
    vault.commit(&Batch { kv, ..Batch::default() })?;
    Ok(())
}
