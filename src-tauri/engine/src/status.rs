//! How the wallet is: tip, synchronised or not, disk. Held here, told on the bus when it changes.

use crate::chain::{self, BlocksStayAway, Clock, Silence, SourceError};
use crate::error::{Code, Coded};
use crate::event::{Bus, Event};
use crate::http::Heard;
use crate::time::Timestamp;
use crate::view::{ClockOffset, ClockWitness, SourceTrouble, SyncStatus, Tip, Watcher};
use bitcoin::Txid;
use std::collections::HashSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// How long a person waits for a server to take a transaction.
const SENDING: Duration = Duration::from_secs(10);

/// A commit that lasts longer is told; a good disk takes some milliseconds. With the time between two looks a person
/// knows within two seconds.
const SLOW: Duration = Duration::from_secs(1);
const LOOK_AT_DISK: Duration = Duration::from_millis(500);

/// What was read of the chain counts for so long: about as many blocks as LDK allows a payment to be late
/// (`LATENCY_GRACE_PERIOD_BLOCKS`), twice. Nothing new is begun with less.
const CURRENT_SECS: u64 = 60 * 60;

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
    /// It breaks a rule of the vault, which is a fault of this program: no commit will ever work.
    #[error("the vault refuses what is to be written")]
    Fault,
    /// It is written here, and the server of the copy lacks it.
    #[error("the server of the copy does not answer")]
    CopyAway,
}

impl DiskTrouble {
    /// What a failed commit means.
    pub(crate) fn of(error: &dyn Coded) -> Self {
        match error.code() {
            Code::Storage => Self::Refuses,
            Code::Internal => Self::Fault,
            _ => Self::Changed,
        }
    }

    /// Trying again may help.
    pub(crate) fn is_passing(self) -> bool {
        matches!(self, Self::Slow | Self::Refuses | Self::CopyAway)
    }
}

impl Coded for DiskTrouble {
    fn code(&self) -> Code {
        match self {
            Self::Slow => Code::DiskSlow,
            Self::Refuses => Code::Storage,
            Self::Changed => Code::VaultDamaged,
            Self::Fault => Code::Internal,
            Self::CopyAway => Code::CopyServerAway,
        }
    }
}

/// See the module.
pub(crate) struct Status {
    state: Mutex<State>,
    /// Money or channels may have changed: the observer reads them anew.
    pub(crate) changed: Notify,
    /// Someone wants the chain looked at now.
    pub(crate) sync_now: Notify,
    /// Syncs that began; `syncs` counts those that ended.
    pub(crate) syncs_begun: AtomicU64,
    /// What kept peers away may be over: they are tried now.
    pub(crate) reconnect: Notify,
    /// Number of finished syncs, good or not.
    pub(crate) rounds: watch::Sender<u64>,
    /// The same, counted when nothing of the sync is left to do.
    pub(crate) syncs: watch::Sender<u64>,
    /// False while no server and no peer may be asked for anything.
    online: watch::Sender<bool>,
    /// Transactions that a server showed since the start.
    sent: Mutex<HashSet<Txid>>,
    /// Transactions that a server was offered since the start.
    offered: watch::Sender<HashSet<Txid>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    tip: Tip,
    chain: Chain,
    peer_away: Option<String>,
    quarantine: bool,
    safe_start: bool,
    disk: Option<DiskTrouble>,
    /// What is written waits for the copy.
    copy_holds: bool,
    /// Since when the loop has been writing.
    writing: Option<Instant>,
    /// When the on-chain wallet and the channels were last brought to the newest block.
    onchain: Option<Timestamp>,
    channels: Option<Timestamp>,
    source_trouble: Option<SourceTrouble>,
    channels_trouble: Option<SourceTrouble>,
    watcher: Option<Watcher>,
    clock: Clock,
    silence: Silence,
    /// At the last look no block had come for long: since when, and whether that stops what hangs on blocks.
    silent: Option<(Timestamp, bool)>,
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
    /// `block_every`: how far blocks are apart on average, where they come by themselves.
    pub(crate) fn new(
        tip: Tip,
        quarantine: bool,
        offline: bool,
        block_every: Option<Duration>,
    ) -> Self {
        let silence = Silence::new(block_every);
        let state = State { tip, quarantine, safe_start: offline, silence, ..State::default() };
        Self {
            online: watch::Sender::new(!offline),
            state: Mutex::new(state),
            changed: Notify::new(),
            sync_now: Notify::new(),
            syncs_begun: AtomicU64::new(0),
            reconnect: Notify::new(),
            rounds: watch::Sender::new(0),
            syncs: watch::Sender::new(0),
            sent: Mutex::default(),
            offered: watch::Sender::default(),
        }
    }

