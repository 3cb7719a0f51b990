//! Where peers live: every address that ever worked, and what a person gave. A channel outlives its peer's address, so none
//! is forgotten with a channel, and all that are known are tried.

use crate::config::Settings;
use crate::node::gossip::RoutingState;
use crate::node::record::ChannelStore;
use crate::store::StagedKv;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::SocketAddress;
use lightning::routing::gossip::NodeId;
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

const PRIMARY: &str = "fulmen";
const SECONDARY: &str = "peers";
/// So many that worked are kept of each peer.
const KEPT: usize = 4;

/// See the module. Staged like everything that is durable.
pub(crate) struct Addresses {
    known: Mutex<HashMap<PublicKey, Known>>,
    kv: Arc<StagedKv>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// `host:port`, the one that worked last first.
    worked: Vec<String>,
    /// What a person gave last, whether it worked or not.
    #[serde(default)]
    given: Option<String>,
}

impl Addresses {
    pub(crate) fn load(kv: Arc<StagedKv>) -> std::io::Result<Self> {
        let mut known = HashMap::new();
        for (key, bytes) in kv.read_all(PRIMARY, SECONDARY).map_err(std::io::Error::other)? {
            let peer = key.parse().map_err(std::io::Error::other)?;
            known.insert(peer, serde_json::from_slice(&bytes)?);
        }
        Ok(Self { known: Mutex::new(known), kv })
    }

    /// The peer answered there.
    pub(crate) fn worked(&self, peer: &PublicKey, address: &str) {
        self.change(peer, |known| {
            known.worked.retain(|one| one != address);
            known.worked.insert(0, address.to_owned());
            known.worked.truncate(KEPT);
        });
    }

    /// Where it lived by what an earlier wallet knew: tried after what worked here.
    pub(crate) fn told(&self, peer: &PublicKey, addresses: &[String]) {
        self.change(peer, |known| {
            for address in addresses {
                if known.worked.len() < KEPT && !known.worked.contains(address) {
                    known.worked.push(address.clone());
                }
            }
        });
    }

    /// A person says that the peer lives there.
    pub(crate) fn given(&self, peer: &PublicKey, address: &str) {
        self.change(peer, |known| known.given = Some(address.to_owned()));
    }

    fn change(&self, peer: &PublicKey, edit: impl FnOnce(&mut Known)) {
        let mut all = self.lock();
        let known = all.entry(*peer).or_default();
        let before = known.clone();
        edit(known);
        if *known == before {
            return;
        }
        let bytes = serde_json::to_vec(known).expect("addresses are plain data");
        if let Err(error) = self.kv.write(PRIMARY, SECONDARY, &peer.to_string(), bytes) {
            tracing::error!(%error, "cannot stage a peer's address");
        }
    }

    /// All that is known of a peer, in the order in which they are tried: what worked last, what a person gave, what its channels
    /// were opened with, what it announces, what we suggest, and what worked before.
    pub(crate) fn all(
        &self,
        peer: &PublicKey,
        records: &ChannelStore,
        settings: &Settings,
        network: &RoutingState,
    ) -> Vec<String> {
        let id = peer.to_string();
        let Known { worked, given } = self.of(peer);
        let mut worked = worked.into_iter();
        let records = records.all().into_iter().filter(|record| record.peer == id);
        let suggested = settings.suggested_peers.iter().filter_map(|suggested| {
            let (node, address) = suggested.uri.split_once('@')?;
            (node == id).then(|| address.to_owned())
        });
        let last: Vec<String> = worked.by_ref().take(1).collect();
        let all = last
            .into_iter()
            .chain(given)
            .chain(records.filter_map(|record| record.address))
            .chain(announced(network, peer))
            .chain(suggested)
            .chain(worked);
        let mut unique: Vec<String> = Vec::new();
        for address in all {
            if !unique.contains(&address) {
                unique.push(address);
            }
        }
        unique
    }

    fn of(&self, peer: &PublicKey) -> Known {
        self.lock().get(peer).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PublicKey, Known>> {
        self.known.lock().expect("addresses lock is never poisoned: a panic ends the process")
    }
}

fn announced(network: &RoutingState, peer: &PublicKey) -> Vec<String> {
    let graph = network.graph.read_only();
    let Some(node) = graph.node(&NodeId::from_pubkey(peer)) else { return Vec::new() };
    let Some(info) = node.announcement_info.as_ref() else { return Vec::new() };
    info.addresses()
        .iter()
        .filter(|address| is_reachable(address))
        .map(ToString::to_string)
        .collect()
}

/// There is no way into Tor here.
fn is_reachable(address: &SocketAddress) -> bool {
    match address {
        SocketAddress::TcpIpV4 { .. }
        | SocketAddress::TcpIpV6 { .. }
        | SocketAddress::Hostname { .. } => true,
        SocketAddress::OnionV2(_) | SocketAddress::OnionV3 { .. } => false,
    }
}

/// See [`crate::fuzz`].
#[cfg(feature = "test-util")]
pub(crate) fn reads_again(row: &[u8]) {
    crate::store::fuzz::reads_again::<Known>(row);
}
