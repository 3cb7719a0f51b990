//! The loop: one OS thread that handles LDK's events, commits, and lets out what a commit covered. Everything that
//! touches the disk for money happens here. Handlers only stage; they never wait.

use super::closing_fee;
use super::commit::{CommitError, Covered, Unwritten, commit, let_out};
use super::timers::{self, ticks};
use crate::channels::settle;
use crate::config::Role;
use crate::core::Core;
use crate::probe::Point;
use crate::run::events;
use crate::time::Timestamp;
use lightning::ln::msgs::OnionMessageHandler;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, Interval};
use tokio_util::sync::CancellationToken;

struct Ticks {
    manager: Interval,
    ping: Interval,
    onion: Interval,
    rebroadcast: Interval,
}

/// After a failed commit: the first pause, doubled up to the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(2);

/// The copy on a server may lack a commit for so long before that is told, and before another commit is made meanwhile.
const COPY_PATIENCE: Duration = Duration::from_secs(1);

/// A commit that is durable here, and which the copy lacks. Nothing that it covers has left.
struct Awaited {
    covered: Covered,
    since: Instant,
}

impl Awaited {
    fn overdue(&self) -> Instant {
        self.since + COPY_PATIENCE
    }
}

/// Starts the loop on its own thread. It ends when the token is cancelled, after a last commit.
pub(crate) fn start(
    core: Arc<Core>,
    token: CancellationToken,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("fulmen-loop".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a timer-only runtime needs nothing that can fail");
        runtime.block_on(run(&core, &token));
        core.wake.stopped();
    })
}

async fn run(core: &Core, token: &CancellationToken) {
    let mut ticks = Ticks::new(core.settings.tunables.ldk_tick);
    let mut unwritten = Unwritten::default();
    let mut dirty_since: Option<Instant> = None;
    let mut first = true;
    let mut awaited: Option<Awaited> = None;
    let mut hurry = false;
    events::forget_removed(core);
    loop {
        forward(core).await;
        // Also at the start: what LDK would close with tells how a peer's words about that channel are to be read.
        if first || core.node.outbox.asks_again() {
            core.node.chain_monitor.rebroadcast_pending_claims();
        }
        handle(core);
        if first {
            events::reconcile(core, Timestamp::now());
            first = false;
        }
        let (urgent, dirty) = core.wake.take();
        hurry |= urgent;
        if let Some(one) = awaited.take_if(|one| core.copying.has(one.covered.generation)) {
            let_out(core, &one.covered);
        }
        // Whatever is new beside what is awaited has asked for a commit.
        let waiting = (awaited.is_none() && is_holding(core)) || core.node.outbox.is_waiting();
        if dirty || core.node.manager.get_and_clear_needs_persistence() {
            dirty_since.get_or_insert_with(Instant::now);
        }
        let lazy_over = dirty_since.is_some_and(|since| since.elapsed() >= laziness(core));
        let stopping = token.is_cancelled();
        let overdue = awaited.as_ref().map(Awaited::overdue);
        let in_time = overdue.filter(|overdue| *overdue > Instant::now() && !stopping);
        core.status.copy_holds(overdue.is_some() && in_time.is_none(), &core.bus);
        if in_time.is_none() && (hurry || waiting || lazy_over || stopping) {
            let Ok(covered) = persist(core, &mut unwritten, token).await else {
                core.node.staleness.stop();
                core.node.peers.disconnect_all_peers();
                return;
            };
            let since = awaited.map_or_else(Instant::now, |one| one.since);
            awaited = covered.map(|covered| Awaited { covered, since });
            (dirty_since, hurry) = (None, false);
            // What was committed may have moved money: a channel's last message often does.
            core.status.money_moved();
        }
        core.node.peers.process_events();
        core.settings.tunables.probe.at(Point::Sent);
        // What the copy still lacks is let out after the next start.
        if stopping && (core.node.watch.waiting() == 0 || awaited.is_some()) {
            return;
        }
        let overdue = awaited.as_ref().map(Awaited::overdue);
        let until = overdue
            .filter(|overdue| *overdue > Instant::now())
            .or_else(|| dirty_since.map(|since| since + laziness(core)));
        let generation = awaited.as_ref().map(|one| one.covered.generation);
        wait(core, token, &mut ticks, until, generation).await;
    }
}

/// Something waits for a commit.
fn is_holding(core: &Core) -> bool {
    core.node.watch.waiting() > 0
        || core.node.gate.is_holding()
        || core.node.onion_gate.is_holding()
}

