use super::{PreviewFiat, SafeOff};
use crate::amount::{Msat, Sat};
use crate::error::Code;
use crate::network::PeerReason;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// All channels, with the totals a person asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Channels {
    #[ts(type = "number")]
    pub can_send_msat: Msat,
    #[ts(type = "number")]
    pub can_receive_msat: Msat,
    pub list: Vec<Channel>,
    pub suggestions: Vec<SuggestedPeer>,
    /// Why no channel may be opened or accepted now: what to see to first.
    pub obstacle: Option<Code>,
    /// The next one is the first with real money.
    pub is_first: bool,
    /// Until when this computer may be off. `None`: for as long as you like.
    pub safe_off: Option<SafeOff>,
}

/// One channel. The five bar parts add up to the capacity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Channel {
    /// Stable for the channel's whole life.
    pub id: String,
    pub peer: Peer,
    pub state: ChannelState,
    #[ts(type = "number")]
    pub capacity_sat: Sat,
    #[ts(type = "number")]
    pub your_reserve_msat: Msat,
    /// Yours and free to use (closing fee and rests included, so that the bar adds up).
    #[ts(type = "number")]
    pub yours_msat: Msat,
    #[ts(type = "number")]
    pub in_flight_msat: Msat,
    #[ts(type = "number")]
    pub theirs_msat: Msat,
    #[ts(type = "number")]
    pub their_reserve_msat: Msat,
    #[ts(type = "number")]
    pub can_send_msat: Msat,
    #[ts(type = "number")]
    pub can_receive_msat: Msat,
    pub opened_by_you: bool,
    pub funding_txid: Option<String>,
    pub opened_at_secs: Option<u64>,
    /// What the peer said last when something went wrong. Untrusted text.
    pub last_peer_error: Option<String>,
    /// What the peer said last of our state of it.
    pub peer_assertion: Option<PeerAssertion>,
    pub channel_type: Option<ChannelType>,
    /// What its commitment transaction pays now, in sat per 1000 weight.
    pub commitment_sat_per_kw: Option<u32>,
    pub close_reason: Option<CloseReason>,
    /// Blocks you wait for your money after closing by force.
    pub force_close_delay_blocks: Option<u32>,
    #[ts(type = "number")]
    pub forwarding_base_fee_msat: Msat,
    pub forwarding_fee_ppm: u32,
}

/// The other side of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Peer {
    /// Node id, 66 hex digits.
    pub node_id: String,
    /// The name the node chose for itself: a claim, not a fact.
    pub alias: Option<String>,
    pub connected: bool,
}

/// Where a channel is in its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum ChannelState {
    /// Talking with the peer; nothing is on the chain yet.
    Negotiating,
    /// The funding transaction is waiting for blocks.
    Confirming {
        confirmations: u32,
        required: u32,
    },
    Ready,
    /// Confirmed, but the peer is not connected.
    PeerAway,
    /// You asked to close it together while the peer was away. It is asked as soon as it is back; until then you can
    /// take it back.
    CloseAsked,
    /// A transaction that closes it waits for a block, and none of ours: the peer closes by force.
    ClosingByPeer,
    /// Both sides agreed; payments under way finish first.
    #[serde(rename = "closingTogether")]
    ClosingCooperatively,
    /// Closed by force, by either side.
    ClosingByForce {
        blocks_left: Option<u32>,
        free_at_secs: Option<u64>,
    },
    /// Our state is old, so only the peer may close it; it was asked to.
    WaitingForPeer,
    /// The peer asks to close it, or says without proof that our state is old. Nothing is done until a person decides.
    Disputed,
}

/// Why a channel was closed. Kept on disk, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum CloseReason {
    /// Both sides agreed.
    Agreed,
    ByYou,
    ByPeer,
    /// A closing by the peer was found on the chain.
    FoundOnChain,
    /// Its opening was not confirmed in time.
    OpeningTimedOut,
    /// The block with its opening was undone.
    OpeningUndone,
    /// A payment in it was not settled in time.
    PaymentTimedOut,
    /// The peer's fee became too low to be safe.
    PeerFeeTooLow,
    /// What was stored of it was not complete.
    StateIncomplete,
    /// The peer did what the protocol does not allow.
    ProtocolError,
    /// It was given up before its opening was signed.
    NeverOpened,
    /// Of rows from before each reason had a name.
    Other,
}

/// What a peer says of our state of a channel without proof. Nothing is done about it by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum PeerAssertion {
    /// That it knows something newer.
    Newer,
    /// That the channel should be closed.
    Close,
}

/// How a channel's commitment transactions are made (BOLT 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum ChannelType {
    /// Their fee can be raised when they are published.
    Anchors,
    /// Their fee was decided when they were signed.
    StaticRemoteKey,
    Other,
}

/// A node worth opening a channel to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct SuggestedPeer {
    pub name: String,
    /// `node_id@host:port`.
    pub uri: String,
    pub why: PeerReason,
}

/// What opening a channel would mean. Confirmed by its `id` alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct OpenPreview {
    pub id: String,
    pub peer: Peer,
    #[ts(type = "number")]
    pub amount_sat: Sat,
    #[ts(type = "number")]
    pub smallest_sat: Sat,
    #[ts(type = "number")]
    pub largest_sat: Sat,
    #[ts(type = "number")]
    pub can_send_after_msat: Msat,
    #[ts(type = "number")]
    pub can_receive_after_msat: Msat,
    #[ts(type = "number")]
    pub reserve_sat: Sat,
    /// Miner fee of the opening transaction.
    #[ts(type = "number")]
    pub open_fee_sat: Sat,
    /// About what closing together would cost at today's rate.
    #[ts(type = "number")]
    pub close_fee_sat: Sat,
    /// Stays on-chain so that the channel can always be closed safely.
    #[ts(type = "number")]
    pub kept_for_closing_sat: Sat,
    pub confirmations: u32,
    /// The channel and the fee of its opening.
    pub fiat: Option<PreviewFiat>,
}

/// Cooperatively ("together" on the page) or by force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum CloseWay {
    #[serde(rename = "together")]
    Cooperative,
    Force,
}

/// What closing a channel would mean. Confirmed by its `id` alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct ClosePreview {
    pub id: String,
    pub channel_id: String,
    pub peer: Peer,
    pub way: CloseWay,
    /// About what arrives on-chain.
    #[ts(type = "number")]
    pub you_get_sat: Sat,
    /// About what the miners get from you.
    #[ts(type = "number")]
    pub fee_sat: Sat,
    /// Blocks until it is free to use.
    pub blocks: u32,
    pub free_at_secs: u64,
    #[ts(type = "number")]
    pub can_send_less_msat: Msat,
    #[ts(type = "number")]
    pub can_receive_less_msat: Msat,
    /// The peer is away, so closing together must wait for it.
    pub peer_away: bool,
    /// What arrives and the fee.
    pub fiat: Option<PreviewFiat>,
}
