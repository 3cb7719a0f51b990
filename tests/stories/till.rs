//! A shop that takes money at once, later or never.

use fulmen_engine::amount::Sat;
use fulmen_engine::config::Tunables;
use fulmen_engine::probe::{Probe, Taking};
use std::sync::{Arc, Mutex};
use stories::{World, quick};

/// What the shop does with money that comes.
#[derive(Clone, Default)]
pub(crate) struct Till(Arc<Mutex<Taking>>);

impl Till {
    pub(crate) fn set(&self, taking: Taking) {
        *self.0.lock().expect("not poisoned") = taking;
    }

    pub(crate) fn takes(&self) -> Taking {
        *self.0.lock().expect("not poisoned")
    }

    /// The knobs of Hub and of such a shop.
    pub(crate) fn nodes(&self) -> Tunables {
        let till = self.clone();
        let taking = move || till.takes();
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
