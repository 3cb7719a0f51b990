//! One side is killed while a payment is under way, and starts again: nobody closes, and the payment goes on.

use super::hold::{HELD, PREIMAGE, close, held, held_in_ours};
use crate::ground::{Ground, PURSE};
use crate::peer::Peer;
use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use fulmen_engine::PaymentId;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::Status;
use serde_json::Value;
use stories::{Remote, ready_in};

pub(super) async fn them<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held(&mut ground).await;
    they_come_back(ground, id).await
}

pub(super) async fn them_in_ours<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held_in_ours(&mut ground).await;
    they_come_back(ground, id).await
}

async fn they_come_back<P: Peer>(mut ground: Ground<P>, id: PaymentId) -> Ground<P> {
    ground.peer.kill();
    ground.until("away", |now| !now.channels.list[0].peer.connected).await;
    ground.peer.again().await;
    ground.until("back", |now| ready_in(now) == 1).await;
    ground.until_peer("its channel", async |peer| peer.usable().await == 1).await;
    ground.peer.settles(PREIMAGE, HELD).await;
    let paid = ground.decided(id).await;
    assert_eq!(paid.movement.status, Status::Paid);
    ground.until_quiet().await;
    ground.be_paid(Msat::new(30_000_000), false).await;
    close(ground).await
}

/// Another wallet of ours, in a process of its own: the channel is its.
pub(super) async fn us<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let program = std::env::current_exe().expect("ours").with_file_name("story-wallet");
    let program = program.to_str().expect("a path");
    let dir = ground.dir.join("killed");
    let mut wallet = Remote::at(program, dir, ground.source(), ground.peer.uri(), "password");
    wallet.start().await;
    let address: Address<NetworkUnchecked> =
        text(&wallet.ask("address", "").await.expect("an address")).parse().expect("an address");
    ground.faucet(&address.assume_checked(), PURSE);
    ground.mine(1).await;
    wallet.sync().await;
    wallet.ask("channel", "1000000").await.expect("opened");
    let chain = ground.chain.clone();
    ground.until("the opening is sent", |_| !chain.mempool().is_empty()).await;
    ground.mine(6).await;
    wallet.sync().await;
    wallet.ask("usable", "").await.expect("usable");

    let hash = super::hold::hash();
    let invoice = ground.peer.hold(hash, HELD).await;
    let row = wallet.ask("pay", &invoice).await.expect("starts");
    ground.until_peer("a held payment", async |peer| peer.holds(hash).await).await;
    wallet.again().await;
    wallet.ask("usable", "").await.expect("usable again");
    ground.peer.settles(PREIMAGE, HELD).await;
    let id = text(&row["id"]);
    let paid = |now: &Value| {
        let rows = now["movements"].as_array().expect("rows");
        rows.iter().any(|row| row["id"] == id.as_str() && row["status"] == "paid")
    };
    wallet.until("paid", paid).await;
    assert_eq!(wallet.ask("weigh", "").await.expect("rows"), Value::Array(Vec::new()));
    ends(ground, wallet).await
}

/// Closes by agreement; what the other wallet has is counted.
async fn ends<P: Peer>(mut ground: Ground<P>, mut wallet: Remote) -> Ground<P> {
    let quiet = |now: &Value| now["channels"]["list"][0]["inFlightMsat"] == 0;
    let now = wallet.until("quiet", quiet).await;
    let channel = text(&now["channels"]["list"][0]["id"]);
    wallet.ask("close", &channel).await.expect("closing");
    let chain = ground.chain.clone();
    ground.until("the close is sent", |_| !chain.mempool().is_empty()).await;
    ground.mine(6).await;
    ground.settle().await;
    wallet.sync().await;
    let total = wallet.snapshot().await["balance"]["onchain"]["totalSat"].as_u64();
    ground.elsewhere = Sat::new(total.expect("a number"));
    ground
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
