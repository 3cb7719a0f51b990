//! The computer is lost, and the wallet goes on from its living copy. A copy may be old: what is in it does nothing before the
//! peer has said, unasked, that it knows the same state, and what the peer does not agree to is the peer's to close.

use crate::code;
use crate::copy::{Stick, is};
use crate::disputed::{Lie, Tongue};
use crate::hold::HoldInvoices;
use crate::stale::{behind_a_door, comes_back, has_come_back, settled};
use bitcoin::OutPoint;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::Settings;
use fulmen_engine::error::Code;
use fulmen_engine::keys::{AccountId, Password, Words};
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::view::{
    Card, Channel, ChannelState, CloseWay, CopyState, FeeSpeed, MovementKind, QuarantineReason,
    RestorePreview, Snapshot, Status, SyncStatus,
};
use fulmen_engine::{FromCopy, OpenError, PaymentId, Wallet};
use std::path::Path;
use stories::{Audit, Door, Offers, World, believe, copy_dir, funding};

/// Sizes that the restore is told by.
const CHANNEL: Sat = Sat::new(500_000);

pub(crate) fn from(words: &Words, folder: &Path) -> FromCopy {
    FromCopy { words: words.clone(), passphrase: None, place: folder.to_owned().into() }
}

async fn preview(world: &World, words: &Words, folder: &Path) -> Result<RestorePreview, OpenError> {
    let tried = Wallet::try_copy(world.settings(), from(words, folder)).await?;
    Ok(tried.seen().clone())
}

pub(crate) async fn restore(
    world: &World,
    words: &Words,
    folder: &Path,
) -> Result<Wallet, OpenError> {
    restore_as_shown(world.settings(), from(words, folder)).await
}

pub(crate) async fn restore_as_shown(
    settings: Settings,
    from: FromCopy,
) -> Result<Wallet, OpenError> {
    let tried = Wallet::try_copy(settings.clone(), from).await?;
    let shown = tried.seen().generation;
    Wallet::restore_from_copy(settings, tried, Password::StoredBeside, shown).await
}

pub(crate) async fn words_of(world: &World) -> Words {
    world.wallet.words(Password::StoredBeside).await.expect("words")
}

/// A wallet with a channel to Hub, some payments, and a copy that has all of it.
pub(crate) async fn with_a_copy() -> (World, Stick, Words) {
    let (world, stick) = (World::new().await, Stick::new());
    world.fund().await;
    world.open_to_hub(CHANNEL).await;
    has_a_copy(world, stick).await
}

async fn has_a_copy(world: World, stick: Stick) -> (World, Stick, Words) {
    world.wallet.choose_copy_place(stick.path()).await.expect("chosen");
    world.knows_the_network().await;
    world.coffee().await;
    settled(&world).await;
    world.until("copied", is(CopyState::UpToDate)).await;
    let words = words_of(&world).await;
    (world, stick, words)
}

pub(crate) fn ready(now: &Snapshot) -> bool {
    let channels = &now.channels.list;
    !channels.is_empty() && channels.iter().all(|channel| channel.state == ChannelState::Ready)
}

fn waits_for_its_peer(now: &Snapshot) -> bool {
    now.channels.list.first().is_some_and(|one| one.state == ChannelState::WaitingForPeer)
}

