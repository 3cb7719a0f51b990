//! Several paid with one transaction.

use crate::code;
use bitcoin::{Address, Network, ScriptBuf};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::{Code, Coded};
use fulmen_engine::keys::Password;
use fulmen_engine::view::{
    ActivityFilter, BumpWish, FeeSpeed, Instruction, Quote, Snapshot, Status,
};
use fulmen_engine::{AlsoPaid, Choice, PaymentId, SendError, Wallet};
use stories::{Audit, World};

const SLOW: FeeSpeed = FeeSpeed::Custom { sat_per_vb: 1 };

/// An address of somebody, a new one for each number.
fn address(number: u8) -> String {
    let program = bitcoin::WitnessProgram::new(bitcoin::WitnessVersion::V0, &[number; 20]);
    let script = ScriptBuf::new_witness_program(&program.expect("20 bytes"));
    Address::from_script(&script, Network::Regtest).expect("an address").to_string()
}

/// Addresses of those whose money is in the story's books.
async fn known(world: &World) -> [String; 3] {
    let faucet = Address::from_script(&world.network.chain().faucet_script(), Network::Regtest);
    [
        world.network.shop().address().await.expect("an address").to_string(),
        world.network.hub().address().await.expect("an address").to_string(),
        faucet.expect("an address").to_string(),
    ]
}

fn script(address: &str) -> ScriptBuf {
    address.parse::<Address<_>>().expect("an address").assume_checked().script_pubkey()
}

fn list(of: &[(String, u64)]) -> String {
    let lines: Vec<String> = of.iter().map(|(address, sat)| format!("{address} {sat}")).collect();
    lines.join("\n")
}

/// The first is the instruction, the others come beside it.
async fn quote_of(
    wallet: &Wallet,
    read: Vec<Instruction>,
    coins: Option<Vec<String>>,
) -> Result<Quote, SendError> {
    let mut ids = read.into_iter().map(|one| one.id);
    let instruction = ids.next().expect("one at least");
    let also = ids.map(|instruction| AlsoPaid { instruction, amount: None }).collect();
    let speed = Some(SLOW);
    wallet.preview(Choice { instruction, speed, also, coins, ..Choice::default() }).await
}

async fn quote(wallet: &Wallet, text: &str) -> Result<Quote, SendError> {
    quote_of(wallet, wallet.read_recipients(text)?, None).await
}

/// All there is: the first one gets what the others leave.
async fn rest_quote(
    wallet: &Wallet,
    rest: &str,
    others: &[(String, u64)],
) -> Result<Quote, SendError> {
    let instruction = wallet.read(rest)?.id;
    let other = |(address, sat): &(String, u64)| -> Result<AlsoPaid, SendError> {
        Ok(AlsoPaid { instruction: wallet.read(address)?.id, amount: Some(msat(*sat)) })
    };
    let also = others.iter().map(other).collect::<Result<_, _>>()?;
    let speed = Some(SLOW);
    wallet.preview(Choice { instruction, everything: true, speed, also, ..Choice::default() }).await
}

/// Once a server has shown it.
async fn seen(world: &World, id: &str) {
    world
        .until("seen", |now| now.movements.iter().any(|row| row.id == id && row.unsent.is_none()))
        .await;
}

/// Once it waits for a block.
async fn taken(world: &World, txid: &str) {
    let chain = world.network.chain();
    world.until("taken", |_| chain.mempool().iter().any(|t| t.to_string() == txid)).await;
}

/// What each of several got, as the wallet tells it.
fn told(world: &World, id: &str) -> Vec<(String, u64)> {
    let row = world.wallet.detail(id).expect("rows").expect("the row");
    let each = row.recipients.into_iter();
    each.map(|one| (one.address, one.amount_msat.get() / 1_000)).collect()
}

fn msat(sat: u64) -> Msat {
    Msat::from_sat(Sat::new(sat)).expect("little")
}

