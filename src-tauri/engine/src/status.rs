//! How the wallet is: tip, synchronised or not, disk. Held here, told on the bus when it changes.

use crate::error::{Code, Coded};
use crate::event::{Bus, Event};
use crate::time::Timestamp;
use crate::view::{SyncStatus, Tip};
use bitcoin::Txid;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// How long a person waits for a server to take a transaction.
const SENDING: Duration = Duration::from_secs(10);

/// A commit that lasts longer is told; a good disk takes some milliseconds. With the time between two looks a person
/// knows within two seconds.
const SLOW: Duration = Duration::from_secs(1);
const LOOK_AT_DISK: Duration = Duration::from_millis(500);

/// What is wrong with the disk. Nothing that was told is lost; nothing new is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiskTrouble {
    /// A commit has not come back yet.
    #[error("the disk has not answered for a while")]
    Slow,
    /// A commit failed and is tried again.
    #[error("the disk refuses to write")]
    Refuses,
    /// Someone else wrote to the vault, or it is damaged: no commit will ever work.
    #[error("the vault was changed by someone else, or is damaged")]
    Changed,
}

impl Coded for DiskTrouble {
    fn code(&self) -> Code {
        match self {
            Self::Slow => Code::DiskSlow,
            Self::Refuses => Code::Storage,
            Self::Changed => Code::VaultDamaged,
        }
    }
}

/// See the module.
pub(crate) struct Status {
    state: Mutex<State>,
    /// Money or channels may have changed: the observer looks.
    pub(crate) look: Notify,
    /// Someone wants the chain looked at now.
    pub(crate) sync_now: Notify,
    /// Number of finished looks at the chain, good or not.
    pub(crate) rounds: watch::Sender<u64>,
    /// The same, counted when nothing of the look is left to do.
    pub(crate) looks: watch::Sender<u64>,
    /// Transactions that a server took since the start.
    sent: watch::Sender<HashSet<Txid>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    tip: Tip,
    chain: Chain,
    peer_away: Option<String>,
    quarantine: bool,
    disk: Option<DiskTrouble>,
    /// Since when the loop has been writing.
    writing: Option<Instant>,
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
            looks: watch::Sender::new(0),
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

    /// Refuses while nothing new can become durable.
    pub(crate) fn disk(&self) -> Result<(), DiskTrouble> {
        self.lock().disk.map_or(Ok(()), Err)
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

    /// The loop's thread begins to write, and says nothing more before the disk has answered.
    pub(crate) fn writing_begins(&self) {
        self.lock().writing = Some(Instant::now());
    }

    pub(crate) fn writing_fails(&self, trouble: DiskTrouble, bus: &Bus) {
        self.change(bus, |state| {
            state.writing = None;
            state.disk = Some(trouble);
        });
    }

    pub(crate) fn writing_works(&self, bus: &Bus) {
        self.change(bus, |state| {
            state.writing = None;
            state.disk = None;
        });
    }

    /// Watches the loop's writing from outside of it, for ever.
    pub(crate) async fn watch_disk(&self, bus: &Bus) {
        let mut tick = tokio::time::interval(LOOK_AT_DISK);
        loop {
            tick.tick().await;
            self.change(bus, |state| {
                if state.writing.is_some_and(|begun| begun.elapsed() >= SLOW) {
                    state.disk.get_or_insert(DiskTrouble::Slow);
                }
            });
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
        // Under the lock: the loop and the tasks tell in the order in which they changed it.
        bus.send(Event::Sync(now.0, now.1));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("status lock is never poisoned: a panic ends the process")
    }
}

impl State {
    fn line(&self) -> SyncStatus {
        match self.disk {
            Some(DiskTrouble::Slow) => return SyncStatus::DiskSlow,
            Some(DiskTrouble::Refuses) => return SyncStatus::DiskTrouble,
            Some(DiskTrouble::Changed) => return SyncStatus::VaultChanged,
            None => {}
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
