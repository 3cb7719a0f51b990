//! Channels, their peers, and what a person decided about them, at the door.

use super::Wallet;
use crate::amount::Sat;
use crate::channels::{ChannelError, GiveUpError, close, give_up, open};
use crate::ledger::{observe, worth};
use crate::peers::{PeerError, connect};
use crate::time::Timestamp;
use crate::view;
use crate::witness::Witnessed;

impl Wallet {
    /// What opening a channel would mean.
    pub fn preview_open(&self, peer: &str, amount: Sat) -> Result<view::OpenPreview, ChannelError> {
        let (core, now) = (self.core(), Timestamp::now());
        let balance = observe::balance(core).lightning;
        let shown = open::preview_open(core, peer, amount, &balance, now)?;
        Ok(worth::with_worth(core, shown, now))
    }

    /// Opens it; returns when its funding is on its way.
    pub async fn open_channel(&self, preview: &str) -> Result<(), ChannelError> {
        open::open(self.core(), preview, Timestamp::now()).await
    }

    /// Opens it and announces it to the network; routers only.
    pub async fn open_announced_channel(&self, preview: &str) -> Result<(), ChannelError> {
        open::open_announced(self.core(), preview, Timestamp::now()).await
    }

    /// What closing would mean.
    pub fn preview_close(
        &self,
        channel: &str,
        way: view::CloseWay,
    ) -> Result<view::ClosePreview, ChannelError> {
        let (core, now) = (self.core(), Timestamp::now());
        let shown = close::preview_close(core, channel, way, now)?;
        Ok(worth::with_worth(core, shown, now))
    }

    /// Closes it.
    pub async fn close_channel(&self, preview: &str) -> Result<(), ChannelError> {
        close::close(self.core(), preview, Timestamp::now()).await
    }

    /// Takes a close back that was asked for and that the peer has not heard of yet.
    pub async fn keep_open(&self, channel: &str) -> Result<(), ChannelError> {
        close::keep_open(self.core(), channel).await
    }

    /// Ends a quarantine: every channel is given up to its peer, which is asked to close it. There is no way back. False
    /// if there is no quarantine.
    pub async fn give_up_channels(&self) -> Result<bool, GiveUpError> {
        give_up::give_up_channels(self.core(), Timestamp::now()).await
    }

    /// What peers gave back since the start of what they keep for these words, each once: where a vault was, and with whom it
    /// had channels. Also what an earlier life of the wallet gave them.
    pub fn witnessed(&self) -> Vec<Witnessed> {
        self.core().node.gate.witnesses.found().borrow().values().cloned().collect()
    }

    /// Connects to `node_id@host:port`.
    pub async fn connect(&self, peer: &str) -> Result<(), PeerError> {
        let node = connect::parse_peer(self.core(), peer)?;
        connect::connect_by_hand(self.core(), &node).await
    }

    /// The same for a peer whose id is known: `place` is where it listens.
    pub async fn connect_at(&self, node_id: &str, place: &str) -> Result<(), PeerError> {
        connect::connect_at(self.core(), node_id, place).await
    }

    /// Whether a peer is connected now.
    pub fn is_connected(&self, node_id: &str) -> bool {
        node_id.parse().is_ok_and(|node| self.core().node.is_connected(&node))
    }

    /// The most that channels with real money may have together.
    pub fn channel_cap(&self) -> Sat {
        self.core().safeguards.cap()
    }

    /// Remembers it, up to 20,000,000 sat.
    pub fn set_channel_cap(&self, cap: Sat) {
        self.core().safeguards.set_cap(cap);
        self.core().status.channels_changed();
    }

    /// A person typed that there shall be no living copy.
    pub fn has_no_copy(&self) -> bool {
        self.core().safeguards.no_copy()
    }

    /// Remembers it.
    pub fn set_no_copy(&self, no_copy: bool) {
        self.core().safeguards.set_no_copy(no_copy);
        self.core().status.channels_changed();
    }
}