    /// The one status line.
    pub(crate) fn sync(&self) -> SyncStatus {
        self.lock().line()
    }

    pub(crate) fn tip(&self) -> Tip {
        self.lock().tip
    }

    /// When both were last brought to the newest block.
    pub(crate) fn last_good(&self) -> Option<Timestamp> {
        let state = self.lock();
        state.onchain.min(state.channels)
    }

    /// What is wrong with the source: for the on-chain wallet, and for the channels.
    pub(crate) fn troubles(&self) -> (Option<SourceTrouble>, Option<SourceTrouble>) {
        let state = self.lock();
        (state.source_trouble, state.channels_trouble)
    }

    /// A server said what time it is; and ours, when it did.
    pub(crate) fn hears(&self, heard: &Heard, bus: &Bus) {
        self.change(bus, |state| state.clock.hears(&heard.host, heard.said, heard.at));
    }

    /// Another source that watches it.
    pub(crate) fn watcher(&self) -> Option<Watcher> {
        self.lock().watcher.clone()
    }

    pub(crate) fn watched(&self, watcher: Option<Watcher>) {
        self.lock().watcher = watcher;
    }

    /// How far this computer's clock is beside the time of blocks or servers, where that is far.
    pub(crate) fn clock_offset(&self) -> Option<ClockOffset> {
        self.lock().clock.offset()
    }

    /// The channels were brought to the newest block at least once since the start.
    pub(crate) fn has_followed(&self) -> bool {
        self.lock().channels.is_some()
    }

    /// The channels were brought to the newest block not long ago. Where they were not, somebody looks now.
    pub(crate) fn channels_are_current(&self, now: Timestamp) -> bool {
        self.is_current(self.lock().channels, now)
    }

    /// The on-chain wallet was. Where it was not, somebody looks now.
    pub(crate) fn onchain_is_current(&self, now: Timestamp) -> bool {
        self.is_current(self.lock().onchain, now)
    }

    /// Refuses what hangs on the next blocks while none comes.
    pub(crate) fn blocks_come(&self, now: Timestamp) -> Result<(), BlocksStayAway> {
        self.lock().silence.allows(now)
    }

    fn is_current(&self, looked: Option<Timestamp>, now: Timestamp) -> bool {
        let current = looked.is_some_and(|looked| now <= looked.after(CURRENT_SECS));
        if !current {
            self.sync_now.notify_one();
        }
        current
    }

    /// Refuses while nothing new can become durable.
    pub(crate) fn disk(&self) -> Result<(), DiskTrouble> {
        self.lock().disk().map_or(Ok(()), Err)
    }

    /// What is written on the disk does not leave before the copy has it, and the copy lacks it for long.
    pub(crate) fn copy_holds(&self, holds: bool, bus: &Bus) {
        self.change(bus, |state| state.copy_holds = holds);
    }

    /// A look at the chain is over. The tip moves on where both ledgers were brought to it.
    pub(crate) fn looked(&self, round: &chain::Round, now: Timestamp, bus: &Bus) {
        self.change(bus, |state| {
            state.clock.sees(round.tip, now);
            state.source_trouble = round.onchain.as_ref().err().map(SourceError::trouble);
            state.channels_trouble = round.channels.as_ref().err().map(SourceError::trouble);
            if round.onchain.is_ok() {
                state.onchain = Some(now);
            }
            if round.channels.is_ok() {
                state.channels = Some(now);
                state.silence.sees(round.tip);
            }
            let pauses = state.silence.allows(now).is_err();
            state.silent = state.silence.since(now).map(|since| (since, pauses));
            if round.onchain.is_ok() && round.channels.is_ok() {
                if matches!(state.chain, Chain::Offline(_)) {
                    self.reconnect.notify_one();
                }
                state.tip = round.tip.into();
                state.chain = Chain::Synced;
            } else if round.behind > 0 && round.onchain.is_ok() {
                state.chain = Chain::Behind(round.behind);
            } else {
                state.is_offline(now);
            }
        });
        self.rounds.send_modify(|rounds| *rounds += 1);
    }

    pub(crate) fn behind(&self, blocks: u32, bus: &Bus) {
        self.change(bus, |state| state.chain = Chain::Behind(blocks));
    }

    /// No look was possible.
    pub(crate) fn offline(&self, error: &SourceError, now: Timestamp, bus: &Bus) {
        self.change(bus, |state| {
            state.is_offline(now);
            state.source_trouble = Some(error.trouble());
            state.channels_trouble = None;
        });
        self.rounds.send_modify(|rounds| *rounds += 1);
    }

