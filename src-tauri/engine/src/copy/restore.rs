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

/// Where a wallet goes on from, and to.
pub(crate) struct Restoring<'a> {
    pub(crate) place: &'a Place,
    pub(crate) seal: &'a Seal,
    /// The vault that is made, and its key.
    pub(crate) vault: &'a Path,
    pub(crate) key: &'a DataKey,
    /// The commit that a person saw: an older copy is not what they agreed to.
    pub(crate) shown: u64,
    pub(crate) doubts: Doubts,
}

impl Restoring<'_> {
    /// Moves the vault that was tried to its place, marks what is doubted in it, and takes the copy over. If the copy went on
    /// meanwhile, another vault is made of it. After an error there is no vault; the copy may be taken over, which the next attempt
    /// does once more.
    ///
    /// # Errors
    /// As [`rebuild`]; [`CopyError::Older`]; [`CopyError::TakenOver`] if another computer goes on writing; [`CopyError::Io`] if
    /// the copy cannot be taken over.
    pub(crate) fn restore(&self, tried: Tried<'_>) -> Result<(), CopyError> {
        adopt(tried.vault, self.vault)?;
        let restored = self.attempts(tried.found);
        if restored.is_err() {
            discard(self.vault)?;
        }
        restored
    }

    fn attempts(&self, tried: Found) -> Result<(), CopyError> {
        let mut target = self.place.at(self.seal)?;
        let target = target.as_mut();
        let (mut tried, mut claim): (_, Option<Claim>) = (Some(tried), None);
        for _ in 0..ATTEMPTS {
            let found = match tried.take() {
                Some(tried) => tried,
                None => rebuild(target, self.seal, self.vault, self.key)?,
            };
            if found.stamp.generation < self.shown {
                return Err(CopyError::Older);
            }
            // After the vault: what fails until here leaves the other computer as it is.
            let ours = match claim {
                Some(claim) => claim,
                None => {
                    let term = target.claimed()?.next_term()?;
                    Claim { wallet: self.seal.wallet(), writer: *random(), term }
                }
            };
            self.mark(ours.term)?;
            target.claim(ours)?;
            claim = Some(ours);
            if is_last(target, self.seal, &found)? {
                return Ok(());
            }
            discard(self.vault)?;
        }
        Err(CopyError::TakenOver)
    }

    fn mark(&self, term: u64) -> Result<(), CopyError> {
        let vault = Vault::open(self.vault, self.key)?;
        let mut kv = (self.doubts)(&vault)?;
        kv.push(KvWrite::put(TERM, term.to_be_bytes().to_vec()));
        // It goes on in the same place, wherever that is on this computer.
        kv.push(KvWrite::put(CHOICE, self.place.stored()?));
        vault.commit(&Batch { kv, ..Batch::default() })?;
        Ok(())
    }
}
