//! The commit's orders, each broken on purpose and its gap made wide, so that the killer can show that it would notice.
//! Only in builds with the feature `broken-orders`, which nothing enables by itself; such a wallet loses money.

use super::commit::{Collected, Unwritten};
use crate::config::Broken;
use crate::core::Core;
use crate::time::Timestamp;
use std::time::Duration;

/// How wide the gap is. Long against everything that happens in it, short against a person's patience.
const GAP: Duration = Duration::from_millis(25);

/// A first look at the chain takes so long. What it shows must fall into the gap where monitors come late.
const LOOK: Duration = Duration::from_millis(700);

/// As `commit::collect`, in the broken order.
pub(crate) fn collect(
    broken: Broken,
    core: &Core,
    unwritten: &mut Unwritten,
    now: Timestamp,
) -> Collected {
    let mut all = Collected::default();
    match broken {
        Broken::CountLate => {
            all.take_whole_monitors(core);
            all.take_manager(core, now);
            wait(core);
            all.take_queue(core);
            all.take_rows(core, unwritten);
        }
        Broken::RowsEarly => {
            all.take_whole_monitors(core);
            all.take_queue(core);
            all.take_rows(core, unwritten);
            wait(core);
            all.take_manager(core, now);
        }
        Broken::FullsLate => {
            all.take_queue(core);
            all.take_manager(core, now);
            wait_for(core, if core.status.has_followed() { GAP } else { LOOK });
            all.take_whole_monitors(core);
            all.take_rows(core, unwritten);
        }
        Broken::ApplyEarly | Broken::GateOff | Broken::NotWaiting => {
            all.take_whole_monitors(core);
            all.take_queue(core);
            all.take_manager(core, now);
            all.take_rows(core, unwritten);
        }
    }
    all
}

/// Everything is collected and nothing is written: what is let out now is too early. How many updates are left to apply.
pub(crate) fn before_the_write(core: &Core, count: usize) -> usize {
    match core.settings.tunables.broken {
        Some(Broken::ApplyEarly) => {
            core.node.watch.apply(count, &crate::probe::Probe::default());
            wait(core);
            0
        }
        Some(Broken::GateOff) => {
            wait(core);
            count
        }
        _ => count,
    }
}

/// Nobody waits for the server of the copy.
pub(crate) fn waits_for_no_copy(core: &Core) -> bool {
    core.settings.tunables.broken == Some(Broken::NotWaiting)
}

/// Time for others to do what the order is there to survive; what is ready to leave leaves.
fn wait(core: &Core) {
    wait_for(core, GAP);
}

fn wait_for(core: &Core, gap: Duration) {
    core.node.peers.process_events();
    std::thread::sleep(gap);
    core.node.peers.process_events();
}
