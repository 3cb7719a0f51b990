//! A file of the copy: a header that anyone can read, and content that only the words open. The content is sealed in pieces
//! (STREAM, <https://eprint.iacr.org/2015/189.pdf>) with XChaCha20-Poly1305, each bound to its place, to the header and to
//! whether it is the last: a file that was cut, put together from two, or renamed does not open.

use super::CopyError;
use crate::keys::{Keys, random};
use crate::network::NetworkId;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::KeyInit;
use chacha20poly1305::aead::Payload;
use chacha20poly1305::aead::stream::{DecryptorBE32, EncryptorBE32};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// What every file begins with: the format and its version.
const MAGIC: &[u8; 16] = b"fulmen copy v1\n\0";
/// With kind, wallet, sequence and id.
const HEADER: usize = MAGIC.len() + 1 + 16 + 8 + ID;
const ID: usize = 19;
/// So much is sealed at once.
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;
const ENDING: &str = ".copy";

/// Which wallet a copy is of. It says nothing about the wallet to somebody without the words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WalletId(pub [u8; 16]);

/// Names one file for ever: random, and the first part of its nonces.
pub(super) type FileId = [u8; ID];

/// What a file is, and its place among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// The whole vault at one commit.
    Base(u64),
    /// Commits that follow the file before it.
    Segment(u64),
}

/// What seals and opens the copy of one wallet.
pub struct Seal {
    key: Zeroizing<[u8; 32]>,
    wallet: WalletId,
    login: Zeroizing<[u8; 32]>,
}

impl Name {
    /// Files are numbered in the order they are written.
    pub fn sequence(self) -> u64 {
        match self {
            Self::Base(sequence) | Self::Segment(sequence) => sequence,
        }
    }

    /// As a target calls it.
    pub(super) fn file(self) -> String {
        match self {
            Self::Base(sequence) => format!("base-{sequence:020}{ENDING}"),
            Self::Segment(sequence) => format!("segment-{sequence:020}{ENDING}"),
        }
    }

    /// `None`: not one of ours.
    pub(super) fn of(file: &str) -> Option<Self> {
        let (kind, sequence) = file.strip_suffix(ENDING)?.split_once('-')?;
        // A number may begin with a plus; our names do not.
        let is_ours = sequence.len() == 20 && sequence.bytes().all(|digit| digit.is_ascii_digit());
        let number = sequence.parse().ok().filter(|_| is_ours)?;
        match kind {
            "base" => Some(Self::Base(number)),
            "segment" => Some(Self::Segment(number)),
            _ => None,
        }
    }

    fn kind(self) -> u8 {
        match self {
            Self::Base(_) => 0,
            Self::Segment(_) => 1,
        }
    }
}

impl Seal {
    /// From the words, for one network: the same words have a wallet on each.
    pub fn new(keys: &Keys, network: NetworkId) -> Self {
        let directory = network.parameters().directory;
        let id = keys.derive_label(&format!("copy v1 wallet {directory}"));
        let mut wallet = [0; 16];
        wallet.copy_from_slice(&id[..16]);
        let key = keys.derive_label(&format!("copy v1 seal {directory}"));
        let login = keys.derive_label(&format!("copy v1 login {directory}"));
        Self { key, wallet: WalletId(wallet), login }
    }

    /// Whose copy it is.
    pub fn wallet(&self) -> WalletId {
        self.wallet
    }

    /// What a server knows the wallet by.
    pub(super) fn login(&self) -> &Zeroizing<[u8; 32]> {
        &self.login
    }

    /// Begins a file. What is written into the result is sealed into `to`; [`Sealing::finish`] ends it.
    pub(super) fn sealing<W: Write>(&self, name: Name, mut to: W) -> io::Result<Sealing<W>> {
        let id: FileId = *random();
        let header = self.header(name, &id);
        to.write_all(&header)?;
        let cipher = XChaCha20Poly1305::new(self.key.as_slice().into());
        let stream = EncryptorBE32::from_aead(cipher, id.as_slice().into());
        Ok(Sealing { to, header, id, stream, piece: Zeroizing::new(Vec::with_capacity(PIECE)) })
    }

