//! Peers: connecting with sockets of our own (`TCP_NODELAY`, which LDK's own helper does not set), and listening for a
//! router. Starts only after the first good look at the chain.

use super::PeerError;
use crate::config::Role;
use crate::core::Core;
use crate::error::chain_of;
use crate::uri::NodeUri;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::SocketAddress;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long a connection or a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A text that names a peer and, where given, where it lives.
pub(crate) fn parse_peer(core: &Core, text: &str) -> Result<NodeUri, PeerError> {
    let parsed = crate::uri::parse(text, core.settings.network)?;
    parsed.node.ok_or(PeerError::NoNode)
}

/// Connects, unless it is connected already.
pub(crate) async fn connect(core: &Core, peer: PublicKey, address: &str) -> Result<(), PeerError> {
    if core.node.is_connected(&peer) {
        return Ok(());
    }
    if core.node.staleness.must_wait(&peer) {
        return Err(PeerError::Waits);
    }
    let failed = |source| PeerError::Connect { address: address.to_owned(), source };
    if !core.settings.tunables.probe.reaches(address) {
        return Err(failed(std::io::ErrorKind::NetworkUnreachable.into()));
    }
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
            _ = looked.tick() => if core.node.is_connected(&peer) {
                core.addresses.worked(&peer, address);
                return Ok(());
            },
        }
    }
}

/// Connects to a peer wherever it is known to live, where it was said to live first. Where it answered, unless it is
/// connected already.
pub(crate) async fn reach(
    core: &Core,
    peer: PublicKey,
    said: Option<String>,
) -> Result<Option<String>, PeerError> {
    if core.node.is_connected(&peer) {
        return Ok(said);
    }
    let known = core
        .addresses
        .all(&peer, &core.records, &core.settings, &core.node.routing_state)
        .into_iter()
        .filter(|one| said.as_ref() != Some(one));
    let mut problem = PeerError::Unknown;
    for (number, address) in said.iter().cloned().chain(known).enumerate() {
        match connect(core, peer, &address).await {
            Ok(()) => return Ok(Some(address)),
            Err(PeerError::Waits) => return Err(PeerError::Waits),
            // What was tried first is what a person knows of.
            Err(error) if number == 0 => problem = error,
            Err(error) => tracing::debug!(%peer, error = chain_of(&error), "not there either"),
        }
    }
    Err(problem)
}

/// A person says where a peer lives. Remembered, whether it answers there now or not.
pub(crate) async fn connect_by_hand(core: &Core, node: &NodeUri) -> Result<(), PeerError> {
    let address = node.place().ok_or(PeerError::Unknown)?;
    core.addresses.given(&node.node_id, &address);
    connect(core, node.node_id, &address).await?;
    core.status.channels_changed();
    Ok(())
}

/// The same for a peer that is known: `text` is where it lives, with or without its id.
pub(crate) async fn connect_at(core: &Core, peer: &str, text: &str) -> Result<(), PeerError> {
    let id = parse_peer(core, peer)?.node_id;
    let whole = if text.contains('@') { text.to_owned() } else { format!("{id}@{}", text.trim()) };
    let node = parse_peer(core, &whole)?;
    if node.node_id != id {
        return Err(PeerError::Other);
    }
    connect_by_hand(core, &node).await
}

/// Accepts peers until the task is stopped. Routers only.
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

/// Announces a router to the network.
pub(crate) fn announce(core: &Core, listening: Option<std::net::SocketAddr>) {
    if core.settings.role != Role::Router {
        return;
    }
    let mut alias = [0; 32];
    let name = core.settings.alias.as_deref().unwrap_or_default().as_bytes();
    let length = name.len().min(alias.len());
    alias[..length].copy_from_slice(&name[..length]);
    let addresses = listening.map(SocketAddress::from).into_iter().collect();
    core.node.peers.broadcast_node_announcement([0; 3], alias, addresses);
}
