//! How the wallet is: tip, synchronised or not, disk. Held here, told on the bus when it changes.

use crate::event::{Bus, Event};
use crate::time::Timestamp;
use crate::view::{SyncStatus, Tip};
use bitcoin::Txid;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How long a person waits for a server to take a transaction.
const SENDING: Duration = Duration::from_secs(10);

/// See the module.
pub(crate) struct Status {
    state: Mutex<State>,
    /// Money or channels may have changed: the observer looks.
    pub(crate) look: Notify,
    /// Someone wants the chain looked at now.
    pub(crate) sync_now: Notify,
    /// Number of finished looks at the chain, good or not.
    pub(crate) rounds: watch::Sender<u64>,
    /// Transactions that a server took since the start.
    sent: watch::Sender<HashSet<Txid>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    tip: Tip,
    chain: Chain,
    peer_away: Option<String>,
    quarantine: bool,
    disk_trouble: bool,
    last_good: Option<Timestamp>,
    source_said: Option<String>,
    told: Option<(SyncStatus, Tip)>,
}

#[derive(Clone, Debug, Default)]
enum Chain {
    #[default]
    Starting,
    Behind(u32),
    Synced,
    Offline(Timestamp),
}

impl Status {
    pub(crate) fn new(tip: Tip, quarantine: bool) -> Self {
        Self {
            state: Mutex::new(State { tip, quarantine, ..State::default() }),
            look: Notify::new(),
            sync_now: Notify::new(),
            rounds: watch::Sender::new(0),
            sent: watch::Sender::default(),
        }
    }

    /// The one status line.
    pub(crate) fn sync(&self) -> SyncStatus {
        self.lock().line()
    }

    pub(crate) fn tip(&self) -> Tip {
        self.lock().tip
    }

    pub(crate) fn last_good(&self) -> Option<Timestamp> {
        self.lock().last_good
    }

    pub(crate) fn source_said(&self) -> Option<String> {
        self.lock().source_said.clone()
    }

    /// A look at the chain succeeded at least once since the start.
    pub(crate) fn was_synced(&self) -> bool {
        self.lock().last_good.is_some()
    }

    pub(crate) fn is_disk_in_trouble(&self) -> bool {
        self.lock().disk_trouble
    }

    pub(crate) fn synced(&self, tip: Tip, now: Timestamp, bus: &Bus) {
        self.change(bus, |state| {
            state.tip = tip;
            state.chain = Chain::Synced;
            state.last_good = Some(now);
            state.source_said = None;
        });
        self.rounds.send_modify(|rounds| *rounds += 1);
    }

    pub(crate) fn behind(&self, blocks: u32, bus: &Bus) {
        self.change(bus, |state| state.chain = Chain::Behind(blocks));
    }

    pub(crate) fn offline(&self, said: String, now: Timestamp, bus: &Bus) {
        self.change(bus, |state| {
            if !matches!(state.chain, Chain::Offline(_)) {
                state.chain = Chain::Offline(now);
            }
            state.source_said = Some(said);
        });
        self.rounds.send_modify(|rounds| *rounds += 1);
    }

    pub(crate) fn peer_away(&self, peer: Option<String>, bus: &Bus) {
        self.change(bus, |state| state.peer_away = peer);
    }

    /// The quarantine is over. What was seen of the chain in it was not shown to the channels, so it does not count.
    pub(crate) fn trusted(&self, bus: &Bus) {
        self.change(bus, |state| {
            state.quarantine = false;
            state.chain = Chain::Starting;
            state.last_good = None;
        });
        self.look.notify_one();
    }

    pub(crate) fn disk_fails(&self, bus: &Bus) {
        self.change(bus, |state| state.disk_trouble = true);
    }

    /// Cleared quietly; the next change tells it.
    pub(crate) fn disk_works(&self, bus: &Bus) {
        if self.is_disk_in_trouble() {
            self.change(bus, |state| state.disk_trouble = false);
        }
    }

    /// A server took it.
    pub(crate) fn was_sent(&self, txid: Txid) {
        self.sent.send_modify(|sent| {
            sent.insert(txid);
        });
        self.look.notify_one();
    }

    /// Waits until a server took it, or until that takes too long: it is durable, and is sent again with every block.
    pub(crate) async fn sent(&self, txid: Txid) {
        let mut sent = self.sent.subscribe();
        let taken = sent.wait_for(|sent| sent.contains(&txid));
        if tokio::time::timeout(SENDING, taken).await.is_err() {
            tracing::warn!(%txid, "no server took a transaction yet");
        }
    }

    pub(crate) fn money_moved(&self) {
        self.look.notify_one();
    }

    pub(crate) fn channels_changed(&self) {
        self.look.notify_one();
    }

    fn change(&self, bus: &Bus, edit: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        edit(&mut state);
        let now = (state.line(), state.tip);
        if state.told.as_ref() == Some(&now) {
            return;
        }
        state.told = Some(now.clone());
        drop(state);
        bus.send(Event::Sync(now.0, now.1));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("status lock is never poisoned: a panic ends the process")
    }
}

impl State {
    fn line(&self) -> SyncStatus {
        if self.disk_trouble {
            return SyncStatus::DiskTrouble;
        }
        if self.quarantine {
            return SyncStatus::Quarantine;
        }
        match (&self.chain, &self.peer_away) {
            (Chain::Starting, _) => SyncStatus::Starting,
            (Chain::Behind(blocks), _) => SyncStatus::CatchingUp { blocks: *blocks },
            (Chain::Offline(since), _) => SyncStatus::Offline { since_secs: since.secs() },
            (Chain::Synced, Some(peer)) => SyncStatus::PeerAway { peer: peer.clone() },
            (Chain::Synced, None) => SyncStatus::Ready,
        }
    }
}
