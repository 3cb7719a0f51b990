//! The inside of a `bitcoin:` URI (BIP 321, which replaces BIP 21), or of a `lightning:` one with parameters.
//!
//! Which of several ways is taken:
//! 1. An unknown parameter that is required (`req-`) spoils all of it, and so does one that is damaged: something is wrong with
//!    the link, whatever else it says.
//! 2. A way that is whole and not for us (another network, kind, currency or feature) is passed over, if another is left.
//! 3. Over Lightning the first invoice is taken; once it has expired, the first offer; without one, whoever can be asked (an
//!    LNURL or a name), unless there is an address ([`crate::payments::instruction`] knows the time). All of them are the
//!    same debt.
//! 4. The address is taken where nothing else is left, else by a person's choice alone.
//! 5. A refund is money for us and has no place beside what is to be paid: it is taken where nothing is.

use super::amount::possible;
use super::scheme::without_schemes;
use super::{Link, ParseError, Parsed, bare, text};
use crate::amount::Msat;
use crate::view::NetworkId;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// No parameter that there is has a longer name.
const MOST_OF_A_NAME: usize = 40;

/// Reads what follows the scheme. The first usable way to pay of each kind is taken; what is unknown and not required
/// is passed over as long as one is left.
pub(super) fn read(rest: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    // A wrapped URI: line breaks never belong to it, spaces may belong to a badly encoded message (RFC 3986, appendix C).
    let rest: String = rest.chars().filter(|c| !matches!(c, '\r' | '\n' | '\t')).collect();
    let (body, query) = rest.split_once(['?', '&']).unwrap_or((&rest, ""));
    let mut uri = Uri::new(network);
    uri.body(&text::compact(&decoded(before_fragment(body))))?;
    for param in query.split('&').flat_map(params) {
        uri.param(param)?;
    }
    uri.finish()
}

/// Some begin each parameter with `?`. In words it may be a question, in an unknown value anything.
fn params(text: &str) -> impl Iterator<Item = &str> {
    let (key, _) = text.split_once('=').unwrap_or((text, ""));
    let key = text::compact(key).to_ascii_lowercase();
    let guarded = matches!(key.as_str(), "amount" | "lightning" | "bc" | "tb" | "bcrt");
    text.splitn(if guarded { usize::MAX } else { 1 }, '?')
}

struct Uri {
    network: NetworkId,
    /// All but the invoice and the offer.
    parsed: Parsed,
    /// The first invoice, with its own amount and description.
    invoice: Option<Parsed>,
    /// The first that could be asked, if there is no other way to pay.
    link: Option<Link>,
    /// The first offer, with its own amount and words.
    offer: Option<Parsed>,
    /// The first refund, with its own amount and words.
    refund: Option<Parsed>,
    /// There is a refund that may not be passed over.
    refund_required: bool,
    /// Keys that may come once, as they come.
    seen: Vec<String>,
    /// The first way to pay that was passed over: the reason, should no other be found.
    passed_over: Option<ParseError>,
}

impl Uri {
    fn new(network: NetworkId) -> Self {
        Self {
            network,
            parsed: Parsed::default(),
            invoice: None,
            link: None,
            offer: None,
            refund: None,
            refund_required: false,
            seen: Vec::new(),
            passed_over: None,
        }
    }

    fn param(&mut self, param: &str) -> Result<(), ParseError> {
        let (key, value) = param.split_once('=').unwrap_or((param, ""));
        let key = text::compact(&decoded(key)).to_ascii_lowercase();
        // From a web page's source, where `&` is written `&amp;`.
        let key =
            ["amp;", "#38;", "#x26;"].iter().find_map(|amp| key.strip_prefix(amp)).unwrap_or(&key);
        let (required, name) = key.strip_prefix("req-").map_or((false, key), |name| (true, name));
        let words = decoded(value);
        let value = text::compact(&decoded(before_fragment(value)));
        match name {
            "amount" => {
                self.once(name)?;
                self.parsed.amount = amount(&value)?;
            }
            "label" => {
                self.once(name)?;
                self.parsed.label = text::plain(&words);
            }
            "message" => {
                self.once(name)?;
                self.parsed.message = text::plain(&words);
            }
            "lightning" => self.invoice(&value, required)?,
            "bc" | "tb" | "bcrt" => self.segwit(name, &value, required)?,
            "pop" if !required => self.once(name)?,
            "lno" => self.offer(&value, required)?,
            "" => {}
            _ => self.pass_over(ParseError::UnsupportedMethod(in_short(key)), required)?,
        }
        Ok(())
    }

