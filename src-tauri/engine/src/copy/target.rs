//! Where a copy is kept. Every implementation passes one suite (`copy::tests::conformance`).

use super::{CopyError, Name, WalletId};
use std::io::Read;

/// Who writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub wallet: WalletId,
    /// Another one for each opening of the wallet, so that two computers with the same words see each other.
    pub writer: [u8; 16],
}

/// A place that keeps sealed files by their names. All calls block.
pub trait Target: Send {
    /// Takes the place for this wallet, in the stead of an earlier writer of the same wallet. Nothing is written before.
    ///
    /// # Errors
    /// [`CopyError::Foreign`] where another wallet has it; [`CopyError::Missing`], [`CopyError::Io`].
    fn claim(&mut self, claim: Claim) -> Result<(), CopyError>;

    /// Whether the place is there and still ours.
    ///
    /// # Errors
    /// [`CopyError::Missing`], [`CopyError::Foreign`], [`CopyError::TakenOver`], [`CopyError::Io`].
    fn check(&mut self) -> Result<(), CopyError>;

    /// The files that are there whole, in the order of their sequence. What has another name is not ours.
    ///
    /// # Errors
    /// [`CopyError::Missing`], [`CopyError::Io`].
    fn list(&mut self) -> Result<Vec<Name>, CopyError>;

    /// A file's content. Nobody has looked at it.
    ///
    /// # Errors
    /// [`CopyError::Missing`], [`CopyError::Io`].
    fn read(&mut self, name: Name) -> Result<Box<dyn Read + Send>, CopyError>;

    /// Writes a file. When this returns it is there for good; after an error or a power cut it is there whole or not at all.
    ///
    /// # Errors
    /// As [`Target::check`], which comes first.
    fn put(&mut self, name: Name, content: &mut dyn Read) -> Result<(), CopyError>;

    /// Removes a file. One that is not there is no error.
    ///
    /// # Errors
    /// As [`Target::check`], which comes first.
    fn remove(&mut self, name: Name) -> Result<(), CopyError>;
}