    /// Opens the file of this name.
    ///
    /// # Errors
    /// [`CopyError::Foreign`], [`CopyError::Newer`], [`CopyError::Damaged`].
    pub(super) fn opening<R: Read>(
        &self,
        name: Name,
        mut from: R,
    ) -> Result<Opening<R>, CopyError> {
        let mut header = [0; HEADER];
        from.read_exact(&mut header).map_err(|_| CopyError::Damaged)?;
        let version = MAGIC.len() - 3;
        if header[..version] != MAGIC[..version] {
            return Err(CopyError::Damaged);
        }
        if header[..MAGIC.len()] != MAGIC[..] {
            return Err(CopyError::Newer);
        }
        if header[MAGIC.len() + 1..][..16] != self.wallet.0 {
            return Err(CopyError::Foreign);
        }
        let mut id = [0; ID];
        id.copy_from_slice(&header[HEADER - ID..]);
        if header != self.header(name, &id) {
            return Err(CopyError::Damaged);
        }
        let cipher = XChaCha20Poly1305::new(self.key.as_slice().into());
        let stream = Some(DecryptorBE32::from_aead(cipher, id.as_slice().into()));
        let (ahead, piece) = (Zeroizing::default(), Zeroizing::default());
        let mut opening = Opening { from, header, id, stream, ahead, piece, read: 0 };
        opening.read_ahead().map_err(CopyError::Io)?;
        Ok(opening)
    }

    /// What a file of this name begins with.
    #[cfg(feature = "test-util")]
    pub(super) fn header_of(&self, name: Name) -> [u8; HEADER] {
        self.header(name, &[7; ID])
    }

    fn header(&self, name: Name, id: &FileId) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        let parts: [&[u8]; 5] =
            [MAGIC, &[name.kind()], &self.wallet.0, &name.sequence().to_be_bytes(), id];
        let mut rest = header.as_mut_slice();
        for part in parts {
            let (here, after) = rest.split_at_mut(part.len());
            here.copy_from_slice(part);
            rest = after;
        }
        header
    }
}

/// A file that is being written.
pub(super) struct Sealing<W> {
    to: W,
    header: [u8; HEADER],
    id: FileId,
    stream: EncryptorBE32<XChaCha20Poly1305>,
    piece: Zeroizing<Vec<u8>>,
}

