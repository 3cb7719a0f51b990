//! Being paid, and how long it takes until the person is notified.

use crate::{Outcome, millis};
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::event::Event;
use fulmen_engine::probe::{Point, Probe};
use fulmen_engine::view::{Direction, Status};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;
use tokio::task::JoinSet;

/// From "the payment is irrevocably in the channel" to "received". The loop's round before the one that claims ends when the
/// first is true: its commit made it so.
#[derive(Clone, Default)]
pub(crate) struct Received(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    round_ended: Option<Instant>,
    /// The end of the round before the newest commit.
    claimable: Option<Instant>,
    times_ms: Vec<f64>,
}

impl Received {
    /// Follows the commit loop.
    pub(crate) fn probe(&self) -> Probe {
        let watch = self.clone();
        Probe::new(move |point| match point {
            Point::Sent => watch.lock().round_ended = Some(Instant::now()),
            Point::Begin => {
                let mut state = watch.lock();
                state.claimable = state.round_ended;
            }
            _ => {}
        })
    }

    /// Listens for money.
    pub(crate) fn watch(&self, wallet: &Wallet) {
        let (watch, mut events) = (self.clone(), wallet.bus().subscribe());
        tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                if let Event::Payment(row) = event
                    && Direction::from(row.direction) == Direction::In
                    && Status::from(row.status) == Status::Paid
                {
                    let mut state = watch.lock();
                    let since = state.claimable.map(|claimable| millis(claimable.elapsed()));
                    state.times_ms.extend(since);
                }
            }
        });
    }

    /// The times since the last call, in milliseconds. They mean something where payments are isolated.
    pub(crate) fn take(&self) -> Vec<f64> {
        std::mem::take(&mut self.lock().times_ms)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("never poisoned: nothing under it panics")
    }
}

/// Requests for money, made together so that they share commits.
pub(crate) async fn invoices(wallet: &Wallet, count: usize, amount: Sat) -> Outcome {
    let mut requests = JoinSet::new();
    for _ in 0..count {
        let wallet = wallet.clone();
        let amount = Msat::from_sat(amount);
        requests.spawn(async move { wallet.receive(amount, None, 3600).await });
    }
    let mut invoices = Vec::with_capacity(count);
    for request in requests.join_all().await {
        invoices.push(request?.invoice.ok_or("the channel cannot take it in")?);
    }
    Ok(json!(invoices))
}
