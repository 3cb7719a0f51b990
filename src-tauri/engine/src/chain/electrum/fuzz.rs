//! What holds of every line of a server, for [`crate::fuzz`].

use super::super::fuzz::known::{BLOCK, HEIGHT, STRANGER, id};
use super::super::fuzz::served::wait;
use super::super::server::Server as _;
use super::Electrum;
use super::line::Line;
use bitcoin::OutPoint;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// More than is ever asked or answered at once.
const PIPE: usize = 4 * 1024 * 1024;

/// It never connects.
static NOWHERE: LazyLock<Electrum> =
    LazyLock::new(|| Electrum::new("ssl://192.0.2.1:1", None).expect("an address"));

/// The first byte says what is asked, the rest is all that the server says. The first question is whether it is there (`id` 0).
pub(crate) fn lines(data: &[u8]) {
    let Some((asked, said)) = data.split_first() else { return };
    wait(async {
        let (ours, mut theirs) = tokio::io::duplex(PIPE);
        let alive = b"{\"id\":0,\"result\":null}\n";
        let all = [alive.as_slice(), &said[..said.len().min(PIPE / 2)]].concat();
        if theirs.write_all(&all).await.is_ok() && theirs.shutdown().await.is_ok() {
            let electrum = forgetful();
            electrum.idle().push(Line::over(ours, Duration::from_secs(5)));
            ask(&electrum, *asked).await;
        }
    });
}

/// Nothing is remembered from before.
fn forgetful() -> Electrum {
    Electrum {
        url: NOWHERE.url.clone(),
        place: NOWHERE.place.clone(),
        patience: Duration::from_millis(1),
        tls: NOWHERE.tls.clone(),
        idle: Default::default(),
        known: Default::default(),
        buried: Default::default(),
        registered: Default::default(),
        followed: Default::default(),
    }
}

async fn ask(electrum: &Electrum, asked: u8) {
    let inside = &BLOCK.txdata[2];
    let txid = inside.compute_txid();
    match asked {
        b'b' => drop(electrum.blocks_from(HEIGHT, HEIGHT + 9).await),
        b'e' => {
            let estimates = electrum.estimates().await.unwrap_or_default();
            assert!(estimates.values().all(|rate| *rate > 0.0));
        }
        b'h' => drop(electrum.hash_at(HEIGHT).await),
        b'm' => places(electrum).await,
        b'o' => drop(electrum.outspend(OutPoint { txid, vout: 0 }).await),
        b'p' => drop(electrum.position(txid).await),
        b's' => assert!(!matches!(electrum.proves(&STRANGER, id()).await, Ok(true)), "not in it"),
        b't' => {
            let found = electrum.transaction(txid).await.ok().flatten();
            assert!(found.is_none_or(|one| one.compute_txid() == txid));
        }
        _ => {
            if let Ok(newest) = electrum.newest().await {
                newest.hangs_together();
            }
        }
    }
}

/// What a proof places in the block that is known is there.
async fn places(electrum: &Electrum) {
    let kept = electrum.idle().pop();
    let Some(mut line) = kept else { return };
    if !line.is_alive().await {
        return;
    }
    let asked = [(&BLOCK.txdata[2], HEIGHT), (&*STRANGER, HEIGHT)];
    let placed = line.placed(&asked).await.unwrap_or_default();
    for ((transaction, _), placed) in asked.iter().zip(placed) {
        if let Some(placed) = placed.filter(|placed| placed.header == BLOCK.header) {
            assert_eq!(BLOCK.txdata.get(placed.index), Some(*transaction), "it is there");
        }
    }
}
