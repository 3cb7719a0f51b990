//! Words of another program: money in accounts that are not this wallet's is found, named, and moved here on request.

use bitcoin::bip32::{ChildNumber, Xpriv};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use bitcoin::{CompressedPublicKey, Network, NetworkKind, OutPoint, PrivateKey, ScriptBuf};
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::{Code, Coded};
use fulmen_engine::keys::{AccountId, AccountKind, Password, Secret, Words};
use fulmen_engine::view::{
    Card, Channel, CloseWay, Direction, FeeSpeed, InstructionKind, MovementKind, OtherAccounts,
    Status,
};
use fulmen_practice::chain::PracticeChain;
use secrecy::ExposeSecret;
use stories::{Audit, World};

const ALL: [(AccountKind, u32); 6] = [
    (AccountKind::Bip44, 0),
    (AccountKind::Bip49, 0),
    (AccountKind::Bip86, 0),
    (AccountKind::Bip84, 1),
    (AccountKind::Bip86, 4),
    (AccountKind::Bip44, 2),
];

/// A script of another program, derived without the wallet's own code.
pub(crate) fn script(words: &Words, account: AccountId, change: u32, index: u32) -> ScriptBuf {
    let secp = Secp256k1::new();
    let words = bip39::Mnemonic::parse(words.text().expose_secret()).expect("words");
    let root = Xpriv::new_master(Network::Regtest, &words.to_seed("")).expect("a root");
    let purpose = match account.kind {
        AccountKind::Bip44 => 44,
        AccountKind::Bip49 => 49,
        AccountKind::Bip84 => 84,
        AccountKind::Bip86 => 86,
        AccountKind::Closed => panic!("no account of a standard"),
    };
    let hardened = [purpose, 1, account.number].map(|index| ChildNumber::Hardened { index });
    let normal = [change, index].map(|index| ChildNumber::Normal { index });
    let path: Vec<ChildNumber> = hardened.into_iter().chain(normal).collect();
    let key = root.derive_priv(&secp, &path).expect("a key").private_key.public_key(&secp);
    let compressed = CompressedPublicKey(key);
    match account.kind {
        AccountKind::Bip44 => ScriptBuf::new_p2pkh(&compressed.pubkey_hash()),
        AccountKind::Bip49 => ScriptBuf::new_p2wpkh(&compressed.wpubkey_hash()).to_p2sh(),
        AccountKind::Bip84 => ScriptBuf::new_p2wpkh(&compressed.wpubkey_hash()),
        AccountKind::Bip86 => ScriptBuf::new_p2tr(&secp, key.x_only_public_key().0, None),
        AccountKind::Closed => panic!("no account of a standard"),
    }
}

/// A world with no wallet yet, and words.
async fn before() -> (World, Words) {
    let world = World::new().await;
    let words = Words::generate();
    world.wallet.stop().await;
    std::fs::remove_dir_all(world.wallet_dir()).expect("removed");
    (world, words)
}

async fn restore(world: &mut World, words: Words) {
    world.wallet = Wallet::restore(world.settings(), words, None, Password::StoredBeside)
        .await
        .expect("restored");
    world.wallet.sync().await;
}

fn pay(world: &World, script: ScriptBuf, sat: u64) {
    world.network.chain().faucet(script, Sat::new(sat)).expect("paid");
}

async fn looked(world: &World) -> OtherAccounts {
    world.until("a look", |_| world.wallet.other_accounts().looked_at_secs.is_some()).await;
    world.wallet.other_accounts()
}