    /// Refuses a second one of a key that may come once.
    fn once(&mut self, name: &str) -> Result<(), ParseError> {
        if self.seen.iter().any(|seen| seen == name) {
            return Err(ParseError::Malformed("a parameter comes twice"));
        }
        self.seen.push(name.to_owned());
        Ok(())
    }

    /// Goes on without it, unless it is required.
    fn pass_over(&mut self, reason: ParseError, required: bool) -> Result<(), ParseError> {
        if required {
            return Err(reason);
        }
        self.passed_over.get_or_insert(reason);
        Ok(())
    }

    /// The invoice of a `lightning` parameter, or what some put there instead.
    fn invoice(&mut self, value: &str, required: bool) -> Result<(), ParseError> {
        let (_, value) = without_schemes(value);
        if value.is_empty() && !required {
            return Ok(());
        }
        match bare::read(value, self.network) {
            Ok(read) if read.lightning.is_some() => {
                self.invoice.get_or_insert(read);
                Ok(())
            }
            Ok(Parsed { link: Some(link), .. }) => {
                self.link.get_or_insert(link);
                Ok(())
            }
            Ok(read) if read.offer.is_some() => {
                self.offer.get_or_insert(read);
                Ok(())
            }
            Ok(read) if read.refund.is_some() => {
                self.refund.get_or_insert(read);
                self.refund_required |= required;
                Ok(())
            }
            Err(error) if error.is_unsupported() || error == ParseError::WrongNetwork => {
                self.pass_over(error, required)
            }
            Err(ParseError::NotUnderstood) | Ok(_) => {
                Err(ParseError::Malformed("no invoice in the Lightning parameter"))
            }
            Err(error) => Err(error),
        }
    }

    /// The offer of an `lno` parameter. One for another network may stand beside ours.
    fn offer(&mut self, value: &str, required: bool) -> Result<(), ParseError> {
        match bare::read(value, self.network) {
            Ok(read) if read.offer.is_some() => {
                self.offer.get_or_insert(read);
                Ok(())
            }
            Err(error) if error.is_unsupported() || error == ParseError::WrongNetwork => {
                self.pass_over(error, required)
            }
            Err(ParseError::NotUnderstood) | Ok(_) => {
                Err(ParseError::Malformed("no offer in the offer's parameter"))
            }
            Err(error) => Err(error),
        }
    }

    /// An address in its own parameter: a URI may carry one for each network.
    fn segwit(&mut self, hrp: &str, value: &str, required: bool) -> Result<(), ParseError> {
        let rest = value
            .get(..hrp.len())
            .filter(|prefix| prefix.eq_ignore_ascii_case(hrp))
            .map(|_| &value[hrp.len()..]);
        if !rest.is_some_and(|rest| rest.starts_with('1')) {
            return Err(ParseError::Malformed("an address under another network's name"));
        }
        match self.address(value, required) {
            Err(ParseError::WrongNetwork) => self.pass_over(ParseError::WrongNetwork, required),
            other => other,
        }
    }

    /// The address; in its place some put the invoice.
    fn body(&mut self, text: &str) -> Result<(), ParseError> {
        if bare::looks_like_invoice(text) {
            return self.invoice(text, false);
        }
        match bare::read(text, self.network) {
            Ok(read) if read.offer.is_some() => self.offer(text, false),
            Ok(read) if read.refund.is_some() => self.invoice(text, false),
            Err(error) if error.is_unsupported() => self.pass_over(error, false),
            Ok(Parsed { link: Some(link), .. }) => {
                self.link.get_or_insert(link);
                Ok(())
            }
            _ => self.address(text, false),
        }
    }

