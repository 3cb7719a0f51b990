//! What hosts say, right and wrong. Every wrong thing has a refusal of its own.

use super::*;
use crate::amount::Msat;
use crate::error::{Code, Coded};
use crate::payment::Preimage;
use crate::uri::{Link, parse};
use crate::view::{AmountRule, NetworkId, PayerField, PayerWant, Success};
use aes::cipher::{BlockEncryptMut, KeyIvInit, block_padding::Pkcs7};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use serde_json::{Value, json};
use std::time::Duration;

const METADATA: &str = r#"[["text/plain","One coffee"],["text/long-desc","Grown far\naway"],["image/png;base64","AAAA"]]"#;

fn pay_request() -> Value {
    json!({
        "tag": "payRequest", "callback": "https://shop.example/pay?id=7", "minSendable": 1000,
        "maxSendable": 5_000_000, "metadata": METADATA, "commentAllowed": 20,
    })
}

/// The same with another value; `null` takes it away.
fn with(mut answer: Value, key: &str, value: Value) -> Value {
    let fields = answer.as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(key);
    } else {
        fields.insert(key.to_owned(), value);
    }
    answer
}

fn said(answer: &Value) -> Result<Answer, LnurlError> {
    read(answer.to_string().as_bytes(), Link::Lnurl("https://shop.example/x".parse().unwrap()))
}

fn link() -> PayLink {
    match said(&pay_request()).unwrap() {
        Answer::Pay(link) => link,
        Answer::Withdraw(_) => panic!("to be paid"),
    }
}

/// An invoice of anybody, for this amount and, by its hash, this metadata.
fn invoice(currency: Currency, msat: Option<u64>, metadata: Option<&str>) -> String {
    let key = SecretKey::from_slice(&[42; 32]).unwrap();
    let builder = InvoiceBuilder::new(currency);
    let builder = match metadata {
        Some(metadata) => builder.description_hash(sha256::Hash::hash(metadata.as_bytes())),
        None => builder.description("One coffee".into()),
    };
    let builder = builder
        .payment_hash(sha256::Hash::hash(&[7; 32]))
        .payment_secret(PaymentSecret([8; 32]))
        .duration_since_epoch(Duration::from_secs(1_700_000_000))
        .min_final_cltv_expiry_delta(18);
    let builder = match msat {
        Some(msat) => builder.amount_milli_satoshis(msat),
        None => builder,
    };
    let sign = |hash: &_| Secp256k1::new().sign_ecdsa_recoverable(hash, &key);
    builder.build_signed(sign).unwrap().to_string()
}

const ASKED: Msat = Msat::new(21_000);

fn answered(answer: &Value) -> Result<Option<Success>, Code> {
    let chosen = (ASKED, None);
    let answer = link().invoice(answer.to_string().as_bytes(), chosen, NetworkId::Practice);
    let (parsed, action) = answer.map_err(|error| error.code())?;
    assert_eq!(parsed.amount, Some(ASKED));
    assert_eq!(parsed.payee.as_deref(), Some("shop.example"));
    Ok(action.map(|action| action.view(Some(&Preimage([7; 32])))))
}

fn good() -> Value {
    json!({"pr": invoice(Currency::Regtest, Some(21_000), Some(METADATA)), "routes": []})
}

#[test]
fn a_pay_request_is_read() {
    let link = link();
    assert_eq!(link.text.as_deref(), Some("One coffee"));
    assert_eq!(link.details.as_deref(), Some("Grown far away"));
    let (min_msat, max_msat) = (Msat::new(1000), Msat::new(5_000_000));
    assert_eq!(link.amount(), AmountRule::Between { min_msat, max_msat });
    let nothing = PayerData::default();
    let (url, told) = link.ask(ASKED, Some("with milk & sugar"), &nothing).unwrap();
    assert_eq!(told, None);
    assert_eq!(
        url.as_str(),
        "https://shop.example/pay?id=7&amount=21000&comment=with+milk+%26+sugar"
    );
    let code = |refused: Result<_, LnurlError>| refused.map(drop).unwrap_err().code();
    assert_eq!(code(link.ask(Msat::new(999), None, &nothing)), Code::AmountTooSmall);
    assert_eq!(code(link.ask(Msat::new(5_000_001), None, &nothing)), Code::AmountTooLarge);
    assert_eq!(code(link.ask(ASKED, Some(&"x".repeat(21)), &nothing)), Code::CommentTooLong);
}

