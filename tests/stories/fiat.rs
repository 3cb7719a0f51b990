//! What a bitcoin costs: nobody is asked before a person wants to know, no single server is believed, what moved keeps the rate
//! of its day, and nothing ever waits for any of it.

use crate::activity::cells;
use crate::onchain_quote;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::fiat::{Currency, Fiat};
use fulmen_engine::view::{
    BumpWish, CloseWay, FeeSpeed, MovementDetail, MovementKind, PreviewFiat, RateTrouble, RateView,
    Snapshot, Status,
};
use fulmen_engine::{Choice, PaymentId};
use fulmen_practice::web::{RateAnswer, RateServer};
use stories::World;

fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("one of the table")
}

/// To the nearest cent, by whole units of the currency for a bitcoin.
fn cents(amount: Msat, per_btc: u64) -> u64 {
    let exact = u128::from(amount.get()) * u128::from(per_btc) * 100;
    u64::try_from((exact + 50_000_000_000) / 100_000_000_000).expect("little")
}

/// A currency is chosen, and a rate of so many whole units came.
async fn known(world: &World, code: &str, per_btc: u64) {
    world.wallet.set_currency(Some(currency(code)));
    let decimals = if code == "JPY" { 1 } else { 100 };
    world
        .until("a rate", |now| match now.rate {
            RateView::Known { one_btc: Fiat { minor, .. }, .. } => minor == per_btc * decimals,
            _ => false,
        })
        .await;
}

fn detail(world: &World, id: &str) -> MovementDetail {
    world.wallet.detail(id).expect("rows").expect("the row is there")
}

