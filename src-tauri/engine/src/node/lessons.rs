//! What payments teach about the network. LDK tells it on the loop's thread, which must not wait for the locks of the graph and
//! the scorer: a search for a route holds both for as long as it takes. The loop only hands on; another thread applies.

use super::graph::NetworkGraph;
use super::types::Scorer;
use crate::time::Timestamp;
use lightning::events::{Event, PathFailure};
use lightning::routing::scoring::ScoreUpdate;
use std::sync::{Mutex, RwLock};
use std::time::Duration;
use tokio::sync::Notify;

/// See the module.
#[derive(Default)]
pub(crate) struct Lessons {
    waiting: Mutex<Vec<(Event, Timestamp)>>,
    told: Notify,
}

impl Lessons {
    /// Keeps the event if it teaches anything. Never waits for a search.
    pub(crate) fn tell(&self, event: &Event, now: Timestamp) {
        if teaches(event) {
            self.waiting.lock().expect("never poisoned: a push").push((event.clone(), now));
            self.told.notify_one();
        }
    }

    /// Returns once something waits to be applied.
    pub(crate) async fn told(&self) {
        self.told.notified().await;
    }

    /// Applies what waits, in order. Waits for the locks.
    pub(crate) fn apply(&self, graph: &NetworkGraph, scorer: &RwLock<Scorer>) {
        let waiting = std::mem::take(&mut *self.waiting.lock().expect("never poisoned: a push"));
        for (event, now) in waiting {
            if let Event::PaymentPathFailed {
                failure: PathFailure::OnPath { network_update: Some(update) },
                ..
            } = &event
            {
                graph.handle_network_update(update);
            }
            let mut scorer = scorer.write().expect("scorer lock is never poisoned");
            score(&mut scorer, &event, Duration::from_secs(now.secs()));
        }
    }
}

fn teaches(event: &Event) -> bool {
    matches!(
        event,
        Event::PaymentPathFailed { .. }
            | Event::PaymentPathSuccessful { .. }
            | Event::ProbeSuccessful { .. }
            | Event::ProbeFailed { .. }
    )
}

fn score(scorer: &mut Scorer, event: &Event, since_epoch: Duration) {
    match event {
        Event::PaymentPathFailed {
            path,
            short_channel_id: Some(scid),
            payment_failed_permanently,
            ..
        } => {
            if *payment_failed_permanently {
                scorer.probe_successful(path, since_epoch);
            } else {
                scorer.payment_path_failed(path, *scid, since_epoch);
            }
        }
        Event::PaymentPathSuccessful { path, .. } => {
            scorer.payment_path_successful(path, since_epoch);
        }
        Event::ProbeSuccessful { path, .. } => scorer.probe_successful(path, since_epoch),
        Event::ProbeFailed { path, short_channel_id: Some(scid), .. } => {
            scorer.probe_failed(path, *scid, since_epoch);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logger::Log;
    use crate::node::graph::Graph;
    use bitcoin::Network;
    use bitcoin::secp256k1::{Secp256k1, SecretKey};
    use lightning::routing::gossip::{NetworkUpdate, NodeId};
    use lightning::routing::router::Path;
    use lightning::routing::scoring::{ProbabilisticScorer, ProbabilisticScoringDecayParameters};
    use lightning::types::features::ChannelFeatures;
    use lightning::types::payment::PaymentHash;
    use std::sync::Arc;

    const CHANNEL: u64 = 7;

    fn failed() -> Event {
        Event::PaymentPathFailed {
            payment_id: None,
            hold_times: Vec::new(),
            payment_hash: PaymentHash([1; 32]),
            payment_failed_permanently: false,
            failure: PathFailure::OnPath {
                network_update: Some(NetworkUpdate::ChannelFailure {
                    short_channel_id: CHANNEL,
                    is_permanent: true,
                }),
            },
            path: Path { hops: Vec::new(), blinded_tail: None },
            short_channel_id: Some(CHANNEL),
        }
    }

    #[test]
    fn the_loop_waits_for_no_search() {
        let log = Arc::new(Log);
        let graph = Graph::from(NetworkGraph::new(Network::Regtest, log.clone()));
        let [one, two] = [1, 2].map(|byte| {
            let key = SecretKey::from_slice(&[byte; 32]).expect("a key");
            NodeId::from_pubkey(&key.public_key(&Secp256k1::new()))
        });
        graph
            .add_channel_from_partial_announcement(
                CHANNEL,
                None,
                1,
                ChannelFeatures::empty(),
                one,
                two,
            )
            .expect("a new channel");
        let decay = ProbabilisticScoringDecayParameters::default();
        let scorer = RwLock::new(ProbabilisticScorer::new(decay, graph.clone(), log));
        let lessons = Lessons::default();
        {
            // What a search holds.
            let (_scorer, graph) = (scorer.read().expect("free"), graph.read_only());
            lessons.tell(&failed(), Timestamp::from_secs(1));
            assert!(graph.channel(CHANNEL).is_some());
        }
        lessons.apply(&graph, &scorer);
        assert!(
            graph.read_only().channel(CHANNEL).is_none(),
            "it was told that the channel is gone"
        );
        assert!(lessons.waiting.lock().expect("free").is_empty());
    }
}
