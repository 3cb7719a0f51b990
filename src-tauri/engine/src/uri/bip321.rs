//! The inside of a `bitcoin:` URI (BIP 321, which replaces BIP 21).

use super::{ParseError, Parsed, bare, text};
use crate::amount::{Msat, Sat};
use crate::view::NetworkId;
use percent_encoding::percent_decode_str;

/// Reads what follows `bitcoin:`. The first usable way to pay of each kind is taken; what is unknown and not required
/// is passed over as long as one is left.
pub(super) fn read(rest: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    // A wrapped URI: line breaks never belong to it, spaces may belong to a badly encoded message (RFC 3986, appendix C).
    let rest: String = rest.chars().filter(|c| !matches!(c, '\r' | '\n' | '\t')).collect();
    let (body, query) = rest.split_once('?').unwrap_or((&rest, ""));
    let mut uri = Uri::new(network);
    uri.address(&text::compact(body), false)?;
    for param in query.split('&') {
        uri.param(param)?;
    }
    uri.finish()
}

struct Uri {
    network: NetworkId,
    /// All but the invoice.
    parsed: Parsed,
    /// The first invoice, with its own amount and description.
    invoice: Option<Parsed>,
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
            seen: Vec::new(),
            passed_over: None,
        }
    }

    fn param(&mut self, param: &str) -> Result<(), ParseError> {
        let (key, value) = param.split_once('=').unwrap_or((param, ""));
        let key = text::compact(key).to_ascii_lowercase();
        let (required, name) =
            key.strip_prefix("req-").map_or((false, key.as_str()), |name| (true, name));
        let decoded = percent_decode_str(value).decode_utf8_lossy();
        let value = text::compact(&decoded);
        match name {
            "amount" => {
                self.once(name)?;
                self.parsed.amount = Some(amount(&value)?);
            }
            "label" => {
                self.once(name)?;
                self.parsed.label = text::plain(&decoded);
            }
            "message" => {
                self.once(name)?;
                self.parsed.message = text::plain(&decoded);
            }
            "lightning" => self.invoice(&value, required)?,
            "bc" | "tb" | "bcrt" => self.segwit(name, &value, required)?,
            "pop" if !required => self.once(name)?,
            "lno" if !required => self.pass_over(ParseError::UnsupportedOffer, false)?,
            "" => {}
            _ => self.pass_over(ParseError::UnsupportedMethod(key.clone()), required)?,
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

    /// The invoice of a `lightning` parameter. A damaged or foreign one spoils the whole URI: something is wrong with it.
    fn invoice(&mut self, value: &str, required: bool) -> Result<(), ParseError> {
        if value.is_empty() && !required {
            return Ok(());
        }
        match bare::read(value, self.network) {
            Ok(read) if read.lightning.is_some() => {
                self.invoice.get_or_insert(read);
                Ok(())
            }
            Err(error) if error.is_unsupported() => self.pass_over(error, required),
            Err(ParseError::NotUnderstood) | Ok(_) => {
                Err(ParseError::Malformed("no invoice in the Lightning parameter"))
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

    fn finish(self) -> Result<Parsed, ParseError> {
        if self.invoice.is_none() && self.parsed.onchain.is_none() {
            return Err(self.passed_over.unwrap_or(ParseError::NotUnderstood));
        }
        let invoice = self.invoice.unwrap_or_default();
        Ok(Parsed {
            amount: agreed(self.parsed.amount, invoice.amount)?,
            lightning: invoice.lightning,
            link_message: self.parsed.message.clone(),
            message: self.parsed.message.or(invoice.message),
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

/// Decimal bitcoin, exactly. Source: BIP 321, "Transfer amount".
fn amount(text: &str) -> Result<Msat, ParseError> {
    use bitcoin::amount::{Amount, Denomination, ParseAmountError};
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return Err(ParseError::Malformed("an amount without digits"));
    }
    let amount = Amount::from_str_in(text, Denomination::Bitcoin).map_err(|error| match error {
        ParseAmountError::OutOfRange(_) if !text.starts_with('-') => ParseError::AmountTooLarge,
        other => ParseError::Amount(other),
    })?;
    match amount {
        Amount::ZERO => Err(ParseError::Malformed("an amount of nothing")),
        amount if amount > Amount::MAX_MONEY => Err(ParseError::AmountTooLarge),
        amount => Msat::from_sat(Sat::from(amount)).ok_or(ParseError::AmountTooLarge),
    }
}