async fn pays_coffee(world: &World) -> MovementDetail {
    world.knows_the_network().await;
    world.coffee().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_before_a_person_wants_to_know() {
    let mut world = World::new().await;
    let rates = world.network.rates();
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    let before = pays_coffee(&world).await;
    world.reopen().await;
    let now = world.snapshot();
    assert_eq!((now.rate, now.balance.fiat), (RateView::Off, None));
    assert_eq!(before.fiat, None);
    assert_eq!(rates.questions(), [], "a wallet was made, paid and opened again");
    let hosts = ["mempool.practice", "coingecko.practice", "coinbase.practice"];
    assert_eq!(world.wallet.rate_hosts(), hosts, "what a person is told before");

    known(&world, "EUR", 59_000).await;
    let balance = world.until("a worth", |now| now.balance.fiat.is_some()).await.balance;
    let fiat = balance.fiat.expect("just seen");
    assert_eq!(fiat.minor, cents(balance.total_msat, 59_000));
    assert_eq!((fiat.currency, fiat.decimals, fiat.below_one), (currency("EUR"), 2, false));
    let questions = rates.questions();
    assert!(questions.len() >= 2);
    for question in questions {
        let path = match question.server {
            RateServer::Mempool => "/api/v1/prices",
            RateServer::CoinGecko => "/api/v3/simple/price?ids=bitcoin&vs_currencies=eur",
            RateServer::Coinbase => panic!("two agree, so nobody else is asked"),
        };
        assert_eq!(question.path, path, "nothing but the currency");
        assert_eq!(question.headers, ["accept: */*", "user-agent: Fulmen"], "nothing of a person");
    }
    let then = detail(&world, &before.movement.id).fiat.expect("a currency is chosen");
    assert_eq!((then.then, then.then_at_secs), (None, None), "nobody knew it then");
    let total = before.movement.total_msat.expect("it left");
    assert_eq!(then.now.map(|now| now.minor), Some(cents(total, 59_000)));

    // The choice is the wallet's own, and so is its end.
    world.reopen().await;
    assert_eq!(world.wallet.currency(), Some(currency("EUR")));
    assert!(matches!(world.snapshot().rate, RateView::Known { .. }), "with its age, at once");
    world.wallet.set_currency(None);
    world.wallet.durable().await;
    world.until("no worth", |now| now.balance.fiat.is_none()).await;
    let asked = rates.questions().len();
    world.coffee().await;
    world.reopen().await;
    world.mine(2).await;
    assert_eq!(world.snapshot().rate, RateView::Off);
    assert_eq!(rates.questions().len(), asked, "nobody was asked any more");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moves_keeps_the_rate_of_its_day() {
    let mut world = World::new().await;
    let rates = world.network.rates();
    rates.all_say("50000");
    known(&world, "EUR", 50_000).await;
    world.fund().await;
    world.open_to_hub(Sat::new(300_000)).await;
    let coffee = pays_coffee(&world).await;
    let asked = world.wallet.receive(Some(Msat::new(40_000_000)), None, 3600).await.expect("made");
    assert_eq!(asked.fiat.map(|fiat| fiat.minor), Some(2_000), "400 µBTC at 50 000");
    assert_eq!(asked.fiat_at_secs, Some(fetched(&world)));

    // The next day, as it were. What is asked for is paid by the rate of then.
    rates.all_say("60000");
    known(&world, "EUR", 60_000).await;
    let address: bitcoin::Address<_> = asked.address.parse().expect("an address");
    let script = address.assume_checked().script_pubkey();
    world.network.chain().faucet(script, Sat::new(40_000)).expect("paid");
    world.mine(1).await;
    let request = PaymentId::parse(&asked.id).expect("an id");
    let paid = world.decided(request).await;
    assert_eq!(paid.movement.status, Status::Paid);
    let quote = quoted(&world).await;
    let worth = quote.fiat.expect("a rate is known");
    assert_eq!(worth.amount.map(|fiat| fiat.minor), Some(cents(quote.amount_msat, 60_000)));
    assert_eq!(worth.fee_max.map(|fiat| fiat.minor), Some(cents(quote.fee_max_msat, 60_000)));
    assert_eq!(worth.total_max.map(|fiat| fiat.minor), Some(cents(quote.total_max_msat, 60_000)));

    world.reopen().await;
    let then = |id: &str| detail(&world, id).fiat.expect("chosen").then.expect("known then").minor;
    let total = coffee.movement.total_msat.expect("it left");
    assert_eq!(then(&coffee.movement.id), cents(total, 50_000));
    assert_eq!(then(&paid.movement.id), cents(Msat::new(40_000_000), 60_000));
    let funding = world.newest(MovementKind::ChannelOpen).fiat.expect("chosen");
    assert!(funding.then.is_some() && funding.fee_then.is_some(), "{funding:?}");

    the_table_says_so(&world, &[(&coffee, "50000.00"), (&paid, "60000.00")]);
    // Another currency, or none, changes nothing of what was.
    rates.all_say("9600000");
    known(&world, "JPY", 9_600_000).await;
    assert_eq!(then(&coffee.movement.id), cents(total, 50_000), "in euro, as it was");
    world.wallet.set_currency(None);
    assert_eq!(detail(&world, &coffee.movement.id).fiat, None, "nobody wants to see it");
    the_table_says_so(&world, &[(&coffee, "50000.00"), (&paid, "60000.00")]);
    world.close_all().await;
    world.end().await;
}

/// When the rate that is shown was fetched.
fn fetched(world: &World) -> u64 {
    match world.snapshot().rate {
        RateView::Known { at_secs, .. } => at_secs,
        other => panic!("no rate: {other:?}"),
    }
}

/// By 50 000, fetched not before then.
fn are_worth(fiat: Option<PreviewFiat>, amount: Msat, fee: Msat, since: u64) {
    let fiat = fiat.expect("a rate is known");
    assert_eq!(fiat.amount.map(|worth| worth.minor), Some(cents(amount, 50_000)));
    assert_eq!(fiat.fee.map(|worth| worth.minor), Some(cents(fee, 50_000)));
    assert!(fiat.at_secs >= since);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_preview_says_what_it_is_worth_and_by_a_rate_of_when() {
    let world = World::new().await;
    world.fund().await;
    let (hub, size) = (world.network.hub_peer().uri, Sat::new(200_000));
    let open = world.wallet.preview_open(&hub, size).expect("a preview");
    assert_eq!(open.fiat, None, "nobody wants to know");
    world.network.rates().all_say("50000");
    known(&world, "EUR", 50_000).await;
    let (since, msat) = (fetched(&world), |sat| Msat::from_sat(sat).expect("little"));
    let open = world.wallet.preview_open(&hub, size).expect("a preview");
    are_worth(open.fiat, msat(size), msat(open.open_fee_sat), since);
    world.open_to_hub(size).await;
    let channel = world.snapshot().channels.list[0].id.clone();
    for way in [CloseWay::Cooperative, CloseWay::Force] {
        let close = world.wallet.preview_close(&channel, way).expect("a preview");
        are_worth(close.fiat, msat(close.you_get_sat), msat(close.fee_sat), since);
    }

    let shop = world.network.shop().address().await.expect("an address").to_string();
    let (amount, slow) = (Some(Sat::new(100_000)), FeeSpeed::Custom { sat_per_vb: 1 });
    let quote = onchain_quote(&world.wallet, &shop, amount, slow).await.expect("a quote");
    assert!(quote.fiat.expect("a rate is known").at_secs >= since);
    for choice in &quote.fee_choices {
        let worth = choice.fiat.map(|worth| worth.minor);
        assert_eq!(worth, Some(cents(msat(choice.fee_sat), 50_000)), "{choice:?}");
    }
    let id = world.wallet.pay(&quote.id).await.expect("sent").id;
    let waits = |now: &Snapshot| {
        now.movements.iter().any(|row| row.id == id.to_string() && row.unsent.is_none())
    };
    world.until("seen", waits).await;
    let more = FeeSpeed::Custom { sat_per_vb: 20 };
    let raise = world.wallet.preview_bump(&id.to_string(), BumpWish::SpeedUp, more);
    let raise = raise.expect("a quote");
    are_worth(raise.fiat, raise.extra_msat, raise.fee_msat, since);
    world.mine(1).await;
    world.decided(id).await;
    world.close_all().await;
    world.end().await;
}

async fn quoted(world: &World) -> fulmen_engine::view::Quote {
    let invoice = world.network.order_coffee().await.expect("an invoice");
    let instruction = world.wallet.read(&invoice).expect("readable").id;
    world.wallet.preview(Choice { instruction, ..Choice::default() }).await.expect("a quote")
}

/// The table's sums are the ledger's to the millisatoshi, and these rows have what a bitcoin cost when they moved.
fn the_table_says_so(world: &World, priced: &[(&MovementDetail, &str)]) {
    let table = cells(&world.wallet.csv().expect("a table"));
    let place = |name: &str| table[0].iter().position(|column| column == name).expect("a column");
    assert!(table.iter().all(|line| line.len() == table[0].len()), "{table:#?}");
    let sum = |column: &str| -> i64 {
        let cells = table[1..].iter().map(|row| row[place(column)].parse::<i64>());
        cells.map(|cell| cell.expect("a number")).sum()
    };
    let total = world.snapshot().balance.total_msat;
    assert_eq!(sum("change_msat"), i64::try_from(total.get()).expect("little"));
    for (row, per_btc) in priced {
        let line = table.iter().find(|line| line[0] == row.movement.id).expect("its line");
        assert_eq!(line[place("fiat_currency")], "EUR");
        assert_eq!(line[place("fiat_per_btc")], *per_btc);
        let whole: u64 = per_btc.trim_end_matches(".00").parse().expect("whole");
        let cents = cents(row.movement.amount_msat, whole);
        let written = format!("{}.{:02}", cents / 100, cents % 100);
        assert_eq!(line[place("fiat_amount")], written);
        assert!(line[place("fiat_rate_time")].ends_with('Z'), "{line:?}");
    }
}

fn trouble(rate: RateView) -> Option<RateTrouble> {
    match rate {
        RateView::Known { trouble, .. } | RateView::Unknown { trouble, .. } => trouble,
        RateView::Off => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_server_is_believed_alone() {
    let world = World::new().await;
    let rates = world.network.rates();
    let say = |server, price: &str| rates.answers(server, RateAnswer::Price(price.into()));

    // One lies: the third is asked, and two of three agree.
    say(RateServer::Mempool, "1");
    known(&world, "EUR", 59_000).await;
    let RateView::Known { sources, stale, .. } = world.snapshot().rate else { panic!("known") };
    assert_eq!((sources, stale), (3, false));

    // All contradict each other: what was known stays, with its age and why there is nothing newer.
    say(RateServer::CoinGecko, "70000");
    let differ = |now: &Snapshot| trouble(now.rate) == Some(RateTrouble::Differ);
    let now = world.until("a contradiction", differ).await;
    assert!(matches!(now.rate, RateView::Known { one_btc, .. } if one_btc.minor == 5_900_000));
    // And in a currency of which nothing was known, nothing is.
    world.wallet.set_currency(Some(currency("CHF")));
    let now = world.until("a contradiction", differ).await;
    assert!(matches!(now.rate, RateView::Unknown { .. }));
    assert_eq!(now.balance.fiat, None);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_fail_or_are_silent_show_nothing_and_stop_nothing() {
    let world = World::new().await;
    let rates = world.network.rates();
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    let failing = [
        RateAnswer::Status(429),
        RateAnswer::Status(500),
        RateAnswer::Status(302),
        RateAnswer::Text("<html>Just a moment…</html>".into()),
        RateAnswer::Text(String::new()),
        RateAnswer::Text(format!("{{\"CHF\":{}1}}", " ".repeat(100_000))),
        RateAnswer::Price("-59000".into()),
        RateAnswer::Price("0".into()),
        RateAnswer::Price("1e300".into()),
        RateAnswer::Price("9".repeat(400)),
        RateAnswer::Price("null".into()),
    ];
    for answer in failing {
        world.wallet.set_currency(None);
        rates.all_answer(&answer);
        world.wallet.set_currency(Some(currency("CHF")));
        let now = world.until("trouble", |now| trouble(now.rate).is_some()).await;
        assert_eq!(trouble(now.rate), Some(RateTrouble::Unreachable), "{answer:?}");
        assert!(matches!(now.rate, RateView::Unknown { .. }), "{answer:?}");
    }

    // Silence holds up nothing, and whoever does not want to know any more waits for nobody.
    world.wallet.set_currency(None);
    rates.all_answer(&RateAnswer::Silence);
    let asked = rates.questions().len();
    world.wallet.set_currency(Some(currency("CHF")));
    world.until("a question", |_| rates.questions().len() > asked).await;
    let coffee = pays_coffee(&world).await;
    assert_eq!(coffee.fiat.expect("chosen").then, None, "not known, and it did not wait for it");
    rates.all_say("56000");
    world.wallet.set_currency(None);
    known(&world, "CHF", 56_000).await;
    assert_eq!(
        detail(&world, &coffee.movement.id).fiat.expect("chosen").then,
        None,
        "nor is it now"
    );
    world.end().await;
}