    pub(crate) fn peer_away(&self, peer: Option<String>, bus: &Bus) {
        self.change(bus, |state| state.peer_away = peer);
    }

    /// A quarantine begins.
    pub(crate) fn doubted(&self, bus: &Bus) {
        self.change(bus, |state| state.quarantine = true);
        self.changed.notify_one();
    }

    /// The quarantine is over. What was seen of the chain in it was not shown to the channels, so it does not count.
    pub(crate) fn trusted(&self, bus: &Bus) {
        self.change(bus, |state| {
            state.quarantine = false;
            state.chain = Chain::Starting;
            (state.onchain, state.channels) = (None, None);
        });
        self.changed.notify_one();
    }

    /// From now on servers and peers are asked.
    pub(crate) fn goes_online(&self, bus: &Bus) {
        self.change(bus, |state| state.safe_start = false);
        self.online.send_replace(true);
    }

    pub(crate) fn is_online(&self) -> bool {
        *self.online.borrow()
    }

    /// Waits until they may be asked.
    pub(crate) async fn online(&self) {
        let mut online = self.online.subscribe();
        if online.wait_for(|online| *online).await.is_err() {
            std::future::pending::<()>().await;
        }
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

    /// A server showed it since the start.
    pub(crate) fn is_sent(&self, txid: &Txid) -> bool {
        self.sent.lock().expect("sent lock is never poisoned").contains(txid)
    }

    /// A server shows it.
    pub(crate) fn was_sent(&self, txid: Txid) {
        self.sent.lock().expect("sent lock is never poisoned").insert(txid);
        self.changed.notify_one();
    }

    /// It was offered to a server, whatever that said.
    pub(crate) fn was_offered(&self, txid: Txid) {
        self.offered.send_modify(|offered| {
            offered.insert(txid);
        });
    }

    /// Waits until it was offered to a server, or until that takes too long: it is durable, and is offered again with every
    /// look.
    pub(crate) async fn offered(&self, txid: Txid) {
        let mut offered = self.offered.subscribe();
        let waiting = offered.wait_for(|offered| offered.contains(&txid));
        if tokio::time::timeout(SENDING, waiting).await.is_err() {
            tracing::warn!(%txid, "a transaction was not offered to a server yet");
        }
    }

    pub(crate) fn money_moved(&self) {
        self.changed.notify_one();
    }

    pub(crate) fn channels_changed(&self) {
        self.changed.notify_one();
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
    fn disk(&self) -> Option<DiskTrouble> {
        self.disk.or_else(|| self.copy_holds.then_some(DiskTrouble::CopyAway))
    }

    fn is_offline(&mut self, now: Timestamp) {
        if !matches!(self.chain, Chain::Offline(_)) {
            self.chain = Chain::Offline(now);
        }
    }

    fn line(&self) -> SyncStatus {
        match self.disk() {
            Some(DiskTrouble::Slow) => return SyncStatus::DiskSlow,
            Some(DiskTrouble::Refuses) => return SyncStatus::DiskTrouble,
            Some(DiskTrouble::Changed) => return SyncStatus::VaultChanged,
            Some(DiskTrouble::Fault) => return SyncStatus::VaultRefuses,
            Some(DiskTrouble::CopyAway) | None => {}
        }
        if self.quarantine {
            return SyncStatus::Quarantine;
        }
        if self.safe_start {
            return SyncStatus::SafeStart;
        }
        if self.copy_holds {
            return SyncStatus::CopyAway;
        }
        if let (Chain::Synced, Some(line)) = (&self.chain, self.time_line()) {
            return line;
        }
        match (&self.chain, &self.peer_away) {
            (Chain::Starting, _) => SyncStatus::Starting,
            (Chain::Behind(blocks), _) => SyncStatus::CatchingUp { blocks: *blocks },
            (Chain::Offline(since), _) => SyncStatus::Offline { since_secs: since.secs() },
            (Chain::Synced, Some(peer)) => SyncStatus::PeerAway { peer: peer.clone() },
            (Chain::Synced, None) => SyncStatus::Ready,
        }
    }

    /// What is wrong with the time. A block that has just come ends a silence, so the clock is named before it if blocks prove it
    /// wrong; servers are believed after it, because the one that keeps silent is among them.
    fn time_line(&self) -> Option<SyncStatus> {
        let wrong = |offset| SyncStatus::ClockWrong { offset };
        let offset = self.clock.offset();
        let proven = offset.filter(|offset| offset.by() == ClockWitness::Blocks);
        let silent = self
            .silent
            .map(|(since, pauses)| SyncStatus::NoBlocks { since_secs: since.secs(), pauses });
        proven.map(wrong).or(silent).or(offset.map(wrong))
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
