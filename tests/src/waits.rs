//! Waiting on a wallet's own events, in whichever process it lives.

use fulmen_engine::Wallet;
use fulmen_engine::view::{ChannelState, Direction, Status};
use std::time::Duration;

/// Waits until no outgoing movement that mentions `note` is on its way.
pub async fn decided(wallet: &Wallet, note: &str) {
    until(wallet, || {
        let open = |status| matches!(status, Status::Pending | Status::InTransit);
        let rows = wallet.activity(Some(note), None).expect("rows");
        !rows.iter().any(|row| row.direction == Direction::Out && open(row.status))
    })
    .await;
}

/// Waits until every channel that is confirmed and not closing can be used, and there is one.
pub async fn usable(wallet: &Wallet) {
    until(wallet, || {
        let channels = wallet.snapshot().channels.list;
        let is = |state: ChannelState| channels.iter().any(|channel| channel.state == state);
        is(ChannelState::Ready) && !is(ChannelState::PeerAway)
    })
    .await;
}

async fn until(wallet: &Wallet, condition: impl Fn() -> bool) {
    let mut events = wallet.bus().subscribe();
    while !condition() {
        // The engine looks at least once a second, so a missed hint costs no more than this.
        drop(tokio::time::timeout(Duration::from_millis(250), events.recv()).await);
    }
}

/// Waits until the way to the shop is known.
pub async fn knows_the_network(wallet: &Wallet) {
    knows_channels(wallet, 2).await;
}

/// Waits until so many channels are known.
pub async fn knows_channels(wallet: &Wallet, channels: u32) {
    until(wallet, || wallet.health().graph_channels >= channels).await;
}
