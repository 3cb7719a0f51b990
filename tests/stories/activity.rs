//! The list, narrowed and as a table.

use crate::onchain_quote;
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{ActivityFilter, ActivityKind, FeeSpeed, Status};
use stories::World;

/// A line's cells, by RFC 4180.
pub(crate) fn cells(table: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut letters) = (false, table.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            letter => cell.push(letter),
        }
    }
    assert!(!quoted && line.is_empty() && cell.is_empty(), "it ends with a line's end");
    lines
}

fn count(wallet: &Wallet, filter: ActivityFilter) -> usize {
    wallet.find(&filter, None).expect("rows").len()
}

const FORMULA: &str = "=HYPERLINK(\"https://evil.example\",\"a, b\")";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_adds_up_and_holds_no_formula() {
    let world = World::new().await;
    world.fund().await;
    let amount = Msat::from_sat(Sat::new(50_000));
    let asked = world.wallet.receive(amount, Some(FORMULA.into()), 3600).await.expect("a request");
    let address: bitcoin::Address<_> = asked.address.parse().expect("an address");
    let script = address.assume_checked().script_pubkey();
    world.network.chain().faucet(script, Sat::new(50_000)).expect("paid");
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    assert_eq!(world.decided(id).await.movement.status, Status::Paid);
    let shop = world.network.shop().address().await.expect("an address").to_string();
    let quote = onchain_quote(&world.wallet, &shop, Some(Sat::new(70_000)), FeeSpeed::Fast).await;
    let sent = world.wallet.pay(&quote.expect("a quote").id).await.expect("sent");
    world.mine(1).await;
    assert_eq!(world.decided(sent.id).await.movement.status, Status::Paid);
    let quiet = |now: &fulmen_engine::view::Snapshot| {
        now.channels.list.iter().all(|channel| channel.in_flight_msat == Msat::ZERO)
    };
    world.until("settled", quiet).await;

    let table = cells(&world.wallet.csv().expect("a table"));
    let place = |name: &str| table[0].iter().position(|column| column == name).expect("a column");
    let rows = &table[1..];
    assert_eq!(rows.len(), world.wallet.activity(None, None).expect("rows").len());
    assert!(table.iter().all(|line| line.len() == table[0].len()), "{table:#?}");
    let sum = |column: &str| -> i64 {
        let cells = rows.iter().map(|row| row[place(column)].parse::<i64>());
        cells.map(|cell| cell.unwrap_or_default()).sum()
    };
    let total = world.snapshot().balance.total_msat;
    assert_eq!(sum("change_msat"), i64::try_from(total.get()).expect("little"));
    assert!(sum("routing_fee_msat") > 0 && sum("miner_fee_msat") > 0, "{table:#?}");
    let notes: Vec<&String> = rows.iter().map(|row| &row[place("note")]).collect();
    assert!(notes.contains(&&format!("'{FORMULA}")), "{notes:?}");

    let wallet = &world.wallet;
    let only = |only: &[ActivityKind]| ActivityFilter { only: only.to_vec(), ..<_>::default() };
    assert_eq!(count(wallet, only(&[ActivityKind::Sent])), 2);
    assert_eq!(count(wallet, only(&[ActivityKind::Sent, ActivityKind::Lightning])), 1);
    assert_eq!(count(wallet, only(&[ActivityKind::Channels])), 1);
    assert_eq!(count(wallet, only(&[ActivityKind::Failed])), 0);
    let least = |sat| Msat::from_sat(Sat::new(sat));
    let over = ActivityFilter { min_msat: least(70_000), ..only(&[ActivityKind::Sent]) };
    assert_eq!(count(wallet, over.clone()), 1);
    assert_eq!(count(wallet, ActivityFilter { text: "hyperlink".into(), ..over }), 0);
    let text = ActivityFilter { text: "hyperlink".into(), ..<_>::default() };
    assert_eq!(count(wallet, text), 1);
    world.close_all().await;
    world.end().await;
}
