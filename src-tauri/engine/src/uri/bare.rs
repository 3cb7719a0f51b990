//! One thing without a URI around it: an invoice, an offer, a refund, an address, a node, a key.

use super::amount::possible;
use super::{Link, Name, NodeUri, ParseError, Parsed, link, offer, refund, text};
use crate::amount::Msat;
use crate::keys::WifKey;
use crate::view::NetworkId;
use bitcoin::address::{Address, AddressType, NetworkUnchecked};
use bitcoin::secp256k1::PublicKey;
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef, SignedRawBolt11Invoice};
use std::net::Ipv6Addr;

/// The port of Lightning if none is named (BOLT 1).
const DEFAULT_PORT: u16 = 9735;
/// Hex digits of a compressed public key.
const NODE_ID_DIGITS: usize = 66;
/// Ways to pay that begin like this are real, and not for us: silent payments, Ark, Cashu.
const FOREIGN_PREFIXES: [&str; 7] = ["sp1", "tsp1", "ark1", "tark1", "creqa", "creqb1", "cashu"];

/// Reads one thing, with or without line breaks in it.
pub(super) fn read(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let in_one_piece = !text::trim(text).contains(text::is_blank);
    let text = text::compact(text);
    let lower = text.to_ascii_lowercase();
    // No bech32 data contains a `1`, so this cannot stand in an invoice; it can in a web address that carries an LNURL.
    if let Some(link) = link::bech32(&text) {
        return Ok(Parsed { link: Some(link?), ..Parsed::default() });
    }
    if let Some((before, after)) = text.split_once('@') {
        return at(before, after, in_one_piece);
    }
    if !text.is_ascii() {
        return Err(ParseError::NotUnderstood);
    }
    if offer::looks_like_offer(&lower) {
        return offer::read(&text, network);
    }
    if refund::looks_like_refund(&lower) {
        return refund::read(&text, network);
    }
    if begins_with_one_of(&text, &["lni1"]) {
        return Err(ParseError::UnsupportedOffer);
    }
    if looks_like_invoice(&text) {
        return invoice(&text, network);
    }
    if looks_like_address(&text) {
        return Ok(Parsed { onchain: Some(address(&text, network)?), ..Parsed::default() });
    }
    if is_node_id(&text) {
        return node(&lower, None);
    }
    if let Some(key) = WifKey::read(&text) {
        let is_here = key.network() == network.chain().into();
        return if is_here {
            Ok(Parsed { key: Some(key), ..Parsed::default() })
        } else {
            Err(ParseError::WrongNetwork)
        };
    }
    match FOREIGN_PREFIXES.iter().find(|prefix| lower.starts_with(**prefix)) {
        Some(prefix) => Err(ParseError::UnsupportedMethod((*prefix).to_owned())),
        None if WifKey::is_meant(&text) => {
            Err(ParseError::Malformed("a private key with a wrong character"))
        }
        None => Err(ParseError::NotUnderstood),
    }
}

/// An invoice or an address, at first sight.
pub(super) fn looks_payable(text: &str) -> bool {
    looks_like_invoice(text) || looks_like_address(text)
}

pub(super) fn looks_like_invoice(text: &str) -> bool {
    begins_with_one_of(text, &["lnbc", "lntb", "lnsb"])
}