fn in_channels(now: &Snapshot) -> Msat {
    let list = now.channels.list.iter();
    Msat::sum(list.flat_map(|one| [one.yours_msat, one.your_reserve_msat])).expect("small")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_copy_goes_on_over_the_same_channels() {
    let (mut world, stick, words) = with_a_copy().await;
    world.hub_opens().await;
    world.be_paid(Sat::new(20_000), "before").await;
    settled(&world).await;
    let proof = world.wallet.prove_copy(Password::StoredBeside).await.expect("a proof");
    let before = world.snapshot();
    let fundings = before.channels.list.iter().map(|channel| funding(&world.network, channel));
    let fundings: Vec<OutPoint> = fundings.collect();
    assert_eq!(proof.restored.channels.len(), 2);
    world.lose().await;

    let shown = preview(&world, &words, &stick.path()).await.expect("a copy");
    assert!(shown.whole);
    assert_eq!(shown.total_msat, before.balance.total_msat);
    assert_eq!(shown.onchain_sat, before.balance.onchain.total_sat);
    assert_eq!(shown.channels_msat, before.balance.lightning.total_msat);
    assert_eq!(shown.closing_sat, Sat::ZERO);
    let yours = shown.channels.iter().map(|channel| channel.yours_msat);
    assert_eq!(Msat::sum(yours), Some(shown.channels_msat));
    let less = shown.channels_msat.to_sat_floor().minus_or_zero(shown.if_closed_sat);
    assert!((300..6_000).contains(&less.get()), "the commitments' fees: {shown:?}");
    assert!(shown.channels.iter().any(|channel| channel.capacity_sat == CHANNEL));
    let left: Vec<_> = std::fs::read_dir(world.wallet_dir()).expect("its directory").collect();
    assert_eq!(left.len(), 1, "a lock, and nothing else: {left:?}");

    let mut offers = Offers::to(&world.network);
    world.wallet = restore(&world, &words, &stick.path()).await.expect("restored");
    let now = world.until("both channels", ready).await;
    assert_eq!(now.balance.total_msat, before.balance.total_msat);
    let names = |now: &Snapshot| -> Vec<String> {
        now.channels.list.iter().map(|channel| channel.id.clone()).collect()
    };
    assert_eq!(names(&now), names(&before));
    let rows = world.wallet.activity(None, None).expect("rows");
    assert!(rows.iter().any(|row| row.note.as_deref() == Some("before")), "its history");
    world.knows_the_network().await;
    world.coffee().await;
    world.be_paid(Sat::new(3_000), "after").await;
    // It goes on in the same folder, also after a restart, and may be restored again.
    world.reopen().await;
    world.until("both channels", ready).await;
    world.until("copied", is(CopyState::UpToDate)).await;
    settled(&world).await;
    world.lose().await;
    world.wallet = restore(&world, &words, &stick.path()).await.expect("restored");
    world.until("both channels", ready).await;
    world.knows_the_network().await;
    world.coffee().await;
    for at in fundings {
        assert!(offers.commitments(at).is_empty(), "nothing was published");
    }
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

/// A copy that is older than the payments since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_is_the_peers_to_close() {
    let (mut world, stick, words) = with_a_copy().await;
    let old = tempfile::tempdir().expect("a temporary directory");
    copy_dir(&stick.path(), old.path());
    let channel = world.snapshot().channels.list[0].clone();
    let at = funding(&world.network, &channel);
    for _ in 0..3 {
        world.coffee().await;
    }
    settled(&world).await;
    let ours = in_channels(&world.snapshot());
    let mut offers = Offers::to(&world.network);
    world.lose().await;
    world.wallet = restore(&world, &words, old.path()).await.expect("restored");
    world.until("the proof", waits_for_its_peer).await;
    let force = world.wallet.preview_close(&channel.id, CloseWay::Force);
    assert_eq!(code(force), Code::ChannelGone);
    // It is remembered, whatever the peer does.
    world.reopen().await;
    comes_back(world, &mut offers, &channel, at, ours).await;
}

/// What Hub answers to a signature of ours (BOLT 2): `revoke_and_ack`, 99 bytes, and `commitment_signed`, at least 100.
const ANSWER: usize = 199;

/// Hub has a signature of ours more than the copy, and we have not heard its answer. Our numbers are the same as if the copy
/// held that signature. LDK knows that it does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_whose_peer_has_one_signature_more_is_the_peers_to_close() {
    let (world, door) = behind_a_door(stories::quick()).await;
    let (mut world, stick, words) = has_a_copy(world, Stick::new()).await;
    let old = tempfile::tempdir().expect("a temporary directory");
    copy_dir(&stick.path(), old.path());
    let channel = world.snapshot().channels.list[0].clone();
    let at = funding(&world.network, &channel);
    let ours = in_channels(&world.snapshot());
    let mut offers = Offers::to(&world.network);
    let coffee = world.network.order_coffee().await.expect("an invoice");
    door.mute();
    world.start_paying(&coffee).await;
    door.keeps_back(ANSWER).await;
    world.lose().await;
    door.open();
    world.wallet = restore(&world, &words, old.path()).await.expect("restored");
    world.until("the doubt", waits_for_its_peer).await;
    world.reopen().await;
    world.until("Hub's close", |_| !world.network.chain().mempool().is_empty()).await;
    let theirs = offers.commitments(at);
    assert_eq!(theirs.len(), 1, "Hub's, and none of ours");
    world.settle().await;
    assert_eq!(offers.commitments(at), theirs, "and none later");
    let came = world.newest(MovementKind::ChannelClose).movement.amount_msat;
    assert!(came < ours && came > ours.minus_or_zero(Msat::new(12_000_000)), "{came} of {ours}");
    // What was under way is in an output of Hub's that no copy knows of.
    let books = Audit::of(&world);
    assert_eq!(books.unexplained() / 1000, 2_101, "{books}");
    world.stop().await;
}

