//! Hub and Shop: two wallets of our own engine, as routers. At first start they are funded and open one announced channel
//! each way; later they only open their vaults and find each other again.

use super::{NetworkError, PATIENCE, PracticeNetwork};
use crate::chain::PracticeChain;
use fulmen_engine::Wallet;
use fulmen_engine::amount::Sat;
use fulmen_engine::config::{Role, Settings, Tunables};
use fulmen_engine::keys::Password;
use fulmen_engine::view::{ChannelState, NetworkId};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// What each node has for channels: several coins, so that one channel does not lock all of it.
const COIN: Sat = Sat::new(20_000_000);
const COINS: usize = 5;
/// Each way between Hub and Shop.
const BETWEEN: Sat = Sat::new(5_000_000);
/// Blocks until a channel may be announced (BOLT 7).
const ANNOUNCE_BLOCKS: u32 = 6;

pub(super) struct Nodes {
    pub(super) hub: Wallet,
    pub(super) shop: Wallet,
    fresh: bool,
}

/// `node_id@host:port`.
pub(super) fn uri(node: &Wallet) -> String {
    let address = node.listening().map(|address| address.to_string()).unwrap_or_default();
    format!("{}@{address}", node.node_id())
}

pub(super) async fn open_nodes(
    dir: &Path,
    url: &str,
    chain: &PracticeChain,
    tunables: Tunables,
) -> Result<Nodes, NetworkError> {
    let fresh = !Wallet::exists(&dir.join("shop"));
    let (hub_dir, shop_dir) = (dir.join("hub"), dir.join("shop"));
    let (hub, shop) = tokio::try_join!(
        open_node(&hub_dir, "Hub", url, tunables.clone()),
        open_node(&shop_dir, "Shop", url, tunables),
    )?;
    if fresh {
        for node in [&hub, &shop] {
            let address = node.address().await?;
            for _ in 0..COINS {
                chain.faucet(address.script_pubkey(), COIN)?;
            }
        }
        chain.mine(1)?;
    }
    tokio::join!(hub.sync(), shop.sync());
    Ok(Nodes { hub, shop, fresh })
}

async fn open_node(
    dir: &Path,
    alias: &str,
    url: &str,
    tunables: Tunables,
) -> Result<Wallet, NetworkError> {
    let settings = Settings {
        network: NetworkId::Practice,
        dir: dir.to_owned(),
        source_urls: vec![url.to_owned()],
        rgs_urls: Vec::new(),
        listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, remembered_port(dir)))),
        role: Role::Router,
        alias: Some(alias.to_owned()),
        suggested_peers: Vec::new(),
        // Hub and Shop open with a stored key; a slow seal would protect nothing.
        tunables: Tunables { seal_work_factor: 2, ..tunables },
    };
    let node = if Wallet::exists(dir) {
        Wallet::open(settings, Password::StoredBeside).await?
    } else {
        Wallet::create(settings, Password::StoredBeside).await?
    };
    if let Some(address) = node.listening() {
        fulmen_engine::store::write_atomic(
            &dir.join("port"),
            address.port().to_string().as_bytes(),
        )?;
    }
    Ok(node)
}

/// The port of the last start, so that peers find the node again; any free one at first, or if it is taken.
fn remembered_port(dir: &Path) -> u16 {
    let port = std::fs::read_to_string(dir.join("port"))
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0);
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    if free { port } else { 0 }
}

impl Nodes {
    /// Connects the two; at first start opens and announces their channels.
    pub(super) async fn connect(&self, network: &PracticeNetwork) -> Result<(), NetworkError> {
        until("Hub and Shop do not find each other", async || {
            self.shop.connect(&uri(&self.hub)).await.is_ok()
        })
        .await?;
        let open = |node: &Wallet| node.snapshot().channels.list.len();
        if self.fresh || open(&self.hub) == 0 {
            for (from, to) in [(&self.hub, &self.shop), (&self.shop, &self.hub)] {
                let preview = from.preview_open(&to.node_id(), BETWEEN)?;
                from.open_announced_channel(&preview.id).await?;
            }
            network.mine(ANNOUNCE_BLOCKS).await?;
        }
        until("the channels between Hub and Shop are not ready", async || {
            network.sync_nodes().await;
            [&self.hub, &self.shop].iter().all(|node| ready(node) >= 2)
        })
        .await?;
        until("Hub and Shop do not know the network", async || {
            self.hub.announce();
            self.shop.announce();
            [(&self.hub, &self.shop), (&self.shop, &self.hub)]
                .iter()
                .all(|(node, other)| knows(node, other))
        })
        .await
    }
}

/// The two channels between them, and the other's name. A person's wallet is a peer too, and has no name.
fn knows(node: &Wallet, other: &Wallet) -> bool {
    let (health, other) = (node.health(), other.node_id());
    health.graph_channels >= 2
        && health.peers.iter().any(|peer| peer.node_id == other && peer.alias.is_some())
}

fn ready(node: &Wallet) -> usize {
    node.snapshot()
        .channels
        .list
        .iter()
        .filter(|channel| channel.state == ChannelState::Ready)
        .count()
}

/// Waits for something that nobody announces.
async fn until(
    problem: &'static str,
    mut condition: impl AsyncFnMut() -> bool,
) -> Result<(), NetworkError> {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| NetworkError::Waiting(problem))
}
