//! PSBTs: made by a wallet that only watches, signed elsewhere, shared with another party, and hostile.

use crate::{code, onchain_quote};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bdk_wallet::miniscript::psbt::PsbtExt;
use bdk_wallet::{KeychainKind, SignOptions};
use bitcoin::bip32::Xpriv;
use bitcoin::psbt::PsbtSighashType;
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{
    Address, Amount, FeeRate, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn,
    TxOut, absolute::LockTime, transaction::Version,
};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::keys::Password;
use fulmen_engine::view::{ActivityFilter, Direction, FeeSpeed, PsbtQuote, Status};
use fulmen_engine::{SendError, Wallet};
use secrecy::ExposeSecret;
use stories::{Audit, World};

fn text(psbt: &Psbt) -> String {
    STANDARD.encode(psbt.serialize())
}

fn psbt(text: &str) -> Psbt {
    Psbt::deserialize(&STANDARD.decode(text).expect("base64")).expect("a PSBT")
}

fn read(wallet: &Wallet, psbt: &str) -> Result<PsbtQuote, SendError> {
    wallet.preview_psbt(&wallet.read(psbt)?.id)
}

fn msat(sat: u64) -> Msat {
    Msat::from_sat(Sat::new(sat)).expect("little")
}

async fn earns(world: &World, amount: u64) -> OutPoint {
    let address = world.wallet.address().await.expect("an address");
    let script = address.script_pubkey();
    let paid = world.network.chain().faucet(script.clone(), Sat::new(amount)).expect("paid");
    world.mine(1).await;
    coin_of(&paid, &script)
}

fn coin_of(transaction: &Transaction, script: &ScriptBuf) -> OutPoint {
    let at = transaction.output.iter().position(|output| output.script_pubkey == *script);
    let vout = u32::try_from(at.expect("an output")).expect("few");
    OutPoint { txid: transaction.compute_txid(), vout }
}

/// Another program's wallet, on the practice chain.
struct Other(bdk_wallet::Wallet);

impl Other {
    /// It knows no key of these.
    fn watching(world: &World) -> Self {
        let known = world.wallet.descriptors();
        assert!(
            known.external.starts_with("wpkh([") && known.external.contains("]tpub"),
            "{known:?}"
        );
        assert!(
            known.external.rsplit_once('#').is_some_and(|(_, sum)| sum.len() == 8),
            "{known:?}"
        );
        Self::of(known.external, known.internal)
    }

    /// It has keys of its own.
    fn with_keys() -> Self {
        let root = Xpriv::new_master(Network::Regtest, &[7; 32]).expect("a root");
        Self::of(format!("wpkh({root}/84'/1'/0'/0/*)"), format!("wpkh({root}/84'/1'/0'/1/*)"))
    }

    fn of(external: String, internal: String) -> Self {
        let wallet = bdk_wallet::Wallet::create(external, internal).network(Network::Regtest);
        Self(wallet.create_wallet_no_persist().expect("a wallet"))
    }

    /// Reads the chain and what waits.
    fn look(&mut self, world: &World) {
        let chain = world.network.chain();
        let seen = self.0.latest_checkpoint().height();
        for height in seen + 1..=chain.tip().height {
            let block = chain.block_at(height).expect("a block");
            self.0.apply_block(&block, height).expect("it follows");
        }
        let waits = chain.mempool().into_iter().filter_map(|txid| chain.transaction(&txid));
        self.0.apply_unconfirmed_txs(waits.map(|transaction| (transaction, 1)));
    }

    fn total(&self) -> u64 {
        self.0.balance().total().to_sat()
    }

    fn pays(&mut self, to: ScriptBuf, sat: u64) -> Psbt {
        let mut builder = self.0.build_tx();
        builder.add_recipient(to, Amount::from_sat(sat));
        builder.fee_rate(FeeRate::from_sat_per_vb_u32(3));
        builder.finish().expect("a PSBT")
    }

    #[expect(deprecated, reason = "another program may sign as it likes")]
    fn sign(&self, psbt: &mut Psbt) -> bool {
        let options = SignOptions { trust_witness_utxo: true, ..SignOptions::default() };
        self.0.sign(psbt, options).expect("signed")
    }
}