/// The stick was elsewhere when the wallet closed by force, so the copy knows nothing of that state. What the close pays comes
/// back all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_by_force_that_the_copy_does_not_know_is_swept() {
    let (world, door) = behind_a_door(stories::quick()).await;
    let (mut world, stick, words) = has_a_copy(world, Stick::new()).await;
    let old = tempfile::tempdir().expect("a temporary directory");
    copy_dir(&stick.path(), old.path());
    let channel = world.snapshot().channels.list[0].clone();
    for _ in 0..3 {
        world.coffee().await;
    }
    settled(&world).await;
    let ours = in_channels(&world.snapshot());
    // Else Hub closes too, and its own commitment may come first.
    door.shut();
    let force = world.wallet.preview_close(&channel.id, CloseWay::Force).expect("a preview");
    world.wallet.close_channel(&force.id).await.expect("closed");
    world.until("our close", |_| !world.network.chain().mempool().is_empty()).await;
    world.mine(1).await;
    let waits = |now: &Snapshot| now.balance.closing.first().is_some_and(|one| one.confirmed);
    let before = world.until("its delay", waits).await.balance;
    assert!(before.closing[0].blocks_left > Some(6), "ours came first: {before:?}");
    world.lose().await;
    door.open();
    world.wallet = restore(&world, &words, old.path()).await.expect("restored");
    for start in ["first", "second"] {
        let now = world.until("its delay", waits).await.balance;
        let (amount, free_at) = (before.closing[0].amount_sat, before.closing[0].free_at_height);
        assert_eq!((now.closing[0].amount_sat, now.closing[0].free_at_height), (amount, free_at));
        assert_eq!(now.total_msat, before.total_msat, "the {start} start");
        world.mine(7).await;
        world.reopen().await;
    }
    world.settle().await;
    let row = world.newest(MovementKind::ChannelClose).movement;
    assert_eq!(row.status, Status::Paid);
    let came = row.amount_msat;
    assert!(came < ours && came > ours.minus_or_zero(Msat::new(12_000_000)), "{came} of {ours}");
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

/// The second channel is younger than the copy, so nothing here knows it. Its peer closes it; what that pays out is found, named,
/// and moved with the password. The first one goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_the_copy_lacks_is_closed_by_its_peer_and_found() {
    let (mut world, stick, words) = with_a_copy().await;
    let old = tempfile::tempdir().expect("a temporary directory");
    copy_dir(&stick.path(), old.path());
    let first = world.snapshot().channels.list[0].clone();
    let second = Sat::new(300_000);
    world.open_to_hub(second).await;
    settled(&world).await;
    world.lose().await;
    world.wallet = restore(&world, &words, old.path()).await.expect("restored");
    let closes = |_: &Snapshot| !world.network.chain().mempool().is_empty();
    world.until("Hub closes it", closes).await;
    let found = || world.wallet.other_accounts().found;
    for _ in 0..8 {
        world.mine(1).await;
    }
    world.until("found", |_| !found().is_empty()).await;
    let all = found();
    let [paid] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(paid.account, AccountId::CLOSED);
    assert!(second.get() - 2_000 < paid.amount_sat.get(), "{paid:?} of {second}, less a close");
    let preview = world.wallet.preview_sweep(AccountId::CLOSED, FeeSpeed::Normal).await;
    let preview = preview.expect("a preview");
    world.wallet.sweep(&preview.id, Password::StoredBeside).await.expect("moved");
    world.mine(1).await;
    let now = world.until("the first one goes on", ready).await;
    assert_eq!(now.channels.list.len(), 1);
    assert_eq!(now.channels.list[0].id, first.id);
    world.coffee().await;
    settled(&world).await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.close_all().await;
    world.end().await;
}

