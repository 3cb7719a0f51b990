//! Our invoices. LDK makes them; if it takes several of our channels to take the amount in, its hints are exchanged for
//! ours, since LDK's name one channel for each peer.

use super::error::ReceiveError;
use crate::amount::Msat;
use crate::core::Core;
use crate::node::money::receivable;
use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::channelmanager::Bolt11InvoiceParameters;
use lightning::routing::router::{RouteHint, RouteHintHop};
use lightning::sign::{NodeSigner as _, Recipient};
use lightning::types::routing::RoutingFees;
use lightning_invoice::{
    Bolt11Invoice, Bolt11InvoiceDescription, Description, PrivateRoute, RawTaggedField, TaggedField,
};

/// An invoice that all that fits into our channels can be paid by, in parts if one channel is too small.
pub(super) fn make(
    core: &Core,
    amount: Option<Msat>,
    note: Option<&str>,
    expiry_secs: u32,
) -> Result<Bolt11Invoice, ReceiveError> {
    let description = Description::new(note.unwrap_or_default().to_owned())
        .map_err(|_| ReceiveError::NoteTooLong)?;
    let parameters = Bolt11InvoiceParameters {
        amount_msats: amount.map(Msat::get),
        description: Bolt11InvoiceDescription::Direct(description),
        invoice_expiry_delta_secs: Some(expiry_secs),
        ..Bolt11InvoiceParameters::default()
    };
    let invoice = core
        .node
        .manager
        .create_bolt11_invoice(parameters)
        .map_err(|error| ReceiveError::Invoice(format!("{error:?}")))?;
    match hints(core, &core.node.manager.list_channels(), amount) {
        Some(hints) => with_hints(core, invoice, hints),
        None => Ok(invoice),
    }
}

/// One hint for each channel that is needed. `None` if one channel is enough, or if the network knows them.
fn hints(core: &Core, channels: &[ChannelDetails], amount: Option<Msat>) -> Option<Vec<RouteHint>> {
    if channels.iter().any(|channel| channel.is_announced) {
        return None;
    }
    let mut rooms: Vec<_> = channels
        .iter()
        .map(|channel| (core.channel_parts(channel).can_receive, channel))
        .filter(|(room, _)| *room > Msat::ZERO)
        .filter_map(|(room, channel)| Some((room, hint(channel)?)))
        .collect();
    rooms.sort_by_key(|(room, _)| std::cmp::Reverse(*room));
    // Without an amount any may come, up to all of it.
    let wanted = amount.unwrap_or(Msat::new(u64::MAX));
    let enough = |count: usize| receivable(rooms[..count].iter().map(|(room, _)| *room)) >= wanted;
    let needed = (1..rooms.len()).find(|count| enough(*count)).unwrap_or(rooms.len());
    (needed > 1).then(|| rooms.into_iter().take(needed).map(|(_, hint)| hint).collect())
}

fn hint(channel: &ChannelDetails) -> Option<RouteHint> {
    let forwarding = channel.counterparty.forwarding_info.as_ref()?;
    Some(RouteHint(vec![RouteHintHop {
        src_node_id: channel.counterparty.node_id,
        short_channel_id: channel.get_inbound_payment_scid()?,
        fees: RoutingFees {
            base_msat: forwarding.fee_base_msat,
            proportional_millionths: forwarding.fee_proportional_millionths,
        },
        cltv_expiry_delta: forwarding.cltv_expiry_delta,
        htlc_minimum_msat: None,
        htlc_maximum_msat: None,
    }]))
}

fn with_hints(
    core: &Core,
    invoice: Bolt11Invoice,
    hints: Vec<RouteHint>,
) -> Result<Bolt11Invoice, ReceiveError> {
    let failed = |error: &dyn std::fmt::Debug| ReceiveError::Invoice(format!("{error:?}"));
    let (mut raw, _, _) = invoice.into_signed_raw().into_parts();
    let is_hint = |field: &RawTaggedField| {
        matches!(field, RawTaggedField::KnownSemantics(TaggedField::PrivateRoute(_)))
    };
    raw.data.tagged_fields.retain(|field| !is_hint(field));
    for hint in hints {
        let hint = PrivateRoute::new(hint).map_err(|error| failed(&error))?;
        raw.data.tagged_fields.push(TaggedField::PrivateRoute(hint).into());
    }
    let signature = core.node.keys.sign_invoice(&raw, Recipient::Node);
    let signed = raw.sign(|_| signature).map_err(|()| failed(&"not signed"))?;
    Bolt11Invoice::from_signed(signed).map_err(|error| failed(&error))
}
