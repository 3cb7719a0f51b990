//! Fee estimates, cached. Reading never waits, never fails and never answers zero; only [`Fees::update`] changes them. The
//! last good ones are kept by the engine ([`Fees::to_bytes`]), because a wrong rate after a start can make LDK close
//! channels. Floats end here: a server speaks sat/vB with a fraction, everything after is whole sat per 1000 weight.

use super::pace::{Pace, Rates};
use crate::time::Timestamp;
use crate::view::{FeeSpeed, NetworkId};
use bitcoin::FeeRate;
use lightning::chain::chaininterface::{
    ConfirmationTarget, FEERATE_FLOOR_SATS_PER_KW, FeeEstimator,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::RwLock;
use std::time::Duration;

/// Within how many blocks, for each estimate kept.
const TARGETS: [u16; 6] = [1, 6, 12, 24, 144, 1008];
/// One sat/vB.
const SAT_PER_VB: u32 = 250;
/// How far one update may move an estimate, up or down: a lying server cannot close our channels in one answer.
const LARGEST_STEP: u32 = 10;
/// In which an estimate moves by a factor at most: see [`Pace`].
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Estimates of one network, for LDK, for BDK and for a screen.
#[derive(Debug)]
pub struct Fees {
    network: NetworkId,
    /// In which an estimate may move by a factor; none for a story.
    hour: Duration,
    estimates: RwLock<Option<Estimates>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Estimates {
    /// One for each of [`TARGETS`], never rising.
    sat_per_kw: Rates,
    at: Timestamp,
    #[serde(default)]
    pace: Pace,
}

/// Estimates that could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FeesError {
    /// The server listed none (a test network without traffic does).
    #[error("the server has no fee estimates")]
    None,
    /// The kept bytes are not ours.
    #[error("cannot read the kept fee estimates")]
    Unreadable(#[source] serde_json::Error),
}

impl Fees {
    /// No estimates yet: the table's fallback values are used.
    pub fn new(network: NetworkId) -> Self {
        Self { network, hour: HOUR, estimates: RwLock::new(None) }
    }

    /// The last good estimates, read back.
    ///
    /// # Errors
    /// [`FeesError::Unreadable`]: not what [`Fees::to_bytes`] wrote.
    pub fn from_bytes(network: NetworkId, bytes: &[u8]) -> Result<Self, FeesError> {
        let kept: Option<Estimates> =
            serde_json::from_slice(bytes).map_err(FeesError::Unreadable)?;
        let sane = kept.map(|kept| {
            let sat_per_kw = never_rising(kept.sat_per_kw.map(|rate| clamp(rate, network)));
            Estimates { sat_per_kw, ..kept }
        });
        Ok(Self { network, hour: HOUR, estimates: RwLock::new(sane) })
    }

    /// The same with another hour.
    pub(crate) fn paced(self, hour: Duration) -> Self {
        Self { hour, ..self }
    }

    /// For the vault.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.read()).expect("six integers and a time are always JSON")
    }

    /// Whether any server ever spoke, or none is needed. Peers must not be connected before this is true.
    pub fn known(&self) -> bool {
        !self.network.parameters().fees.must_be_known || self.read().is_some()
    }

    /// Takes what a server listed: blocks to sat/vB (Esplora `GET /fee-estimates`).
    ///
    /// # Errors
    /// [`FeesError::None`]: nothing usable in it; the last ones stay.
    pub fn update(&self, listed: &HashMap<u16, f64>, now: Timestamp) -> Result<(), FeesError> {
        let mut usable: Vec<(u16, u32)> = listed
            .iter()
            .filter_map(|(&blocks, &rate)| Some((blocks, self.to_kw(rate)?)))
            .collect();
        usable.sort_unstable();
        let Some(&(_, soonest)) = usable.first() else { return Err(FeesError::None) };
        let before = self.read();
        let mut sat_per_kw = TARGETS.map(|target| {
            usable
                .iter()
                .rev()
                .find(|(blocks, _)| *blocks <= target)
                .map_or(soonest, |&(_, rate)| rate)
        });
        let mut pace = before.map_or_else(Pace::default, |before| before.pace);
        if let Some(before) = before {
            for (new, old) in sat_per_kw.iter_mut().zip(before.sat_per_kw) {
                *new = (*new).clamp(old / LARGEST_STEP, old.saturating_mul(LARGEST_STEP));
            }
            if !self.hour.is_zero() {
                let last = (before.sat_per_kw, before.at);
                sat_per_kw = pace.limit(sat_per_kw, last, now, self.hour);
            }
            sat_per_kw = sat_per_kw.map(|rate| clamp(rate, self.network));
        }
        let sat_per_kw = never_rising(sat_per_kw);
        pace.note(sat_per_kw, now, self.hour);
        let mut kept =
            self.estimates.write().expect("never poisoned: nothing panics while it is held");
        *kept = Some(Estimates { sat_per_kw, at: now, pace });
        Ok(())
    }

    /// Sat/vB for a speed, rounded up, at least 1. What is shown is what is used: see [`Fees::rate`].
    pub fn sat_per_vb(&self, speed: FeeSpeed) -> u32 {
        let target = match speed {
            // What a person types is cut off just as a server's word is.
            FeeSpeed::Custom { sat_per_vb } => {
                let most = self.network.parameters().fees.ceiling / SAT_PER_VB;
                return sat_per_vb.clamp(1, most);
            }
            FeeSpeed::Fast => 1,
            FeeSpeed::Normal => 6,
            FeeSpeed::Slow => 24,
        };
        self.sat_per_kw(target).div_ceil(SAT_PER_VB).max(1)
    }

    /// The same as BDK wants it.
    pub fn rate(&self, speed: FeeSpeed) -> FeeRate {
        FeeRate::from_sat_per_vb_u32(self.sat_per_vb(speed))
    }

    /// About how long a speed takes, ten minutes a block.
    pub fn about_minutes(speed: FeeSpeed) -> u32 {
        match speed {
            FeeSpeed::Fast => 10,
            FeeSpeed::Normal | FeeSpeed::Custom { .. } => 60,
            FeeSpeed::Slow => 240,
        }
    }

    /// Sat/vB to whole sat per 1000 weight, rounded up; `None` for what is no rate.
    fn to_kw(&self, sat_per_vb: f64) -> Option<u32> {
        let usable = sat_per_vb.is_finite() && sat_per_vb > 0.0;
        // A float-to-integer `as` saturates, and the clamp follows.
        usable.then(|| clamp((sat_per_vb * f64::from(SAT_PER_VB)).ceil() as u32, self.network))
    }

    fn read(&self) -> Option<Estimates> {
        *self.estimates.read().expect("never poisoned: nothing panics while it is held")
    }

    fn sat_per_kw(&self, target: u16) -> u32 {
        let fallback = self.network.parameters().fees.fallback;
        let rates = self.read().map_or(fallback, |estimates| estimates.sat_per_kw);
        let place = TARGETS
            .iter()
            .position(|kept| *kept == target)
            .expect("only asked for targets that are kept");
        rates[place]
    }
}

impl FeeEstimator for Fees {
    /// Two kinds of rate, and they must not be mixed. What *we* pay follows the estimates. What we *accept* of a peer is
    /// bounded by what enters a mempool: LDK closes a channel by force if the peer's rate is below the bound, so a bound
    /// that rises with the market closes healthy channels on a dear day.
    fn get_est_sat_per_1000_weight(&self, target: ConfirmationTarget) -> u32 {
        let rate = match target {
            // Against a peer that turns our money into dust by its fee. Higher than any honest peer's estimate: too low,
            // and payments fail on dust exposure in a fee spike.
            ConfirmationTarget::MaximumFeeEstimate => {
                let soonest = self.sat_per_kw(1);
                (soonest + soonest / 10 + 2500).max(8000)
            }
            // A peer could take this money after some dozens of blocks: an hour is soon enough, and LDK pays more and
            // more as the time comes near.
            ConfirmationTarget::UrgentOnChainSweep if self.read().is_none() => 5000,
            ConfirmationTarget::UrgentOnChainSweep => self.sat_per_kw(6),
            // The commitments that we pay for. They must enter a mempool on the day of the close, which nobody knows; a
            // week's estimate is LDK's advice. More is not needed: the anchor pays for the rest then.
            ConfirmationTarget::AnchorChannelFee if self.read().is_none() => 500,
            ConfirmationTarget::AnchorChannelFee => self.sat_per_kw(1008),
            // The commitments that the peer pays for, with anchors: we can bump them too, so entering a mempool is
            // enough. LND keeps them at 10 sat/vB at most, whatever the market does.
            ConfirmationTarget::MinAllowedAnchorChannelRemoteFee => FEERATE_FLOOR_SATS_PER_KW,
            // Without anchors nobody can bump them: they must be mined as they are. A peer may round 1.1 sat/vB to 1
            // where we round to 2: LDK's docs ask for this allowance.
            ConfirmationTarget::MinAllowedNonAnchorChannelRemoteFee => {
                self.sat_per_kw(144).saturating_sub(250)
            }
            // The least that an agreed close may pay. What enters a mempool beats a close by force, which costs more and
            // locks the money for days; its outputs can be spent on to speed it up. This is also the bottom of the range
            // that we offer; the top is `NonAnchorChannelFee`.
            ConfirmationTarget::ChannelCloseMinimum => FEERATE_FLOOR_SATS_PER_KW,
            // Nothing bumps these two: two hours.
            ConfirmationTarget::NonAnchorChannelFee | ConfirmationTarget::OutputSpendingFee => {
                self.sat_per_kw(12)
            }
        };
        rate.max(FEERATE_FLOOR_SATS_PER_KW)
    }
}

fn clamp(sat_per_kw: u32, network: NetworkId) -> u32 {
    let fees = &network.parameters().fees;
    sat_per_kw.clamp(fees.floor, fees.ceiling)
}

/// Waiting longer never costs more.
fn never_rising(mut rates: [u32; 6]) -> [u32; 6] {
    for place in 1..rates.len() {
        rates[place] = rates[place].min(rates[place - 1]);
    }
    rates
}

#[cfg(test)]
#[path = "fees_tests.rs"]
mod tests;