/// The copy is the newest, and the peer says something else: nobody here can know, so the peer closes.
async fn a_peer_that_does_not_agree(lie: Lie) {
    let tongue = Tongue::default();
    let world = World::with(tongue.of(stories::quick())).await;
    world.fund().await;
    world.open_to_hub(CHANNEL).await;
    let (mut world, stick, words) = has_a_copy(world, Stick::new()).await;
    let channel = world.snapshot().channels.list[0].clone();
    let at = funding(&world.network, &channel);
    let ours = in_channels(&world.snapshot());
    let mut offers = Offers::to(&world.network);
    world.lose().await;
    tongue.set(Some(lie));
    world.wallet = restore(&world, &words, &stick.path()).await.expect("restored");
    comes_back(world, &mut offers, &channel, at, ours).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_proves_nothing_closes() {
    a_peer_that_does_not_agree(Lie::WithoutProof).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_asks_us_to_close_closes() {
    a_peer_that_does_not_agree(Lie::PleaseClose).await;
}

/// A payment was held when the copy was last written, is paid since, and would be over in the copy's eyes.
struct PaidSince {
    world: World,
    door: Door,
    offers: Offers,
    channel: Channel,
    at: OutPoint,
    ours: Msat,
    words: Words,
    old: tempfile::TempDir,
    /// The payment.
    id: PaymentId,
}

impl PaidSince {
    async fn the_copy() -> Self {
        let hold = HoldInvoices::default();
        let (world, door) = behind_a_door(hold.nodes()).await;
        let (world, stick, words) = has_a_copy(world, Stick::new()).await;
        let channel = world.snapshot().channels.list[0].clone();
        let at = funding(&world.network, &channel);
        let offers = Offers::to(&world.network);
        hold.set(HtlcPolicy::NotYet);
        let coffee = world.network.order_coffee().await.expect("an invoice");
        let id: PaymentId = world.start_paying(&coffee).await;
        let (hub, shop) = (world.network.hub(), world.network.shop());
        let held = |now: &Snapshot| now.channels.list.iter().any(|c| c.in_flight_msat > Msat::ZERO);
        world
            .until("held", |now| held(now) && held(&hub.snapshot()) && held(&shop.snapshot()))
            .await;
        world.wallet.durable().await;
        world.wallet.copy_now().await.expect("copied");
        let old = tempfile::tempdir().expect("a temporary directory");
        copy_dir(&stick.path(), old.path());
        hold.set(HtlcPolicy::AtOnce);
        world.network.shop().sync().await;
        assert_eq!(world.decided(id).await.movement.status, Status::Paid);
        settled(&world).await;
        let ours = in_channels(&world.snapshot());
        world.lose().await;
        // Long after the payment's last block.
        world.network.mine(600).await.expect("mined");
        door.shut();
        Self { world, door, offers, channel, at, ours, words, old, id }
    }
}

/// LDK closes by itself when it sees the chain, long before the peer is there. Nothing leaves, at no time of ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_waits_for_its_peer_for_ever() {
    let mut old = PaidSince::the_copy().await;
    old.world.wallet = restore(&old.world, &old.words, old.old.path()).await.expect("restored");
    old.world.wallet.sync().await;
    let closing =
        |now: &Snapshot| matches!(now.channels.list[0].state, ChannelState::ClosingByForce { .. });
    old.world.until("LDK has closed it", closing).await;
    for _ in 0..5 {
        old.world.mine(10).await;
        assert!(old.offers.commitments(old.at).is_empty(), "the peer has not spoken");
    }
    old.world.reopen().await;
    old.world.mine(10).await;
    assert!(old.offers.commitments(old.at).is_empty(), "nor after a restart");
    let force = old.world.wallet.preview_close(&old.channel.id, CloseWay::Force);
    assert_eq!(code(force), Code::ChannelGone, "not by a person either");
    old.door.open();
    old.world.until("the peer's word", waits_for_its_peer).await;
    let address = old.door.address().to_string();
    // Nobody here can know whether it was paid: the copy ends before that, and the peer's state says less.
    let row = |now: &PaidSince| now.world.wallet.detail(&now.id.to_string());
    let before = row(&old).expect("rows").expect("a row");
    assert_eq!(before.movement.status, Status::InTransit);
    let (channel, at, ours) = (&old.channel, old.at, old.ours);
    has_come_back(&old.world, &address, &mut old.offers, channel, at, ours).await;
    old.world.mine(6).await;
    let said = old.world.decided(old.id).await.movement;
    assert_eq!((said.status, said.failure), (Status::Failed, Some(Code::OutcomeUnknown)));
    let books = Audit::of(&old.world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    // It stays so.
    old.world.reopen().await;
    let again = row(&old).expect("rows").expect("a row").movement;
    assert_eq!((again.status, again.failure), (said.status, said.failure));
    old.world.end().await;
}

/// The same copy, believed: the story would see what it must never see.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_believed_publishes_what_is_revoked() {
    let mut old = PaidSince::the_copy().await;
    let settings = old.world.settings();
    believe(&settings, &old.words, &Password::StoredBeside, old.old.path());
    old.world.wallet = Wallet::open(settings, Password::StoredBeside).await.expect("opens");
    old.world.wallet.sync().await;
    old.world.mine(10).await;
    old.world.until("published", |_| !old.world.network.chain().mempool().is_empty()).await;
    assert!(!old.offers.commitments(old.at).is_empty(), "the revoked commitment is out");
    old.world.stop().await;
}

/// Each refusal is its own, and leaves neither a wallet here nor a trace there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_copy_of_these_words_is_refused() {
    let (mut world, stick, words) = with_a_copy().await;
    world.wallet.copy_now().await.expect("copied");
    world.lose().await;
    let untouched = files_of(&stick.path());
    let refused = |outcome: Result<Wallet, OpenError>| code(outcome);

    let others = Words::generate();
    assert_eq!(refused(restore(&world, &others, &stick.path()).await), Code::CopyForeign);
    let nothing = Stick::new();
    assert_eq!(refused(restore(&world, &words, &nothing.path()).await), Code::CopyMissing);
    let nowhere = stick.path().join("nowhere");
    assert_eq!(refused(restore(&world, &words, &nowhere).await), Code::CopyMissing);
    let torn = Stick::new();
    copy_dir(&stick.path(), &torn.path());
    for path in files_of(&torn.path()).into_iter().map(|(path, _)| path) {
        if path.extension().is_some_and(|ending| ending == "copy") {
            let file = std::fs::OpenOptions::new().write(true).open(&path).expect("a file");
            file.set_len(file.metadata().expect("a file").len() / 2).expect("cut");
        }
    }
    assert_eq!(refused(restore(&world, &words, &torn.path()).await), Code::CopyDamaged);
    // Older than what was shown.
    let (settings, older) = (world.settings(), from(&words, &stick.path()));
    let older = Wallet::try_copy(settings.clone(), older).await.expect("a copy");
    let shown = older.seen().generation;
    let older = Wallet::restore_from_copy(settings, older, Password::StoredBeside, shown + 1).await;
    assert_eq!(refused(older), Code::Stale);

    assert!(!Wallet::exists(&world.wallet_dir()));
    let left: Vec<_> = std::fs::read_dir(world.wallet_dir()).expect("its directory").collect();
    assert_eq!(left.len(), 1, "a lock, and nothing else: {left:?}");
    assert!(files_of(&stick.path()) == untouched, "nothing was written to the copy");

    world.wallet = restore(&world, &words, &stick.path()).await.expect("restored");
    let again = preview(&world, &words, &stick.path()).await;
    assert_eq!(code(again), Code::WalletExists);
    world.until("the channel", ready).await;
    world.end().await;
}

