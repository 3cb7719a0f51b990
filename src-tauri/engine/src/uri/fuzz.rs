//! What holds of every text that is read, for [`crate::fuzz`].

use super::psbt::{MAX_TEXT, psbt_text};
use super::{MAX_BYTES, ParseError, Parsed, build, is_unseen, parse, parse_list, plain, qr_text};
use crate::amount::{Msat, Sat};
use crate::error::Coded as _;
use crate::view::NetworkId;

/// The networks whose texts differ most.
const NETWORKS: [NetworkId; 2] = [NetworkId::Mainnet, NetworkId::Practice];

/// Anything that was pasted or scanned.
pub(crate) fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for network in NETWORKS {
        match parse(&text, network) {
            Ok(parsed) => {
                let most = if parsed.psbt.is_some() { MAX_TEXT } else { MAX_BYTES };
                assert!(super::text::trim(&text).len() <= most);
                sane(&parsed);
                reads_again(&parsed, network);
            }
            Err(error) => said(&error),
        }
    }
}

/// A list of recipients.
pub(crate) fn list(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for network in NETWORKS {
        let lines = text.lines().map(super::text::trim).filter(|line| !line.is_empty());
        for (line, read) in lines.zip(parse_list(&text, network).into_iter().flatten()) {
            match read {
                Ok(parsed) => {
                    assert!(parsed.onchain.is_some(), "each line pays an address");
                    sane(&parsed);
                    is_meant(line, &parsed, network);
                }
                Err(error) => said(&error),
            }
        }
    }
}

/// An amount stands at the end of a line outside of any link, or it is the link's own.
fn is_meant(line: &str, parsed: &Parsed, network: NetworkId) {
    let alone = super::whole::read(line, network).ok().and_then(|read| read.amount);
    let behind = line.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|sat| sat.parse().ok());
    let behind = behind.map(Sat::new).and_then(Msat::from_sat);
    let is_link = line.contains(['?', '&', '#']);
    assert_eq!(parsed.amount, if is_link { alone } else { parsed.amount.and(behind) }, "{line:?}");
}

/// What is shown can be, and no amount is more than a page can hold.
fn sane(parsed: &Parsed) {
    if let Some(amount) = parsed.amount {
        assert!(amount > Msat::ZERO && amount <= Msat::MOST, "{amount}");
        assert!(serde_json::to_string(&amount).is_ok(), "{amount}");
    }
    for words in [&parsed.label, &parsed.message, &parsed.link_message].into_iter().flatten() {
        assert_eq!(plain(words).as_ref(), Some(words), "words are cleaned");
        assert!(!words.contains(super::text::OVERRIDES) && !words.contains(char::is_control));
    }
    let pays = parsed.lightning.is_some() || parsed.offer.is_some() || parsed.onchain.is_some();
    let alone = [
        parsed.node.is_some(),
        parsed.refund.is_some(),
        parsed.link.is_some(),
        parsed.key.is_some(),
        parsed.psbt.is_some(),
    ];
    let others = alone.into_iter().filter(|there| *there).count();
    assert_eq!(usize::from(pays) + others, 1, "one thing, and no other");
}

/// Each part, as it is written, is read as the same.
fn reads_again(parsed: &Parsed, network: NetworkId) {
    let again = |text: &str| parse(text, network).expect("what is written is read");
    if let Some(invoice) = &parsed.lightning {
        assert_eq!(again(&invoice.to_string()).lightning.as_ref(), Some(invoice));
    }
    if let Some(offer) = &parsed.offer {
        assert_eq!(again(&offer.to_string()).offer.as_ref(), Some(offer));
    }
    if let Some(refund) = &parsed.refund {
        assert_eq!(again(&refund.to_string()).refund.as_ref(), Some(refund));
    }
    if let Some(node) = &parsed.node {
        assert_eq!(again(&node.to_string()).node.as_ref(), Some(node));
    }
    if let Some(psbt) = &parsed.psbt {
        let text = psbt_text(psbt);
        assert!(text.len() <= MAX_TEXT, "it does not grow");
        assert_eq!(again(&text).psbt.as_ref(), Some(psbt));
    }
    for link in [&parsed.link, &parsed.or_ask].into_iter().flatten() {
        if let Some(text) = link.text() {
            assert_eq!(again(&text).link.as_ref(), Some(link));
        }
        assert!(!link.host().is_empty() && !link.host().contains(is_unseen));
    }
    if let Some(address) = &parsed.onchain {
        let (amount, note) = (parsed.amount, parsed.message.as_deref());
        let request = build(address, None, amount, note);
        // A note grows where it is encoded.
        if request.len() > MAX_BYTES {
            return;
        }
        for text in [request.clone(), qr_text(&request)] {
            let read = again(&text);
            assert_eq!(read.onchain.as_ref(), Some(address));
            assert_eq!(read.amount.map(Msat::to_sat_ceil), amount.map(Msat::to_sat_ceil));
            assert_eq!(read.message.as_deref(), note);
        }
    }
}

/// A refusal has a code, and nothing in it that would be shown otherwise than it is.
fn said(error: &ParseError) {
    let text = error.to_string();
    let _ = error.code();
    assert!(
        !text.contains(|c: char| c.is_control() || super::text::OVERRIDES.contains(&c)),
        "{text:?}"
    );
    assert!(text.len() < 1024, "{} bytes", text.len());
}
