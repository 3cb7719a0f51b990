//! A target without a disk, for tests.

use super::{Claim, CopyError, Name, Target};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub(super) struct Shelf {
    pub(super) away: bool,
    claim: Option<Claim>,
    /// By their number, then by what they are.
    files: BTreeMap<(u64, Name), Vec<u8>>,
}

/// Several may be open on one shelf.
pub(super) struct Memory {
    pub(super) shelf: Arc<Mutex<Shelf>>,
    claim: Option<Claim>,
}

impl Memory {
    pub(super) fn on(shelf: &Arc<Mutex<Shelf>>) -> Self {
        Self { shelf: shelf.clone(), claim: None }
    }

    pub(super) fn make(shelf: &Arc<Mutex<Shelf>>, claim: Claim) -> Result<Self, CopyError> {
        let mut made = Self::on(shelf);
        if made.there(|shelf| shelf.claim)?.is_none() {
            made.there(|shelf| shelf.claim = Some(claim))?;
        }
        made.claim(claim)?;
        Ok(made)
    }

    /// Somebody leaves a file, if there is none of this name.
    #[cfg(feature = "test-util")]
    pub(super) fn leave(&self, name: Name, content: Vec<u8>) {
        let mut shelf = self.shelf.lock().expect("nothing panics while it is held");
        shelf.files.entry((name.sequence(), name)).or_insert(content);
    }

    fn there<T>(&self, look: impl FnOnce(&mut Shelf) -> T) -> Result<T, CopyError> {
        let mut shelf = self.shelf.lock().expect("nothing panics while it is held");
        if shelf.away { Err(CopyError::Missing) } else { Ok(look(&mut shelf)) }
    }
}

impl Target for Memory {
    fn claimed(&mut self) -> Result<Claim, CopyError> {
        self.there(|shelf| shelf.claim)?.ok_or(CopyError::Missing)
    }

    fn claim(&mut self, claim: Claim) -> Result<(), CopyError> {
        self.claimed()?.yields_to(claim)?;
        self.claim = Some(claim);
        self.there(|shelf| shelf.claim = Some(claim))
    }

    fn check(&mut self) -> Result<(), CopyError> {
        let found = self.claimed()?;
        found.is(self.claim.ok_or(CopyError::Missing)?)
    }

    fn list(&mut self) -> Result<Vec<Name>, CopyError> {
        self.there(|shelf| shelf.files.keys().map(|(_, name)| *name).collect())
    }

    fn read(&mut self, name: Name) -> Result<Box<dyn Read + Send>, CopyError> {
        let found = self.there(|shelf| shelf.files.get(&(name.sequence(), name)).cloned())?;
        Ok(Box::new(Cursor::new(found.ok_or(CopyError::Missing)?)))
    }

    fn put(&mut self, name: Name, content: &mut dyn Read) -> Result<(), CopyError> {
        self.check()?;
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        self.there(|shelf| shelf.files.insert((name.sequence(), name), bytes)).map(drop)
    }

    fn remove(&mut self, name: Name) -> Result<(), CopyError> {
        self.check()?;
        self.there(|shelf| shelf.files.remove(&(name.sequence(), name))).map(drop)
    }
}