/// What becomes of the first output's address: [`Address`] of the faucet.
fn payee(world: &World) -> (ScriptBuf, String) {
    let script = world.network.chain().faucet_script();
    let address = Address::from_script(&script, Network::Regtest).expect("an address");
    (script, address.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watching_wallet_makes_it_and_ours_signs_and_sends_it() {
    let mut world = World::new().await;
    earns(&world, 70_000).await;
    earns(&world, 30_000).await;
    let mut watcher = Other::watching(&world);
    watcher.look(&world);
    assert_eq!(watcher.total(), 100_000, "it sees every coin");
    let (script, address) = payee(&world);
    let made = watcher.pays(script.clone(), 80_000);
    let fee = made.fee().expect("known").to_sat();

    let wrapped: String =
        text(&made).as_bytes().chunks(64).map(|l| String::from_utf8_lossy(l) + "\r\n").collect();
    let shown = read(&world.wallet, &wrapped).expect("shown");
    assert_eq!((shown.own_inputs, shown.other_inputs, shown.own_sat.get()), (2, 0, 100_000));
    assert_eq!((shown.fee_sat.get(), shown.leaves_sat.get()), (fee, 80_000 + fee));
    assert_eq!(shown.back_sat.get(), 20_000 - fee);
    assert!((3..=4).contains(&shown.sat_per_vb), "{shown:?}");
    assert!(
        shown.can_send && !shown.large_fee && !shown.previewed && !shown.time_locked,
        "{shown:?}"
    );
    let outputs: Vec<_> = shown.outputs.iter().map(|o| (o.own, o.amount_sat.get())).collect();
    assert!(outputs.contains(&(false, 80_000)) && outputs.contains(&(true, 20_000 - fee)));
    let before = world.wallet.activity(None, None).expect("rows").len();

    let row = world.wallet.send_psbt(&shown.id).await.expect("sent");
    assert_eq!(row.txid.as_deref(), Some(&*shown.txid), "exactly this one");
    assert_eq!(code(world.wallet.send_psbt(&shown.id).await), Code::Stale, "once");
    assert_eq!(code(read(&world.wallet, &text(&made))), Code::PsbtCoinSpent);
    let id = row.id.to_string();
    let sent = |now: &fulmen_engine::view::Snapshot| {
        now.movements.iter().any(|row| row.id == id && row.unsent.is_none())
    };
    world.until("seen by the server", sent).await;
    // A crash in between loses nothing.
    world.reopen().await;
    world.mine(1).await;
    let paid = world.decided(row.id).await;
    assert_eq!(paid.movement.status, Status::Paid);
    assert_eq!(
        (paid.movement.amount_msat, paid.movement.fee_msat),
        (msat(80_000), Some(msat(fee)))
    );
    assert_eq!(paid.address.as_deref(), Some(&*address));
    assert_eq!(world.wallet.activity(None, None).expect("rows").len(), before + 1, "one row");
    watcher.look(&world);
    assert_eq!(watcher.total(), 20_000 - fee);
    assert_eq!(world.snapshot().balance.onchain.total_sat.get(), watcher.total(), "both agree");
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_previewed_is_signed_elsewhere_and_known_again() {
    let world = World::new().await;
    earns(&world, 70_000).await;
    let (_, address) = payee(&world);
    let link = format!("bitcoin:{address}?amount=0.0002&message=Rent");
    let quote = crate::quote(&world.wallet, &link, None).await.expect("a quote");
    let unsigned = world.wallet.unsigned_psbt(&quote.id).await.expect("a PSBT");
    let rows = world.wallet.activity(None, None).expect("rows").len();
    assert_eq!(rows, 1, "no row of what was only handed out");
    assert_eq!(world.snapshot().balance.onchain.can_spend_sat.get(), 70_000, "nothing is reserved");

    // Another computer with the same words.
    let words = world.wallet.words(Password::StoredBeside).await.expect("words");
    let words = bip39::Mnemonic::parse(words.text().expose_secret()).expect("words");
    let root = Xpriv::new_master(Network::Regtest, &words.to_seed("")).expect("a root");
    let mut signed = psbt(&unsigned);
    assert!(signed.inputs.iter().all(|input| input.partial_sigs.is_empty()));
    let secp = Secp256k1::new();
    assert_eq!(signed.sign(&root, &secp).expect("signed").len(), 1);
    signed.finalize_mut(&secp).expect("final");

    let shown = read(&world.wallet, &text(&signed)).expect("shown");
    assert!(shown.previewed && shown.can_send, "{shown:?}");
    assert_eq!(shown.fee_sat, quote.fee_max_msat.to_sat_ceil());
    let to: Vec<_> = shown.outputs.iter().filter(|o| !o.own).collect();
    assert_eq!((to.len(), to[0].amount_sat.get()), (1, 20_000));
    assert_eq!(to[0].address.as_deref(), Some(&*address));
    let row = world.wallet.send_psbt(&shown.id).await.expect("sent");
    assert_eq!(row.note.as_deref(), Some("Rent"), "what it is for is known");
    assert_eq!(code(world.wallet.pay(&quote.id).await), Code::Stale, "its coin is spent");
    world.mine(1).await;
    assert_eq!(world.decided(row.id).await.movement.amount_msat, msat(20_000));
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// A payment of both, of 90 000 sat: our 70 000 and the other's 50 000, change to both.
fn of_both(ours: OutPoint, other: &Other, to: ScriptBuf, back: ScriptBuf) -> Psbt {
    let coin = other.0.list_unspent().next().expect("a coin");
    let from = other.0.get_tx(coin.outpoint.txid).expect("known").tx_node.tx.clone();
    let input = |previous_output| TxIn {
        previous_output,
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        ..TxIn::default()
    };
    let output = |sat, script_pubkey| TxOut { value: Amount::from_sat(sat), script_pubkey };
    let change = other.0.peek_address(KeychainKind::Internal, 0).address.script_pubkey();
    let transaction = Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input(coin.outpoint), input(ours)],
        output: vec![output(90_000, to), output(9_000, back), output(20_000, change)],
    };
    let mut made = Psbt::from_unsigned_tx(transaction).expect("unsigned");
    made.inputs[0].non_witness_utxo = Some((*from).clone());
    made.inputs[0].witness_utxo = Some(coin.txout);
    let descriptor = other.0.public_descriptor(coin.keychain);
    let descriptor = descriptor.at_derivation_index(coin.derivation_index).expect("a key");
    made.update_input_with_descriptor(0, &descriptor).expect("it fits");
    made
}

async fn with_another(world: &World) -> (Other, Psbt) {
    let coin = earns(world, 70_000).await;
    let mut other = Other::with_keys();
    let theirs = other.0.reveal_next_address(KeychainKind::External).address.script_pubkey();
    world.network.chain().faucet(theirs, Sat::new(50_000)).expect("paid");
    world.mine(1).await;
    other.look(world);
    let watcher = Other::watching(world);
    // Farther than any change that ours gave out.
    let back = watcher.0.peek_address(KeychainKind::Internal, 4).address.script_pubkey();
    let made = of_both(coin, &other, payee(world).0, back);
    (other, made)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_parties_the_other_finishes_and_sends_it() {
    let mut world = World::new().await;
    let (mut other, made) = with_another(&world).await;
    let shown = read(&world.wallet, &text(&made)).expect("shown");
    assert_eq!((shown.own_inputs, shown.other_inputs, shown.unsigned), (1, 1, 1));
    assert_eq!((shown.own_sat.get(), shown.other_sat.get()), (70_000, 50_000));
    assert_eq!((shown.leaves_sat.get(), shown.fee_sat.get()), (61_000, 1_000));
    assert!(!shown.can_send);
    assert_eq!(code(world.wallet.send_psbt(&shown.id).await), Code::Stale, "not whole");
    let handed = world.wallet.sign_psbt(&shown.id).await.expect("signed");
    assert_eq!(handed.transaction, None, "the other has still to sign");
    let mut signed = psbt(&handed.psbt);
    assert!(
        signed.inputs[0].final_script_witness.is_none() && signed.inputs[0].partial_sigs.is_empty()
    );
    let balance = world.snapshot().balance.onchain;
    assert_eq!((balance.total_sat.get(), balance.can_spend_sat.get()), (70_000, 70_000));
    assert_eq!(world.wallet.activity(None, None).expect("rows").len(), 1, "no row of it");

    // The other finishes it, in its own time.
    world.reopen().await;
    assert!(other.sign(&mut signed), "whole now");
    let transaction = signed.extract(&Secp256k1::new()).expect("every signature is right");
    let txid = world.network.chain().submit(transaction).expect("relayed");
    world.wallet.sync().await;
    let balance = world.snapshot().balance.onchain;
    assert_eq!(
        (balance.total_sat.get(), balance.can_spend_sat.get()),
        (9_000, 0),
        "not in a block"
    );
    world.mine(1).await;
    let balance = world.snapshot().balance.onchain;
    assert_eq!((balance.total_sat.get(), balance.can_spend_sat.get()), (9_000, 9_000));
    let rows = world.wallet.activity(None, None).expect("rows");
    let row = rows.iter().find(|row| row.direction == Direction::Out).expect("a row");
    assert_eq!((row.amount_msat, row.fee_msat, row.status), (msat(61_000), None, Status::Paid));
    assert_eq!(rows.len(), 2);
    let filter = ActivityFilter { text: txid.to_string(), ..ActivityFilter::default() };
    assert_eq!(world.wallet.find(&filter, None).expect("rows").len(), 1);
    other.look(&world);
    assert_eq!(other.total(), 20_000);
    assert_eq!(Audit::of(&world).unexplained(), 20_000_000, "the other's is in no book");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_parties_ours_signs_last_and_sends_it_unless_the_other_signed_something_else() {
    let world = World::new().await;
    let (other, mut made) = with_another(&world).await;
    other.sign(&mut made);
    let mut forged = made.clone();
    let witness = forged.inputs[0].final_script_witness.as_mut().expect("signed");
    let mut parts = witness.to_vec();
    parts[0][20] ^= 1;
    *witness = bitcoin::Witness::from_slice(&parts);
    let shown = read(&world.wallet, &text(&forged)).expect("shown");
    assert_eq!(code(world.wallet.send_psbt(&shown.id).await), Code::PsbtUnfinished);
    assert_eq!(world.snapshot().balance.onchain.can_spend_sat.get(), 70_000, "nothing happened");

    let shown = read(&world.wallet, &text(&made)).expect("shown");
    assert!(shown.can_send && shown.unsigned == 0, "{shown:?}");
    let row = world.wallet.send_psbt(&shown.id).await.expect("sent");
    world.mine(1).await;
    let paid = world.decided(row.id).await.movement;
    assert_eq!((paid.amount_msat, paid.fee_msat, paid.status), (msat(61_000), None, Status::Paid));
    assert_eq!(world.snapshot().balance.onchain.total_sat.get(), 9_000);
    assert_eq!(Audit::of(&world).unexplained(), 20_000_000, "the other's is in no book");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_one_that_is_only_saved_is_found_when_others_send_it() {
    let mut world = World::new().await;
    earns(&world, 70_000).await;
    let mut watcher = Other::watching(&world);
    watcher.look(&world);
    let made = watcher.pays(payee(&world).0, 30_000);
    let shown = read(&world.wallet, &text(&made)).expect("shown");
    let signed = world.wallet.sign_psbt(&shown.id).await.expect("signed");
    let raw = signed.transaction.expect("nobody else has to sign");
    assert_eq!(world.snapshot().balance.onchain.can_spend_sat.get(), 70_000, "nothing is reserved");
    world.reopen().await;
    let transaction: Transaction = bitcoin::consensus::encode::deserialize_hex(&raw).expect("hex");
    world.network.chain().submit(transaction).expect("relayed");
    world.mine(1).await;
    let rows = world.wallet.activity(None, None).expect("rows");
    let row = rows.iter().find(|row| row.direction == Direction::Out).expect("a row");
    let fee = shown.fee_sat.get();
    assert_eq!((row.amount_msat, row.fee_msat), (msat(30_000), Some(msat(fee))));
    assert_eq!(world.snapshot().balance.onchain.total_sat.get(), 40_000 - fee);
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// What is changed of a good PSBT, and the refusal.
type Case = (&'static str, Code, fn(&mut Psbt));

const LIES: [Case; 11] = [
    ("our coin is said to be worth more", Code::PsbtCoinDiffers, |psbt| {
        psbt.inputs[0].witness_utxo.as_mut().expect("said").value += Amount::ONE_SAT;
    }),
    ("our coin is said to be of another script", Code::PsbtCoinDiffers, |psbt| {
        psbt.inputs[0].witness_utxo.as_mut().expect("said").script_pubkey = ScriptBuf::new();
    }),
    ("our coin is said to be of another transaction", Code::PsbtCoinDiffers, |psbt| {
        psbt.inputs[0].non_witness_utxo.as_mut().expect("said").version = Version(9);
    }),
    ("outputs are left open", Code::PsbtSighash, |psbt| {
        psbt.inputs[0].sighash_type = Some(PsbtSighashType::from_u32(2));
    }),
    ("inputs are left open", Code::PsbtSighash, |psbt| {
        psbt.inputs[0].sighash_type = Some(PsbtSighashType::from_u32(0x81));
    }),
    ("an input is there twice", Code::PsbtDamaged, |psbt| {
        psbt.unsigned_tx.input.push(psbt.unsigned_tx.input[0].clone());
        psbt.inputs.push(psbt.inputs[0].clone());
    }),
    ("it pays more than it has", Code::PsbtDamaged, |psbt| {
        psbt.unsigned_tx.output[0].value = Amount::from_sat(80_000_000);
    }),
    ("no node relays it", Code::AmountTooSmall, |psbt| {
        psbt.unsigned_tx.output[0].value = Amount::from_sat(100);
    }),
    ("nothing is ours", Code::PsbtNothingOurs, |psbt| {
        psbt.unsigned_tx.input[0].previous_output.vout += 1;
    }),
    ("another's input without its transaction", Code::PsbtFeeUnproven, |psbt| {
        let mut foreign = psbt.unsigned_tx.input[0].clone();
        foreign.previous_output.vout += 1;
        psbt.unsigned_tx.input.push(foreign);
        let mut said = psbt.inputs[0].clone();
        said.non_witness_utxo = None;
        psbt.inputs.push(said);
    }),
    ("the miners get nearly all", Code::PsbtFeeAbsurd, |psbt| {
        psbt.unsigned_tx.output.truncate(1);
        psbt.outputs.truncate(1);
        psbt.unsigned_tx.output[0].value = Amount::from_sat(1_000);
    }),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_one_is_refused_by_name() {
    let world = World::new().await;
    let coin = earns(&world, 70_000_000).await;
    let mut watcher = Other::watching(&world);
    watcher.look(&world);
    let good = watcher.pays(payee(&world).0, 20_000);
    for (what, refusal, change) in LIES {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(code(read(&world.wallet, &text(&bad))), refusal, "{what}");
    }
    let whole = text(&good);
    assert_eq!(code(world.wallet.read(&whole[..whole.len() - 12])), Code::PsbtDamaged);
    assert_eq!(
        code(world.wallet.read(&format!("{whole}{}", "A".repeat(10_000_000)))),
        Code::PsbtTooLong
    );
    let mut elsewhere = good.clone();
    elsewhere.unsigned_tx.input[0].previous_output.vout += 7;
    for (_, path) in elsewhere.inputs[0].bip32_derivation.values_mut() {
        *path = "m/84'/0'/0'/0/0".parse().expect("a path");
    }
    assert_eq!(code(read(&world.wallet, &text(&elsewhere))), Code::WrongNetwork);

    // Change is ours by its script, and by nothing that is said of it.
    let mut claimed = good.clone();
    let ours = claimed.outputs.iter().position(|o| !o.bip32_derivation.is_empty()).expect("change");
    claimed.unsigned_tx.output[ours].script_pubkey = payee(&world).0;
    let shown = read(&world.wallet, &text(&claimed)).expect("shown");
    assert!(shown.outputs.iter().all(|output| !output.own), "{shown:?}");
    assert_eq!(shown.leaves_sat.get(), 70_000_000, "all of it is a payment");

    world.wallet.freeze_coin(&coin.to_string(), true).await.expect("frozen");
    assert_eq!(code(read(&world.wallet, &whole)), Code::PsbtCoinFrozen);
    world.wallet.freeze_coin(&coin.to_string(), false).await.expect("free");
    // What was shown may be over when it is confirmed.
    let shown = read(&world.wallet, &whole).expect("shown");
    world.wallet.freeze_coin(&coin.to_string(), true).await.expect("frozen");
    assert_eq!(code(world.wallet.send_psbt(&shown.id).await), Code::PsbtCoinFrozen);
    assert_eq!(code(world.wallet.sign_psbt(&shown.id).await), Code::PsbtCoinFrozen);
    world.wallet.freeze_coin(&coin.to_string(), false).await.expect("free");

    // A coin of others that waits for a block.
    let address = world.wallet.address().await.expect("an address").script_pubkey();
    world.network.chain().faucet(address.clone(), Sat::new(40_000)).expect("paid");
    world.wallet.sync().await;
    watcher.look(&world);
    let fresh = watcher.0.list_unspent().find(|c| c.txout.script_pubkey == address).expect("seen");
    let mut builder = watcher.0.build_tx();
    builder.add_utxo(fresh.outpoint).expect("known").manually_selected_only();
    builder.add_recipient(payee(&world).0, Amount::from_sat(20_000));
    let young = builder.finish().expect("a PSBT");
    assert_eq!(code(read(&world.wallet, &text(&young))), Code::PsbtCoinUnconfirmed);

    flip(&world.wallet, &good);
    let (_, to) = payee(&world);
    let quote = onchain_quote(&world.wallet, &to, Some(Sat::new(5_000)), FeeSpeed::Slow).await;
    world.wallet.pay(&quote.expect("a quote").id).await.expect("sent");
    assert_eq!(code(read(&world.wallet, &whole)), Code::PsbtCoinSpent, "a payment of ours waits");
    world.mine(1).await;
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// Flipped bits: refused, or shown with sums that hold.
fn flip(wallet: &Wallet, good: &Psbt) {
    let bytes = good.serialize();
    let mut random = fastrand::Rng::with_seed(7);
    let mut taken = 0;
    for _ in 0..600 {
        let mut flipped = bytes.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..flipped.len());
            flipped[at] ^= 1 << random.u8(..8);
        }
        let Ok(shown) = read(wallet, &STANDARD.encode(&flipped)) else { continue };
        taken += 1;
        let outputs =
            Sat::sum(shown.outputs.iter().map(|output| output.amount_sat)).expect("a sum");
        let inputs = shown.own_sat.checked_add(shown.other_sat).expect("a sum");
        assert_eq!(inputs.checked_sub(outputs), Some(shown.fee_sat), "{shown:?}");
        assert_eq!((shown.own_sat.get(), shown.other_inputs), (70_000_000, 0), "{shown:?}");
    }
    assert!(taken > 0, "some bits say nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_channels_need_stays_and_a_dear_fee_is_said() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(400_000)).await;
    let mut watcher = Other::watching(&world);
    watcher.look(&world);
    let all = |watcher: &mut Other, fee: u64| {
        let mut builder = watcher.0.build_tx();
        builder.drain_wallet().drain_to(payee(&world).0).fee_absolute(Amount::from_sat(fee));
        builder.finish().expect("a PSBT")
    };
    let everything = all(&mut watcher, 500);
    assert_eq!(code(read(&world.wallet, &text(&everything))), Code::NeededForClosing);
    let some = watcher.pays(payee(&world).0, 1_000);
    let shown = read(&world.wallet, &text(&some)).expect("shown");
    assert!(!shown.large_fee, "{shown:?}");
    let mut builder = watcher.0.build_tx();
    builder.add_recipient(payee(&world).0, Amount::from_sat(1_000));
    builder.fee_absolute(Amount::from_sat(500));
    let dear = builder.finish().expect("a PSBT");
    assert!(read(&world.wallet, &text(&dear)).expect("shown").large_fee);
    world.end().await;
}
