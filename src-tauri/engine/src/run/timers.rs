//! How often LDK wants to be ticked: the constants at the beginning of `lightning-background-processor`'s `lib.rs` (0.2), which
//! cannot be used itself, because it writes manager and monitors apart. Two are missing: `FRESHNESS_TIMER` is
//! `Tunables::ldk_tick`, and in place of `SWEEPER_TIMER` sweeps are made when the chain was looked at.

use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// `PING_TIMER`
pub(super) const PING: Duration = Duration::from_secs(10);
/// `ONION_MESSAGE_HANDLER_TIMER`
pub(super) const ONION: Duration = Duration::from_secs(10);
/// `REBROADCAST_TIMER`
pub(super) const REBROADCAST: Duration = Duration::from_secs(30);
/// `SCORER_PERSIST_TIMER`: the scorer hears what time it is, and is written. Here the graph is written with it.
pub(super) const SCORER_PERSIST: Duration = Duration::from_secs(5 * 60);
/// `FIRST_NETWORK_PRUNE_TIMER`
pub(super) const FIRST_NETWORK_PRUNE: Duration = Duration::from_secs(60);
/// `NETWORK_PRUNE_TIMER`
pub(super) const NETWORK_PRUNE: Duration = Duration::from_secs(60 * 60);

/// The first tick after `first`, then every `period`; a late one moves the next.
pub(super) fn ticks(first: Duration, period: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