async fn move_here(world: &World, account: AccountId) -> u64 {
    let speed = FeeSpeed::Normal;
    let shown = world.wallet.preview_sweep(account, speed).await.expect("a preview");
    assert_eq!(shown.fee_choices.len(), 3);
    let row = world.wallet.sweep(&shown.id, Password::StoredBeside).await.expect("moved");
    assert_eq!(row.amount_msat, Msat::from_sat(shown.amount_sat).expect("small").get());
    let txid = row.txid.expect("a transaction").parse().expect("an id");
    let fee = world.network.chain().fee_of(&txid).expect("in the mempool");
    assert_eq!(fee, shown.fee_sat, "what was shown is what was paid");
    shown.amount_sat.get()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_is_found_named_and_moved_here() {
    let (mut world, words) = before().await;
    let accounts = ALL.map(|(kind, number)| AccountId { kind, number });
    for (index, account) in (0_u32..).zip(accounts) {
        pay(&world, script(&words, account, 0, index), 100_000);
        pay(&world, script(&words, account, 1, 3 * index), 23_000);
    }
    world.network.mine(1).await.expect("a block");
    restore(&mut world, words).await;
    let known = looked(&world).await;
    let mut found: Vec<_> = known.found.iter().map(|one| one.account).collect();
    found.sort_unstable();
    let mut expected = accounts;
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(known.found.iter().all(|one| one.amount_sat == Sat::new(123_000)), "{known:?}");
    let card = Card::OtherAccounts { amount_sat: Sat::new(6 * 123_000) };
    world.until("a card", |now| now.cards.contains(&card)).await;
    assert_eq!(world.snapshot().balance.total_msat, Msat::ZERO, "it is not this wallet's yet");

    let mut moved = 0;
    for account in accounts {
        moved += move_here(&world, account).await;
    }
    assert!(world.wallet.other_accounts().found.is_empty());
    world.mine(1).await;
    let balance = world.snapshot().balance.onchain;
    assert_eq!((balance.total_sat.get(), balance.can_spend_sat.get()), (moved, moved));
    let rows = world.wallet.activity(None, None).expect("rows");
    assert_eq!(rows.len(), accounts.len());
    for row in rows {
        let now = (row.kind, row.direction, row.status);
        assert_eq!(now, (MovementKind::Onchain, Direction::In, Status::Paid));
    }
    assert_eq!(Audit::of(&world).unexplained(), 0);
    let looked = world.wallet.look_for_other_accounts().await.expect("a look");
    assert!(looked.found.is_empty(), "nothing is left: {looked:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_between_loses_and_doubles_nothing() {
    let (mut world, words) = before().await;
    let account = AccountId { kind: AccountKind::Bip86, number: 0 };
    pay(&world, script(&words, account, 0, 0), 50_000);
    world.network.mine(1).await.expect("a block");
    restore(&mut world, words).await;
    assert_eq!(looked(&world).await.found.len(), 1);

    // What was shown is gone with the process; what was found is not, and is not looked for again.
    let shown = world.wallet.preview_sweep(account, FeeSpeed::Slow).await.expect("a preview");
    let at = world.wallet.other_accounts().looked_at_secs;
    world.reopen().await;
    assert_eq!(world.wallet.other_accounts().looked_at_secs, at);
    assert_eq!(world.wallet.other_accounts().found.len(), 1);
    let gone = world.wallet.sweep(&shown.id, Password::StoredBeside).await;
    assert_eq!(crate::code(gone), Code::Stale);

    // Two previews of the same coins make one transaction.
    let one = world.wallet.preview_sweep(account, FeeSpeed::Slow).await.expect("a preview");
    let other = world.wallet.preview_sweep(account, FeeSpeed::Fast).await.expect("a preview");
    let wrong = Password::Given(Secret::from("wrong".to_owned()));
    assert_eq!(crate::code(world.wallet.sweep(&one.id, wrong).await), Code::WrongPassword);
    world.wallet.sweep(&one.id, Password::StoredBeside).await.expect("moved");
    let twice = world.wallet.sweep(&other.id, Password::StoredBeside).await;
    assert_eq!(crate::code(twice), Code::Stale);
    let nothing = world.wallet.preview_sweep(account, FeeSpeed::Slow).await;
    assert_eq!(crate::code(nothing), Code::InsufficientBalance);
    world.reopen().await;
    world.mine(1).await;
    assert_eq!(world.snapshot().balance.onchain.total_sat, one.amount_sat);
    assert_eq!(world.wallet.activity(None, None).expect("rows").len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dust_stays_where_fetching_it_costs_more_than_it_brings() {
    let (mut world, words) = before().await;
    let account = AccountId { kind: AccountKind::Bip44, number: 0 };
    pay(&world, script(&words, account, 0, 0), 80_000);
    for index in 1..4 {
        pay(&world, script(&words, account, 0, index), 600);
    }
    world.network.mine(1).await.expect("a block");
    restore(&mut world, words).await;
    assert_eq!(looked(&world).await.found[0].amount_sat, Sat::new(81_800));
    let speed = FeeSpeed::Custom { sat_per_vb: 20 };
    let shown = world.wallet.preview_sweep(account, speed).await.expect("a preview");
    assert_eq!(shown.left_sat, Sat::new(1_800));
    assert_eq!(shown.amount_sat.get() + shown.fee_sat.get(), 80_000);
    let cheap = FeeSpeed::Custom { sat_per_vb: 1 };
    let shown = world.wallet.preview_sweep(account, cheap).await.expect("a preview");
    assert_eq!(shown.left_sat, Sat::ZERO);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_wallet_says_where_it_looked() {
    let (mut world, words) = before().await;
    let nothing = Card::NothingFound { with_passphrase: true };
    let passphrase = Some(Secret::from("a thirteenth word".to_owned()));
    let restoring =
        Wallet::restore(world.settings(), words, passphrase, Password::StoredBeside).await;
    world.wallet = restoring.expect("restored");
    world.until("a word about it", |now| now.cards.contains(&nothing)).await;
    let known = world.wallet.other_accounts();
    assert!(known.found.is_empty() && known.with_passphrase && known.requests == 1380);
    world.fund().await;
    world.until("no word about it", |now| !now.cards.contains(&nothing)).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_wallet_looks_nowhere_until_it_is_asked() {
    let world = World::new().await;
    world.mine(1).await;
    let known = world.wallet.other_accounts();
    assert_eq!((known.looked_at_secs, known.looking), (None, false));
    assert!(world.snapshot().cards.is_empty(), "{:?}", world.snapshot().cards);
    let looked = world.wallet.look_for_other_accounts().await.expect("a look");
    assert!(looked.looked_at_secs.is_some() && looked.found.is_empty());
    world.end().await;
}

/// Nothing but the words is left. The peer closes with its commitment, and what it pays out there is found and moved here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_peers_paid_out_when_they_closed_comes_back_from_the_words_alone() {
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(300_000)).await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;
    world.coffee().await;
    let words = world.wallet.words(Password::StoredBeside).await.expect("words");
    let left = world.wallet.look_for_other_accounts().await.expect("a look");
    assert!(left.found.is_empty(), "{left:?}");
    world.lose().await;
    let (hub, chain) = (world.network.hub(), world.network.chain());
    let mut events = chain.subscribe();
    for channel in hub.snapshot().channels.list {
        let capacity = channel.capacity_sat;
        if capacity != Sat::new(300_000) && capacity != Sat::new(200_000) {
            continue;
        }
        let funding = funding_of(chain, &channel);
        let preview = hub.preview_close(&channel.id, CloseWay::Force).expect("a preview");
        hub.close_channel(&preview.id).await.expect("closes");
        // Its commitment leaves after the commit, and the blocks must not come before it.
        while chain.spender_of(&funding).is_none() {
            events.recv().await.expect("the chain lives");
        }
    }
    world.network.mine(6).await.expect("blocks");
    restore(&mut world, words).await;
    let known = looked(&world).await;
    let [one] = known.found.as_slice() else { panic!("{known:?}") };
    assert_eq!(one.account, AccountId::CLOSED);
    // Both channels but the coffee, and what the commitments of a channel that we opened cost.
    assert!((490_000..498_000).contains(&one.amount_sat.get()), "{known:?}");
    let total = world.snapshot().balance.total_msat;
    let moved = move_here(&world, AccountId::CLOSED).await;
    world.mine(1).await;
    let total = total.checked_add(Msat::new(moved * 1000)).expect("small");
    world.until("the coins", |now| now.balance.total_msat == total).await;
    assert!(world.wallet.other_accounts().found.is_empty());
    let looked = world.wallet.look_for_other_accounts().await.expect("a look");
    assert!(looked.found.is_empty(), "nothing is left: {looked:?}");
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.stop().await;
}

fn funding_of(chain: &PracticeChain, channel: &Channel) -> OutPoint {
    let txid = channel.funding_txid.as_ref().expect("it was opened").parse().expect("an id");
    let outputs = chain.transaction(&txid).expect("it is on the chain").output;
    let vout = outputs.iter().position(|output| Sat::from(output.value) == channel.capacity_sat);
    OutPoint::new(txid, vout.and_then(|vout| vout.try_into().ok()).expect("one of its outputs"))
}

/// A key from a sheet of paper, and all that wallets make of it, derived without the wallet's own code.
fn paper(byte: u8, compressed: bool) -> (PrivateKey, Vec<ScriptBuf>) {
    let secp = Secp256k1::new();
    let inner = SecretKey::from_slice(&[byte; 32]).expect("a key");
    let key = PrivateKey { compressed, network: NetworkKind::Test, inner };
    let public = key.public_key(&secp);
    let mut scripts =
        vec![ScriptBuf::new_p2pk(&public), ScriptBuf::new_p2pkh(&public.pubkey_hash())];
    if let Ok(hash) = public.wpubkey_hash() {
        let (taproot, _) = public.inner.x_only_public_key();
        scripts.extend([
            ScriptBuf::new_p2wpkh(&hash),
            ScriptBuf::new_p2wpkh(&hash).to_p2sh(),
            ScriptBuf::new_p2tr(&secp, taproot, None),
        ]);
    }
    (key, scripts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_of_a_private_key_is_collected_whatever_it_was_paid_to() {
    let world = World::new().await;
    let mut moved = 0;
    for (byte, compressed, count) in [(41, true, 5), (42, false, 2)] {
        let (key, scripts) = paper(byte, compressed);
        assert_eq!(scripts.len(), count);
        let instruction = world.wallet.read(&key.to_wif()).expect("a key");
        assert_eq!(instruction.kind, InstructionKind::PrivateKey);
        let speed = FeeSpeed::Normal;
        let preview = || world.wallet.preview_key_sweep(&instruction.id, speed);
        assert_eq!(preview().await.expect_err("nothing").code(), Code::InsufficientBalance);
        for script in scripts {
            pay(&world, script, 50_000);
        }
        assert_eq!(preview().await.expect_err("in no block").code(), Code::InsufficientBalance);
        world.mine(1).await;
        let shown = preview().await.expect("a preview");
        assert_eq!((shown.account, shown.fee_choices.len()), (None, 3));
        // Nobody's password is asked for.
        let wrong = || Password::Given(Secret::from("wrong".to_owned()));
        let row = world.wallet.sweep(&shown.id, wrong()).await.expect("moved");
        let again = world.wallet.sweep(&shown.id, wrong()).await.expect_err("twice");
        assert_eq!(again.code(), Code::WrongPassword, "of words, for what was never shown");
        let txid = row.txid.expect("a transaction").parse().expect("an id");
        let fee = world.network.chain().fee_of(&txid).expect("in the mempool");
        assert_eq!(fee, shown.fee_sat, "what was shown is what was paid");
        let coins = u64::try_from(count).expect("few") * 50_000;
        assert_eq!(shown.amount_sat.get() + fee.get(), coins, "all of it");
        moved += shown.amount_sat.get();
        world.mine(1).await;
        assert_eq!(preview().await.expect_err("gone").code(), Code::InsufficientBalance);
    }
    let balance = world.snapshot().balance.onchain;
    assert_eq!((balance.total_sat.get(), balance.can_spend_sat.get()), (moved, moved));
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
}

/// One that is worth less than its fee stays where it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dust_of_a_private_key_is_left_and_said() {
    let world = World::new().await;
    let (key, scripts) = paper(43, true);
    pay(&world, scripts[1].clone(), 600);
    world.mine(1).await;
    world.network.lies().tell(|told| told.fee_rate = Some(20));
    world.wallet.sync().await;
    let instruction = world.wallet.read(&key.to_wif()).expect("a key");
    let preview = world.wallet.preview_key_sweep(&instruction.id, FeeSpeed::Fast).await;
    assert_eq!(preview.expect_err("too little").code(), Code::AmountTooSmall);
}
