//! A shop that takes money at once, later or never.

use fulmen_engine::amount::Sat;
use fulmen_engine::config::Tunables;
use fulmen_engine::probe::{HtlcPolicy, Probe};
use std::sync::{Arc, Mutex};
use stories::{World, quick};

/// What the shop does with money that comes.
#[derive(Clone, Default)]
pub(crate) struct HoldInvoices(Arc<Mutex<HtlcPolicy>>);

impl HoldInvoices {
    pub(crate) fn set(&self, taking: HtlcPolicy) {
        *self.0.lock().expect("not poisoned") = taking;
    }

    pub(crate) fn takes(&self) -> HtlcPolicy {
        *self.0.lock().expect("not poisoned")
    }

    /// The knobs of Hub and of such a shop.
    pub(crate) fn nodes(&self) -> Tunables {
        let hold = self.clone();
        let taking = move || hold.takes();
        Tunables { probe: Probe::default().taking(taking), ..quick() }
    }

    /// A network with such a shop, and a wallet with a channel of 500 000.
    pub(crate) async fn world(&self) -> World {
        let world = World::with(self.nodes()).await;
        world.fund().await;
        world.open_to_hub(Sat::new(500_000)).await;
        world.knows_the_network().await;
        world
    }
}
