//! Paying, and how long it takes until the person is notified.

use crate::{Outcome, millis};
use fulmen_engine::event::{Bus, Event};
use fulmen_engine::view::Status;
use fulmen_engine::{Choice, PaymentId, Wallet};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stories::bench::Measured;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What the driver wants paid.
#[derive(Deserialize)]
pub(crate) struct Order {
    invoices: Vec<String>,
    in_flight: usize,
    gap_ms: u64,
}

/// Pays all of them, `in_flight` at once. Reading a text and checking its quote is the person's time, not the payment's: all
/// of that comes before the first.
pub(crate) async fn all(wallet: &Wallet, order: Order) -> Outcome {
    let mut quotes = Vec::with_capacity(order.invoices.len());
    for invoice in &order.invoices {
        quotes.push(quote(wallet, invoice).await?);
    }
    let slots = Arc::new(Semaphore::new(order.in_flight));
    let done = tokio::spawn(ends(wallet.bus(), order.invoices.len(), slots.clone()));
    let begun = Instant::now();
    let mut calls = JoinSet::new();
    for quote in quotes {
        // Given back when the payment has ended.
        slots.acquire().await?.forget();
        pause(order.gap_ms).await;
        let wallet = wallet.clone();
        calls.spawn(async move {
            let begun = Instant::now();
            (begun, wallet.pay(&quote).await)
        });
    }
    let mut starts = HashMap::new();
    for (begun, outcome) in calls.join_all().await {
        starts.insert(outcome?.id, begun);
    }
    let ends = done.await??;
    let all_ms = millis(begun.elapsed());
    let each = starts.iter().map(|(id, begun)| millis(ends[id].duration_since(*begun)));
    Ok(json!(Measured { each_ms: each.collect(), all_ms }))
}

async fn quote(wallet: &Wallet, invoice: &str) -> Result<String, fulmen_engine::SendError> {
    let instruction = wallet.read(invoice)?.id;
    let choice =
        Choice { instruction, amount: None, speed: None, everything: false, ..Choice::default() };
    Ok(wallet.preview(choice).await?.id)
}

/// When each of so many payments was reported paid. Fails with the first that was not.
async fn ends(
    bus: Bus,
    count: usize,
    slots: Arc<Semaphore>,
) -> Result<HashMap<PaymentId, Instant>, String> {
    let (mut events, mut ends) = (bus.subscribe(), HashMap::new());
    while ends.len() < count {
        let Event::Payment(row) = events.recv().await.map_err(|error| error.to_string())? else {
            continue;
        };
        match Status::from(row.status) {
            Status::Paid => {
                if ends.insert(row.id, Instant::now()).is_none() {
                    slots.add_permits(1);
                }
            }
            Status::Failed => {
                slots.close();
                return Err(format!("a payment failed: {:?}", row.failure));
            }
            Status::Pending | Status::InTransit | Status::Expired => {}
        }
    }
    Ok(ends)
}

#[expect(clippy::disallowed_methods, reason = "a person pays now and then")]
async fn pause(gap_ms: u64) {
    // Sleeping for no time takes up to a millisecond, in which a crowd becomes a queue.
    if gap_ms > 0 {
        tokio::time::sleep(Duration::from_millis(gap_ms)).await;
    }
}