/// Handles all events, and what they mean for closed channels.
fn handle(core: &Core) {
    let pause_ends = core.frozen.is_ending();
    // Money arrives with blocks alone.
    let arrived = if pause_ends { settle::arrived(core) } else { Vec::new() };
    events::handle(core, Timestamp::now());
    if core.archive.swap(false, Ordering::SeqCst) {
        core.node.chain_monitor.archive_fully_resolved_channel_monitors();
    }
    if pause_ends {
        if let Err(error) = settle::settle(core, &arrived, Timestamp::now()) {
            tracing::error!(
                error = crate::error::chain_of(&error),
                "a closed channel is settled later"
            );
        }
        // Now, and not with each output: all of them share a sweep, and the sweeper knows the height. Sooner it would make
        // two that spend the same.
        if core.node.sweeper.regenerate_and_broadcast_spend_if_necessary().is_err() {
            tracing::warn!("cannot make a sweep yet");
        }
        core.frozen.end();
        core.status.money_moved();
    }
}

/// Commits until it works. Nothing leaves and nothing completes in between; the person is told. Gives back what
/// must wait for the copy.
///
/// # Errors
/// The one after which it will never work: someone else wrote to the vault, or it is damaged. The wallet then stands still,
/// which loses nothing.
async fn persist(
    core: &Core,
    unwritten: &mut Unwritten,
    token: &CancellationToken,
) -> Result<Option<Covered>, CommitError> {
    let mut pause = RETRY_FIRST;
    loop {
        core.status.writing_begins();
        match commit(core, unwritten, Timestamp::now()) {
            Ok(covered) => {
                core.status.writing_works(&core.bus);
                return Ok(covered);
            }
            Err(error) => {
                tracing::error!(error = crate::error::chain_of(&error), "commit failed");
                let trouble = error.trouble();
                core.status.writing_fails(trouble, &core.bus);
                if !trouble.is_passing() || token.is_cancelled() {
                    return Err(error);
                }
                drop(tokio::time::timeout(pause, token.cancelled()).await);
                pause = (pause * 2).min(RETRY_LAST);
            }
        }
    }
}

/// How long a change that nobody waits for may stay in memory. Synchronous monitors are ahead of the manager meanwhile.
fn laziness(core: &Core) -> Duration {
    let tunables = &core.settings.tunables;
    if tunables.persistence.is_synchronous() { Duration::ZERO } else { tunables.lazy_commit }
}

/// Forwards and receives HTLCs. A leaf does so at once: LDK's batching delay (`fwd_batch` in its background processor, 56 ms
/// on average) hides which incoming payment became which outgoing one, and a leaf forwards nothing. Without the delay the peer
/// can tell that the leaf took an HTLC itself, which it knows anyway: nobody else is behind a leaf. A router keeps a delay.
async fn forward(core: &Core) {
    if core.node.manager.needs_pending_htlc_processing() {
        if core.settings.role == Role::Router {
            tokio::time::sleep(core.settings.tunables.forward_delay).await;
        }
        core.node.manager.process_pending_htlc_forwards();
    }
}

async fn wait(
    core: &Core,
    token: &CancellationToken,
    ticks: &mut Ticks,
    until: Option<Instant>,
    awaited: Option<u64>,
) {
    let node = &core.node;
    tokio::select! {
        biased;
        () = token.cancelled() => {}
        () = core.wake.woken() => {}
        () = node.manager.get_event_or_persistence_needed_future() => {}
        () = node.chain_monitor.get_update_future() => {}
        () = node.onion.get_update_future() => {}
        () = async { tokio::time::sleep_until(until.expect("guarded by the condition")).await }, if until.is_some() => {}
        () = async { core.copying.gets(awaited.expect("guarded by the condition")).await }, if awaited.is_some() => {}
        _ = ticks.manager.tick() => {
            closing_fee::interrupt(node);
            node.manager.timer_tick_occurred();
            core.settings.tunables.probe.at(Point::Ticked);
        }
        _ = ticks.ping.tick() => node.peers.timer_tick_occurred(),
        _ = ticks.onion.tick() => node.onion.timer_tick_occurred(),
        _ = ticks.rebroadcast.tick() => {
            node.chain_monitor.rebroadcast_pending_claims();
        }
    }
}

impl Ticks {
    fn new(ldk: Duration) -> Self {
        Self {
            manager: ticks(ldk, ldk),
            ping: ticks(timers::PING, timers::PING),
            onion: ticks(timers::ONION, timers::ONION),
            rebroadcast: ticks(timers::REBROADCAST, timers::REBROADCAST),
        }
    }
}
