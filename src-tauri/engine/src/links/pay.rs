//! The quote for a pay link: its host makes an invoice for the chosen amount, and that is quoted like any other.

use super::ask;
use crate::core::Core;
use crate::http::Redirects;
use crate::lnurl::{LnurlError, PayLink, Said};
use crate::payment::Hash;
use crate::payments::SendError;
use crate::payments::instruction::Choice;
use crate::payments::preview;
use crate::previews::Preview;
use crate::task::blocking;
use crate::time::Timestamp;
use crate::uri::plain;
use crate::view::Quote;
use bitcoin::hashes::Hash as _;
use std::sync::Arc;

/// The quote for an instruction, whatever it is.
///
/// # Errors
/// If it cannot be paid as chosen. Nothing has left.
pub(crate) async fn preview(
    core: Arc<Core>,
    choice: Choice,
    now: Timestamp,
) -> Result<Quote, SendError> {
    let (choice, said) = match core.previews.get(&choice.instruction) {
        Some(Preview::PayLink(link)) if choice.also.is_empty() => {
            let (choice, hash, said) = with_invoice(&core, &link, choice).await?;
            (choice, Some((hash, said)))
        }
        _ => (choice, None),
    };
    let quoting = core.clone();
    // Finding a route holds the scorer's lock and takes a while.
    let quote = blocking(move || preview::preview(&quoting, &choice, now));
    let quote = quote.await.map_err(|_| SendError::Storage)??;
    if let Some((hash, said)) = said {
        core.links.put(&quote.id, hash, said);
    }
    Ok(quote)
}

/// The same choice, of the invoice that the host makes for it.
async fn with_invoice(
    core: &Core,
    link: &PayLink,
    choice: Choice,
) -> Result<(Choice, Hash, Said), SendError> {
    let fixed = (link.min == link.max).then_some(link.min);
    let amount = fixed.or(choice.amount).ok_or(SendError::AmountNeeded)?;
    let comment = choice.comment.as_deref().and_then(plain);
    let (url, told) = link.ask(amount, comment.as_deref(), &choice.payer)?;
    let said = ask(core, &url, Redirects::Few).await?;
    let chosen = (amount, told.as_deref());
    let (parsed, success) = link.invoice(&said, chosen, core.settings.network)?;
    let hash = parsed.lightning.as_ref().map(|invoice| invoice.payment_hash().to_byte_array());
    let hash = hash.ok_or(LnurlError::Nonsense("no invoice"))?;
    let instruction = core.previews.put(|_| Preview::Instruction(Box::new(parsed)));
    let choice = Choice { instruction, retries: choice.retries, ..Choice::default() };
    Ok((choice, hash, Said { comment, success }))
}