impl<W: Write> Sealing<W> {
    /// Seals the last piece. The file is of no use without it.
    pub(super) fn finish(mut self) -> io::Result<(FileId, W)> {
        let payload = Payload { msg: &self.piece, aad: &self.header };
        let sealed = self.stream.encrypt_last(payload).map_err(|_| too_long())?;
        self.to.write_all(&sealed)?;
        self.to.flush()?;
        Ok((self.id, self.to))
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE {
            let payload = Payload { msg: &self.piece, aad: &self.header };
            let sealed = self.stream.encrypt_next(payload).map_err(|_| too_long())?;
            self.to.write_all(&sealed)?;
            self.piece.clear();
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// 2^32 pieces are 256 TiB.
fn too_long() -> io::Error {
    io::Error::other("the file is too long to be sealed")
}

/// A file that is being read. It never hands out a byte of a piece that does not open.
pub(super) struct Opening<R> {
    from: R,
    header: [u8; HEADER],
    id: FileId,
    /// `None` once the last piece was opened.
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    /// The next piece, sealed: only what follows it says whether it is the last.
    ahead: Zeroizing<Vec<u8>>,
    /// Opened in the place where it was sealed. The two change places, so that only the end has something to wipe.
    piece: Zeroizing<Vec<u8>>,
    read: usize,
}

impl<R: Read> Opening<R> {
    pub(super) fn id(&self) -> FileId {
        self.id
    }

    fn read_ahead(&mut self) -> io::Result<()> {
        self.ahead.clear();
        self.ahead.reserve_exact(PIECE + TAG);
        (&mut self.from).take((PIECE + TAG) as u64).read_to_end(&mut self.ahead)?;
        Ok(())
    }

    /// The next piece, opened. False at the end.
    fn next_piece(&mut self) -> io::Result<bool> {
        let Some(mut stream) = self.stream.take() else { return Ok(false) };
        let mut piece = std::mem::replace(&mut self.ahead, std::mem::take(&mut self.piece));
        self.read = 0;
        self.read_ahead()?;
        let opened = if self.ahead.is_empty() {
            stream.decrypt_last_in_place(&self.header, &mut *piece)
        } else {
            let opened = stream.decrypt_next_in_place(&self.header, &mut *piece);
            self.stream = Some(stream);
            opened
        };
        opened.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        self.piece = piece;
        Ok(true)
    }
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            if !self.next_piece()? {
                return Ok(0);
            }
        }
        let rest = &self.piece[self.read..];
        let taken = rest.len().min(into.len());
        into[..taken].copy_from_slice(&rest[..taken]);
        self.read += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Words;
    use proptest::prelude::*;

    fn keys() -> Keys {
        Keys::derive(&Words::generate(), None, bitcoin::Network::Regtest)
    }

    fn sealed(seal: &Seal, name: Name, content: &[u8]) -> Vec<u8> {
        let mut sealing = seal.sealing(name, Vec::new()).unwrap();
        sealing.write_all(content).unwrap();
        sealing.finish().unwrap().1
    }

    fn opened(seal: &Seal, name: Name, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        seal.opening(name, sealed).ok()?.read_to_end(&mut content).ok()?;
        Some(content)
    }

    #[test]
    fn contents_of_any_length_come_back() {
        let seal = Seal::new(&keys(), NetworkId::Practice);
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5] {
            let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let file = sealed(&seal, Name::Segment(7), &content);
            assert_eq!(opened(&seal, Name::Segment(7), &file), Some(content));
            assert_eq!(opened(&seal, Name::Segment(8), &file), None, "renamed");
            assert_eq!(opened(&seal, Name::Base(7), &file), None, "another kind");
        }
    }

    #[test]
    fn other_words_and_other_networks_are_foreign() {
        let keys_of_ours = keys();
        let seal = Seal::new(&keys_of_ours, NetworkId::Mainnet);
        let file = sealed(&seal, Name::Base(1), b"ours");
        let others = [
            Seal::new(&keys(), NetworkId::Mainnet),
            Seal::new(&keys_of_ours, NetworkId::Signet),
            Seal::new(&keys_of_ours, NetworkId::Mutinynet),
        ];
        for other in others {
            let refused = other.opening(Name::Base(1), file.as_slice());
            assert!(matches!(refused, Err(CopyError::Foreign)));
        }
        let again = Seal::new(&keys_of_ours, NetworkId::Mainnet);
        assert_eq!(opened(&again, Name::Base(1), &file).as_deref(), Some(&b"ours"[..]));
        let mut newer = file.clone();
        newer[13] = b'2';
        let refused = seal.opening(Name::Base(1), newer.as_slice());
        assert!(matches!(refused, Err(CopyError::Newer)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Nothing but the whole file opens to the end.
        #[test]
        fn a_changed_or_cut_file_does_not_open(length in 0..PIECE * 2, at in any::<prop::sample::Index>(), cut in any::<bool>()) {
            let seal = Seal::new(&keys(), NetworkId::Practice);
            let mut file = sealed(&seal, Name::Base(3), &vec![5; length]);
            let at = at.index(file.len());
            if cut { file.truncate(at) } else { file[at] ^= 1 }
            prop_assert_eq!(opened(&seal, Name::Base(3), &file), None);
            let mut longer = sealed(&seal, Name::Base(3), &vec![5; length]);
            longer.push(0);
            prop_assert_eq!(opened(&seal, Name::Base(3), &longer), None);
        }
    }
}
