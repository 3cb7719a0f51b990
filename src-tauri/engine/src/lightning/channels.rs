//! Channels: opening them, and what a screen shows of them. Their end is in [`super::ending`].

use super::ending::closing_together_fee;
use super::peers::{self, PeerError, parse_peer};
use crate::amount::{Msat, Sat};
use crate::channels_book::ChannelRecord;
use crate::config::Role;
use crate::core::Core;
use crate::error::{Code, Coded};
use crate::ldk_events::random_user_id;
use crate::onchain::SpendError;
use crate::previews::Preview;
use crate::recovery;
use crate::status::DiskTrouble;
use crate::time::Timestamp;
use crate::view::{OpenPreview, Peer};
use bitcoin::secp256k1::PublicKey;
use lightning::util::config::UserConfig;
use lightning::util::errors::APIError;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::oneshot;

pub(crate) use super::config::SMALLEST_CHANNEL_SAT;

/// Real money is earned: channels on mainnet stay refused until the crash-proof core has proven itself and a lost disk
/// costs nothing (`design.md`). On-chain works.
pub(crate) const MAINNET_CHANNELS: bool = false;

/// How long a peer may take to agree to a channel.
const PATIENCE: Duration = Duration::from_secs(30);
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

/// Openings that someone waits for.
#[derive(Default)]
pub(crate) struct Openings {
    waiting: Mutex<HashMap<u128, oneshot::Sender<Result<(), String>>>>,
}

impl Openings {
    fn wait(&self, user_id: u128) -> oneshot::Receiver<Result<(), String>> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().expect("openings lock is never poisoned").insert(user_id, sender);
        receiver
    }

    /// The opening is decided. Nobody waiting is fine.
    pub(crate) fn decided(&self, user_id: u128, outcome: Result<(), String>) {
        let waiting =
            self.waiting.lock().expect("openings lock is never poisoned").remove(&user_id);
        if let Some(sender) = waiting {
            drop(sender.send(outcome));
        }
    }
}

fn refused_on_mainnet(core: &Core) -> bool {
    core.network == bitcoin::Network::Bitcoin && !MAINNET_CHANNELS
}

/// What opening a channel of `amount` to `peer` would mean.
pub(crate) fn preview_open(
    core: &Core,
    peer: &str,
    amount: Sat,
) -> Result<OpenPreview, ChannelError> {
    if refused_on_mainnet(core) {
        return Err(ChannelError::Mainnet);
    }
    let (node, address) = parse_peer(peer)?;
    let rate = core.funding_rate();
    let kept = core.reserve_with(1);
    let largest =
        core.onchain.largest_funding(rate, kept).min(Sat::new(super::config::LARGEST_CHANNEL_SAT));
    let smallest = Sat::new(SMALLEST_CHANNEL_SAT);
    if amount < smallest || amount > largest {
        return Err(ChannelError::Size { smallest, largest });
    }
    let open_fee = core.onchain.funding_fee(amount, rate, kept)?;
    let reserve = Sat::new((amount.get() / 100).max(1000));
    let per_kw = core.commitment_sat_per_kw();
    let fee_of = |weight: u64| Sat::new((weight * per_kw).div_ceil(1000));
    let set_aside = Sat::new(fee_of(COMMITMENT_WEIGHT + 2 * HTLC_WEIGHT).get() + ANCHORS_SAT);
    let own = amount.minus_or_zero(reserve).minus_or_zero(set_aside);
    let balance = core.balance();
    let after = |now: Msat, more: Sat| {
        now.checked_add(Msat::from_sat(more).unwrap_or_default()).unwrap_or(now)
    };
    let id = core.previews.put(|_| Preview::Open { peer: node, address, amount });
    Ok(OpenPreview {
        id,
        peer: view_peer(core, &node),
        amount_sat: amount,
        smallest_sat: smallest,
        largest_sat: largest,
        can_send_after_msat: after(balance.lightning.can_send_msat, own),
        can_receive_after_msat: balance.lightning.can_receive_msat,
        reserve_sat: reserve,
        open_fee_sat: open_fee,
        close_fee_sat: closing_together_fee(core),
        kept_for_closing_sat: kept,
        confirmations: super::config::CONFIRMATIONS,
    })
}

/// Opens what a preview showed. Returns when the funding is on its way, or why not.
pub(crate) async fn open(core: &Core, preview: &str, now: Timestamp) -> Result<(), ChannelError> {
    open_with(core, preview, now, None).await
}

/// The same, announced to the network. Routers only: a person's channels stay private.
pub(crate) async fn open_announced(
    core: &Core,
    preview: &str,
    now: Timestamp,
) -> Result<(), ChannelError> {
    let config = super::config::announced(core.settings.role);
    open_with(core, preview, now, (core.settings.role == Role::Router).then_some(config)).await
}

async fn open_with(
    core: &Core,
    preview: &str,
    now: Timestamp,
    config: Option<UserConfig>,
) -> Result<(), ChannelError> {
    let Some(Preview::Open { peer, address, amount }) = core.previews.take(preview) else {
        return Err(ChannelError::Stale);
    };
    if refused_on_mainnet(core) {
        return Err(ChannelError::Mainnet);
    }
    core.status.disk()?;
    if core.freshness.is_quarantined() {
        return Err(ChannelError::Quarantine);
    }
    if !core.status.was_synced() {
        return Err(ChannelError::NotReady);
    }
    let address = peers::reach(core, peer, address).await?;
    let user_id = random_user_id();
    core.book.put(ChannelRecord {
        user_id,
        channel_id: None,
        peer: peer.to_string(),
        address,
        amount_sat: amount.get(),
        ours: true,
        funding: None,
        funding_fee_sat: None,
        opened_at: now,
        ending: None,
        said: None,
        keys_id: None,
        behind: false,
        disputed: false,
    });
    // The record is durable before the peer hears of the channel.
    core.wake.durable().await.map_err(|_| ChannelError::Storage)?;
    let outcome = core.openings.wait(user_id);
    if let Err(error) =
        core.node.manager.create_channel(peer, amount.get(), 0, user_id, None, config)
    {
        core.book.drop_unfunded(user_id);
        return Err(ChannelError::Refusal(describe(&error)));
    }
    let keys_id = core.node.keys.take_keys_id(user_id);
    core.book.change(user_id, |record| record.keys_id = keys_id);
    core.node.peers.process_events();
    match tokio::time::timeout(PATIENCE, outcome).await {
        Ok(Ok(Ok(()))) => {
            if let Some(funding) = core.book.get(user_id).and_then(|record| record.funding) {
                core.status.sent(funding.txid).await;
            }
            recovery::write_or_warn(core).await;
            Ok(())
        }
        Ok(Ok(Err(said))) => Err(ChannelError::Refused(said)),
        Ok(Err(_)) | Err(_) => Err(ChannelError::Silent),
    }
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
    Peer { node_id: id, alias, connected: peers::is_connected(core, node) }
}

pub(super) fn describe(error: &APIError) -> String {
    match error {
        APIError::APIMisuseError { err } | APIError::ChannelUnavailable { err } => err.clone(),
        other => format!("{other:?}"),
    }
}
