//! Peers: connecting with sockets of our own (`TCP_NODELAY`, which LDK's own helper does not set), listening for a
//! router, and keeping channel peers connected. Starts only after the first good look at the chain.

use crate::core::Core;
use crate::error::{Code, Coded};
use bitcoin::secp256k1::PublicKey;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// A peer cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// Not `node_id@host:port`.
    #[error("cannot read the peer's address")]
    Address,
    /// No known address.
    #[error("the peer's address is not known")]
    Unknown,
    /// The connection failed.
    #[error("cannot connect to the peer at {address}")]
    Connect { address: String, source: std::io::Error },
    /// It did not answer as a Lightning node in time.
    #[error("the peer at {0} did not answer as a Lightning node")]
    Handshake(String),
    /// It may know of a close that we do not, or our whole state is old.
    #[error("the peer is not spoken to before the chain is clear")]
    Waits,
}

impl Coded for PeerError {
    fn code(&self) -> Code {
        match self {
            Self::Address => Code::NotUnderstood,
            Self::Unknown | Self::Connect { .. } | Self::Handshake(_) => Code::PeerUnreachable,
            Self::Waits => Code::NotReady,
        }
    }
}

/// How long a connection or a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A peer's id and, where given, its address.
pub(crate) fn parse_peer(text: &str) -> Result<(PublicKey, Option<String>), PeerError> {
    let (id, address) = match text.trim().split_once('@') {
        Some((id, address)) => (id, Some(address.to_owned())),
        None => (text.trim(), None),
    };
    Ok((id.parse().map_err(|_| PeerError::Address)?, address))
}

/// Connects, unless it is connected already.
pub(crate) async fn connect(core: &Core, peer: PublicKey, address: &str) -> Result<(), PeerError> {
    if is_connected(core, &peer) {
        return Ok(());
    }
    if core.node.doubts.must_wait(&peer) {
        return Err(PeerError::Waits);
    }
    let failed = |source| PeerError::Connect { address: address.to_owned(), source };
    let stream = tokio::time::timeout(PATIENCE, TcpStream::connect(address))
        .await
        .map_err(|_| failed(std::io::ErrorKind::TimedOut.into()))?
        .map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let stream = stream.into_std().map_err(failed)?;
    let connection = lightning_net_tokio::setup_outbound(core.node.peers.clone(), peer, stream);
    let mut connection = std::pin::pin!(connection);
    let mut looked = tokio::time::interval(Duration::from_millis(20));
    let deadline = tokio::time::sleep(PATIENCE);
    let mut deadline = std::pin::pin!(deadline);
    loop {
        tokio::select! {
            () = &mut connection => return Err(PeerError::Handshake(address.to_owned())),
            () = &mut deadline => return Err(PeerError::Handshake(address.to_owned())),
            // LDK has no event for a finished handshake.
            _ = looked.tick() => if is_connected(core, &peer) { return Ok(()); },
        }
    }
}

/// Connects to a peer wherever it is known to live. Its address, where there is one.
pub(crate) async fn reach(
    core: &Core,
    peer: PublicKey,
    given: Option<String>,
) -> Result<Option<String>, PeerError> {
    let address = given.or_else(|| address_of(core, &peer));
    match &address {
        Some(address) => connect(core, peer, address).await?,
        None if is_connected(core, &peer) => {}
        None => return Err(PeerError::Unknown),
    }
    Ok(address)
}

/// The handshake is done and it is not gone.
pub(crate) fn is_connected(core: &Core, peer: &PublicKey) -> bool {
    core.node.peers.peer_by_node_id(peer).is_some()
}

/// Accepts peers for ever. Routers only.
pub(crate) async fn listen(core: Arc<Core>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => accept(&core, stream),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a peer");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn accept(core: &Core, stream: TcpStream) {
    let ready = stream.set_nodelay(true).and_then(|()| stream.into_std());
    match ready {
        // LDK's own task drives the connection; it ends with the peer.
        Ok(stream) => drop(lightning_net_tokio::setup_inbound(core.node.peers.clone(), stream)),
        Err(error) => tracing::warn!(%error, "cannot take a peer's connection"),
    }
}

/// Keeps the peers of our channels connected, for ever.
pub(crate) async fn keep_connected(core: Arc<Core>) {
    let mut tick = tokio::time::interval(core.settings.tunables.reconnect_interval);
    loop {
        tick.tick().await;
        for (peer, address) in wanted(&core) {
            if is_connected(&core, &peer) {
                continue;
            }
            match connect(&core, peer, &address).await {
                Ok(()) => core.status.channels_changed(),
                Err(error) => {
                    tracing::debug!(%peer, error = crate::error::chain_of(&error), "a peer stays away")
                }
            }
        }
    }
}

/// Peers with a channel that is not settled, and where they live. After a close too, for a while: some peers only close
/// when they see that we have forgotten the channel.
fn wanted(core: &Core) -> Vec<(PublicKey, String)> {
    let records = core.book.all();
    let open =
        records.iter().filter(|record| record.ending.as_ref().is_none_or(|ending| !ending.settled));
    let mut peers: Vec<_> = open
        .filter_map(|record| {
            let peer: PublicKey = record.peer.parse().ok()?;
            let address = record.address.clone().or_else(|| address_of(core, &peer))?;
            Some((peer, address))
        })
        .collect();
    peers.sort();
    peers.dedup_by_key(|(peer, _)| *peer);
    peers
}

/// Any address we know of a peer: from another channel, from a suggestion, from gossip.
pub(crate) fn address_of(core: &Core, peer: &PublicKey) -> Option<String> {
    let id = peer.to_string();
    let from_book =
        core.book.all().into_iter().find(|record| record.peer == id && record.address.is_some());
    let from_suggestions = || {
        core.settings.suggested_peers.iter().find_map(|suggested| {
            let (node, address) = suggested.uri.split_once('@')?;
            (node == id).then(|| address.to_owned())
        })
    };
    let from_gossip = || {
        let graph = core.node.knowledge.graph.read_only();
        let node = graph.node(&lightning::routing::gossip::NodeId::from_pubkey(peer))?;
        let address = node.announcement_info.as_ref()?.addresses().iter().find_map(|address| {
            use std::net::ToSocketAddrs;
            address.to_socket_addrs().ok()?.next()
        })?;
        Some(SocketAddr::to_string(&address))
    };
    from_book.and_then(|record| record.address).or_else(from_suggestions).or_else(from_gossip)
}