    fn address(&mut self, text: &str, required: bool) -> Result<(), ParseError> {
        if text.is_empty() {
            return Ok(());
        }
        match bare::address(text, self.network) {
            Ok(address) => {
                self.parsed.onchain.get_or_insert(address);
                Ok(())
            }
            Err(error) if error.is_unsupported() => self.pass_over(error, required),
            Err(error) => Err(error),
        }
    }

    fn finish(mut self) -> Result<Parsed, ParseError> {
        let pays = self.invoice.is_some() || self.offer.is_some() || self.parsed.onchain.is_some();
        match self.refund.take() {
            Some(refund) if !pays && self.link.is_none() => {
                let amount = agreed(self.parsed.amount, refund.amount)?;
                return Ok(Parsed { amount, ..refund });
            }
            Some(_) if self.refund_required => return Err(ParseError::UnsupportedOffer),
            Some(_) | None => {}
        }
        if !pays {
            let nothing = self.passed_over.unwrap_or(ParseError::NotUnderstood);
            return self
                .link
                .map(|link| Parsed { link: Some(link), ..Parsed::default() })
                .ok_or(nothing);
        }
        let (invoice, offer) = (self.invoice.unwrap_or_default(), self.offer.unwrap_or_default());
        let amount = agreed(self.parsed.amount, invoice.amount)?;
        Ok(Parsed {
            amount: agreed(amount, offer.amount)?,
            lightning: invoice.lightning,
            offer: offer.offer,
            or_ask: self.link,
            link_message: self.parsed.message.clone(),
            message: self.parsed.message.or(invoice.message).or(offer.message),
            label: self.parsed.label.or(offer.label),
            ..self.parsed
        })
    }
}

/// One amount out of two. The URI's is whole satoshi, so it may be off by the rest of one; BIP 321 asks for no more than
/// that both are true. The invoice's is the exact one.
fn agreed(uri: Option<Msat>, invoice: Option<Msat>) -> Result<Option<Msat>, ParseError> {
    match (uri, invoice) {
        (Some(uri), Some(invoice)) if uri.get().abs_diff(invoice.get()) >= 1000 => {
            Err(ParseError::Malformed("the amounts of the URI and the invoice differ"))
        }
        (uri, invoice) => Ok(invoice.or(uri)),
    }
}

/// Without what names a place in a document (RFC 3986), which no payment has. Words keep theirs: `#12` is a number there.
fn before_fragment(text: &str) -> &str {
    text.split_once('#').map_or(text, |(before, _)| before)
}

/// A name that anybody chose, for an error.
fn in_short(name: &str) -> String {
    text::plain(name).unwrap_or_default().chars().take(MOST_OF_A_NAME).collect()
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Decimal bitcoin, exactly; nothing is an amount that is left to the payer. Source: BIP 321, "Transfer amount".
fn amount(text: &str) -> Result<Option<Msat>, ParseError> {
    use bitcoin::amount::{Amount, Denomination, ParseAmountError};
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return Err(ParseError::Malformed("an amount without digits"));
    }
    let amount = Amount::from_str_in(eight_places(text), Denomination::Bitcoin);
    let amount = amount.map_err(|error| match error {
        ParseAmountError::OutOfRange(_) if !text.starts_with('-') => ParseError::AmountTooLarge,
        other => ParseError::Amount(other),
    })?;
    match amount {
        Amount::ZERO if text.starts_with('-') => Err(ParseError::Malformed("a negative amount")),
        Amount::ZERO => Ok(None),
        amount => {
            let amount = Msat::from_sat(amount.into()).ok_or(ParseError::AmountTooLarge)?;
            possible(amount).map(Some)
        }
    }
}

/// Without the noughts behind the eighth place: they say nothing.
fn eight_places(text: &str) -> &str {
    let places = text.split_once('.').map_or(0, |(_, places)| places.len());
    let noughts = text.len() - text.trim_end_matches('0').len();
    &text[..text.len() - noughts.min(places.saturating_sub(8))]
}
