//! Why a payment is refused.

use crate::amount::Msat;
use crate::chain::BlocksStayAway;
use crate::error::{Code, Coded};
use crate::lnurl::LnurlError;
use crate::onchain::{PsbtError, SpendError};
use crate::status::DiskTrouble;
use crate::store::StoreError;
use crate::uri::ParseError;

/// Why nothing is paid. In each case no money has left.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("cannot read it")]
    Parse(#[from] ParseError),
    #[error("the invoice has expired")]
    Expired,
    #[error(
        "the invoice has expired by this computer's clock, and not by that of blocks or servers"
    )]
    ClockWrong,
    #[error("the invoice is our own")]
    OwnInvoice,
    #[error("it is paid already")]
    AlreadyPaid,
    #[error("it is being paid")]
    InFlight,
    #[error("it is paid on-chain, and waits for a block")]
    WaitsForBlock,
    #[error("the amount is missing")]
    AmountNeeded,
    #[error("the amount is below the least that can be sent, {0}")]
    TooSmall(Msat),
    #[error("the amount is above the most that can be sent, {0}")]
    TooLarge(Msat),
    #[error("only {0} can be sent")]
    InsufficientBalance(Msat),
    #[error("no way to the payee was found")]
    NoRoute,
    #[error("no peer relays messages to the payee")]
    NoRelay,
    #[error("that many are not offered")]
    Quantity,
    #[error("the words for the payee are too long")]
    NoteTooLong,
    #[error("not synchronised yet")]
    NotReady,
    #[error("nothing that hangs on blocks is begun now")]
    NoBlocks(#[from] BlocksStayAway),
    #[error("the peers that could send it are away")]
    PeersAway,
    #[error("this copy of the wallet is old")]
    Quarantine,
    #[error("what was shown is no longer true")]
    Stale,
    #[error("it has no address to be paid on-chain at")]
    NoAddress,
    #[error("the address is our own")]
    OwnAddress,
    #[error("the address is there twice")]
    SameAddress,
    #[error("so many cannot be paid at once")]
    TooMany,
    #[error("number {place} of those who are paid")]
    Recipient {
        /// From 1.
        place: u32,
        #[source]
        why: Box<SendError>,
    },
    #[error("that is a node, not a payment")]
    NotAPayment,
    #[error("the payee's host is of no use")]
    Link(#[from] LnurlError),
    #[error("the refund is of no use")]
    Refund(#[from] RefundError),
    #[error("cannot pay on-chain")]
    Onchain(#[from] SpendError),
    #[error("cannot sign the PSBT")]
    Psbt(#[from] PsbtError),
    #[error("nothing is sent now")]
    Disk(#[from] DiskTrouble),
    #[error("cannot look at earlier payments")]
    Journal(#[from] JournalError),
    #[error("cannot make it durable")]
    Storage,
    #[error("LDK refuses: {0}")]
    Refused(String),
}

impl Coded for SendError {
    fn code(&self) -> Code {
        match self {
            Self::Parse(error) => error.code(),
            Self::Expired => Code::Expired,
            Self::ClockWrong => Code::ClockWrong,
            Self::OwnInvoice => Code::OwnInvoice,
            Self::AlreadyPaid => Code::AlreadyPaid,
            Self::InFlight => Code::InFlight,
            Self::WaitsForBlock => Code::WaitsForBlock,
            Self::AmountNeeded => Code::AmountNeeded,
            Self::TooSmall(_) => Code::AmountTooSmall,
            Self::TooLarge(_) => Code::AmountTooLarge,
            Self::InsufficientBalance(_) => Code::InsufficientBalance,
            Self::NoRoute => Code::NoRoute,
            Self::NoRelay => Code::NoRelay,
            Self::Quantity => Code::QuantityNotOffered,
            Self::NoteTooLong => Code::TooLong,
            Self::NotReady => Code::NotReady,
            Self::NoBlocks(_) => Code::NoBlocks,
            Self::PeersAway => Code::PeersAway,
            Self::Quarantine => Code::Quarantine,
            Self::Stale => Code::Stale,
            Self::NotAPayment => Code::NotUnderstood,
            Self::NoAddress => Code::NoAddress,
            Self::OwnAddress => Code::OwnAddress,
            Self::SameAddress => Code::SameAddress,
            Self::TooMany => Code::TooManyRecipients,
            Self::Recipient { why, .. } => why.code(),
            Self::Link(error) => error.code(),
            Self::Refund(error) => error.code(),
            Self::Onchain(error) => error.code(),
            Self::Psbt(error) => error.code(),
            Self::Disk(trouble) => trouble.code(),
            Self::Journal(error) => error.code(),
            Self::Storage => Code::Storage,
            Self::Refused(_) => Code::Internal,
        }
    }

    /// Of several who are paid: which one.
    fn detail(&self) -> Option<u32> {
        if let Self::Recipient { place, .. } = self { Some(*place) } else { None }
    }
}

/// Why a refund is not collected. In each case its issuer was not asked.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    #[error("the refund has expired")]
    Expired,
    #[error("the refund is collected already")]
    Collected,
    #[error("the refund is our own")]
    Own,
    #[error("only {0} can come in through one channel")]
    TooLarge(Msat),
}

impl Coded for RefundError {
    fn code(&self) -> Code {
        match self {
            Self::Expired => Code::RefundExpired,
            Self::Collected => Code::RefundCollected,
            Self::Own => Code::OwnRefund,
            Self::TooLarge(_) => Code::RefundTooLarge,
        }
    }
}

/// Why there is no request.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    #[error("the amount is more than there is")]
    TooLarge,
    #[error("the amount is too small to be received")]
    TooSmall,
    #[error("no peer relays messages to us")]
    NoRelay,
    #[error("the note is too long")]
    NoteTooLong,
    #[error("cannot make an invoice: {0}")]
    Invoice(String),
    #[error("nothing new can be written down now")]
    Disk(#[from] DiskTrouble),
    #[error("cannot look at earlier requests")]
    Journal(#[from] JournalError),
    #[error("cannot make it durable")]
    Storage,
    /// An old copy would show addresses that were given to others.
    #[error("this copy of the wallet is old")]
    Quarantine,
}

impl Coded for ReceiveError {
    fn code(&self) -> Code {
        match self {
            Self::TooLarge => Code::AmountTooLarge,
            Self::TooSmall => Code::AmountTooSmall,
            Self::NoRelay => Code::NoRelay,
            Self::NoteTooLong => Code::TooLong,
            Self::Invoice(_) => Code::Internal,
            Self::Disk(trouble) => trouble.code(),
            Self::Journal(error) => error.code(),
            Self::Storage => Code::Storage,
            Self::Quarantine => Code::Quarantine,
        }
    }
}

/// The vault does not give the rows that were asked for.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("there is no such row")]
    NoSuchRow,
    #[error("cannot read a journal row")]
    Row(#[from] serde_json::Error),
    #[error("cannot read the journal")]
    Vault(#[from] StoreError),
}

impl Coded for JournalError {
    fn code(&self) -> Code {
        match self {
            Self::NoSuchRow => Code::Stale,
            Self::Row(_) => Code::VaultDamaged,
            Self::Vault(error) => error.code(),
        }
    }
}
