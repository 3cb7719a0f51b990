//! The living copy: it follows a life in a folder that vanishes and comes back, nobody waits for it, and the words make of it
//! the vault that was copied, row for row.

use crate::code;
use crate::from_copy::restore_as_shown;
use crate::ledger::force;
use crate::stale::{behind_a_door, comes_back, settled};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::copy::{CopyError, Folder, Place, PretendVss, Seal, rebuild};
use fulmen_engine::error::Code;
use fulmen_engine::keys::{DataKey, Keys, Password, seal};
use fulmen_engine::probe::Probe;
use fulmen_engine::store::{Row, Stamp, Vault};
use fulmen_engine::view::{
    Card, ChannelState, CopyState, CopyView, NetworkId, QuarantineReason, Snapshot, Status,
    SyncStatus,
};
use fulmen_engine::{FromCopy, Wallet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stories::{Offers, World, funding, quick, ready_in};

/// A stick, which can be pulled out.
pub(crate) struct Stick(tempfile::TempDir);

impl Stick {
    pub(crate) fn new() -> Self {
        let stick = Self(tempfile::tempdir().expect("a temporary directory"));
        std::fs::create_dir(stick.path()).expect("a folder");
        stick
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("stick")
    }

    /// Its mount point stays.
    pub(crate) fn pulled_out(&self) {
        std::fs::rename(self.path(), self.0.path().join("pulled")).expect("pulled out");
        std::fs::create_dir(self.path()).expect("a mount point");
    }

    pub(crate) fn put_back(&self) {
        std::fs::remove_dir(self.path()).expect("nothing was written into the mount point");
        std::fs::rename(self.0.path().join("pulled"), self.path()).expect("put back");
    }
}

pub(crate) fn is(state: CopyState) -> impl Fn(&Snapshot) -> bool {
    move |now| now.copy.state == state
}

fn rows_of(vault: &Vault) -> (Stamp, Vec<Row>) {
    let mut rows = Vec::new();
    let stamp = vault.each_row(|_, row| {
        rows.push(row);
        Ok::<_, CopyError>(())
    });
    (stamp.expect("a vault"), rows)
}

/// What the words make of a copy.
fn from_the_words(stick: &Stick, words: &Keys, to: &Path) -> (Stamp, Vec<Row>) {
    let seal = Seal::new(words, NetworkId::Practice);
    let (path, key) = (to.join("vault.db"), DataKey::generate());
    let found = rebuild(&mut Folder::at(&stick.path()), &seal, &path, &key).expect("a copy");
    assert!(found.whole, "all of it is of use");
    let vault = Vault::open(&path, &key).expect("a vault");
    vault.check().expect("whole");
    rows_of(&vault)
}

/// The vault of a wallet that is stopped.
fn living(dir: &Path) -> (Stamp, Vec<Row>) {
    let secrets = seal::unseal(&dir.join(seal::SEALED), &Password::StoredBeside).expect("keys");
    rows_of(&Vault::open(&dir.join("vault.db"), &secrets.data_key).expect("a vault"))
}

async fn words_of(wallet: &Wallet) -> Keys {
    let words = wallet.words(Password::StoredBeside).await.expect("words");
    Keys::derive(&words, None, NetworkId::Practice.chain())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_copy_follows_a_life_and_the_words_make_the_vault_of_it() {
    let mut world = World::new().await;
    let stick = Stick::new();
    assert_eq!(world.snapshot().copy.state, CopyState::Off);
    let copy = world.wallet.choose_copy_place(stick.path()).await.expect("chosen");
    assert_eq!(copy.place, Some(stick.path().display().to_string()));
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.hub_opens().await;
    world.knows_the_network().await;
    world.coffee().await;
    world.be_paid(Sat::new(2_000), "for the copy").await;
    world.until("copied", is(CopyState::UpToDate)).await;

    stick.pulled_out();
    let pulled_out = Instant::now();
    world.until("missed", is(CopyState::Missing)).await;
    assert!(pulled_out.elapsed() < Duration::from_secs(5), "{:?}", pulled_out.elapsed());
    assert_eq!(code(world.wallet.copy_now().await), Code::CopyMissing);
    // Nobody waits for it.
    world.coffee().await;
    let behind = |now: &Snapshot| now.copy.lag_millis.is_some_and(|lag| lag > 500);
    world.until("old", behind).await;
    stick.put_back();
    world.until("caught up", is(CopyState::UpToDate)).await;

    // The choice is kept.
    world.reopen().await;
    world.until("found again", is(CopyState::UpToDate)).await;
    world.knows_the_network().await;
    world.coffee().await;
    let words = words_of(&world.wallet).await;
    world.wallet.stop().await;
    let apart = tempfile::tempdir().expect("a temporary directory");
    let (ours, copied) =
        (living(&world.wallet_dir()), from_the_words(&stick, &words, apart.path()));
    assert_eq!(ours.0, copied.0, "the last commit is there");
    assert!(ours.1 == copied.1, "row for row");

    world.reopen().await;
    world.until("found again", is(CopyState::UpToDate)).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_chosen_changed_and_given_up_by_explicit_acts() {
    let world = World::new().await;
    let (first, second) = (Stick::new(), Stick::new());
    let wallet = &world.wallet;
    assert_eq!(code(wallet.copy_now().await), Code::CopyMissing);
    let nowhere = first.path().join("nowhere");
    assert_eq!(code(wallet.choose_copy_place(nowhere).await), Code::CopyMissing);
    let own = world.wallet_dir();
    assert_eq!(code(wallet.choose_copy_place(own).await), Code::CopyWithin);
    assert_eq!(world.snapshot().copy.state, CopyState::Off);

    wallet.choose_copy_place(first.path()).await.expect("chosen");
    wallet.copy_now().await.expect("copied");
    wallet.choose_copy_place(second.path()).await.expect("chosen");
    wallet.copy_now().await.expect("copied");
    let words = words_of(wallet).await;
    let apart = tempfile::tempdir().expect("a temporary directory");
    let old = from_the_words(&first, &words, &apart.path().join("old"));
    world.wallet.address().await.expect("an address");
    wallet.copy_now().await.expect("copied");
    let CopyView { place, lag_millis, .. } = wallet.turn_copy_off().await.expect("off");
    assert_eq!((place, lag_millis), (None, None));
    let new = from_the_words(&second, &words, &apart.path().join("new"));
    assert!(old.0.generation < new.0.generation);

    // Another wallet may not have it.
    let other = Wallet::create(world.settings_of("other"), Password::StoredBeside).await;
    let other = other.expect("another wallet");
    assert_eq!(code(other.choose_copy_place(first.path()).await), Code::CopyForeign);
    assert_eq!(other.snapshot().copy.state, CopyState::Off);
    other.stop().await;
    let again = from_the_words(&first, &words, &apart.path().join("again"));
    assert!(again == old);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_has_the_copy_and_its_absence_is_said() {
    let mut world = World::new().await;
    let server = PretendVss::start().expect("a server");
    let place = || Place::read(&server.url());
    server.goes();
    assert_eq!(code(world.wallet.choose_copy_place(place()).await), Code::CopyServerAway);
    assert_eq!(world.snapshot().copy.state, CopyState::Off);
    server.comes_back();
    server.clock_is_late(Duration::from_secs(3 * 86_400));
    assert_eq!(code(world.wallet.choose_copy_place(place()).await), Code::CopyNotAdmitted);
    server.clock_is_late(Duration::ZERO);
    let elsewhere = Place::read("http://vss.example.com/vss");
    assert_eq!(code(world.wallet.choose_copy_place(elsewhere).await), Code::CopyNotEncrypted);
    let copy = world.wallet.choose_copy_place(place()).await.expect("chosen");
    assert_eq!((copy.place, copy.server), (Some(server.url()), true));
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    world.coffee().await;
    world.until("copied", is(CopyState::UpToDate)).await;

    let went = Instant::now();
    server.goes();
    world.until("missed", is(CopyState::Away)).await;
    assert!(went.elapsed() < Duration::from_secs(5), "{:?}", went.elapsed());
    assert_eq!(code(world.wallet.copy_now().await), Code::CopyServerAway);
    server.comes_back();
    world.until("caught up", is(CopyState::UpToDate)).await;
    let went = Instant::now();
    server.falls_silent();
    world.until("waited for", is(CopyState::Waiting)).await;
    assert!(went.elapsed() < Duration::from_secs(5), "{:?}", went.elapsed());
    server.comes_back();
    world.until("caught up", is(CopyState::UpToDate)).await;

    world.reopen().await;
    world.until("found again", is(CopyState::UpToDate)).await;
    let words = world.wallet.words(Password::StoredBeside).await.expect("words");
    world.wallet.stop().await;
    let apart = tempfile::tempdir().expect("a temporary directory");
    let from = FromCopy { words, passphrase: None, place: place() };
    let elsewhere = Settings { dir: apart.path().join("wallet"), ..world.settings() };
    let tried = Wallet::try_copy(elsewhere, from).await.expect("a copy");
    let shown = tried.seen().clone();
    assert!(shown.whole);
    world.reopen().await;
    let ours = world.until("found again", is(CopyState::UpToDate)).await;
    assert_eq!(shown.total_msat, ours.balance.total_msat);
    world.end().await;
}

/// The peer closes by force while a payment waits for the server and has not left. LDK must know of the payment before it sees the
/// close, or nobody gives it back before the next start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_the_server_is_applied_before_the_chain_is_told() {
    let (world, door) = behind_a_door(quick()).await;
    let server = PretendVss::start().expect("a server");
    world.wallet.choose_copy_place(Place::read(&server.url())).await.expect("chosen");
    world.coffee().await;
    settled(&world).await;
    world.until("copied", is(CopyState::UpToDate)).await;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    server.falls_silent();
    let id = world.start_paying(&coffee).await;
    world.until("held", waits_for_the_server).await;
    // Not even of the close does the peer tell us.
    door.mute();
    let hub = world.network.hub().clone();
    let theirs = hub.snapshot().channels.list;
    let theirs = theirs.iter().find(|one| one.peer.node_id == world.wallet.node_id());
    force(&hub, &theirs.expect("ours").id).await;
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.network.mine(1).await.expect("mined");

    let mut looks = Box::pin(world.wallet.sync());
    let told = tokio::time::timeout(Duration::from_millis(800), &mut looks).await;
    assert!(told.is_err(), "told before it is applied");
    server.comes_back();
    looks.await;
    world.mine(6).await;
    assert_eq!(world.decided(id).await.movement.status, Status::Failed);
    world.settle().await;
    world.end().await;
}

/// A wallet with a channel, and a server that has all of it.
async fn with_a_server() -> (World, PretendVss) {
    let (world, server) = (World::new().await, PretendVss::start().expect("a server"));
    world.wallet.choose_copy_place(Place::read(&server.url())).await.expect("chosen");
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    world.coffee().await;
    world.until("copied", is(CopyState::UpToDate)).await;
    (world, server)
}

fn waits_for_the_server(now: &Snapshot) -> bool {
    now.sync == SyncStatus::CopyAway
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_payment_leaves_before_the_server_has_it() {
    let (mut world, server) = with_a_server().await;
    let coffee = || async { world.network.order_coffee().await.expect("an invoice") };
    let (first, second, third) = (coffee().await, coffee().await, coffee().await);
    server.falls_silent();
    let begun = Instant::now();
    let id = world.start_paying(&first).await;
    // If it left it would be paid before.
    world.until("held", waits_for_the_server).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let refused = world.wallet.receive(None, None, 3600).await;
    assert_eq!(code(refused), Code::CopyServerAway);
    let row = world.wallet.detail(&id.to_string()).expect("rows").expect("a row");
    assert_eq!(row.movement.status, Status::InTransit);
    server.comes_back();
    assert_eq!(world.decided(id).await.movement.status, Status::Paid);
    world.until("ready", |now| now.sync == SyncStatus::Ready).await;

    // It goes on after a stop, too.
    server.goes();
    let id = world.start_paying(&second).await;
    world.until("held", waits_for_the_server).await;
    world.wallet.stop().await;
    server.comes_back();
    world.reopen().await;
    assert_eq!(world.decided(id).await.movement.status, Status::Paid);

    // A person may go on without it.
    world.until("copied", is(CopyState::UpToDate)).await;
    server.goes();
    let id = world.start_paying(&third).await;
    world.until("held", waits_for_the_server).await;
    world.wallet.turn_copy_off().await.expect("off");
    assert_eq!(world.decided(id).await.movement.status, Status::Paid);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_and_server_bring_every_channel_back_and_the_first_computer_stops() {
    let (mut world, server) = with_a_server().await;
    let words = world.wallet.words(Password::StoredBeside).await.expect("words");
    let place = || Place::read(&server.url());
    let from = FromCopy { words, passphrase: None, place: place() };
    let elsewhere = || world.settings_of("elsewhere");
    let tried = Wallet::try_copy(elsewhere(), from).await.expect("a copy");
    let shown = tried.seen().clone();
    assert_eq!(shown.total_msat, world.snapshot().balance.total_msat);
    let generation = shown.generation;
    let second =
        Wallet::restore_from_copy(elsewhere(), tried, Password::StoredBeside, generation).await;
    let second = second.expect("restored");
    let stopped = |now: &Snapshot| now.sync == SyncStatus::Quarantine;
    world.until("the first one stops", stopped).await;
    let first = std::mem::replace(&mut world.wallet, second);
    assert_eq!(code(first.receive(None, None, 3600).await), Code::Quarantine);
    let ready = |now: &Snapshot| {
        let list = &now.channels.list;
        !list.is_empty() && list.iter().all(|channel| channel.state == ChannelState::Ready)
    };
    let now = world.until("the channel goes on", ready).await;
    assert_eq!(now.balance.total_msat, shown.total_msat);
    world.knows_the_network().await;
    world.coffee().await;
    first.stop().await;
    world.end().await;
}

/// The server has a signature of ours, and the peer's answer to it was lost with the computer: the peer is one further than our
/// numbers say. LDK remembers the signature, so the channel goes on, and so does the payment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_whose_last_answer_was_lost_goes_on() {
    let (mut world, server) = with_a_server().await;
    let words = world.wallet.words(Password::StoredBeside).await.expect("words");
    let at = funding(&world.network, &world.snapshot().channels.list[0]);
    let mut offers = Offers::to(&world.network);
    let armed = Arc::new(AtomicBool::new(false));
    let (goes, is_armed) = (server.clone(), armed.clone());
    let probe = Probe::default().revoked(move || {
        if is_armed.swap(false, Ordering::SeqCst) {
            goes.goes();
        }
    });
    let settings = world.settings();
    let tunables = Tunables { probe, ..settings.tunables.clone() };
    world.reopen_with(Settings { tunables, ..settings }).await;
    world.until("copied", is(CopyState::UpToDate)).await;
    world.knows_the_network().await;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    settled(&world).await;
    world.wallet.durable().await;
    armed.store(true, Ordering::SeqCst);
    let id = world.start_paying(&coffee).await;
    let revoked = || !armed.load(Ordering::SeqCst);
    world.until("answered and held", |now| waits_for_the_server(now) && revoked()).await;
    world.lose().await;
    server.comes_back();

    let place = || Place::read(&server.url());
    let from = FromCopy { words, passphrase: None, place: place() };
    let restored = restore_as_shown(world.settings(), from).await;
    world.wallet = restored.expect("restored");
    assert_eq!(world.decided(id).await.movement.status, Status::Paid);
    settled(&world).await;
    assert!(offers.commitments(at).is_empty(), "nothing was published");
    world.knows_the_network().await;
    world.coffee().await;
    world.end().await;
}

/// The folder of the wallet was put back with all that lies beside it: only the server knows better. A person who has nothing
/// newer gives the channels up at once, and is paid by their peers; nobody waits for the server any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_older_than_its_server_is_given_up_in_one_step() {
    let (mut world, _server) = with_a_server().await;
    let channel = world.snapshot().channels.list[0].clone();
    let at = funding(&world.network, &channel);
    let mut offers = Offers::to(&world.network);
    world.wallet.stop().await;
    world.keep("old", true);
    world.reopen().await;
    world.until("the channel is ready", |now| ready_in(now) == 1).await;
    world.knows_the_network().await;
    world.coffee().await;
    settled(&world).await;
    // What Hub keeps is from after the payment, too.
    world.reopen().await;
    world.until("the channel is ready", |now| ready_in(now) == 1).await;
    let ours = world.snapshot().channels.list[0].clone();
    let ours = Msat::sum([ours.yours_msat, ours.your_reserve_msat]).expect("small");
    world.wallet.stop().await;
    world.put_back("old", true);
    world.reopen().await;
    let still = |now: &Snapshot| now.sync == SyncStatus::Quarantine;
    let now = world.until("it stands still", still).await;
    assert_eq!(
        now.cards.first(),
        Some(&Card::Quarantine { channels: 1, reason: QuarantineReason::Moved })
    );
    assert!(offers.commitments(at).is_empty());

    assert!(world.wallet.give_up_channels().await.expect("durable"));
    assert_eq!(world.snapshot().copy.state, CopyState::Off);
    world.reopen().await;
    assert_ne!(world.snapshot().sync, SyncStatus::Quarantine);
    comes_back(world, &mut offers, &channel, at, ours).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_safe_start_does_not_ask_the_server() {
    let (mut world, server) = with_a_server().await;
    world.wallet.stop().await;
    let asked = server.requests();
    let settings = world.settings();
    let tunables = Tunables { offline: true, ..settings.tunables.clone() };
    let opening = Wallet::open(Settings { tunables, ..settings }, Password::StoredBeside).await;
    world.wallet = opening.expect("opens again");
    world.wallet.address().await.expect("durable here");
    assert_eq!(world.snapshot().sync, SyncStatus::SafeStart);
    world.wallet.stop().await;
    assert_eq!(server.requests(), asked);
    world.reopen().await;
    world.until("found again", is(CopyState::UpToDate)).await;
    world.end().await;
}
