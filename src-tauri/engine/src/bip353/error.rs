//! Why a name leads nowhere. In each case nothing was paid.

use crate::error::{Code, Coded};
use crate::http::HttpError;
use crate::uri::ParseError;
use dnssec_prover::query::ProofBuildingError;
use dnssec_prover::validation::ValidationError;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// The DNS cannot hold it, so nobody could have signed it.
    #[error("no name of the DNS")]
    NoName,
    #[error("nobody is asked for anything yet")]
    Offline,
    #[error("nobody is set who could be asked")]
    NoResolver,
    #[error("the resolver cannot be asked")]
    Http(#[from] HttpError),
    /// Its word alone: there is nothing, or nothing that is signed.
    #[error("the resolver has no proof: {0:?}")]
    NoProof(ProofBuildingError),
    #[error("the resolver took too long")]
    TooSlow,
    #[error("the records cannot be read")]
    Unreadable,
    #[error("the signatures are not good: {0:?}")]
    Forged(ValidationError),
    #[error("the signatures are of another time")]
    OutOfDate,
    #[error("the record is not of this name")]
    OtherName,
    #[error("there are several records, and BIP 353 allows one")]
    Several,
    #[error("the record is not payable here")]
    Record(#[source] ParseError),
    #[error("the record sends on to somebody else")]
    SendsOn,
}

impl NameError {
    /// Nothing was said that is signed: the name may be one of another kind (LUD-16). What is signed and wrong is never
    /// passed over.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::NoName | Self::NoResolver | Self::Http(_) | Self::NoProof(_) | Self::TooSlow => {
                true
            }
            Self::Offline
            | Self::Unreadable
            | Self::Forged(_)
            | Self::OutOfDate
            | Self::OtherName
            | Self::Several
            | Self::Record(_)
            | Self::SendsOn => false,
        }
    }
}

impl Coded for NameError {
    fn code(&self) -> Code {
        match self {
            Self::Offline => Code::Offline,
            Self::NoName | Self::NoResolver => Code::NameUnknown,
            Self::NoProof(why) => of_proof(why),
            Self::Http(_) | Self::TooSlow => Code::ResolverAway,
            Self::Unreadable | Self::Forged(_) | Self::OtherName => Code::NameForged,
            Self::OutOfDate => Code::NameOutOfDate,
            Self::Several | Self::SendsOn => Code::NameUnclear,
            Self::Record(error) => match error.code() {
                // Nobody copied it: nothing is to be copied again.
                Code::Damaged | Code::NotUnderstood | Code::NothingToRead | Code::TooLong => {
                    Code::NameBadRecord
                }
                other => other,
            },
        }
    }
}

fn of_proof(why: &ProofBuildingError) -> Code {
    match why {
        ProofBuildingError::NoSuchName | ProofBuildingError::MissingRecord => Code::NameUnknown,
        ProofBuildingError::Unauthenticated => Code::NameUnsigned,
        ProofBuildingError::InvalidResponse
        | ProofBuildingError::ServerFailure
        | ProofBuildingError::NoResponseExpected => Code::ResolverAway,
    }
}
