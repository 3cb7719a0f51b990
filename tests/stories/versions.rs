//! A wallet that an earlier Fulmen left is opened by this one with everything in it. `fixtures/README.md` says how each was
//! made.

use fulmen_engine::Wallet;
use fulmen_engine::amount::Msat;
use fulmen_engine::config::Settings;
use fulmen_engine::keys::{Password, Secret, seal};
use fulmen_engine::store::Vault;
use fulmen_engine::view::{ChannelState, Direction, MovementKind, Status};
use std::path::Path;

/// Into a folder of its own: opening a wallet changes it.
fn copied(name: &str) -> tempfile::TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let to = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(to.path().join("wallet")).expect("a folder");
    for file in ["wallet.age", "vault.db"] {
        std::fs::copy(from.join(file), to.path().join("wallet").join(file)).expect("copied");
    }
    to
}

fn settings(dir: &Path) -> Settings {
    // Nobody listens there: nothing of it may leave.
    stories::leaf(dir.to_owned(), "http://127.0.0.1:1".into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_vault() {
    let copy = copied("wallet-1");
    let dir = copy.path().join("wallet");
    let password = || Password::Given(Secret::from("after the change".to_owned()));
    let secrets = seal::unseal(&dir.join(seal::SEALED), &password()).expect("its password");
    let vault = Vault::open(&dir.join("vault.db"), &secrets.data_key).expect("its key");
    vault.check().expect("whole");
    let loaded = vault.load().expect("loads");
    assert!(loaded.manager.is_some() && loaded.monitors.len() == 2);
    drop(vault);

    let wallet = Wallet::open(settings(&dir), password()).await.expect("opens");
    wallet.durable().await;
    let now = wallet.snapshot();
    let open = |state: &ChannelState| *state == ChannelState::PeerAway;
    assert_eq!(now.channels.list.iter().filter(|channel| open(&channel.state)).count(), 2);
    let paid = |kind: MovementKind, direction: Direction| {
        let rows = wallet.activity(None, None).expect("rows").into_iter();
        let mut amounts: Vec<_> = rows
            .filter(|row| (row.kind, row.direction, row.status) == (kind, direction, Status::Paid))
            .map(|row| row.amount_msat)
            .collect();
        amounts.sort_unstable();
        amounts
    };
    let out = paid(MovementKind::Lightning, Direction::Out);
    assert!(out.len() >= 3 && out.iter().all(|amount| *amount == Msat::new(2_100_000)), "{out:?}");
    assert_eq!(paid(MovementKind::Lightning, Direction::In), [Msat::new(5_000_000); 2]);
    assert_eq!(paid(MovementKind::Onchain, Direction::In), [Msat::new(1_000_000_000)]);
    assert_eq!(paid(MovementKind::Onchain, Direction::Out), [Msat::new(50_000_000)]);
    // Whom it paid is found, though no index of its time knew that.
    let rows = wallet.activity(None, None).expect("rows");
    let sent = rows
        .iter()
        .find(|row| (row.kind, row.direction) == (MovementKind::Onchain, Direction::Out));
    let detail = wallet.detail(&sent.expect("a row").id).expect("rows").expect("the row");
    wallet.save_contact(&detail.payee.expect("a payee").text, "From before").await.expect("saved");
    let totals = wallet.contact_totals().expect("totals");
    assert_eq!((totals[0].payments, totals[0].paid_msat), (1, Msat::new(50_000_000)));
    let found = wallet.activity(Some("from before"), None).expect("rows");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(wallet.words_are_backed_up());
    wallet.stop().await;
}