/// What a transaction of the practice chain gives to each.
fn given(world: &World, txid: &str, to: &[(String, u64)]) -> Vec<u64> {
    let txid = txid.parse().expect("an id");
    let transaction = world.network.chain().transaction(&txid).expect("there");
    let to = to.iter().map(|(address, _)| {
        let outputs = transaction.output.iter();
        outputs.filter(|output| output.script_pubkey == script(address)).map(|o| o.value.to_sat())
    });
    to.map(Iterator::sum).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_are_paid_to_the_satoshi_and_hurried_together() {
    let mut world = World::new().await;
    world.fund().await;
    let [one, other, third] = known(&world).await;
    world.wallet.save_contact(&other, "The other one").await.expect("kept");
    let to = [(one, 30_000), (other, 294), (third, 7_001)];
    let amounts: Vec<u64> = to.iter().map(|(_, sat)| *sat).collect();
    let quote = quote(&world.wallet, &list(&to)).await.expect("a quote");
    assert_eq!(quote.amount_msat, msat(37_295), "together");
    assert_eq!(quote.total_max_msat, quote.amount_msat.checked_add(quote.fee_max_msat).unwrap());
    let shown: Vec<_> = quote.recipients.iter().map(|one| one.amount_msat).collect();
    assert_eq!(shown, [msat(30_000), msat(294), msat(7_001)]);
    let row = world.wallet.pay(&quote.id).await.expect("sent");
    let (id, old) = (row.id.to_string(), row.txid.expect("a transaction"));
    world
        .until("seen", |now| now.movements.iter().any(|row| row.id == id && row.unsent.is_none()))
        .await;
    assert_eq!(given(&world, &old, &to), amounts);

    world.wallet.stop().await;
    world.wallet = Wallet::open(world.settings(), Password::StoredBeside).await.expect("opens");
    world.wallet.sync().await;
    let bump =
        world.wallet.preview_bump(&id, BumpWish::SpeedUp, FeeSpeed::Custom { sat_per_vb: 9 });
    let bump = bump.expect("a quote");
    assert_eq!(bump.amount_msat, quote.amount_msat, "each gets the same");
    assert!(!bump.off_the_rest);
    let new = world.wallet.bump(&bump.id).await.expect("raised").txid.expect("a transaction");
    world
        .until("taken", |_| world.network.chain().mempool().iter().any(|t| t.to_string() == new))
        .await;
    assert_eq!(given(&world, &new, &to), amounts);
    world.wallet.sync().await;
    world.mine(1).await;
    let paid = world.decided(PaymentId::parse(&id).expect("an id")).await;
    assert_eq!(paid.movement.status, Status::Paid);
    assert_eq!((paid.movement.recipients, paid.address), (Some(3), None));
    assert_eq!(paid.movement.fee_msat, Some(bump.fee_msat), "once, for all of them");
    let kept: Vec<_> =
        paid.recipients.iter().map(|one| (one.address.clone(), one.amount_msat)).collect();
    let wanted: Vec<_> = to.iter().map(|(address, sat)| (address.clone(), msat(*sat))).collect();
    assert_eq!(kept, wanted);
    assert_eq!(world.wallet.activity(None, None).expect("rows").len(), 2, "one row for all");

    // Found by each address, and in the table.
    for (address, sat) in &to {
        let filter = ActivityFilter { text: address.clone(), ..ActivityFilter::default() };
        let found = world.wallet.find(&filter, None).expect("rows");
        assert_eq!(found.len(), 1, "{address}");
        let table = world.wallet.csv().expect("a table");
        assert!(table.contains(&format!("{address} {}", sat * 1000)), "{table}");
    }
    // By name too, and that contact was paid its own part.
    let filter = ActivityFilter { text: "the other".into(), ..ActivityFilter::default() };
    assert_eq!(world.wallet.find(&filter, None).expect("rows").len(), 1);
    let theirs = world.wallet.contact_totals().expect("totals").remove(0);
    assert_eq!((theirs.payments, theirs.paid_msat, theirs.fees_msat), (1, msat(294), Msat::ZERO));
    let names = paid.recipients.iter().map(|one| one.payee_id == theirs.contact.payee.id);
    assert_eq!(names.collect::<Vec<_>>(), [false, true, false], "each says whom it pays");
    // Who is paid once more is told of it, by what that one got.
    let again = crate::onchain_quote(&world.wallet, &to[2].0, Some(Sat::new(500)), SLOW).await;
    let before = again.expect("a quote").paid_before.expect("it was paid");
    assert_eq!((before.movement_id, before.amount_msat), (id, msat(7_001)));
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_called_off_comes_back_from_all_of_them() {
    for everything in [false, true] {
        let world = World::new().await;
        world.fund().await;
        let [one, other, _] = known(&world).await;
        let to = [(one.clone(), 30_000), (other, 20_000)];
        let quote = if everything {
            rest_quote(&world.wallet, &one, &to[1..]).await
        } else {
            quote(&world.wallet, &list(&to)).await
        };
        let row = world.wallet.pay(&quote.expect("a quote").id).await.expect("sent");
        let (id, first) = (row.id.to_string(), row.txid.expect("a transaction"));
        seen(&world, &id).await;
        assert_eq!(given(&world, &first, &to)[1], 20_000);
        let at = FeeSpeed::Custom { sat_per_vb: 9 };
        let off = world.wallet.preview_bump(&id, BumpWish::CallOff, at).expect("a quote");
        let beside = world.wallet.bump(&off.id).await.expect("made");
        let txid = beside.txid.expect("a transaction");
        assert_eq!(given(&world, &txid, &to), [0, 0]);
        taken(&world, &txid).await;
        world.wallet.sync().await;
        world.mine(1).await;
        let over = world.decided(PaymentId::parse(&id).expect("an id")).await;
        assert_eq!(over.movement.failure, Some(Code::CalledOff));
        let left = Msat::new(1_000_000_000 - off.fee_msat.get());
        assert_eq!(world.snapshot().balance.total_msat, left, "all but the fee");
        assert_eq!(Audit::of(&world).unexplained(), 0);
        world.end().await;
    }
}

/// All there is: each but the first has an amount, a raised fee is the first one's alone, and what a channel needs stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gets_what_the_others_leave_to_the_satoshi() {
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    let [one, other, third] = known(&world).await;
    let before = world.snapshot().balance.onchain;
    let others = [(other, 30_000), (third, 294)];
    let quote = rest_quote(&world.wallet, &one, &others).await.expect("a quote");
    assert!(quote.everything && !quote.lightning, "{quote:?}");
    assert_eq!(Some(quote.total_max_msat), Msat::from_sat(before.can_spend_sat));
    let fee = quote.fee_max_msat.get() / 1_000;
    let rest = before.can_spend_sat.get() - fee - 30_294;
    let shown: Vec<_> = quote.recipients.iter().map(|one| one.amount_msat).collect();
    assert_eq!(shown, [msat(rest), msat(30_000), msat(294)]);
    assert_eq!(quote.amount_msat, msat(rest + 30_294), "together");

    let to = [(one, rest), others[0].clone(), others[1].clone()];
    let row = world.wallet.pay(&quote.id).await.expect("sent");
    let (id, old) = (row.id.to_string(), row.txid.expect("a transaction"));
    seen(&world, &id).await;
    assert_eq!(given(&world, &old, &to), [rest, 30_000, 294]);
    assert_eq!(told(&world, &id), to);

    world.reopen().await;
    let at = FeeSpeed::Custom { sat_per_vb: 9 };
    let bump = world.wallet.preview_bump(&id, BumpWish::SpeedUp, at).expect("a quote");
    let extra = bump.extra_msat.get() / 1_000;
    assert!(bump.replaces && bump.off_the_rest, "{bump:?}");
    assert_eq!(bump.amount_msat, msat(rest + 30_294 - extra));
    let new = world.wallet.bump(&bump.id).await.expect("raised").txid.expect("a transaction");
    taken(&world, &new).await;
    assert_eq!(given(&world, &new, &to), [rest - extra, 30_000, 294], "the others get the same");
    let to = [(to[0].0.clone(), rest - extra), others[0].clone(), others[1].clone()];
    assert_eq!(told(&world, &id), to);
    world.wallet.sync().await;
    world.mine(1).await;
    let paid = world.decided(PaymentId::parse(&id).expect("an id")).await;
    assert_eq!(paid.movement.status, Status::Paid);
    assert_eq!((paid.movement.amount_msat, paid.movement.recipients), (bump.amount_msat, Some(3)));
    assert_eq!(told(&world, &id), to);
    let after = world.snapshot().balance.onchain;
    let reserve = before.total_sat.get() - before.can_spend_sat.get();
    assert_eq!((after.can_spend_sat, after.total_sat), (Sat::ZERO, Sat::new(reserve)));
    assert!(reserve > 0, "a channel may have to be closed");
    world.end().await;
}

/// A miner has the first one, and not the one that should take its place: each got what that one gives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_may_be_mined_and_the_row_tells_what_each_got_by_it() {
    let world = World::new().await;
    world.fund().await;
    let [one, other, _] = known(&world).await;
    let others = [(other, 30_000)];
    let quote = rest_quote(&world.wallet, &one, &others).await.expect("a quote");
    let row = world.wallet.pay(&quote.id).await.expect("sent");
    let (id, old) = (row.id.to_string(), row.txid.expect("a transaction"));
    seen(&world, &id).await;
    let before = told(&world, &id);
    let first = world.network.chain().transaction(&old.parse().expect("an id")).expect("there");
    let at = FeeSpeed::Custom { sat_per_vb: 9 };
    let bump = world.wallet.preview_bump(&id, BumpWish::SpeedUp, at).expect("a quote");
    let new = world.wallet.bump(&bump.id).await.expect("raised").txid.expect("a transaction");
    taken(&world, &new).await;
    assert_ne!(told(&world, &id), before);
    world.network.chain().mine_only(&[first]).expect("mined");
    world.network.sync_nodes().await;
    world.wallet.sync().await;
    let is_paid =
        |now: &Snapshot| now.movements.iter().any(|row| row.id == id && row.status == Status::Paid);
    world.until("paid", is_paid).await;
    assert_eq!(told(&world, &id), before);
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.mine(6).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_that_is_wrong_is_named_and_nothing_is_paid() {
    let world = World::new().await;
    world.fund().await;
    let own = world.wallet.address().await.expect("an address").to_string();
    let good = |number| (address(number), 5_000);
    let is = |result: Result<Quote, SendError>, wanted: Code, place: u32| {
        let error = result.expect_err("refused");
        assert_eq!((error.code(), error.detail()), (wanted, Some(place)), "{error:?}");
    };
    let ask = async |to: &[(String, u64)]| quote(&world.wallet, &list(to)).await;
    is(ask(&[good(1), good(2), (own.clone(), 5_000)]).await, Code::OwnAddress, 3);
    is(ask(&[good(1), (address(2), 293), good(3)]).await, Code::AmountTooSmall, 2);
    is(ask(&[good(1), good(2), good(1)]).await, Code::SameAddress, 3);
    let mut damaged = address(2);
    damaged.replace_range(20..21, if &damaged[20..21] == "q" { "p" } else { "q" });
    is(ask(&[good(1), (damaged, 5_000), good(3)]).await, Code::Damaged, 2);
    let open = format!("{} 5000\n{}", address(1), address(2));
    is(quote(&world.wallet, &open).await, Code::AmountNeeded, 2);
    let alone = crate::onchain_quote(&world.wallet, &own, Some(Sat::new(5_000)), SLOW).await;
    assert_eq!(code(alone), Code::OwnAddress);
    let much = ask(&[good(1), (address(2), 50_000_000_000)]).await;
    assert_eq!(code(much), Code::InsufficientBalance, "no one of them alone");
    let rest =
        async |others: &[(String, u64)]| rest_quote(&world.wallet, &address(1), others).await;
    is(rest(&[good(2), (address(3), 293)]).await, Code::AmountTooSmall, 3);
    is(rest(&[good(2), good(1)]).await, Code::SameAddress, 3);
    assert_eq!(code(rest(&[(address(2), 2_000_000)]).await), Code::InsufficientBalance);
    assert_eq!(
        code(rest(&[(address(2), 999_700)]).await),
        Code::InsufficientBalance,
        "dust is left"
    );
    let open = world.wallet.read(&address(2)).expect("an address").id;
    let open = Choice {
        instruction: world.wallet.read(&address(1)).expect("an address").id,
        everything: true,
        also: vec![AlsoPaid { instruction: open, amount: None }],
        ..Choice::default()
    };
    is(world.wallet.preview(open).await, Code::AmountNeeded, 2);
    let many: Vec<_> = (0..51).map(|number| (address(number), 5_000)).collect();
    assert_eq!(code(ask(&many).await), Code::TooManyRecipients);
    assert!(ask(&many[..50]).await.is_ok());

    // Who was paid among several is told of, among several.
    let [paid, other, _] = known(&world).await;
    let quote = ask(&[(paid.clone(), 5_000), (other, 7_000)]).await.expect("a quote");
    world.wallet.pay(&quote.id).await.expect("sent");
    let quote = ask(&[good(3), (paid.clone(), 6_000)]).await.expect("a quote");
    assert!(quote.paid_before.is_none() && quote.recipients[0].paid_before.is_none());
    let before = quote.recipients[1].paid_before.as_ref().expect("told");
    assert_eq!(before.amount_msat, msat(5_000));
    world.mine(1).await;
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_coins_that_were_chosen_pay_all_of_them_and_a_frozen_one_pays_nobody() {
    let world = World::new().await;
    for amount in [70_000, 30_000] {
        let own = world.wallet.address().await.expect("an address");
        world.network.chain().faucet(own.script_pubkey(), Sat::new(amount)).expect("paid");
    }
    world.mine(1).await;
    let coins: Vec<String> = world.wallet.coins().into_iter().map(|coin| coin.outpoint).collect();
    let [one, other, _] = known(&world).await;
    let to = list(&[(one.clone(), 12_000), (other.clone(), 13_000)]);
    let read = || world.wallet.read_recipients(&to).expect("read");
    let chosen = quote_of(&world.wallet, read(), Some(vec![coins[1].clone()])).await;
    let chosen = chosen.expect("a quote");
    assert_eq!(chosen.chosen_coins.expect("shown").total_sat, Sat::new(30_000));
    world.wallet.freeze_coin(&coins[1], true).await.expect("frozen");
    assert_eq!(code(world.wallet.pay(&chosen.id).await), Code::Stale);
    let much = list(&[(one, 40_000), (other, 31_000)]);
    assert_eq!(code(quote(&world.wallet, &much).await), Code::InsufficientBalance);
    world.wallet.freeze_coin(&coins[1], false).await.expect("freed");
    let quote = quote(&world.wallet, &much).await.expect("a quote");
    world.wallet.pay(&quote.id).await.expect("sent");
    world.mine(1).await;
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// Whoever forges a line of a list counts on nobody comparing the middle of two addresses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_look_alike_are_told_of_each_other() {
    let world = World::new().await;
    world.fund().await;
    let (theirs, forged) = (address(7), "bcrt1qqursh2psf9veh2psf9veh2psf973llqqcym0gk".to_owned());
    let to = [(address(1), 10_000), (theirs, 20_000), (forged, 30_000)];
    let quote = quote(&world.wallet, &list(&to)).await.expect("a quote");
    let alike: Vec<_> = quote.recipients.iter().map(|one| one.like_recipient).collect();
    assert_eq!(alike, [None, None, Some(2)], "the later one names the earlier one");
    assert!(quote.recipients.iter().all(|one| one.looks_like.is_none()), "nobody was paid before");
    world.end().await;
}