#[test]
fn what_is_no_pay_request_is_refused_by_what_it_is() {
    let long = "x".repeat(1_000_000);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (key, value, wanted) in [
        ("tag", json!("channelRequest"), Code::LinkUnknown),
        ("tag", json!(null), Code::LinkNonsense),
        ("callback", json!(null), Code::LinkNonsense),
        ("callback", json!("javascript:alert(1)"), Code::LinkNonsense),
        ("minSendable", json!(0), Code::LinkNonsense),
        ("minSendable", json!(-1), Code::LinkNonsense),
        ("minSendable", json!(6_000_000), Code::LinkNonsense),
        ("maxSendable", json!(1e30), Code::LinkNonsense),
        ("metadata", json!(null), Code::LinkNonsense),
        ("metadata", json!([["text/plain", "x"]]), Code::LinkNonsense),
        ("metadata", json!("[]"), Code::LinkNonsense),
        ("metadata", json!(r#"[["text/plain","a"],["text/plain","b"]]"#), Code::LinkNonsense),
        ("metadata", json!(deep), Code::LinkNonsense),
        ("payerData", json!({"pubkey": {"mandatory": true}}), Code::PayerDataWanted),
        ("payerData", json!({"identifier": {"mandatory": true}}), Code::PayerDataWanted),
        ("payerData", json!({"auth": {"mandatory": true, "k1": "00"}}), Code::PayerDataWanted),
        ("payerData", json!({"passport": {"mandatory": true}}), Code::PayerDataWanted),
        ("status", json!("ERROR"), Code::LinkRefused),
    ] {
        let refused = said(&with(pay_request(), key, value)).unwrap_err();
        assert_eq!(refused.code(), wanted, "{key}: {refused}");
    }
    for (key, value) in [
        ("payerData", json!({"email": {"mandatory": false}, "name": {}})),
        ("payerData", json!({"identifier": {"mandatory": false}, "auth": null})),
        ("commentAllowed", json!(null)),
        ("commentAllowed", json!("20")),
        ("commentAllowed", json!(false)),
        ("allowsNostr", json!(true)),
        ("more", json!(long)),
    ] {
        assert!(said(&with(pay_request(), key, value)).is_ok(), "{key}");
    }
    for rubbish in ["", "<html>", "null", "7", "[]", "{", &deep] {
        let refused =
            read(rubbish.as_bytes(), Link::Lnurl("https://shop.example/x".parse().unwrap()))
                .unwrap_err();
        assert_eq!(refused.code(), Code::LinkNonsense);
    }
}

#[test]
fn an_invoice_is_what_was_asked_for_or_refused() {
    assert_eq!(answered(&good()), Ok(None));
    let of = |currency, msat, metadata| json!({"pr": invoice(currency, msat, metadata)});
    let described = of(Currency::Regtest, Some(21_000), None);
    assert_eq!(answered(&described), Ok(None), "many hosts write the description itself");
    for (answer, wanted) in [
        (of(Currency::Regtest, Some(21_001), Some(METADATA)), Code::LinkAmountDiffers),
        (of(Currency::Regtest, Some(20_999), Some(METADATA)), Code::LinkAmountDiffers),
        (of(Currency::Regtest, None, Some(METADATA)), Code::LinkAmountDiffers),
        (of(Currency::Regtest, Some(21_000), Some("[]")), Code::LinkHashDiffers),
        (of(Currency::Bitcoin, Some(21_000), Some(METADATA)), Code::LinkBadInvoice),
        (json!({"pr": "lnbcrt1rubbish"}), Code::LinkBadInvoice),
        (json!({"pr": "bcrt1qpyysjzgfpyysjzgfpyysjzgfpyysjzgfrwg6xw"}), Code::LinkBadInvoice),
        (json!({"pr": "ada@example.com"}), Code::LinkBadInvoice),
        (json!({"routes": []}), Code::LinkNonsense),
        (json!({"status": "ERROR", "reason": "sold out\u{202e}"}), Code::LinkRefused),
    ] {
        assert_eq!(answered(&answer), Err(wanted), "{answer}");
    }
}

#[test]
fn a_payee_hears_of_its_payer_what_it_asks_for_and_the_payer_types() {
    let wanting = |wants: Value| match said(&with(pay_request(), "payerData", wants)).unwrap() {
        Answer::Pay(link) => link,
        Answer::Withdraw(_) => panic!("to be paid"),
    };
    let payer = |name: &str, email: &str| PayerData {
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        email: Some(email.to_owned()).filter(|email| !email.is_empty()),
    };
    let both = wanting(json!({"name": {"mandatory": true}, "email": {"mandatory": false}}));
    let shown = |field, mandatory| PayerWant { field, mandatory };
    let wants = [shown(PayerField::Name, true), shown(PayerField::Email, false)];
    assert_eq!(both.view().wants, wants);
    let told = |link: &PayLink, payer: &PayerData| {
        link.ask(ASKED, None, payer).map(|(_, told)| told).map_err(|error| error.code())
    };
    let ada = told(&both, &payer("Ada \u{202e}L.", "")).unwrap();
    assert_eq!(ada.as_deref(), Some(r#"{"name":"Ada L."}"#));
    let all = told(&both, &payer("Ada", "ada@example.com")).unwrap();
    assert_eq!(all.as_deref(), Some(r#"{"name":"Ada","email":"ada@example.com"}"#));
    assert_eq!(told(&both, &payer("", "ada@example.com")), Err(Code::PayerDataMissing));
    assert_eq!(told(&both, &payer(" \u{200b}", "")), Err(Code::PayerDataMissing));
    assert_eq!(told(&both, &payer(&"x".repeat(255), "")), Err(Code::TooLong));
    assert_eq!(told(&link(), &payer("Ada", "ada@example.com")), Ok(None), "nobody asked");
    let may = wanting(json!({"email": {}, "name": {"mandatory": "yes"}}));
    assert_eq!(told(&may, &PayerData::default()), Ok(None), "nothing by itself");

    // The invoice is bound to what was told.
    let (url, told) = both.ask(ASKED, None, &payer("Ada", "")).unwrap();
    let told = told.unwrap();
    assert!(url.as_str().ends_with("&payerdata=%7B%22name%22%3A%22Ada%22%7D"), "{url}");
    let of = |metadata: &str| {
        let answer = json!({"pr": invoice(Currency::Regtest, Some(21_000), Some(metadata))});
        let chosen = (ASKED, Some(told.as_str()));
        both.invoice(answer.to_string().as_bytes(), chosen, NetworkId::Practice).map(drop)
    };
    assert!(of(&format!("{METADATA}{told}")).is_ok());
    assert_eq!(of(METADATA).unwrap_err().code(), Code::LinkHashDiffers);
}

/// LUD-21.
#[test]
fn where_anybody_may_ask_whether_it_was_paid_changes_nothing() {
    for place in
        ["https://shop.example/verify/7", "https://evil.example/", "http://127.0.0.1/", "7"]
    {
        assert_eq!(answered(&with(good(), "verify", json!(place))), Ok(None), "{place}");
    }
}

#[test]
fn what_is_shown_afterwards_is_of_the_same_host() {
    let with = |action: Value| answered(&with(good(), "successAction", action));
    let message = json!({"tag": "message", "message": "Thank\u{202e} you"});
    assert_eq!(with(message), Ok(Some(Success::Message { text: "Thank you".into() })));
    let url = |url: &str| with(json!({"tag": "url", "description": "Your order", "url": url}));
    let page = "https://shop.example/order/7";
    let shown = Success::Url { text: "Your order".into(), url: page.into() };
    assert_eq!(url(page), Ok(Some(shown)));
    for elsewhere in [
        "https://evil.example/order/7",
        "https://shop.example.evil.example/",
        "https://sub.shop.example/",
        "https://shop.example@evil.example/",
        "https://you@shop.example/",
        "http://shop.example/order/7",
        "javascript:alert(1)",
        "not an address",
    ] {
        assert_eq!(url(elsewhere), Err(Code::LinkSuccessElsewhere), "{elsewhere}");
    }
    assert_eq!(with(json!({"tag": "oracle"})), Err(Code::LinkSuccessUnknown));
    assert_eq!(with(json!("message")), Err(Code::LinkSuccessUnknown));
    assert_eq!(with(json!({"tag": "message"})), Err(Code::LinkNonsense));
    let long = json!({"tag": "message", "message": "x".repeat(145)});
    assert_eq!(with(long), Err(Code::LinkNonsense));
    assert_eq!(with(json!(null)), Ok(None));
}

#[test]
fn the_proof_opens_a_secret_and_nothing_else_does() {
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&[7; 32].into(), &[9; 16].into());
    let sealed = cipher.encrypt_padded_vec_mut::<Pkcs7>("The door is 4711".as_bytes());
    let (text, iv) = (BASE64_STANDARD.encode(sealed), BASE64_STANDARD.encode([9; 16]));
    let said = json!({"tag": "aes", "description": "Your code", "ciphertext": text, "iv": iv});
    let action: SuccessAction = serde_json::from_value(said.clone()).unwrap();
    let opened = |preimage: [u8; 32]| match action.view(Some(&Preimage(preimage))) {
        Success::Secret { secret, .. } => secret,
        other => panic!("{other:?}"),
    };
    assert_eq!(opened([7; 32]).as_deref(), Some("The door is 4711"));
    assert_eq!(opened([8; 32]), None);
    let refused = |key: &str, value: Value| {
        answered(&with(good(), "successAction", with(said.clone(), key, value)))
    };
    assert_eq!(refused("iv", json!("AAAA")), Err(Code::LinkNonsense));
    assert_eq!(refused("ciphertext", json!("A".repeat(5000))), Err(Code::LinkNonsense));
    assert!(answered(&with(good(), "successAction", said.clone())).is_ok());
}

#[test]
fn no_limit_is_beyond_what_can_be_paid_and_shown() {
    let withdraw = json!({
        "tag": "withdrawRequest", "callback": "https://shop.example/w", "k1": "secret",
        "minWithdrawable": 1, "maxWithdrawable": 9000,
    });
    for (request, min, max) in [
        (pay_request(), "minSendable", "maxSendable"),
        (withdraw, "minWithdrawable", "maxWithdrawable"),
    ] {
        for most in [2_100_000_000_000_000_000, u64::MAX] {
            let amount = match said(&with(request.clone(), max, json!(most))).unwrap() {
                Answer::Pay(link) => link.amount(),
                Answer::Withdraw(link) => link.amount(),
            };
            assert!(matches!(amount, AmountRule::Between { max_msat: Msat::MOST, .. }), "{max}");
            assert!(serde_json::to_string(&amount).is_ok(), "{max}");
            let least = with(with(request.clone(), max, json!(most)), min, json!(most));
            assert_eq!(said(&least).unwrap_err().code(), Code::LinkNonsense, "{min}");
        }
    }
}

#[test]
fn a_withdraw_request_is_read() {
    let request = json!({
        "tag": "withdrawRequest", "callback": "https://shop.example/w?a=1", "k1": "secret&",
        "defaultDescription": "Your change", "minWithdrawable": 0, "maxWithdrawable": 9000,
    });
    let Answer::Withdraw(link) = said(&request).unwrap() else { panic!("it pays") };
    let url = link.ask("lnbcrt1");
    assert_eq!(url.as_str(), "https://shop.example/w?a=1&k1=secret%26&pr=lnbcrt1");
    assert!(link.check(Msat::new(9000)).is_ok());
    assert_eq!(link.check(Msat::new(9001)).unwrap_err().code(), Code::AmountTooLarge);
    assert_eq!(link.check(Msat::new(0)).unwrap_err().code(), Code::AmountTooSmall);
    for (key, value, wanted) in [
        ("maxWithdrawable", json!(0), Code::NothingToWithdraw),
        ("minWithdrawable", json!(9001), Code::LinkNonsense),
        ("k1", json!(null), Code::LinkNonsense),
        ("callback", json!(null), Code::LinkNonsense),
    ] {
        assert_eq!(said(&with(request.clone(), key, value)).unwrap_err().code(), wanted, "{key}");
    }
    let Ok(Link::Name(name)) =
        parse("ada@example.com", NetworkId::Practice).map(|parsed| parsed.link.unwrap())
    else {
        panic!("a name")
    };
    let named = read(request.to_string().as_bytes(), Link::Name(name));
    assert_eq!(named.unwrap_err().code(), Code::LinkUnknown, "a name is paid and pays nobody");
    assert!(confirmed(br#"{"status":"OK"}"#).is_ok());
    assert!(confirmed(b"{}").is_err());
}