fn files_of(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("fulmen-copy"))
        .expect("a copy")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), std::fs::read(&path).expect("a file")))
        .collect();
    files.sort();
    files
}

/// What a kill leaves at each step is in no way of the next attempt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_was_killed_can_be_done_again() {
    let (mut world, stick, words) = with_a_copy().await;
    let before = world.snapshot().balance.total_msat;
    world.lose().await;
    let dir = world.wallet_dir();
    std::fs::create_dir_all(dir.join("trial")).expect("a dry run that was killed");
    std::fs::copy(files_of(&stick.path())[0].0.clone(), dir.join("trial/vault.db")).expect("half");
    std::fs::copy(files_of(&stick.path())[0].0.clone(), dir.join("vault.db.rebuilt"))
        .expect("half a vault");
    preview(&world, &words, &stick.path()).await.expect("a copy");

    // The copy cannot be taken over: a wallet that nobody else hears of must not begin.
    let trap = stick.path().join("fulmen-copy/claim.txt.tmp");
    std::fs::create_dir(&trap).expect("a trap");
    assert_eq!(code(restore(&world, &words, &stick.path()).await), Code::CopyRefused);
    assert!(!dir.join("vault.db").exists() && !Wallet::exists(&dir));
    std::fs::remove_dir(&trap).expect("removed");

    // It is taken over, and the keys cannot be sealed.
    let trap = dir.join("wallet.age.tmp");
    std::fs::create_dir(&trap).expect("a trap");
    assert_eq!(code(restore(&world, &words, &stick.path()).await), Code::Storage);
    assert!(dir.join("vault.db").exists() && !Wallet::exists(&dir), "an orphan, as a kill leaves");
    std::fs::remove_dir(&trap).expect("removed");

    world.wallet = restore(&world, &words, &stick.path()).await.expect("restored");
    let now = world.until("the channel", ready).await;
    assert_eq!(now.balance.total_msat, before);
    world.knows_the_network().await;
    world.coffee().await;
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

