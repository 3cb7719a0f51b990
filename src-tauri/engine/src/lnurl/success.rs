//! What a payee wants to show once it is paid (LUD-09, LUD-10). It is checked before: who pays for a page that may not be
//! shown, or for a kind that we do not know, would pay and see nothing.

use super::LnurlError;
use crate::payment::Preimage;
use crate::uri::plain;
use crate::view::Success;
use aes::cipher::{BlockDecryptMut, KeyIvInit, block_padding::Pkcs7};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Characters of a message (LUD-09).
const MOST_TEXT: usize = 144;
/// Characters of a secret before it is opened (LUD-10).
const MOST_CIPHERTEXT: usize = 4096;
/// Bytes of an initialisation vector.
const IV: usize = 16;

/// As it is kept with the payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tag", rename_all = "lowercase")]
pub(crate) enum SuccessAction {
    Message {
        message: String,
    },
    Url {
        description: String,
        url: String,
    },
    /// Opened by the preimage.
    Aes {
        description: String,
        ciphertext: String,
        iv: String,
    },
}

impl SuccessAction {
    /// Reads what was said with an invoice; a page must be of the host that made it.
    pub(super) fn read(said: Value, callback: &Url) -> Result<Self, LnurlError> {
        let known =
            matches!(said.get("tag").and_then(Value::as_str), Some("message" | "url" | "aes"));
        if !known {
            return Err(LnurlError::SuccessUnknown);
        }
        let action: Self = serde_json::from_value(said)?;
        match &action {
            Self::Message { message: text } if is_long(text) => Err(TOO_LONG),
            Self::Url { description: text, .. } | Self::Aes { description: text, .. }
                if is_long(text) =>
            {
                Err(TOO_LONG)
            }
            Self::Url { url, .. } if !is_of_host(url, callback) => {
                Err(LnurlError::SuccessElsewhere)
            }
            Self::Aes { ciphertext, iv, .. }
                if ciphertext.len() > MOST_CIPHERTEXT || vector(iv).is_none() =>
            {
                Err(LnurlError::Nonsense("no secret"))
            }
            _ => Ok(action),
        }
    }

    /// For a screen. Only the proof opens a secret.
    pub(crate) fn view(&self, preimage: Option<&Preimage>) -> Success {
        let words = |text: &str| plain(text).unwrap_or_default();
        match self {
            Self::Message { message } => Success::Message { text: words(message) },
            Self::Url { description, url } => {
                Success::Url { text: words(description), url: url.clone() }
            }
            Self::Aes { description, ciphertext, iv } => {
                let opened = preimage.and_then(|preimage| open(preimage, ciphertext, iv));
                let secret = opened.and_then(|secret| plain(&secret));
                Success::Secret { text: words(description), secret }
            }
        }
    }
}

const TOO_LONG: LnurlError = LnurlError::Nonsense("a long message");

fn is_long(text: &str) -> bool {
    text.chars().count() > MOST_TEXT
}

/// The same host, over TLS, and nothing in it that hides where it leads.
fn is_of_host(url: &str, callback: &Url) -> bool {
    Url::parse(url).is_ok_and(|url| {
        url.host() == callback.host()
            && url.scheme() == callback.scheme()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

fn vector(iv: &str) -> Option<[u8; IV]> {
    BASE64_STANDARD.decode(iv).ok()?.try_into().ok()
}

/// AES-256 in CBC mode with PKCS #7 padding, and the preimage for the key.
fn open(preimage: &Preimage, ciphertext: &str, iv: &str) -> Option<String> {
    let text: String = ciphertext.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    let cipher = cbc::Decryptor::<aes::Aes256>::new(&preimage.0.into(), &vector(iv)?.into());
    String::from_utf8(cipher.decrypt_padded_vec_mut::<Pkcs7>(&bytes).ok()?).ok()
}
