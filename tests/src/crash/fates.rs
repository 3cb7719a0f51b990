//! What became of each channel, read from the chain alone: which output is its funding, and what spent it.

use crate::is_commitment;
use bitcoin::{OutPoint, Txid};
use fulmen_engine::amount::Sat;
use fulmen_practice::chain::{ANCHOR, ChainEvent, PracticeChain};
use lightning::chain::channelmonitor::ANTI_REORG_DELAY;
use lightning::ln::types::ChannelId;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::broadcast::Receiver;

/// How a channel was asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Nothing,
    Together,
    Force,
}

/// How a channel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Neither side asked for it: a commitment was published.
    Closed,
    /// A commitment was published although both sides had agreed to close together.
    Raced,
    /// As it was asked for.
    AsAsked,
    /// Together, and nobody asked.
    TogetherUnasked,
}

struct Channel {
    /// No two channels have the same, so that they can be identified on the chain.
    capacity: Sat,
    funding: Option<OutPoint>,
    asked: Asked,
    told: bool,
}

/// See the module.
pub(crate) struct Fates {
    chain: PracticeChain,
    state: Mutex<State>,
}

struct State {
    events: Receiver<ChainEvent>,
    channels: Vec<Channel>,
}

impl Fates {
    pub(crate) fn new(chain: PracticeChain) -> Self {
        let state = State { events: chain.subscribe(), channels: Vec::new() };
        Self { chain, state: Mutex::new(state) }
    }

    /// A channel of this capacity is about to be opened.
    pub(crate) fn opening(&self, capacity: Sat) {
        let channel = Channel { capacity, funding: None, asked: Asked::Nothing, told: false };
        self.lock().channels.push(channel);
    }

    /// It is about to be closed, or stays open after all.
    pub(crate) fn ask(&self, capacity: Sat, asked: Asked) {
        let mut state = self.lock();
        let found = state.channels.iter_mut().find(|channel| channel.capacity == capacity);
        found.expect("it was opened here").asked = asked;
    }

    /// The channel with this funding was asked to close by force.
    pub(crate) fn was_forced(&self, funding: &OutPoint) -> bool {
        let state = self.look();
        let has = |channel: &&Channel| channel.funding.as_ref() == Some(funding);
        state.channels.iter().find(has).is_some_and(|channel| channel.asked == Asked::Force)
    }

    /// What spends the funding of a channel, in chain or mempool.
    pub(crate) fn spender(&self, capacity: Sat) -> Option<Txid> {
        let state = self.look();
        let channel = state.channels.iter().find(|channel| channel.capacity == capacity)?;
        Some(self.chain.spender_of(&channel.funding?)?.txid)
    }

    /// The fundings of all channels there ever were.
    pub(crate) fn fundings(&self) -> Vec<OutPoint> {
        self.look().channels.iter().filter_map(|channel| channel.funding).collect()
    }

    /// The ids of those whose funding was published.
    pub(crate) fn channel_ids(&self) -> HashSet<String> {
        let fundings = self.fundings().into_iter();
        let id = |at: OutPoint| {
            let index = u16::try_from(at.vout).expect("few outputs");
            let funding = lightning::chain::transaction::OutPoint { txid: at.txid, index };
            ChannelId::v1_from_funding_outpoint(funding).to_string()
        };
        fundings.map(id).collect()
    }

    /// True while an output of a published commitment waits: a payment for its time, a side for its delay, or what spends it
    /// for its burial, before which nobody gives a payment back.
    pub(crate) fn has_unclaimed(&self) -> bool {
        !self.unclaimed().is_empty()
    }

    /// Those outputs, and their values. An anchor may stay unspent and is not one of them.
    pub(crate) fn unclaimed(&self) -> Vec<(OutPoint, Sat)> {
        let state = self.look();
        let fundings = state.channels.iter().filter_map(|channel| channel.funding);
        let ends = fundings.filter_map(|funding| self.chain.spender_of(&funding));
        let ends = ends.filter_map(|end| self.chain.transaction(&end.txid));
        let commitments = ends.filter(is_commitment);
        let outputs = commitments.flat_map(|commitment| {
            let txid = commitment.compute_txid();
            let all = (0..).map(move |vout| OutPoint { txid, vout }).zip(commitment.output);
            all.filter(|(_, output)| output.script_pubkey.is_p2wsh() && output.value > ANCHOR)
        });
        outputs
            .filter(|(outpoint, _)| !self.is_buried(outpoint))
            .map(|(outpoint, output)| (outpoint, output.value.into()))
            .collect()
    }

    /// It is spent, and what spends it is as deep as LDK wants it.
    fn is_buried(&self, outpoint: &OutPoint) -> bool {
        let spender = self.chain.spender_of(outpoint);
        let place = spender.and_then(|spender| self.chain.place_of(&spender.txid));
        place.is_some_and(|place| place.height + ANTI_REORG_DELAY <= self.chain.tip().height + 1)
    }

    /// The height of the youngest confirmed funding of a channel that lives.
    pub(crate) fn youngest(&self) -> u32 {
        let state = self.look();
        let fundings = state.channels.iter().filter_map(|channel| channel.funding);
        let open = fundings.filter(|output| self.chain.spender_of(output).is_none());
        open.filter_map(|output| self.chain.place_of(&output.txid))
            .map(|place| place.height)
            .max()
            .unwrap_or(0)
    }

    /// Channels whose fate is new, each reported once.
    pub(crate) fn news(&self) -> Vec<(Sat, Fate)> {
        let mut state = self.look();
        let mut news = Vec::new();
        for channel in state.channels.iter_mut().filter(|channel| !channel.told) {
            let spender = channel.funding.and_then(|output| self.chain.spender_of(&output));
            let Some(spent) = spender.and_then(|spender| self.chain.transaction(&spender.txid))
            else {
                continue;
            };
            channel.told = true;
            let fate = match (is_commitment(&spent), channel.asked) {
                (true, Asked::Nothing) => Fate::Closed,
                (true, Asked::Together) => Fate::Raced,
                (false, Asked::Nothing) => Fate::TogetherUnasked,
                (true, Asked::Force) | (false, _) => Fate::AsAsked,
            };
            news.push((channel.capacity, fate));
        }
        news
    }

    /// Finds the fundings among what was seen since.
    fn look(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        loop {
            match state.events.try_recv() {
                Ok(ChainEvent::TxSeen { txid, .. }) => self.seen(&mut state, txid),
                Ok(ChainEvent::NewTip { .. }) => {}
                Err(tokio::sync::broadcast::error::TryRecvError::Empty) => return state,
                Err(error) => panic!("the chain was not listened to: {error}"),
            }
        }
    }

    fn seen(&self, state: &mut State, txid: Txid) {
        let Some(transaction) = self.chain.transaction(&txid) else { return };
        for (vout, output) in (0..).zip(&transaction.output) {
            let capacity = Sat::from(output.value);
            let waits = |channel: &&mut Channel| {
                channel.capacity == capacity && output.script_pubkey.is_p2wsh()
            };
            if let Some(channel) = state.channels.iter_mut().find(waits) {
                channel.funding.get_or_insert(OutPoint { txid, vout });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("never poisoned: the killer ends with the first panic")
    }
}