fn begins_with_one_of(text: &str, prefixes: &[&str]) -> bool {
    let begins = |prefix: &&str| {
        text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    prefixes.iter().any(begins)
}

/// An address we may pay to.
pub(super) fn address(text: &str, network: NetworkId) -> Result<Address, ParseError> {
    let address = text.parse::<Address<NetworkUnchecked>>().map_err(ParseError::Address)?;
    let address = address.require_network(network.chain()).map_err(|_| ParseError::WrongNetwork)?;
    match address.address_type() {
        // Anyone could take what is paid there: the version has no rules yet, or it is an anchor.
        None | Some(AddressType::P2a) => {
            Err(ParseError::UnsupportedMethod("this kind of address".to_owned()))
        }
        Some(_) => Ok(address),
    }
}

fn invoice(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let signed = text.parse::<SignedRawBolt11Invoice>().map_err(ParseError::Invoice)?;
    if signed.currency() != network.parameters().currency {
        return Err(ParseError::WrongNetwork);
    }
    if signed.features().is_some_and(|features| features.requires_unknown_bits()) {
        return Err(ParseError::UnsupportedMethod("a required feature of the invoice".to_owned()));
    }
    // LDK knows this bit, and pays no such invoice by it.
    if signed.features().is_some_and(|features| features.requires_trampoline_routing()) {
        return Err(ParseError::UnsupportedMethod("trampoline routing".to_owned()));
    }
    // An amount beyond 64 bits reads as none at all, which would leave it to the payer.
    let overflows =
        signed.raw_invoice().hrp.raw_amount.is_some() && signed.amount_pico_btc().is_none();
    let invoice = Bolt11Invoice::from_signed(signed).map_err(ParseError::InvoiceRules)?;
    // Some write 0 for an amount that is left to the payer.
    let amount = invoice.amount_milli_satoshis().map(Msat::new).filter(|&msat| msat > Msat::ZERO);
    if overflows {
        return Err(ParseError::AmountTooLarge);
    }
    let amount = amount.map(possible).transpose()?;
    let message = description(&invoice);
    Ok(Parsed { lightning: Some(invoice), amount, message, ..Parsed::default() })
}

/// What an invoice says it is for, made fit for a screen. A hash says nothing to a person.
pub(crate) fn description(invoice: &Bolt11Invoice) -> Option<String> {
    match invoice.description() {
        Bolt11InvoiceDescriptionRef::Direct(words) => text::plain(&words.as_inner().0),
        Bolt11InvoiceDescriptionRef::Hash(_) => None,
    }
}

/// `node_id@host:port`, or a name.
fn at(before: &str, after: &str, in_one_piece: bool) -> Result<Parsed, ParseError> {
    // A name can be hex too; nobody's has sixty digits.
    if before.len() >= NODE_ID_DIGITS - 6 && is_hex(before) {
        return node(before, Some(after));
    }
    // Words that stand before it would become a part of it.
    if !in_one_piece {
        return Err(ParseError::NotUnderstood);
    }
    let link = Some(Link::Name(Name::read(before, after)?));
    Ok(Parsed { link, ..Parsed::default() })
}

fn node(node_id: &str, place: Option<&str>) -> Result<Parsed, ParseError> {
    if node_id.len() != NODE_ID_DIGITS {
        return Err(ParseError::Malformed("a node id has 66 digits"));
    }
    let node_id = node_id.parse::<PublicKey>().map_err(ParseError::NodeId)?;
    let (host, port) = match place {
        None => (None, DEFAULT_PORT),
        Some(place) => self::place(place).map(|(host, port)| (Some(host), port))?,
    };
    Ok(Parsed { node: Some(NodeUri { node_id, host, port }), ..Parsed::default() })
}

/// `name`, `name:port`, `1.2.3.4:port`, `[::1]:port`.
fn place(text: &str) -> Result<(String, u16), ParseError> {
    const WRONG: ParseError = ParseError::Malformed("no host and port");
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => {
            host.parse::<Ipv6Addr>().map_err(|_| WRONG)?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or(WRONG)?) })
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !text.starts_with('[') && (host.is_empty() || host.len() > 255 || !host.chars().all(is_name))
    {
        return Err(WRONG);
    }
    let port = match port {
        None => DEFAULT_PORT,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().map_err(|_| WRONG)?
        }
        Some(_) => return Err(WRONG),
    };
    if port == 0 { Err(WRONG) } else { Ok((host.to_ascii_lowercase(), port)) }
}

/// A compressed public key, by its looks.
pub(super) fn is_node_id(text: &str) -> bool {
    text.len() == NODE_ID_DIGITS && text.starts_with('0') && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Right at first sight.
fn looks_like_address(text: &str) -> bool {
    begins_with_one_of(text, &["bc1", "tb1", "bcrt1"]) || looks_like_base58(text)
}

/// Base58 has no prefix to speak of, so it must also have the length and the look.
pub(super) fn looks_like_base58(text: &str) -> bool {
    (26..=35).contains(&text.len())
        && text.starts_with(['1', '2', '3', 'm', 'n'])
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_uppercase())
}
