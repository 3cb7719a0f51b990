//! What a router knows of the network. The graph is in a plain file: it is public, and losing it costs nothing but time. The
//! scorer shows where payments went, so it is in the vault. What is damaged is an empty start, never an error.

use super::graph::{Graph, NetworkGraph};
use super::lessons::Lessons;
use super::types::Scorer;
use crate::logger::Log;
use crate::store::StagedKv;
use crate::time::Timestamp;
use bitcoin::Network;
use bitcoin::secp256k1::PublicKey;
use lightning::routing::gossip::NodeId;
use lightning::routing::scoring::{
    ProbabilisticScorer, ProbabilisticScoringDecayParameters, ScoreUpdate,
};
use lightning::util::persist::{
    KVStoreSync, NETWORK_GRAPH_PERSISTENCE_KEY, NETWORK_GRAPH_PERSISTENCE_PRIMARY_NAMESPACE,
    NETWORK_GRAPH_PERSISTENCE_SECONDARY_NAMESPACE, SCORER_PERSISTENCE_KEY,
    SCORER_PERSISTENCE_PRIMARY_NAMESPACE, SCORER_PERSISTENCE_SECONDARY_NAMESPACE,
};
use lightning::util::ser::{ReadableArgs, Writeable};
use lightning_persister::fs_store::FilesystemStore;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// Several times the channels of today's network. Nobody checks an announcement against the chain here, so a peer could
/// name channels without end.
pub(crate) const MOST_CHANNELS: usize = 250_000;

/// Where a snapshot says when it was made (`processing.rs` of `lightning-rapid-gossip-sync`): behind its version and its chain.
const MADE: Range<usize> = 36..40;
/// A clock that is wrong explains so much.
const LATER_SECS: u64 = 24 * 60 * 60;

/// Graph, scorer and where they live.
pub(crate) struct RoutingState {
    pub(crate) graph: Graph,
    pub(crate) scorer: Arc<RwLock<Scorer>>,
    /// What payments taught, until it is applied.
    pub(crate) lessons: Lessons,
    files: FilesystemStore,
    vault: Arc<StagedKv>,
    network: Network,
}

impl RoutingState {
    /// Reads what is there; starts empty if nothing (or rubbish) is.
    pub(crate) fn load(dir: &Path, vault: Arc<StagedKv>, network: Network, log: Arc<Log>) -> Self {
        let files = stored_beside(dir);
        let (path, graph_log) = (dir.to_owned(), log.clone());
        let graph = Graph::read_by(move || read_graph(&stored_beside(&path), network, &graph_log));
        let decay = ProbabilisticScoringDecayParameters::default();
        let (primary, secondary, key) = SCORER;
        // Where earlier versions kept it, for everybody to read.
        let old = files.read(primary, secondary, key).ok();
        if old.is_some() && files.remove(primary, secondary, key, false).is_err() {
            tracing::warn!("the scorer's old file stays");
        }
        let scorer = vault
            .read(primary, secondary, key)
            .ok()
            .or(old)
            .and_then(|bytes| {
                Scorer::read(&mut bytes.as_slice(), (decay, graph.clone(), log.clone())).ok()
            })
            .unwrap_or_else(|| ProbabilisticScorer::new(decay, graph.clone(), log));
        let (scorer, lessons) = (Arc::new(RwLock::new(scorer)), Lessons::default());
        Self { graph, scorer, lessons, files, vault, network }
    }

    /// What was learnt of channels counts less and less.
    pub(crate) fn ages(&self, now: Timestamp) {
        let mut scorer = self.scorer.write().expect("scorer lock is never poisoned");
        scorer.time_passed(Duration::from_secs(now.secs()));
    }

    /// Applies what payments taught. Blocking: a search for a route may have to end first.
    pub(crate) fn learn(&self) {
        self.lessons.apply(&self.graph, &self.scorer);
    }

    /// Writes both; the scorer goes with the next commit. Blocking; a failure is logged, for the next start merely knows less.
    pub(crate) fn save(&self) {
        self.learn();
        let graph = self.files.write(
            NETWORK_GRAPH_PERSISTENCE_PRIMARY_NAMESPACE,
            NETWORK_GRAPH_PERSISTENCE_SECONDARY_NAMESPACE,
            NETWORK_GRAPH_PERSISTENCE_KEY,
            self.graph.encode(),
        );
        let scorer = self.scorer.read().expect("scorer lock is never poisoned").encode();
        let (primary, secondary, key) = SCORER;
        let kept = self.vault.read(primary, secondary, key);
        let scorer = match kept {
            Ok(kept) if kept == scorer => Ok(()),
            _ => self.vault.write(primary, secondary, key, scorer),
        };
        for result in [graph, scorer] {
            if let Err(error) = result {
                tracing::warn!(%error, "cannot save gossip; the next start learns it again");
            }
        }
    }

