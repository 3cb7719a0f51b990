//! Who can be paid again, of what was read.

use crate::payment::Payee;
use crate::uri::{Link, Parsed};
use crate::view::PayeeKind;

/// Whom a text pays over Lightning or on-chain, if they can be paid again: an invoice is paid once.
pub(crate) fn payee(parsed: &Parsed, lightning: bool) -> Option<Payee> {
    if let Some(link) = parsed.looked_up.as_ref().or(parsed.link.as_ref()) {
        return looked_up(link);
    }
    if lightning && parsed.lightning.is_some() {
        return None;
    }
    let offer = parsed.offer.as_ref().filter(|_| lightning);
    let offer = offer.map(|offer| Payee::new(PayeeKind::Offer, offer));
    let address = || Some(Payee::new(PayeeKind::Address, parsed.onchain.as_ref()?));
    let node = || Some(Payee::new(PayeeKind::Node, &parsed.node.as_ref()?.node_id));
    offer.or_else(address).or_else(node)
}

/// Whom a link leads to. What was found in the DNS must be there the next time.
pub(crate) fn looked_up(link: &Link) -> Option<Payee> {
    let kind = match link {
        Link::Name(_) => PayeeKind::Name,
        Link::Lnurl(_) => PayeeKind::Lnurl,
        Link::Auth(_) => return None,
    };
    link.text().map(|text| Payee { kind, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uri::parse;
    use crate::view::NetworkId;

    fn read(text: &str) -> Parsed {
        parse(text, NetworkId::Practice).unwrap()
    }

    /// Paying again is reading again: it must come out as the same payee.
    #[test]
    fn a_payee_is_read_again_as_it_was() {
        let node =
            "02".to_owned() + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
        let address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
        for (text, kind) in [
            ("Ada@Example.com", PayeeKind::Name),
            ("₿ada@example.com", PayeeKind::Name),
            ("lnurlp://shop.example/pay?id=7", PayeeKind::Lnurl),
            ("lnurlp://abcdefghijklmnop.onion/pay", PayeeKind::Lnurl),
            (&format!("{node}@127.0.0.1:9735"), PayeeKind::Node),
            (&format!("bitcoin:{address}?amount=0.001&label=Shop"), PayeeKind::Address),
        ] {
            let first = payee(&read(text), true).unwrap();
            assert_eq!(first.kind, kind, "{text}");
            let again = payee(&read(&first.text), true).unwrap();
            assert_eq!(again, first, "{text}");
            assert_eq!(again.id(), first.id());
        }
    }

    #[test]
    fn kinds_are_told_apart_though_their_texts_are_the_same() {
        let of = |kind| Payee::new(kind, &"same").id();
        assert!(of(PayeeKind::Name) != of(PayeeKind::Lnurl));
        assert!(of(PayeeKind::Offer) != of(PayeeKind::Address));
    }

    #[test]
    fn a_sign_in_and_an_invoice_are_for_once() {
        let sign_in = format!("keyauth://site.example/in?tag=login&k1={}", "ab".repeat(32));
        assert_eq!(payee(&read(&sign_in), true), None);
    }
}
