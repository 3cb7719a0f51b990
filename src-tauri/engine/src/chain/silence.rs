//! Blocks that stay away. A server that stands still or holds blocks back answers every look, so the age of its newest block is
//! watched, by the block's own time. A clock that is fast makes a block look just as old: both are named.
//!
//! How long an honest chain keeps silent is exponential. With a block in ten minutes on average, one wait in 400 is longer than an
//! hour, which is once in three days, and one in 160,000 longer than two hours, which is once in three years. So an hour is said,
//! calmly, and after two hours nothing is begun that hangs on the next blocks: no payment over Lightning, either way, and no
//! channel. Some twelve blocks are missing by then. LDK claims on the chain 36 blocks before a payment's time is over
//! (`CLTV_CLAIM_BUFFER`), so two thirds of that are left. An on-chain payment hangs on no time, and goes on.

use super::Tip;
use crate::time::Timestamp;
use std::time::Duration;

/// So many blocks could have come, on average, before the silence is said.
const SAID_AFTER: u32 = 6;
/// And so many before nothing more is begun.
const PAUSES_AFTER: u32 = 12;

/// No block came for so long that nothing new may hang on the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no block came for long")]
pub struct BlocksStayAway;

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Silence {
    /// How far blocks are apart on average. `None`: they come when somebody mines one.
    every: Option<Duration>,
    /// When the newest was found, as it says itself.
    newest: Option<Timestamp>,
}

impl Silence {
    pub(crate) fn new(every: Option<Duration>) -> Self {
        Self { every, newest: None }
    }

    /// A look at the chain found this tip.
    pub(crate) fn sees(&mut self, tip: Tip) {
        self.newest = Some(tip.time);
    }

    /// When the newest block was found, if that is long ago.
    pub(crate) fn since(&self, now: Timestamp) -> Option<Timestamp> {
        self.newest.filter(|_| self.lasts(SAID_AFTER, now))
    }

    /// # Errors
    /// Where it lasts too long for anything that hangs on the next blocks.
    pub(crate) fn allows(&self, now: Timestamp) -> Result<(), BlocksStayAway> {
        if self.lasts(PAUSES_AFTER, now) { Err(BlocksStayAway) } else { Ok(()) }
    }

    fn lasts(&self, blocks: u32, now: Timestamp) -> bool {
        let (Some(every), Some(newest)) = (self.every, self.newest) else { return false };
        now > newest.after(every.saturating_mul(blocks).as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::NetworkId;
    use bitcoin::BlockHash;
    use bitcoin::hashes::Hash;

    const FOUND: Timestamp = Timestamp::from_secs(1_800_000_000);

    /// So many minutes after the newest block: whether it is said, and whether it stops anything.
    fn after(network: NetworkId, minutes: u64) -> (bool, bool) {
        let mut silence = Silence::new(network.parameters().block_every);
        silence.sees(Tip { height: 1, hash: BlockHash::all_zeros(), time: FOUND });
        let now = FOUND.after(minutes * 60);
        let since = silence.since(now);
        assert!(since.is_none_or(|since| since == FOUND));
        (since.is_some(), silence.allows(now).is_err())
    }

    #[test]
    fn an_hour_is_said_and_two_stop_what_hangs_on_blocks() {
        for network in [NetworkId::Mainnet, NetworkId::Testnet4, NetworkId::Signet] {
            assert_eq!(after(network, 60), (false, false), "{network:?}");
            assert_eq!(after(network, 61), (true, false), "{network:?}");
            assert_eq!(after(network, 120), (true, false), "{network:?}");
            assert_eq!(after(network, 121), (true, true), "{network:?}");
        }
        assert_eq!(after(NetworkId::Mutinynet, 3), (false, false));
        assert_eq!(after(NetworkId::Mutinynet, 7), (true, true), "two a minute");
    }

    #[test]
    fn where_somebody_mines_nobody_waits() {
        for network in [NetworkId::Regtest, NetworkId::Practice] {
            assert_eq!(after(network, 60 * 24 * 365), (false, false), "{network:?}");
        }
    }

    #[test]
    fn nothing_is_said_before_the_first_look_nor_of_a_block_from_the_future() {
        let mut silence = Silence::new(Some(Duration::ZERO));
        assert_eq!((silence.since(FOUND), silence.allows(FOUND)), (None, Ok(())));
        silence.sees(Tip { height: 1, hash: BlockHash::all_zeros(), time: FOUND.after(7_200) });
        assert_eq!((silence.since(FOUND), silence.allows(FOUND)), (None, Ok(())));
    }
}
