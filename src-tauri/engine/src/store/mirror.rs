//! The vault's generation, written down once more outside the wallet's directory. A vault that is older than its mirror
//! was put back: its channels may have newer states, which the peers know and would punish.
//!
//! The mirror is written *after* the commit it names, now and then and at a stop, so it may lag behind the vault, and
//! that is fine; it is never ahead of a vault that lost nothing. What it cannot see: a copy that includes the mirror, a
//! copy taken since the mirror was written last, and a mirror that someone removed. Then only the peers can tell.

use super::{Generation, read_own, write_atomic};
use crate::keys::DataKey;
use bitcoin::hashes::{Hash, HashEngine, Hmac, HmacEngine, sha256};
use hkdf::Hkdf;
use sha2::Sha256;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file's first line, and the label of its key.
const FORMAT: &str = "fulmen generation v1";

/// See the module.
pub(crate) struct Mirror {
    path: PathBuf,
    key: Zeroizing<[u8; 32]>,
}

impl Mirror {
    /// The mirror at `path`, of the vault with this key.
    pub(crate) fn new(path: PathBuf, data_key: &DataKey) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, data_key.as_bytes())
            .expand(FORMAT.as_bytes(), key.as_mut_slice())
            .expect("32 bytes are one block");
        Self { path, key }
    }

    /// Beside the wallet's directory, so that putting the directory back leaves it.
    pub(crate) fn beside(dir: &Path) -> PathBuf {
        let mut name = dir.file_name().unwrap_or("wallet".as_ref()).to_owned();
        name.push(".generation");
        dir.with_file_name(name)
    }

    /// The generation that it holds. `None`: it is not there, or it is of another wallet, or damaged; it says nothing then.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn read(&self) -> io::Result<Option<Generation>> {
        match read_own(&self.path) {
            Ok(bytes) => Ok(std::str::from_utf8(&bytes).ok().and_then(|text| self.parse(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces what it holds. The generation must be durable in the vault.
    ///
    /// # Errors
    /// What the file system says; the old content is then still there.
    pub(crate) fn write(&self, generation: Generation) -> io::Result<()> {
        let text = format!("{FORMAT}\n{}\n{}\n", generation.0, self.seal(generation.0));
        write_atomic(&self.path, text.as_bytes())
    }

    fn parse(&self, text: &str) -> Option<Generation> {
        let mut lines = text.lines();
        let (format, number, seal) = (lines.next()?, lines.next()?, lines.next()?);
        let number: u64 = number.parse().ok()?;
        (format == FORMAT && seal == self.seal(number)).then_some(Generation(number))
    }

    /// Ties the number to this vault's key.
    fn seal(&self, number: u64) -> String {
        let mut engine = HmacEngine::<sha256::Hash>::new(self.key.as_slice());
        engine.input(&number.to_be_bytes());
        Hmac::from_engine(engine).to_string()
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests damage files")]
mod tests {
    use super::*;

    #[test]
    fn it_gives_back_what_was_written_and_knows_its_own_wallet() {
        let dir = tempfile::tempdir().unwrap();
        let path = Mirror::beside(&dir.path().join("wallet"));
        assert_eq!(path, dir.path().join("wallet.generation"));
        let (ours, other) = (DataKey::generate(), DataKey::generate());
        let mirror = Mirror::new(path.clone(), &ours);
        assert_eq!(mirror.read().unwrap(), None);
        mirror.write(Generation(41)).unwrap();
        mirror.write(Generation(42)).unwrap();
        assert_eq!(mirror.read().unwrap(), Some(Generation(42)));
        assert_eq!(Mirror::new(path.clone(), &other).read().unwrap(), None);
        let forged = std::fs::read_to_string(&path).unwrap().replace("42", "7");
        std::fs::write(&path, forged).unwrap();
        assert_eq!(mirror.read().unwrap(), None);
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert_eq!(mirror.read().unwrap(), None);
    }
}
