//! Hub, with whom everyone has channels: a router in a process of its own, so that it shares nothing with the killer and the
//! people but TCP and the chain.

use super::ground::PASSWORD;
use super::person::{Name, Person};
use crate::{CallError, Caller, PATIENCE, Remote};
use fulmen_engine::amount::Sat;
use fulmen_practice::network::PracticeNetwork;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

/// What it has for channels: several coins, so that one channel does not lock all of it.
const COIN: Sat = Sat::new(20_000_000);
const COINS: usize = 5;
/// Each way between it and the shop.
const BETWEEN: Sat = Sat::new(5_000_000);
/// Blocks until a channel may be announced (BOLT 7).
const ANNOUNCE_BLOCKS: u32 = 6;
/// The network's own two between its nodes, and these.
pub(crate) const ANNOUNCED: u32 = 4;

/// A fresh Hub with announced channels to and from the shop, and where it listens (`id@host:port`).
pub(crate) async fn start(
    program: &str,
    dir: &Path,
    network: &PracticeNetwork,
    arguments: &[String],
) -> Result<(Person, String), CallError> {
    let shop = network.shop();
    let to_shop = format!("{}@{}", shop.node_id(), shop.listening().expect("a router listens"));
    let address = free_address();
    let mut arguments = arguments.to_vec();
    // A payee gives up a payment of which a part is missing after three ticks: a kill may have lost that part, and nobody
    // waits minutes for it here.
    let own = [format!("listen={address}"), "role=router".into(), "forward=5".into()];
    arguments.extend(own.into_iter().chain(["tick=10000".into()]));
    let remote = Remote::at(program, dir.join("hub"), network.url(), to_shop, PASSWORD);
    let mut hub = Person::new(Name::Hub, remote.with(arguments));
    hub.start().await?;
    let uri = format!("{}@{address}", hub.node_id);
    let caller = hub.caller();
    fund(&caller, network).await?;
    caller.ask("announced", &BETWEEN.get().to_string()).await?;
    let back = shop.preview_open(&uri, BETWEEN).map_err(super::party::refused)?;
    shop.open_announced_channel(&back.id).await.map_err(super::party::refused)?;
    mine(network, &caller, ANNOUNCE_BLOCKS).await;
    caller.ask("usable", "").await?;
    crate::usable(shop).await;
    let announcing = async {
        while shop.health().graph_channels < ANNOUNCED {
            shop.announce();
            drop(caller.ask("announce", "").await);
            drop(caller.ask("event", "").await);
        }
    };
    tokio::time::timeout(PATIENCE, announcing).await.expect("the shop hears of the channels");
    Ok((hub, uri))
}

async fn fund(hub: &Caller, network: &PracticeNetwork) -> Result<(), CallError> {
    let script = super::ground::script_of(hub).await?;
    for _ in 0..COINS {
        network.chain().faucet(script.clone(), COIN).expect("paid");
    }
    mine(network, hub, 1).await;
    Ok(())
}

/// A port that the system has just given out. It is the same after a restart, so that peers find Hub again.
fn free_address() -> std::net::SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound")
}

/// Mines blocks; the network's nodes and Hub have seen them, if Hub lives.
pub(crate) async fn mine(network: &PracticeNetwork, hub: &Caller, blocks: u32) {
    network.mine(blocks).await.expect("mined");
    drop(hub.ask("sync", "").await);
}

/// Hub opens a channel to a person.
pub(crate) async fn opens(hub: &Caller, node_id: &str, capacity: Sat) -> Result<(), CallError> {
    // A person may be between two connections. Hub knows no address of theirs.
    let connected = async {
        while hub.ask("connected", node_id).await? != true {
            hub.ask("event", "").await?;
        }
        Ok::<(), CallError>(())
    };
    drop(tokio::time::timeout(PATIENCE, connected).await);
    hub.ask("channel", &format!("{} {node_id}", capacity.get())).await.map(drop)
}