/// What is restored is what the copy has by then, and no less. The vault that was tried out is nobody's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_went_on_since_it_was_shown_is_read_again() {
    let (mut world, stick, words) = with_a_copy().await;
    let elsewhere = || world.settings_of("elsewhere");
    let tried = Wallet::try_copy(elsewhere(), from(&words, &stick.path())).await.expect("a copy");
    // Killed before the person answers: what was tried out stays, and is no wallet.
    let (trial, left) = (elsewhere().dir.join("trial"), elsewhere().dir.join("left"));
    std::fs::rename(&trial, &left).expect("kept");
    drop(tried);
    std::fs::rename(&left, &trial).expect("put back");
    assert!(!Wallet::exists(&elsewhere().dir));

    let tried = Wallet::try_copy(elsewhere(), from(&words, &stick.path())).await.expect("a copy");
    let shown = tried.seen().clone();
    assert_eq!(shown.total_msat, world.snapshot().balance.total_msat);
    assert!(elsewhere().dir.join("trial").exists());
    let twice = Wallet::try_copy(elsewhere(), from(&words, &stick.path())).await;
    assert_eq!(code(twice.map(drop)), Code::AlreadyRunning);

    world.coffee().await;
    settled(&world).await;
    world.until("copied", is(CopyState::UpToDate)).await;
    let now = world.snapshot().balance.total_msat;
    assert!(now < shown.total_msat);
    world.wallet.stop().await;
    let password = Password::StoredBeside;
    let second = Wallet::restore_from_copy(elsewhere(), tried, password, shown.generation).await;
    let second = second.expect("restored");
    assert_eq!(second.snapshot().balance.total_msat, now);
    assert!(!elsewhere().dir.join("trial").exists());
    world.wallet = second;
    world.until("the channel goes on", ready).await;
    world.end().await;
}

/// The first computer still runs: it sees in the folder that the wallet goes on elsewhere, and stands still for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_the_living_one_only_one_goes_on() {
    let (mut world, stick, words) = with_a_copy().await;
    let mut offers = Offers::to(&world.network);
    let at = funding(&world.network, &world.snapshot().channels.list[0]);
    let elsewhere = || world.settings_of("elsewhere");
    let second = restore_as_shown(elsewhere(), from(&words, &stick.path())).await;
    let second = second.expect("restored");
    let still = |now: &Snapshot| now.sync == SyncStatus::Quarantine;
    let now = world.until("the first one stands still", still).await;
    assert_eq!(
        now.cards.first(),
        Some(&Card::Quarantine { channels: 1, reason: QuarantineReason::Moved })
    );
    let first = std::mem::replace(&mut world.wallet, second);
    assert_eq!(code(first.receive(None, None, 3600).await), Code::Quarantine);
    assert_eq!(code(first.choose_copy_place(stick.path()).await), Code::CopyAhead);
    world.until("the second one goes on", ready).await;
    world.knows_the_network().await;
    world.coffee().await;
    first.stop().await;

    // Also after a start, without the folder, and it is not contacted by anyone.
    std::fs::rename(stick.path(), stick.path().with_extension("away")).expect("pulled out");
    let first = Wallet::open(world.settings(), Password::StoredBeside).await.expect("opens");
    first.sync().await;
    assert_eq!(first.snapshot().sync, SyncStatus::Quarantine);
    assert!(!first.is_connected(&world.network.hub().node_id()));
    world.coffee().await;
    first.stop().await;
    assert!(offers.commitments(at).is_empty(), "nothing was published");
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
