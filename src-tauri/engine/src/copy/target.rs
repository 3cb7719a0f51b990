//! Where a copy is kept. Every implementation passes one suite (`copy::tests::conformance`).

use super::{CopyError, Name, WalletId};
use hex::{DisplayHex, FromHex};
use std::io::Read;

const CLAIM_FORMAT: &str = "fulmen copy v1";
/// Nobody restores so often: whoever can write there could name any other number, and leave none that is higher.
const MOST_TERMS: u64 = u32::MAX as u64;

/// Who writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub wallet: WalletId,
    /// Another one for each opening of the wallet, so that two computers with the same words see each other.
    pub writer: [u8; 16],
    /// How often the wallet was restored from a copy. The vault knows it as well: if it is higher here, the wallet goes on
    /// elsewhere, for good.
    pub term: u64,
}

impl Claim {
    /// As a target keeps it.
    pub(super) fn text(self) -> String {
        let (wallet, writer) = (self.wallet.0.as_hex(), self.writer.as_hex());
        format!("{CLAIM_FORMAT}\n{wallet}\n{writer}\n{}\n", self.term)
    }

    /// # Errors
    /// [`CopyError::Newer`], [`CopyError::Damaged`].
    pub(super) fn read(bytes: &[u8]) -> Result<Self, CopyError> {
        let text = std::str::from_utf8(bytes).map_err(|_| CopyError::Damaged)?;
        let mut lines = text.lines();
        let mut next = || lines.next().unwrap_or_default();
        if next() != CLAIM_FORMAT {
            return Err(CopyError::Newer);
        }
        let mut number = || <[u8; 16]>::from_hex(next()).map_err(|_| CopyError::Damaged);
        let (wallet, writer) = (WalletId(number()?), number()?);
        // The first copies had no term.
        let term = lines.next().map_or(Ok(0), str::parse).map_err(|_| CopyError::Damaged)?;
        if term > MOST_TERMS {
            return Err(CopyError::Damaged);
        }
        Ok(Self { wallet, writer, term })
    }

    /// The term of whoever restores from there.
    ///
    /// # Errors
    /// [`CopyError::Damaged`]: none is left.
    pub(super) fn next_term(self) -> Result<u64, CopyError> {
        self.term.checked_add(1).filter(|term| *term <= MOST_TERMS).ok_or(CopyError::Damaged)
    }

    /// Whether `ours` may take the place of this claim.
    ///
    /// # Errors
    /// [`CopyError::Foreign`], [`CopyError::Moved`].
    pub(super) fn yields_to(self, ours: Self) -> Result<(), CopyError> {
        if self.wallet != ours.wallet {
            return Err(CopyError::Foreign);
        }
        if self.term > ours.term { Err(CopyError::Moved) } else { Ok(()) }
    }

    /// Whether the place is still that of `ours`.
    ///
    /// # Errors
    /// As [`Self::yields_to`]; [`CopyError::TakenOver`].
    pub(super) fn is(self, ours: Self) -> Result<(), CopyError> {
        self.yields_to(ours)?;
        if self == ours { Ok(()) } else { Err(CopyError::TakenOver) }
    }
}

/// A place that keeps sealed files by their names. All calls block.
pub trait Target: Send {
    /// Who took the place last.
    ///
    /// # Errors
    /// [`CopyError::Missing`], [`CopyError::Newer`], [`CopyError::Damaged`], [`CopyError::Io`].
    fn claimed(&mut self) -> Result<Claim, CopyError>;

    /// What is read from here on is what [`Self::claim_as_seen`] means. A place that cannot notice changes does nothing.
    ///
    /// # Errors
    /// As [`Self::claimed`].
    fn look(&mut self) -> Result<(), CopyError> {
        Ok(())
    }

    /// As [`Self::claim`], if nothing was changed since [`Self::look`]: else whoever writes there may have gone on, and let it
    /// out. False then, and nothing was written.
    ///
    /// # Errors
    /// As [`Self::claim`].
    fn claim_as_seen(&mut self, claim: Claim) -> Result<bool, CopyError> {
        self.claim(claim).map(|()| true)
    }

    /// Takes the place for this wallet, in the stead of an earlier writer of the same wallet. Nothing is written before.
    ///
    /// # Errors
    /// As [`Claim::yields_to`] and [`Self::claimed`].
    fn claim(&mut self, claim: Claim) -> Result<(), CopyError>;

    /// Whether the place is there and still ours.
    ///
    /// # Errors
    /// As [`Claim::is`] and [`Self::claimed`].
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

    /// Removes files, in as few steps as the place allows.
    ///
    /// # Errors
    /// As [`Target::remove`].
    fn remove_all(&mut self, names: &[Name]) -> Result<(), CopyError> {
        names.iter().try_for_each(|name| self.remove(*name))
    }
}
