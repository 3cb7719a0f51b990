//! What a person does with an LNURL or a name: has its host asked what it is, pays what the host asks for, has it pay, or
//! signs in. Nothing is asked before a person handed the text, and nothing leaves without a yes.

mod dns;
mod look_up;
mod pay;
mod sign_in;
mod withdraw;

pub(crate) use look_up::look_up;
pub(crate) use pay::preview;
pub(crate) use sign_in::sign_in;
pub(crate) use withdraw::withdraw;

use crate::bip353::NameError;
use crate::core::Core;
use crate::error::{Code, Coded};
use crate::http::{HttpError, Redirects};
use crate::lnurl::{LnurlError, MOST_BYTES};
use crate::payments::{ReceiveError, SendError};
use reqwest::Url;

/// Why nothing was looked up, withdrawn or signed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("what was shown is no longer true")]
    Stale,
    #[error("the host is of no use")]
    Lnurl(#[from] LnurlError),
    #[error("the name leads nowhere")]
    Name(#[from] NameError),
    #[error("what the name says is not payable")]
    Send(#[from] SendError),
    #[error("cannot make an invoice")]
    Receive(#[from] ReceiveError),
}

impl Coded for LinkError {
    fn code(&self) -> Code {
        match self {
            Self::Stale => Code::Stale,
            Self::Lnurl(error) => error.code(),
            Self::Name(error) => error.code(),
            Self::Send(error) => error.code(),
            Self::Receive(error) => error.code(),
        }
    }
}

impl From<LinkError> for SendError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Lnurl(error) => Self::Link(error),
            LinkError::Send(error) => error,
            LinkError::Stale | LinkError::Name(_) | LinkError::Receive(_) => Self::Stale,
        }
    }
}

/// What a host answers.
async fn ask(core: &Core, url: &Url, redirects: Redirects) -> Result<Vec<u8>, LnurlError> {
    if !core.status.is_online() {
        return Err(LnurlError::Offline);
    }
    let answer = core.links.client.get(url, MOST_BYTES, redirects).await;
    if let Some(heard) = core.links.client.heard() {
        core.status.hears(&heard, &core.bus);
    }
    Ok(answer?)
}

/// Nobody of that name is what a host says by 404 (LUD-16).
fn unknown_name(error: LnurlError) -> LnurlError {
    match error {
        LnurlError::Http(HttpError::Status(404)) => LnurlError::NameUnknown,
        other => other,
    }
}
