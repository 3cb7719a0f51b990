//! Having a host pay: it is told an invoice of ours. Until it pays, that is a request like any other, which waits.

use super::{LinkError, ask};
use crate::amount::Msat;
use crate::core::Core;
use crate::http::Redirects;
use crate::lnurl::{LnurlError, confirmed};
use crate::payments::receive::{self, RequestParameters};
use crate::previews::Preview;
use crate::time::Timestamp;
use crate::view::Request;

/// How long the host may take to pay.
const EXPIRY_SECS: u32 = 3600;
/// Characters of the host's words that become the note: an invoice has room for 639 bytes.
const MOST_NOTE: usize = 150;

/// Makes a request and has the host pay it. The request is durable before the host hears of it: it may pay though its
/// answer is lost.
///
/// # Errors
/// If nothing can come in, or the host does not confirm.
pub(crate) async fn withdraw(
    core: &Core,
    instruction: &str,
    amount: Option<Msat>,
    now: Timestamp,
) -> Result<Request, LinkError> {
    let Some(Preview::WithdrawLink(link)) = core.previews.get(instruction) else {
        return Err(LinkError::Stale);
    };
    let amount = amount.unwrap_or(link.max);
    link.check(amount)?;
    if amount > receive::largest_payment(core) {
        return Err(LnurlError::CannotReceive.into());
    }
    let note = link.text.as_ref().map(|text| text.chars().take(MOST_NOTE).collect());
    let parameters =
        RequestParameters { amount: Some(amount), note, expiry_secs: EXPIRY_SECS, replaces: None };
    let request = receive::request(core, parameters, now).await?;
    let invoice = request.invoice.as_deref().ok_or(LnurlError::CannotReceive)?;
    confirmed(&ask(core, &link.ask(invoice), Redirects::None).await?)?;
    Ok(request)
}
