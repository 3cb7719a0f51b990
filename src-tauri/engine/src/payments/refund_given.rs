//! Giving a BOLT 12 refund: whoever answers it first with an invoice is paid. The payment is durable, in the journal and in LDK,
//! before anyone sees the refund; what is answered is looked at like the invoice for an offer, in [`crate::run::events`].

use super::attempt;
use super::error::SendError;
use super::preview::check_room;
use super::transition::Fact;
use crate::amount::Msat;
use crate::core::Core;
use crate::error::Code;
use crate::payment::{Payment, PaymentId, StoredDirection, StoredKind};
use crate::time::Timestamp;
use lightning::ln::channelmanager::{PaymentId as LdkId, Retry};
use lightning::offers::parse::Bolt12SemanticError;
use lightning::routing::router::RouteParametersConfig;
use std::time::Duration;

/// What is given back.
#[derive(Clone, Debug)]
pub struct RefundParameters {
    pub amount: Msat,
    /// What for: whoever collects it reads it.
    pub description: String,
    /// Who gives it, as whoever collects it reads it.
    pub issuer: Option<String>,
    /// From now on.
    pub expiry_secs: u64,
}

/// A refund, and the row of its payment, which waits for whoever collects it. Until then it can be taken back.
pub(crate) async fn give(
    core: &Core,
    parameters: RefundParameters,
    now: Timestamp,
) -> Result<(PaymentId, String), SendError> {
    if core.freshness.is_quarantined() {
        return Err(SendError::Quarantine);
    }
    core.status.disk()?;
    let can_send = check_room(core, parameters.amount, now)?;
    let usual = Msat::new((parameters.amount.get() / 100).saturating_add(50_000));
    let fee_limit = usual.min(can_send.minus_or_zero(parameters.amount));
    let id = PaymentId::random();
    let (kind, direction) = (StoredKind::Lightning, StoredDirection::Out);
    let mut row = Payment::new(id, kind, direction, parameters.amount, now);
    row.note = Some(parameters.description.clone());
    row.expires_at = Some(now.after(parameters.expiry_secs));
    core.journal.insert(row)?;
    let attempt = attempt::begin(core, &id, (parameters.amount, fee_limit), now).await?;
    let made = make(core, parameters, attempt, fee_limit, now);
    match &made {
        Ok(text) => core.journal.change(&id, |row| {
            row.refund = Some(text.clone());
            true
        })?,
        Err(_) => {
            core.journal.record(&id, Fact::Failed { code: Code::NoRelay, attempt: 1 }, now)?
        }
    };
    core.wake.durable().await.map_err(|_| SendError::Storage)?;
    made.map(|text| (id, text)).map_err(|error| match error {
        Bolt12SemanticError::MissingPaths => SendError::NoRelay,
        other => SendError::Refused(format!("{other:?}")),
    })
}

fn make(
    core: &Core,
    parameters: RefundParameters,
    attempt: LdkId,
    fee_limit: Msat,
    now: Timestamp,
) -> Result<String, Bolt12SemanticError> {
    let config = RouteParametersConfig {
        max_total_routing_fee_msat: Some(fee_limit.get()),
        ..RouteParametersConfig::default()
    };
    let until = Duration::from_secs(now.after(parameters.expiry_secs).secs());
    let builder = core.node.manager.create_refund_builder(
        parameters.amount.get(),
        until,
        attempt,
        Retry::Timeout(core.settings.tunables.pay_for),
        config,
    )?;
    let builder = builder.description(parameters.description);
    let builder = match parameters.issuer {
        Some(issuer) => builder.issuer(issuer),
        None => builder,
    };
    Ok(builder.build()?.to_string())
}
