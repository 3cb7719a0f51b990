//! Negative controls: a wallet built with one order of its commit broken. Kills are aimed at the gap, and the oracles must
//! notice. A killer that finds nothing there would find nothing anywhere.

use super::plan::{Plan, Scene, Trigger, point_of};
use fastrand::Rng;
use fulmen_engine::probe::Point;
use std::time::Duration;

/// Which order is broken; see the engine's `Broken`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    CountLate,
    RowsEarly,
    /// The order is needed, and this killer cannot show it. A monitor says once that its channel has ended
    /// (`CommitmentTxConfirmed`, `HolderForceClosed`). If LDK hears it between the two encodings, the manager on disk has the
    /// channel open and the monitor on disk is silent for ever: `ChannelManager::read` of LDK 0.2.7 compares update numbers
    /// alone, and a block that comes again says nothing of a spend that was seen. What ends such a channel is its peer, who
    /// answers `channel_reestablish` with an error; a start after that reads the payments back from the monitor
    /// (`get_all_current_outbound_htlcs`, `get_onchain_failed_outbound_htlcs`). Hub always answers. With a peer that stays
    /// away the channel would count as open, and its payments as in transit.
    FullsLate,
    ApplyEarly,
    GateOff,
}

impl Control {
    const ALL: [(Self, &str); 5] = [
        (Self::CountLate, "count-late"),
        (Self::RowsEarly, "rows-early"),
        (Self::FullsLate, "fulls-late"),
        (Self::ApplyEarly, "apply-early"),
        (Self::GateOff, "gate-off"),
    ];

    /// From its name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(control, _)| *control)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(control, _)| *control == self).expect("all are listed").1
    }

    /// The kill meets the gap.
    pub(super) fn aim(self, plan: &mut Plan, rng: &mut Rng) {
        let written = [Point::Durable, Point::Released, Point::Applied, Point::Sent];
        plan.victims.truncate(1);
        plan.with_hub = false;
        plan.again = None;
        plan.scene = Scene::Payments;
        plan.payments = rng.usize(10..24);
        plan.trigger = match self {
            Self::CountLate | Self::RowsEarly => point_of(rng, &written, 12),
            Self::ApplyEarly => point_of(rng, &[Point::Collected], 12),
            Self::GateOff => {
                plan.scene = Scene::Open { by_hub: true, zero_conf: rng.bool() };
                plan.payments = 0;
                point_of(rng, &[Point::Collected], 3)
            }
            Self::FullsLate => {
                plan.scene = Scene::Away;
                plan.again = Some(point_of(rng, &[Point::Durable], 2));
                Trigger::After(Duration::from_millis(rng.u64(20..250)))
            }
        };
    }
}
