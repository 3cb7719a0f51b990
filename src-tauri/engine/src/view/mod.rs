//! What a screen can show: plain values, each already decided, checked and summed by the engine. They leave as JSON and
//! never come back; nothing here is written to disk. Amounts are integers: msat for Lightning, sat for the chain.

mod accounts;
mod address;
mod balance;
mod channel;
mod coin;
mod contact;
mod copy;
mod fee;
mod fee_bump;
mod filter;
mod labels;
mod lost;
mod movement;
mod offer;
mod pay;
mod psbt;
mod rate;
mod restore;
mod safe_off;
mod status;

pub use crate::network::{NetworkId, PeerReason};
pub use accounts::{OtherAccount, OtherAccounts, SweepPreview};
pub use address::{AddressMovement, AddressOrigin, OwnAddress};
pub use balance::{Balance, Closing, LightningBalance, OnchainBalance, Part, PartKind};
pub use channel::{
    Channel, ChannelState, ChannelType, Channels, ClosePreview, CloseReason, CloseWay, OpenPreview,
    Peer, PeerAssertion, SuggestedPeer,
};
pub use coin::{Coin, CoinState};
pub use contact::{Contact, ContactTotals, Payee, PayeeKind};
pub use copy::{CopyState, CopyView};
pub(crate) use fee::share_permille;
pub use fee::{FeeChoice, FeeSpeed};
pub use fee_bump::{BumpKind, BumpQuote, BumpWish, Waiting};
pub use filter::{ActivityFilter, ActivityKind};
pub use labels::{LabelsPreview, LabelsTaken};
pub use lost::{
    LostChannel, LostChannelState, LostChannels, LostPeer, LostPeerState, WordsPreview,
};
pub use movement::{
    Direction, HistoryStep, Movement, MovementDetail, MovementKind, OwnTransaction, Recipient,
    Status, Success, TransactionPart, Unsent,
};
pub use offer::{OfferNotice, OwnOfferView};
pub use pay::{
    AmountRule, AuthAction, ChosenCoins, Collecting, Instruction, InstructionKind, LinkView,
    PaidBefore, PayerField, PayerWant, QuantityRule, Quote, ReceiveNotice, RecipientQuote, Request,
    WaysToPay,
};
pub use psbt::{Descriptors, PsbtOutput, PsbtQuote, SignedPsbt};
pub use rate::{MovementFiat, PreviewFiat, QuoteFiat, RateTrouble, RateView};
pub use restore::{CopyProof, RestorePreview, RestoredChannel};
pub use safe_off::{Leaving, OffRisk, SafeOff};
pub use status::{
    Card, ClockOffset, ClockWitness, Event, Health, PeerHealth, QuarantineReason, Snapshot,
    SourceTest, SourceTrouble, SyncStatus, Tip, Watcher,
};