    /// Takes a rapid-gossip-sync snapshot. Unsigned and semi-trusted: a bad one costs routes, not money.
    ///
    /// # Errors
    /// If the snapshot is damaged, too old or of another network.
    pub(crate) fn apply_snapshot(
        &self,
        bytes: &[u8],
        now: Timestamp,
        log: &Arc<Log>,
    ) -> Result<u32, SnapshotError> {
        take_snapshot(&self.graph, self.network, bytes, now, log)
    }

    /// Nodes and channels known.
    pub(crate) fn size(&self) -> (u32, u32) {
        let graph = self.graph.read_only();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (count(graph.nodes().len()), count(graph.channels().len()))
    }

    /// The name a node gave itself, made harmless.
    pub(crate) fn alias(&self, node: &PublicKey) -> Option<String> {
        alias(&self.graph, node)
    }

    /// The same for a look, which does not wait until the graph is read.
    pub(crate) fn alias_if_read(&self, node: &PublicKey) -> Option<String> {
        alias(self.graph.if_read()?, node)
    }
}

/// See [`RoutingState::apply_snapshot`].
pub(super) fn take_snapshot(
    graph: &Graph,
    network: Network,
    bytes: &[u8],
    now: Timestamp,
    log: &Arc<Log>,
) -> Result<u32, SnapshotError> {
    // What comes next is asked for from that time on.
    let made = bytes.get(MADE).and_then(|made| made.try_into().ok()).map(u32::from_be_bytes);
    if made.is_some_and(|made| u64::from(made) > now.after(LATER_SECS).secs()) {
        return Err(SnapshotError("it is from the future".to_owned()));
    }
    let apply = |graph: Graph| {
        let sync = lightning_rapid_gossip_sync::RapidGossipSync::new(graph, log.clone());
        let taken = sync.update_network_graph_no_std(bytes, Some(now.secs()));
        taken.map_err(|error| SnapshotError(format!("{error:?}")))
    };
    // LDK takes a snapshot bit by bit: on an empty graph first, so that half of a damaged one does not stay in ours.
    apply(NetworkGraph::new(network, log.clone()).into())?;
    apply(graph.clone())
}

fn alias(graph: &NetworkGraph, node: &PublicKey) -> Option<String> {
    let graph = graph.read_only();
    let info = graph.node(&NodeId::from_pubkey(node))?;
    let alias = info.announcement_info.as_ref()?.alias().to_string();
    let clean: String = alias.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

fn stored_beside(dir: &Path) -> FilesystemStore {
    FilesystemStore::new(dir.join("gossip"))
}

fn read_graph(files: &FilesystemStore, network: Network, log: &Arc<Log>) -> NetworkGraph {
    files
        .read(
            NETWORK_GRAPH_PERSISTENCE_PRIMARY_NAMESPACE,
            NETWORK_GRAPH_PERSISTENCE_SECONDARY_NAMESPACE,
            NETWORK_GRAPH_PERSISTENCE_KEY,
        )
        .ok()
        .and_then(|bytes| NetworkGraph::read(&mut bytes.as_slice(), log.clone()).ok())
        .unwrap_or_else(|| NetworkGraph::new(network, log.clone()))
}

/// Reads the graph in a wallet's directory as a start does; how many channels it has.
#[cfg(feature = "test-util")]
pub fn channels_of_the_stored_graph(dir: &Path, network: crate::view::NetworkId) -> usize {
    read_graph(&stored_beside(dir), network.chain(), &Arc::new(Log)).read_only().channels().len()
}

/// The scorer's place in the vault.
const SCORER: (&str, &str, &str) = (
    SCORER_PERSISTENCE_PRIMARY_NAMESPACE,
    SCORER_PERSISTENCE_SECONDARY_NAMESPACE,
    SCORER_PERSISTENCE_KEY,
);

/// A gossip snapshot that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the gossip snapshot: {0}")]
pub struct SnapshotError(String);
