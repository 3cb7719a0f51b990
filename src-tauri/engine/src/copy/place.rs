//! Where a person keeps the copy.

use super::{Claim, CopyError, Folder, Seal, Target, Vss};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The person's choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Place {
    Folder {
        path: PathBuf,
    },
    /// A server of their own.
    Vss {
        url: String,
    },
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::Folder { path }
    }
}

impl Place {
    /// A server, where it is an address on the web; else a folder.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        match Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            true => Self::Vss { url: text.trim_end_matches('/').to_owned() },
            false => Self::Folder { path: PathBuf::from(text) },
        }
    }

    /// As a screen shows it.
    pub fn shown(&self) -> String {
        match self {
            Self::Folder { path } => path.display().to_string(),
            Self::Vss { url } => url.clone(),
        }
    }

    /// It can be reached from wherever the wallet is, so that what leaves may wait for it.
    pub(crate) fn is_server(&self) -> bool {
        matches!(self, Self::Vss { .. })
    }

    /// The copy that is kept there. Nothing is touched.
    ///
    /// # Errors
    /// [`CopyError::NotEncrypted`], [`CopyError::Server`].
    pub(super) fn at(&self, seal: &Seal) -> Result<Box<dyn Target>, CopyError> {
        Ok(match self {
            Self::Folder { path } => Box::new(Folder::at(path)),
            Self::Vss { url } => Box::new(Vss::at(url, seal)?),
        })
    }

    /// Makes what a copy needs there, as a person asked.
    ///
    /// # Errors
    /// As [`Folder::make`] and [`Vss::make`]; [`CopyError::Within`] in `own`, the wallet's directory.
    pub(super) fn make(
        &self,
        seal: &Seal,
        claim: Claim,
        own: &Path,
    ) -> Result<Box<dyn Target>, CopyError> {
        match self {
            Self::Folder { path } => {
                if path.canonicalize()?.starts_with(own.canonicalize()?) {
                    return Err(CopyError::Within);
                }
                Ok(Box::new(Folder::make(path, claim)?))
            }
            Self::Vss { url } => Ok(Box::new(Vss::make(url, seal, claim)?)),
        }
    }

    /// As the vault keeps it. A path that is no text cannot be kept.
    pub(super) fn stored(&self) -> Result<Vec<u8>, CopyError> {
        serde_json::to_vec(self).map_err(|_| CopyError::Missing)
    }
}
