//! What holds of every answer of a host, for [`crate::fuzz`].

use super::{Answer, LnurlError, PayLink, PayerData, SuccessAction, confirmed, read};
use crate::amount::Msat;
use crate::payment::Preimage;
use crate::uri::{Link, Name, plain};
use crate::view::{NetworkId, Success};
use reqwest::Url;
use std::sync::LazyLock;

const ASKED: Msat = Msat::new(21_000);

static HOST: LazyLock<Url> =
    LazyLock::new(|| "https://shop.example/x".parse().expect("an address"));

static LINK: LazyLock<PayLink> = LazyLock::new(|| {
    let said = br#"{"tag":"payRequest","callback":"https://shop.example/pay?id=7","minSendable":1000,"maxSendable":5000000,"metadata":"[[\"text/plain\",\"One coffee\"]]","commentAllowed":20}"#;
    match read(said, Link::Lnurl(HOST.clone())) {
        Ok(Answer::Pay(link)) => link,
        other => panic!("{other:?}"),
    }
});

/// The first byte says what was asked for.
pub(crate) fn answer(data: &[u8]) {
    let Some((asked, said)) = data.split_first() else { return };
    match asked {
        b'n' => first(said, Link::Name(name())),
        b'i' => invoice(said),
        b'c' => refused(confirmed(said)),
        _ => first(said, Link::Lnurl(HOST.clone())),
    }
}

fn name() -> Name {
    Name { user: "ada".to_owned(), domain: "shop.example".to_owned(), dns_only: false }
}

fn first(said: &[u8], asked: Link) {
    let is_name = matches!(asked, Link::Name(_));
    match read(said, asked) {
        Ok(Answer::Pay(link)) => pay(&link),
        Ok(Answer::Withdraw(link)) => {
            assert!(!is_name, "a name is paid, and pays nobody");
            bounded(link.min, link.max);
            cleaned(link.text.as_deref());
            assert!(link.check(link.min).is_ok() && link.check(link.max).is_ok());
            let (less, more) = (link.min.get() - 1, link.max.get() + 1);
            assert!(matches!(link.check(Msat::new(less)), Err(LnurlError::TooSmall(_))));
            assert!(matches!(link.check(Msat::new(more)), Err(LnurlError::TooLarge(_))));
            assert!(serde_json::to_string(&link.amount()).is_ok(), "a page can hold it");
            assert_eq!(link.ask("lnbc1").host(), link.callback.host());
        }
        Err(error) => drop(error.to_string()),
    }
}

fn bounded(min: Msat, max: Msat) {
    assert!(Msat::ZERO < min && min <= max && max <= Msat::MOST, "{min} to {max}");
}

fn pay(link: &PayLink) {
    bounded(link.min, link.max);
    assert!(serde_json::to_string(&link.amount()).is_ok(), "a page can hold it");
    cleaned(link.text.as_deref());
    cleaned(link.details.as_deref());
    let nobody = PayerData::default();
    for amount in [link.min, link.max] {
        // It may insist on what nobody told it.
        if let Ok((url, told)) = link.ask(amount, None, &nobody) {
            assert!(url.host() == link.callback.host() && told.is_none());
            let sent = url.query_pairs().filter(|(key, _)| key == "amount").last();
            assert_eq!(sent.map(|(_, amount)| amount.into_owned()), Some(amount.get().to_string()));
        }
    }
    let less = Msat::new(link.min.get() - 1);
    assert!(matches!(link.ask(less, None, &nobody), Err(LnurlError::TooSmall(_))));
    let more = Msat::new(link.max.get() + 1);
    assert!(matches!(link.ask(more, None, &nobody), Err(LnurlError::TooLarge(_))));
}

fn invoice(said: &[u8]) {
    match LINK.invoice(said, (ASKED, None), NetworkId::Practice) {
        Ok((parsed, action)) => {
            let invoice = parsed.lightning.expect("an invoice");
            assert_eq!(invoice.amount_milli_satoshis(), Some(ASKED.get()));
            assert_eq!(parsed.payee.as_deref(), Some("shop.example"));
            if let Some(action) = action {
                shown(&action);
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

fn shown(action: &SuccessAction) {
    for preimage in [None, Some(Preimage([7; 32]))] {
        match action.view(preimage.as_ref()) {
            Success::Message { text } => cleaned(Some(&text)),
            Success::Url { text, url } => {
                cleaned(Some(&text));
                let url = Url::parse(&url).expect("it was read before");
                assert!(url.host_str() == Some("shop.example") && url.scheme() == "https");
            }
            Success::Secret { text, secret } => {
                cleaned(Some(&text));
                cleaned(secret.as_deref());
                assert!(secret.is_none() || preimage.is_some());
            }
        }
    }
    let kept = serde_json::to_vec(action).expect("texts can be written as JSON");
    let read: SuccessAction = serde_json::from_slice(&kept).expect("what was kept");
    assert_eq!(read, *action);
}

fn cleaned(words: Option<&str>) {
    if let Some(words) = words.filter(|words| !words.is_empty()) {
        assert_eq!(plain(words).as_deref(), Some(words), "words are cleaned");
    }
}

fn refused(answer: Result<(), LnurlError>) {
    if let Err(LnurlError::Refused(said)) = answer {
        cleaned(Some(&said));
    }
}
