//! From the engine's bus, and the practice network's, to the one event channel of the page.

use crate::dto::{PracticeStep, PracticeStepKind, ShellEvent};
use crate::open::Opened;
use fulmen_engine::amount::Sat;
use fulmen_engine::event::Event;
use fulmen_engine::{Wallet, view};
use fulmen_practice::network::{Step, StepKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

/// How events reach the page.
pub(crate) type Emit = Arc<dyn Fn(ShellEvent) + Send + Sync>;

/// Passes on what is not the wallet's while the screen is locked.
pub(crate) fn unless_locked(tell: Emit, locked: Arc<AtomicBool>) -> Emit {
    Arc::new(move |event| {
        let of_wallet = matches!(event, ShellEvent::Wallet { .. } | ShellEvent::Practice { .. });
        if !of_wallet || !locked.load(Ordering::SeqCst) {
            tell(event);
        }
    })
}

/// The tasks that forward for one wallet.
pub(crate) struct Forwarding {
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Forwarding {
    pub(crate) fn start(opened: &Opened, emit: Emit) -> Self {
        let mut tasks = vec![spawn(forward_wallet(
            opened.wallet.clone(),
            opened.wallet.bus().subscribe(),
            emit.clone(),
        ))];
        if let Some(practice) = &opened.practice {
            tasks.push(spawn(forward_practice(practice.subscribe(), emit)));
        }
        Self { tasks: Mutex::new(tasks) }
    }

    /// The same, with another task that ends with them.
    pub(crate) fn and(mut self, work: impl Future<Output = ()> + Send + 'static) -> Self {
        self.tasks.get_mut().expect("tasks lock is never poisoned").push(spawn(work));
        self
    }

    /// Returns when nothing of the wallet is held any more.
    pub(crate) async fn stop(&self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().expect("tasks lock is never poisoned"));
        for task in tasks {
            task.abort();
            if let Err(error) = task.await
                && !error.is_cancelled()
            {
                tracing::error!(%error, "forwarding ended badly");
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "`Forwarding` owns and joins it")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

async fn forward_wallet(wallet: Wallet, mut bus: Receiver<Event>, emit: Emit) {
    loop {
        let event = match bus.recv().await {
            Ok(event) => of_wallet(&wallet, event),
            Err(RecvError::Lagged(_)) => Some(view::Event::Refresh),
            Err(RecvError::Closed) => return,
        };
        if let Some(event) = event {
            emit(ShellEvent::Wallet { event });
        }
    }
}

/// An unpaid request is no movement: nothing to tell.
fn of_wallet(wallet: &Wallet, event: Event) -> Option<view::Event> {
    Some(match event {
        Event::Balance(balance) => view::Event::Balance { balance },
        Event::Channels(channels) => view::Event::Channels { channels },
        Event::Sync(sync, tip) => view::Event::Sync { sync, tip },
        Event::Cards(cards) => view::Event::Cards { cards },
        Event::Copy(copy) => view::Event::Copy { copy },
        Event::Contacts(contacts) => view::Event::Contacts { contacts },
        Event::Rate(rate) => view::Event::Rate { rate },
        Event::LostChannels(lost) => view::Event::LostChannels { lost },
        Event::Payment(row) if wallet.is_movement(&row) => {
            view::Event::Movement { movement: wallet.movement(&row) }
        }
        // A router's; a person's wallet forwards nothing.
        Event::Payment(_) | Event::Forwarded(_) => return None,
    })
}

async fn forward_practice(mut steps: Receiver<Step>, emit: Emit) {
    loop {
        match steps.recv().await {
            Ok(step) => emit(ShellEvent::Practice { step: of_practice(step) }),
            // The drawer reads the whole log when it is opened.
            Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "practice steps"),
            Err(RecvError::Closed) => return,
        }
    }
}

pub(crate) fn of_practice(step: Step) -> PracticeStep {
    use PracticeStepKind as Kind;
    let kind = match step.kind {
        StepKind::BlockMined { height, transactions, fees } => {
            Kind::BlockMined { height, transactions, fees_sat: small(fees) }
        }
        StepKind::TransactionSeen { txid, fee } => {
            Kind::TransactionSeen { txid, fee_sat: small(fee) }
        }
        StepKind::FaucetSent { amount } => Kind::FaucetSent { amount_sat: small(amount) },
        StepKind::InvoiceMade { amount } => Kind::InvoiceMade { amount_sat: small(amount) },
        StepKind::ShopWasPaid { amount } => Kind::ShopWasPaid { amount_sat: small(amount) },
        StepKind::ShopPaid { amount } => Kind::ShopPaid { amount_sat: small(amount) },
        StepKind::HubForwarded { fee } => {
            Kind::HubForwarded { fee_msat: u32::try_from(fee.get()).unwrap_or(u32::MAX) }
        }
        StepKind::HubOpenedChannel { amount } => {
            Kind::HubOpenedChannel { amount_sat: small(amount) }
        }
    };
    PracticeStep { at_secs: step.at.secs(), step: kind }
}

/// Pretend amounts of a drawer line fit; one that does not is shown as the largest that does.
fn small(amount: Sat) -> u32 {
    u32::try_from(amount.get()).unwrap_or(u32::MAX)
}
