//! Channels: what opening one would mean, and what a screen shows of them. The opening itself is in [`crate::channels::open`], their
//! end in [`crate::channels::close`].

use crate::amount::{Msat, Sat};
use crate::channels::close::closing_together_fee;
use crate::channels::open::FundingTerms;
use crate::core::Core;
use crate::error::{Code, Coded};
use crate::onchain::SpendError;
use crate::peers::connect;
use crate::peers::connect::PeerError;
use crate::previews::Preview;
use crate::status::DiskTrouble;
use crate::time::Timestamp;
use crate::view::{OpenPreview, Peer};
use bitcoin::secp256k1::PublicKey;
use lightning::util::errors::APIError;

pub(crate) use crate::node::config::SMALLEST_CHANNEL_SAT;

/// Real money is earned: channels on mainnet stay refused until the crash-proof core has proven itself and a lost disk
/// costs nothing (`design.md`). On-chain works.
pub(crate) const MAINNET_CHANNELS: bool = false;

/// Average time between blocks, for dates.
pub(crate) const BLOCK_SECS: u64 = 600;
/// Weight of a commitment transaction with anchors, and of one output for a payment (BOLT 3).
const COMMITMENT_WEIGHT: u64 = 1124;
const HTLC_WEIGHT: u64 = 172;
/// Both anchors (BOLT 3).
const ANCHORS_SAT: u64 = 660;

/// Why a channel is not opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("channels on mainnet are not open yet")]
    Mainnet,
    #[error("cannot reach the peer")]
    Peer(#[from] PeerError),
    #[error("the channel must be between {smallest} and {largest}")]
    Size { smallest: Sat, largest: Sat },
    #[error("cannot fund the channel")]
    Funding(#[from] SpendError),
    #[error("the peer did not agree: {0}")]
    Refused(String),
    #[error("the peer did not answer in time")]
    Silent,
    #[error("the peer takes no channels with anchor outputs")]
    NoAnchors,
    #[error("there is no such channel any more")]
    Gone,
    #[error("what was shown is no longer true")]
    Stale,
    #[error("not synchronised yet")]
    NotReady,
    #[error("nothing new can be written down now")]
    Disk(#[from] DiskTrouble),
    #[error("this copy of the wallet is old")]
    Quarantine,
    #[error("cannot make it durable")]
    Storage,
    #[error("LDK refuses: {0}")]
    Refusal(String),
}

impl Coded for ChannelError {
    fn code(&self) -> Code {
        match self {
            Self::Mainnet => Code::NotOnMainnet,
            Self::Peer(error) => error.code(),
            Self::Size { .. } => Code::ChannelSize,
            Self::Funding(error) => error.code(),
            Self::Refused(_) => Code::PeerRefused,
            Self::Silent => Code::PeerUnreachable,
            Self::NoAnchors => Code::NoAnchors,
            Self::Gone => Code::ChannelGone,
            Self::Stale => Code::Stale,
            Self::NotReady => Code::NotReady,
            Self::Disk(trouble) => trouble.code(),
            Self::Quarantine => Code::Quarantine,
            Self::Storage => Code::Storage,
            Self::Refusal(_) => Code::Internal,
        }
    }
}

/// True where channels are not open yet.
pub(crate) fn refused_on_mainnet(core: &Core) -> bool {
    core.network == bitcoin::Network::Bitcoin && !MAINNET_CHANNELS
}

/// What opening a channel of `amount` to `peer` would mean.
pub(crate) fn preview_open(
    core: &Core,
    peer: &str,
    amount: Sat,
    now: Timestamp,
) -> Result<OpenPreview, ChannelError> {
    if refused_on_mainnet(core) {
        return Err(ChannelError::Mainnet);
    }
    let uri = connect::parse_peer(core, peer)?;
    let (node, address) = (uri.node_id, uri.place());
    let rate = core.funding_rate();
    let kept = core.reserve_with(1);
    let largest = core
        .onchain
        .largest_funding(rate, kept)
        .min(Sat::new(crate::node::config::LARGEST_CHANNEL_SAT));
    let smallest = Sat::new(SMALLEST_CHANNEL_SAT);
    if amount < smallest || amount > largest {
        return Err(ChannelError::Size { smallest, largest });
    }
    let terms = FundingTerms { rate, fee: core.onchain.funding_fee(amount, rate, kept)? };
    let reserve = Sat::new((amount.get() / 100).max(1000));
    let per_kw = core.commitment_sat_per_kw();
    let fee_of = |weight: u64| Sat::new((weight * per_kw).div_ceil(1000));
    let set_aside = Sat::new(fee_of(COMMITMENT_WEIGHT + 2 * HTLC_WEIGHT).get() + ANCHORS_SAT);
    let own = amount.minus_or_zero(reserve).minus_or_zero(set_aside);
    let balance = core.balance();
    let after = |now: Msat, more: Sat| {
        now.checked_add(Msat::from_sat(more).unwrap_or_default()).unwrap_or(now)
    };
    let id = core.previews.put(|_| Preview::Open { peer: node, address, amount, terms, at: now });
    Ok(OpenPreview {
        id,
        peer: view_peer(core, &node),
        amount_sat: amount,
        smallest_sat: smallest,
        largest_sat: largest,
        can_send_after_msat: after(balance.lightning.can_send_msat, own),
        can_receive_after_msat: balance.lightning.can_receive_msat,
        reserve_sat: reserve,
        open_fee_sat: terms.fee,
        close_fee_sat: closing_together_fee(core),
        kept_for_closing_sat: kept,
        confirmations: crate::node::config::CONFIRMATIONS,
    })
}

/// A peer as screens show it.
pub(crate) fn view_peer(core: &Core, node: &PublicKey) -> Peer {
    let id = node.to_string();
    let suggested =
        core.settings.suggested_peers.iter().find(|suggested| suggested.uri.starts_with(&id));
    let alias = core
        .node
        .knowledge
        .alias(node)
        .or_else(|| suggested.map(|suggested| suggested.name.clone()));
    Peer { node_id: id, alias, connected: connect::is_connected(core, node) }
}

pub(crate) fn describe(error: &APIError) -> String {
    match error {
        APIError::APIMisuseError { err } | APIError::ChannelUnavailable { err } => err.clone(),
        other => format!("{other:?}"),
    }
}
