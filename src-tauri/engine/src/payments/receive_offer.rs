//! Being paid by offer: made once, given to everybody, durable before anyone sees it.

use super::error::{JournalError, ReceiveError};
use super::own_offers::OwnOffer;
use super::receive::check_amount;
use crate::amount::Msat;
use crate::core::Core;
use crate::payment::{OfferId, Payment, StoredStatus};
use crate::time::Timestamp;
use crate::view::{OfferNotice, OwnOfferView};
use bitcoin::secp256k1::PublicKey;
use hex::DisplayHex as _;
use lightning::blinded_path::IntroductionNode;
use lightning::blinded_path::payment::Bolt12OfferContext;
use lightning::ln::channel_state::ChannelDetails;
use lightning::offers::offer::Offer;
use lightning::offers::parse::Bolt12SemanticError;
use lightning::onion_message::messenger::NodeIdMessageRouter;

/// What is offered.
#[derive(Clone, Debug, Default)]
pub struct OfferParameters {
    /// What one payment brings; nothing if the payer chooses.
    pub amount: Option<Msat>,
    /// What payers read.
    pub description: Option<String>,
    /// What it is called here, for nobody else.
    pub label: Option<String>,
}

/// A description that leaves the code small enough to be scanned, in bytes.
const LONGEST: usize = 200;

/// Makes an offer. Refused if nobody could pay it.
pub(crate) async fn make(
    core: &Core,
    parameters: OfferParameters,
    now: Timestamp,
) -> Result<OwnOfferView, ReceiveError> {
    if core.freshness.is_quarantined() {
        return Err(ReceiveError::Quarantine);
    }
    let OfferParameters { amount, description, label } = parameters;
    check_amount(amount)?;
    if [&description, &label].into_iter().flatten().any(|text| text.len() > LONGEST) {
        return Err(ReceiveError::NoteTooLong);
    }
    core.status.disk()?;
    match notice(core, None) {
        OfferNotice::Fine => {}
        OfferNotice::NoChannel
        | OfferNotice::PeersAway
        | OfferNotice::NoRelay
        | OfferNotice::PeerGone => {
            return Err(ReceiveError::NoRelay);
        }
    }
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let (description, label) = (filled(description), filled(label));
    let offer = build(core, amount, description.clone())?;
    let own = OwnOffer {
        id: offer.id().0,
        text: offer.to_string(),
        amount_msat: amount.map(Msat::get),
        description,
        label,
        created_at: now,
    };
    core.own_offers.keep(own.clone()).map_err(|_| ReceiveError::Storage)?;
    core.wake.durable().await.map_err(|_| ReceiveError::Storage)?;
    Ok(view(core, own)?)
}

/// By the ids of nodes: an offer that stays outlives the numbers of channels.
fn build(
    core: &Core,
    amount: Option<Msat>,
    description: Option<String>,
) -> Result<Offer, ReceiveError> {
    let (graph, keys) = (core.node.routing_state.graph.clone(), core.node.keys.clone());
    let router = NodeIdMessageRouter::new(graph, keys);
    let made = core.node.manager.create_offer_builder_using_router(&router).and_then(|builder| {
        let builder = match amount {
            Some(amount) => builder.amount_msats(amount.get()),
            None => builder,
        };
        // BOLT 12: an amount needs a description.
        match description.or_else(|| amount.map(|_| String::new())) {
            Some(description) => builder.description(description).build(),
            None => builder.build(),
        }
    });
    made.map_err(|error| match error {
        Bolt12SemanticError::MissingPaths => ReceiveError::NoRelay,
        other => ReceiveError::Invoice(format!("{other:?}")),
    })
}

/// All of them, newest first, with what they brought.
pub(crate) fn all(core: &Core) -> Result<Vec<OwnOfferView>, JournalError> {
    core.own_offers.all().into_iter().map(|offer| view(core, offer)).collect()
}

fn view(core: &Core, offer: OwnOffer) -> Result<OwnOfferView, JournalError> {
    let mut paid = core.journal.brought_by(&offer.id)?;
    paid.retain(|row| row.status == StoredStatus::Paid);
    let received = Msat::sum(paid.iter().map(|row| Msat::new(row.amount_msat)));
    Ok(OwnOfferView {
        id: offer.id.to_lower_hex_string(),
        notice: notice(core, Some(&offer)),
        text: offer.text,
        amount_msat: offer.amount_msat.map(Msat::new),
        description: offer.description,
        label: offer.label,
        created_at_secs: offer.created_at.secs(),
        payments: paid.len() as u64,
        received_msat: received.unwrap_or_default(),
    })
}

/// Whether it can be paid now. Its payers ask through the peers that are written in it.
pub(crate) fn notice(core: &Core, offer: Option<&OwnOffer>) -> OfferNotice {
    let channels = core.node.manager.list_channels();
    let ready: Vec<&ChannelDetails> =
        channels.iter().filter(|channel| channel.is_channel_ready).collect();
    if ready.is_empty() {
        return OfferNotice::NoChannel;
    }
    let relays = |channel: &&ChannelDetails| {
        let features = &channel.counterparty.features;
        features.supports_onion_messages() && features.supports_route_blinding()
    };
    let usable: Vec<&ChannelDetails> =
        ready.iter().copied().filter(|channel| channel.is_usable).collect();
    let relaying: Vec<PublicKey> =
        usable.iter().copied().filter(relays).map(|channel| channel.counterparty.node_id).collect();
    let peers: Vec<PublicKey> = ready.iter().map(|channel| channel.counterparty.node_id).collect();
    let Some(through) = offer.and_then(|offer| introduced_by(core, &offer.text)) else {
        return match (usable.is_empty(), relaying.is_empty()) {
            (true, _) => OfferNotice::PeersAway,
            (false, true) => OfferNotice::NoRelay,
            (false, false) => OfferNotice::Fine,
        };
    };
    if through.iter().any(|peer| relaying.contains(peer)) {
        OfferNotice::Fine
    } else if through.iter().any(|peer| peers.contains(peer)) {
        OfferNotice::PeersAway
    } else {
        OfferNotice::PeerGone
    }
}

/// The nodes through which an offer of ours is reached; nothing if it names ours.
fn introduced_by(core: &Core, text: &str) -> Option<Vec<PublicKey>> {
    let offer: Offer = text.parse().ok()?;
    let us = core.node.keys.node_id();
    let nodes = offer.paths().iter().map(|path| match path.introduction_node() {
        IntroductionNode::NodeId(node) => Some(*node),
        IntroductionNode::DirectedShortChannelId(..) => None,
    });
    let nodes: Vec<PublicKey> = nodes.flatten().collect();
    (!nodes.is_empty() && !nodes.contains(&us)).then_some(nodes)
}

/// What the row of a payment by an offer of ours says. Each has an invoice of its own, and a row.
pub(crate) fn came_by(core: &Core, row: &mut Payment, offer: &Bolt12OfferContext) {
    let request = &offer.invoice_request;
    row.offer_id = Some(offer.offer_id.0);
    row.note = core.own_offers.get(&offer.offer_id.0).and_then(|own| own.name().cloned());
    row.quantity = request.quantity;
    let said = request.payer_note_truncated.as_ref();
    row.payer_note = said.and_then(|said| crate::uri::plain(&said.0));
}

/// Whether it is one of ours.
pub(crate) fn is_own(core: &Core, offer: &OfferId) -> bool {
    core.own_offers.get(offer).is_some()
}
