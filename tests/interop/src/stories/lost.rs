//! Our computer is gone, and every copy with it. The words and whom to ask are left: the other side closes, and what it pays
//! comes back.

use crate::ground::{CHANNEL, Ground};
use crate::peer::Peer;
use fulmen_engine::Ask;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::keys::{AccountId, Password};
use fulmen_engine::view::{FeeSpeed, LostChannelState, LostChannels};

/// What the fee of a commitment and both anchors may take of what was ours.
const MOST_FOR_A_CLOSE: u64 = 15_000;

pub(super) async fn all_but_the_words<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.we_open(CHANNEL).await;
    ground.pay(Msat::new(90_000_000), false).await;
    ground.until_quiet().await;
    let before = ground.snapshot().balance;
    let ask = Ask { peers: ground.peer.uri(), ..Ask::default() };
    ground.loses_all_but_the_words(ask).await;
    assert_eq!(ground.snapshot().balance.onchain.total_sat, before.onchain.total_sat);

    let chain = ground.chain.clone();
    ground.until("its close", |_| !chain.mempool().is_empty()).await;
    ground.mine(6).await;
    let closed = ground.until("what it paid", |now| paid(&now.lost).is_some()).await;
    let paid = paid(&closed.lost).expect("just seen").get();
    let ours = before.lightning.total_msat.to_sat_floor().get();
    assert!((ours - MOST_FOR_A_CLOSE..=ours).contains(&paid), "{paid} of {ours}");

    let preview = ground.wallet.preview_sweep(AccountId::CLOSED, FeeSpeed::Normal).await;
    let preview = preview.expect("a preview");
    ground.wallet.sweep(&preview.id, Password::StoredBeside).await.expect("moved");
    let total = before.onchain.total_sat.get() + preview.amount_sat.get();
    ground.mine(1).await;
    ground.until("all that came", |now| now.balance.total_msat.to_sat_floor().get() == total).await;
    ground
}

/// By the close of the one channel.
fn paid(lost: &LostChannels) -> Option<Sat> {
    let mut channels = lost.peers.iter().flat_map(|peer| &peer.channels);
    match channels.next()?.state {
        LostChannelState::Closed { amount_sat } => Some(amount_sat),
        _ => None,
    }
}
