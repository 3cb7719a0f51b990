//! BOLT 12, both ways: one offer is paid twice, the amount named by whoever made it and by whoever pays.

use crate::ground::Ground;
use crate::peer::{Outcome, Peer};
use fulmen_engine::OfferParameters;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{CloseWay, Status};
use std::collections::BTreeSet;

pub(crate) const STORY: &str = "offers, both ways";

const HALF: Sat = Sat::new(500_000);
const NAMED: Msat = Msat::new(11_000_000);
const CHOSEN: Msat = Msat::new(12_345_678);

pub(super) async fn both_ways<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    for amount in [Some(NAMED), None] {
        let offer = ground.peer.offer(amount).await;
        for _ in 0..2 {
            let id = ground.start_paying(&offer, Some(CHOSEN)).await;
            let paid = ground.decided(id).await;
            let (status, paid) = (paid.movement.status, paid.movement.amount_msat);
            assert_eq!((status, paid), (Status::Paid, amount.unwrap_or(CHOSEN)));
        }
    }
    ground.until_quiet().await;
    for amount in [Some(NAMED), None] {
        let parameters = OfferParameters { amount, ..OfferParameters::default() };
        let offer = ground.wallet.make_offer(parameters).await.expect("an offer").text;
        for _ in 0..2 {
            let chosen = amount.is_none().then_some(CHOSEN);
            let payment = ground.peer.pays_offer(&offer, chosen).await;
            let amount = amount.unwrap_or(CHOSEN);
            assert_eq!(ground.outcome(&payment).await, Outcome::Paid { amount });
        }
    }
    let brought = |offers: Vec<fulmen_engine::view::OwnOfferView>| {
        let brought = offers.iter().map(|offer| (offer.payments, offer.received_msat.get()));
        // Two that were made in the same second are in no order.
        brought.collect::<BTreeSet<_>>()
    };
    let wallet = ground.wallet.clone();
    let expected = BTreeSet::from([(2, CHOSEN.get() * 2), (2, NAMED.get() * 2)]);
    ground.until("paid", |_| brought(wallet.offers().expect("rows")) == expected).await;
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    ground
}
