use crate::error::{Code, Coded};
use lightning_invoice::{Bolt11ParseError, Bolt11SemanticError};

/// Why a text is not an instruction for this wallet. Valid but unsupported texts have errors of their own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing but blanks.
    #[error("there is nothing to read")]
    NothingToRead,
    /// Longer than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the text is longer than anything payable")]
    TooLong,
    /// More than one, and they differ in whom they pay or how much.
    #[error("the text has different payment instructions in it")]
    Several,
    /// Nothing we know.
    #[error("the text is no payment instruction")]
    NotUnderstood,
    /// An invoice with a wrong checksum, length or field.
    #[error("cannot read the invoice: {0}")]
    Invoice(Bolt11ParseError),
    /// An invoice with a wrong signature, or with fields missing or repeated.
    #[error("the invoice breaks a rule: {0}")]
    InvoiceRules(Bolt11SemanticError),
    /// An address with a wrong checksum or length.
    #[error("cannot read the address")]
    Address(#[source] bitcoin::address::ParseError),
    /// A node id that is no point of the curve.
    #[error("cannot read the node id")]
    NodeId(#[source] bitcoin::secp256k1::Error),
    /// An amount that is no positive decimal number of bitcoin with at most eight places.
    #[error("cannot read the amount")]
    Amount(#[source] bitcoin::amount::ParseAmountError),
    /// Anything else that is wrong in something we know.
    #[error("the text is damaged: {0}")]
    Malformed(&'static str),
    /// Valid, for another network.
    #[error("the text is for another network")]
    WrongNetwork,
    /// BOLT 12: an invoice alone, or a refund beside something to pay.
    #[error("this kind of BOLT 12 text is not supported")]
    UnsupportedOffer,
    /// BOLT 12: priced in another currency, by its three letters (ISO 4217).
    #[error("the offer is priced in {0}")]
    UnsupportedCurrency(String),
    /// LNURL.
    #[error("LNURL is not supported")]
    UnsupportedLnurl,
    /// A way to pay, a required parameter or a required feature that we do not know.
    #[error("not supported: {0}")]
    UnsupportedMethod(String),
    /// A PSBT that cannot be decoded.
    #[error("cannot read the PSBT")]
    Psbt,
    /// A PSBT larger than any that is signed here.
    #[error("the PSBT is too large")]
    PsbtTooLong,
    /// More than [`Msat::MOST`](crate::amount::Msat).
    #[error("the amount is more than can be paid at once")]
    AmountTooLarge,
}

impl ParseError {
    /// Something we know, with something wrong in it.
    pub(super) fn is_damage(&self) -> bool {
        self.code() == Code::Damaged
    }

    /// What does not even begin like an instruction.
    pub(super) fn is_base58(&self) -> bool {
        matches!(self, Self::Address(bitcoin::address::ParseError::Base58(_)))
    }

    /// Apparently valid, but not usable here. Another way to pay in the same text may still work.
    pub(super) fn is_unsupported(&self) -> bool {
        matches!(
            self,
            Self::UnsupportedOffer
                | Self::UnsupportedCurrency(_)
                | Self::UnsupportedLnurl
                | Self::UnsupportedMethod(_)
        )
    }
}

impl Coded for ParseError {
    fn code(&self) -> Code {
        match self {
            Self::NothingToRead => Code::NothingToRead,
            Self::TooLong => Code::TooLong,
            Self::Several => Code::SeveralInstructions,
            Self::NotUnderstood => Code::NotUnderstood,
            Self::Invoice(_)
            | Self::InvoiceRules(_)
            | Self::Address(_)
            | Self::NodeId(_)
            | Self::Amount(_)
            | Self::Malformed(_) => Code::Damaged,
            Self::WrongNetwork => Code::WrongNetwork,
            Self::UnsupportedOffer => Code::UnsupportedOffer,
            Self::UnsupportedCurrency(_) => Code::UnsupportedCurrency,
            Self::UnsupportedLnurl => Code::UnsupportedLnurl,
            Self::UnsupportedMethod(_) => Code::UnsupportedMethod,
            Self::Psbt => Code::PsbtDamaged,
            Self::PsbtTooLong => Code::PsbtTooLong,
            Self::AmountTooLarge => Code::AmountTooLarge,
        }
    }
}
