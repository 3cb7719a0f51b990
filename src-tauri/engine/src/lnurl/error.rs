//! Why a host of an LNURL or a name is of no use. In each case nothing was paid.

use crate::amount::Msat;
use crate::error::{Code, Coded};
use crate::http::HttpError;
use crate::uri::ParseError;

/// See the module. A host's own words are for the log alone.
#[derive(Debug, thiserror::Error)]
pub enum LnurlError {
    #[error("cannot ask")]
    Http(#[from] HttpError),
    #[error("nobody is asked for anything yet")]
    Offline,
    #[error("the host knows nobody of that name")]
    NameUnknown,
    #[error("the host refuses: {0}")]
    Refused(String),
    #[error("that is not what an LNURL answers: {0}")]
    Nonsense(&'static str),
    #[error("that is not what an LNURL answers")]
    Json(#[from] serde_json::Error),
    #[error("an LNURL of a kind that we do not know: {0}")]
    Unknown(String),
    #[error("the payee wants to know who pays")]
    PayerDataWanted,
    #[error("the payee insists on a name or an address for mail")]
    PayerDataMissing,
    #[error("the name or the address is longer than any")]
    PayerDataTooLong,
    #[error("the comment has more than {0} characters")]
    CommentTooLong(u16),
    #[error("at least {0}")]
    TooSmall(Msat),
    #[error("at most {0}")]
    TooLarge(Msat),
    #[error("the invoice cannot be read")]
    BadInvoice(#[source] ParseError),
    #[error("the invoice asks for {found:?}, and {asked} was asked for")]
    AmountDiffers { asked: Msat, found: Option<u64> },
    #[error("the invoice is for something else")]
    HashDiffers,
    #[error("what is to be shown afterwards is on another host")]
    SuccessElsewhere,
    #[error("what is to be shown afterwards is of an unknown kind")]
    SuccessUnknown,
    #[error("there is nothing to withdraw")]
    NothingToWithdraw,
    #[error("no channel can take it in now")]
    CannotReceive,
}

impl Coded for LnurlError {
    fn code(&self) -> Code {
        match self {
            Self::Http(error) => of_http(error),
            Self::Offline => Code::Offline,
            Self::NameUnknown => Code::NameUnknown,
            Self::Refused(_) => Code::LinkRefused,
            Self::Nonsense(_) | Self::Json(_) => Code::LinkNonsense,
            Self::Unknown(_) => Code::LinkUnknown,
            Self::PayerDataWanted => Code::PayerDataWanted,
            Self::PayerDataMissing => Code::PayerDataMissing,
            Self::PayerDataTooLong => Code::TooLong,
            Self::CommentTooLong(_) => Code::CommentTooLong,
            Self::TooSmall(_) => Code::AmountTooSmall,
            Self::TooLarge(_) => Code::AmountTooLarge,
            Self::BadInvoice(_) => Code::LinkBadInvoice,
            Self::AmountDiffers { .. } => Code::LinkAmountDiffers,
            Self::HashDiffers => Code::LinkHashDiffers,
            Self::SuccessElsewhere => Code::LinkSuccessElsewhere,
            Self::SuccessUnknown => Code::LinkSuccessUnknown,
            Self::NothingToWithdraw => Code::NothingToWithdraw,
            Self::CannotReceive => Code::CannotReceive,
        }
    }
}

fn of_http(error: &HttpError) -> Code {
    match error {
        HttpError::NoAddress | HttpError::NotEncrypted => Code::LinkNotEncrypted,
        HttpError::Onion => Code::LinkOnion,
        HttpError::Private(_) => Code::LinkPrivate,
        HttpError::Redirects => Code::LinkRedirects,
        HttpError::TooLarge => Code::LinkTooLarge,
        HttpError::TooSlow | HttpError::Unreachable(_) | HttpError::Status(_) => {
            Code::LinkUnreachable
        }
    }
}
