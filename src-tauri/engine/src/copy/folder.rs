//! A directory as a target: a stick, a share, a directory that some program synchronises. The copy has a directory of its own
//! in it, made when a person chose it and never again: a stick that was pulled out leaves its mount point, and the copy
//! must not go on there.

use super::{Claim, CopyError, Name, Target};
use crate::files::platform::{private_file, sync_dir};
use crate::files::{open_own, read_own, remove_if_there, write_atomic};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The copy's own directory.
const DIRECTORY: &str = "fulmen-copy";
/// Whose it is.
const CLAIM: &str = "claim.txt";

/// See the module.
pub struct Folder {
    dir: PathBuf,
    claim: Option<Claim>,
}

impl Folder {
    /// The copy in a directory that a person named. Nothing is touched.
    pub fn at(chosen: &Path) -> Self {
        Self { dir: chosen.join(DIRECTORY), claim: None }
    }

    /// Makes the copy's own directory, as a person asked, and claims a new one.
    ///
    /// # Errors
    /// [`CopyError::Missing`] if the chosen directory is not there; [`CopyError::Foreign`], [`CopyError::Moved`],
    /// [`CopyError::Io`].
    pub fn make(chosen: &Path, claim: Claim) -> Result<Self, CopyError> {
        if !chosen.is_dir() {
            return Err(CopyError::Missing);
        }
        let mut folder = Self::at(chosen);
        match std::fs::create_dir(&folder.dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.and_then(|()| sync_dir(chosen))?,
        }
        match folder.claimed() {
            Err(CopyError::Missing) => folder.write_claim(claim)?,
            Err(error) => return Err(error),
            // Whoever writes there is asked to stop when we begin to.
            Ok(found) => found.yields_to(claim)?,
        }
        Ok(folder)
    }

    fn path(&self, name: Name) -> PathBuf {
        self.dir.join(name.file())
    }

    fn write_claim(&mut self, claim: Claim) -> Result<(), CopyError> {
        write_atomic(&self.dir.join(CLAIM), claim.text().as_bytes())?;
        self.claim = Some(claim);
        Ok(())
    }

    /// As `write_atomic`, from a reader.
    fn write(&self, name: Name, content: &mut dyn Read) -> io::Result<()> {
        let path = self.path(name);
        let aside = path.with_extension("tmp");
        remove_if_there(&aside)?;
        let mut file = private_file().create_new(true).open(&aside)?;
        let written = io::copy(content, &mut file)
            .and_then(|_| file.flush())
            .and_then(|()| file.sync_all())
            .and_then(|()| {
                drop(file);
                std::fs::rename(&aside, &path)
            })
            .and_then(|()| sync_dir(&self.dir));
        if written.is_err() {
            // A full stick must not stay full of halves. Where even this fails the next attempt comes by here.
            drop(std::fs::remove_file(&aside));
        }
        written
    }
}

impl Target for Folder {
    fn claimed(&mut self) -> Result<Claim, CopyError> {
        Claim::read(&read_own(&self.dir.join(CLAIM))?)
    }

    fn claim(&mut self, claim: Claim) -> Result<(), CopyError> {
        self.claimed()?.yields_to(claim)?;
        self.write_claim(claim)
    }

    fn check(&mut self) -> Result<(), CopyError> {
        let found = self.claimed()?;
        found.is(self.claim.ok_or(CopyError::Missing)?)
    }

    fn list(&mut self) -> Result<Vec<Name>, CopyError> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_type().is_ok_and(|kind| kind.is_file()) {
                names.extend(entry.file_name().to_str().and_then(Name::of));
            }
        }
        names.sort_by_key(|name: &Name| name.sequence());
        Ok(names)
    }

    fn read(&mut self, name: Name) -> Result<Box<dyn Read + Send>, CopyError> {
        let mut options = OpenOptions::new();
        options.read(true);
        let file = open_own(&self.path(name), options)?;
        Ok(Box::new(io::BufReader::with_capacity(128 * 1024, file)))
    }

    fn put(&mut self, name: Name, content: &mut dyn Read) -> Result<(), CopyError> {
        self.check()?;
        Ok(self.write(name, content)?)
    }

    fn remove(&mut self, name: Name) -> Result<(), CopyError> {
        self.check()?;
        Ok(remove_if_there(&self.path(name))?)
    }
}
