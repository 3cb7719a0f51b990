//! Every instruction in every decoration reads the same.

use crate::error::{Code, Coded};
use crate::uri::{MAX_BYTES, ParseError, Parsed, parse};
use crate::view::NetworkId::{self, Practice};
use proptest::prelude::*;
use serde_json::Value;
use std::time::{Duration, Instant};

const ADDRESS: &str = "bcrt1qpyysjzgfpyysjzgfpyysjzgfpyysjzgfrwg6xw";
const OTHER_ADDRESS: &str = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";
const NODE: &str = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";

/// An invoice out of the fixture of the texts.
fn fixture(name: &str) -> String {
    let rows: Vec<Value> =
        serde_json::from_str(include_str!("../../../../../tests/fixtures/strings.json")).unwrap();
    let row = rows.iter().find(|row| row["name"] == name).expect("the row is there");
    row["text"].as_str().unwrap().to_owned()
}

fn invoice() -> String {
    fixture("an invoice of the practice network")
}

fn half_satoshi() -> String {
    fixture("an invoice with half a satoshi")
}

fn good() -> Vec<String> {
    let invoice = invoice();
    vec![
        invoice.clone(),
        invoice.to_ascii_uppercase(),
        ADDRESS.to_owned(),
        ADDRESS.to_ascii_uppercase(),
        OTHER_ADDRESS.to_owned(),
        format!("lightning:{invoice}"),
        format!("bitcoin:{ADDRESS}"),
        format!("bitcoin:{ADDRESS}?label=Tea%20shop&amount=0.001"),
        format!("bitcoin:{ADDRESS}?amount=0.00005&message=Two%20coffees&lightning={invoice}"),
        format!(
            "BITCOIN:{}?AMOUNT=0.00005&LIGHTNING={}",
            ADDRESS.to_ascii_uppercase(),
            invoice.to_ascii_uppercase()
        ),
        format!("bitcoin:?lightning={invoice}"),
        fixture("an LNURL"),
        "lnurlp://shop.example/pay/7?a=1".to_owned(),
        format!("{NODE}@127.0.0.1:9735"),
        format!("{NODE}@[::1]:9735"),
        NODE.to_owned(),
    ]
}

/// What stands before and behind it.
const AROUND: [(&str, &str); 63] = [
    ("\"", "\""),
    ("'", "'"),
    ("`", "`"),
    ("```\n", "\n```"),
    ("´", "´"),
    ("“", "”"),
    ("„", "“"),
    ("„", "”"),
    ("”", "”"),
    ("‘", "’"),
    ("‚", "‘"),
    ("«", "»"),
    ("» ", " «"),
    ("« ", " »"),
    ("‹", "›"),
    ("「", "」"),
    ("『", "』"),
    ("《", "》"),
    ("〈", "〉"),
    ("【", "】"),
    ("（", "）"),
    ("＂", "＂"),
    ("＜", "＞"),
    ("<", ">"),
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("|", "|"),
    ("&lt;", "&gt;"),
    ("&quot;", "&quot;"),
    ("&#39;", "&#39;"),
    ("*", "*"),
    ("**", "**"),
    ("__", "__"),
    ("~~", "~~"),
    ("[pay me](", ")"),
    ("![code](<", ">)"),
    ("<a href=\"", "\">pay</a>"),
    ("", "."),
    ("", ","),
    ("", ";"),
    ("", "!"),
    ("", "?"),
    ("", "…"),
    ("", "。"),
    ("", "،"),
    ("", "।"),
    ("", " thanks!"),
    ("Invoice: ", ""),
    ("Please pay ", " today, thank you."),
    ("Bitte zahle an: ", "\n\nDanke!\n-- \nAda"),
    ("请支付：", "。谢谢"),
    ("ادفع هنا: ", " شكرا"),
    ("> ", "\n"),
    ("- ", "\n"),
    ("1) ", "\n"),
    ("\u{200e}", "\u{200e}"),
    ("\u{200f}", ""),
    ("\u{2068}", "\u{2069}"),
    ("\u{feff}", "\u{200b}"),
    ("\t(", ").\r\n"),
    ("Order #12 (2 coffees, 0.5 l): ", " - see you!"),
    ("{\"to\": \"", "\"}"),
];

fn code(text: &str, network: NetworkId) -> Option<Code> {
    parse(text, network).err().map(|error| error.code())
}

#[test]
fn every_decoration_of_every_instruction_reads_the_same() {
    for text in good() {
        let read = parse(&text, Practice);
        assert!(read.is_ok(), "{text}");
        for (before, after) in AROUND {
            assert_eq!(
                parse(&format!("{before}{text}{after}"), Practice),
                read,
                "{before}{text}{after}"
            );
        }
    }
}

#[test]
fn schemes_come_twice_and_with_a_prefix() {
    let invoice = invoice();
    let read = parse(&invoice, Practice);
    for scheme in [
        "lightning:",
        "LIGHTNING:",
        "lightning://",
        "lightning: ",
        "lightning:lightning:",
        "lightning:LIGHTNING://",
        "web+lightning:",
        "bitcoin:",
        "bitcoin:lightning:",
        "lightning:bitcoin:",
        "web+bitcoin:?lightning=",
        "bitcoin:?lightning=lightning:",
        "bitcoin:?lightning=LIGHTNING://",
        "bitcoin:?lightning=lightning%3A",
        "lightning=",
        "bitcoin:?amount=0.00005&lightning=",
        "bitcoin:?amount=0.00005#top&lightning=",
        "bitcoin:?amount=0.00005&amp;lightning=",
        "bitcoin:?%6Cightning=",
        "https://example.com/pay?lightning=",
        "https://example.com/#lightning:",
    ] {
        assert_eq!(parse(&format!("{scheme}{invoice}"), Practice), read, "{scheme}");
    }
    for behind in ["?", "?foo=bar", "?amount=0.00005", "#top", "?foo=bar#top", "&foo=bar"] {
        for scheme in ["", "lightning:", "bitcoin:", "bitcoin:?lightning="] {
            assert_eq!(
                parse(&format!("{scheme}{invoice}{behind}"), Practice),
                read,
                "{scheme} {behind}"
            );
        }
    }
    assert_eq!(code(&format!("lightning:{invoice}?amount=0.5"), Practice), Some(Code::Damaged));
}

#[test]
fn an_address_reads_the_same_however_it_is_encoded() {
    let read = parse(ADDRESS, Practice);
    for scheme in [
        "bitcoin:",
        "bitcoin:bitcoin:",
        "BITCOIN://bitcoin:",
        "web+bitcoin:",
        "lightning:",
        "bitcoin:%62crt1".trim_end_matches("%62crt1"),
    ] {
        assert_eq!(parse(&format!("{scheme}{ADDRESS}"), Practice), read, "{scheme}");
    }
    assert_eq!(parse(&format!("bitcoin:%62{}", &ADDRESS[1..]), Practice), read);
    let uri = format!("bitcoin:{ADDRESS}?amount=0.001&label=Tea%20shop");
    let encoded = uri
        .replace('%', "%25")
        .replace(':', "%3A")
        .replace('?', "%3F")
        .replace('&', "%26")
        .replace('=', "%3D");
    for text in [
        encoded.clone(),
        format!("https://example.com/?uri={encoded}"),
        format!("{ADDRESS}?amount=0.001&label=Tea%20shop"),
        format!("{uri}#top"),
    ] {
        let amount = parse(&text, Practice).unwrap().amount;
        assert_eq!(amount, parse(&uri, Practice).unwrap().amount, "{text}");
    }
}

#[test]
fn of_two_that_differ_none_is_chosen() {
    let (invoice, other) = (invoice(), half_satoshi());
    for text in [
        format!("{invoice} {other}"),
        format!("{invoice}\n{ADDRESS}"),
        format!("{ADDRESS} or {OTHER_ADDRESS}"),
        format!("{ADDRESS}{OTHER_ADDRESS}").replace("xwmip", "xw mip"),
        format!("bitcoin:{ADDRESS}?amount=1\nbitcoin:{ADDRESS}?amount=2"),
        format!("bitcoin:{ADDRESS}?label=a\nbitcoin:{OTHER_ADDRESS}?label=b"),
        format!("Pay {invoice}, not {NODE}@127.0.0.1"),
        format!("bitcoin:{ADDRESS}?amount=0.00005&lightning={invoice} or {other}"),
    ] {
        assert_eq!(parse(&text, Practice), Err(ParseError::Several), "{text}");
    }
    // The same twice, or a part of the other, is one.
    let unified = format!("bitcoin:{ADDRESS}?amount=0.00005&lightning={invoice}");
    let whole = parse(&unified, Practice).unwrap();
    for text in [
        format!("{unified}\n{unified}"),
        format!("{unified} {invoice}"),
        format!("Invoice: {invoice}\n{unified}\n{ADDRESS}"),
        format!("{unified} from ada@example.com"),
        format!("lno1 {unified}"),
        format!("Order 1Zz9Yy8Xx7Ww6Vv5Uu4Tt3Ss2Rr1Qq: {unified}"),
    ] {
        let read = parse(&text, Practice).map(|read| Parsed { message: None, ..read });
        assert_eq!(read, Ok(Parsed { message: None, ..whole.clone() }), "{text}");
    }
}

#[test]
fn damage_is_told_as_damage() {
    let invoice = invoice();
    let broken = |text: &str, at: usize| {
        let mut chars: Vec<char> = text.chars().collect();
        chars[at] = if chars[at] == 'q' { 'p' } else { 'q' };
        chars.into_iter().collect::<String>()
    };
    for (before, after) in AROUND {
        for text in [
            broken(&invoice, 60),
            invoice[..200].to_owned(),
            broken(ADDRESS, 20),
            broken(OTHER_ADDRESS, 20),
            format!("bitcoin:{}?amount=0.001", broken(ADDRESS, 20)),
            format!("bitcoin:{ADDRESS}?amount=0.001&lightning={}", broken(&invoice, 60)),
            format!("bitcoin:{ADDRESS}?amount=1,5"),
            format!("bitcoin:{ADDRESS}?message=two coffees&amount=abc"),
            format!("bitcoin:{ADDRESS}?message=two coffees&amount=1e3&label=x"),
        ] {
            // An ellipsis behind it says that it is shortened.
            if after != "…" {
                assert_eq!(
                    code(&format!("{before}{text}{after}"), Practice),
                    Some(Code::Damaged),
                    "{before}{text}{after}"
                );
            }
        }
    }
    // A damaged one beside a good one may be the one that was meant.
    assert_eq!(code(&format!("{} {ADDRESS}", broken(&invoice, 60)), Practice), Some(Code::Damaged));
    // Shown shortened beside the whole one it is not.
    assert_eq!(
        parse(
            &format!("{}…{} ({invoice})", &invoice[..12], &invoice[invoice.len() - 8..]),
            Practice
        ),
        parse(&invoice, Practice)
    );
}

#[test]
fn what_is_not_for_us_is_named_among_words_too() {
    for (text, expected) in [
        (fixture("a mainnet invoice on the practice network"), Code::WrongNetwork),
        ("bc1qufgy354j3kmvuch987xe4s40836x3h0lg8f5n2".to_owned(), Code::WrongNetwork),
        (format!("bitcoin:{ADDRESS}?req-foo=1"), Code::UnsupportedMethod),
    ] {
        for (before, after) in AROUND {
            let text = format!("{before}{text}{after}");
            assert_eq!(code(&text, Practice), Some(expected), "{text}");
        }
    }
    for text in [
        "pay me back some day",
        "lnbc",
        "send via lnbcrt please",
        "an address begins with bc1",
        "bitcoin:",
        "lightning:",
        "https://example.com/?a=b%3Ac",
    ] {
        let expected = if text == "lnbc" { Code::Damaged } else { Code::NotUnderstood };
        assert_eq!(code(text, Practice), Some(expected), "{text}");
    }
}

#[test]
fn a_name_is_an_instruction_where_there_is_no_other() {
    let invoice = invoice();
    for (before, after) in AROUND {
        // A name may have marks in it; quotes of every kind are not looked for there.
        let plain = before.is_ascii() && after.is_ascii();
        if plain && before.ends_with([' ', '(', '<', '"', '\'']) {
            let text = format!("{before}Ada@Example.com{after}");
            assert_eq!(parse(&text, Practice), parse("ada@example.com", Practice), "{text}");
        }
    }
    assert_eq!(
        parse("Pay me at ada@example.com please", Practice),
        parse("ada@example.com", Practice)
    );
    assert_eq!(code("a da@example.com", Practice), code("da@example.com", Practice));
    let link = "lnurlp://shop.example/pay/7";
    assert_eq!(parse(&format!("Pay {link} please"), Practice), parse(link, Practice));
    assert_eq!(parse(&format!("{link}\nplease"), Practice), parse(link, Practice));
    let with_mail = format!("Questions? ada@example.com. Else pay {invoice}");
    assert_eq!(parse(&with_mail, Practice), parse(&invoice, Practice));
    let uri = format!("bitcoin:{ADDRESS}?message=Ask ada@example.com");
    assert!(parse(&uri, Practice).unwrap().onchain.is_some());
    assert_eq!(
        code("ada@example.com or bob@example.com", Practice),
        Some(Code::SeveralInstructions)
    );
    // Somebody's mail beside what we cannot pay is nobody to pay instead.
    let foreign = fixture("a refund");
    assert_eq!(code(&format!("ada@example.com {foreign}"), Practice), Some(Code::WrongNetwork));
    let refund = fixture("a refund of the practice network, in parts");
    let beside = parse(&format!("ada@example.com {refund}"), Practice).unwrap();
    assert_eq!(Ok(beside), parse(&refund, Practice));
}

/// Each would be looked through once for every character of it.
#[test]
fn the_longest_text_of_beginnings_alone_is_read_in_time() {
    let filled = |part: &str, end: &str| part.repeat((MAX_BYTES - end.len()) / part.len()) + end;
    let opened = "(".repeat(2730);
    let begun = Instant::now();
    for text in [
        format!("{opened}{}", ")".repeat(2 * 2730 + 2)),
        format!("{}{opened}", ")".repeat(2 * 2730 + 2)),
        filled("(", ""),
        filled("(", "@shop.example"),
        filled("(a", "@shop.example"),
        filled(":", "@shop.example"),
        filled("a?", ""),
        filled("a?a&a=", ""),
        filled("lnbc?a", ""),
        filled("(", &format!("lnurl1{}@x", "q".repeat(4000))),
    ] {
        assert!(parse(&text, Practice).is_err(), "{}…", &text[..20]);
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
}

proptest! {
    #[test]
    fn words_around_change_nothing_and_nothing_panics(
        at in any::<prop::sample::Index>(), around in any::<prop::sample::Index>(), again in any::<prop::sample::Index>(),
        before in "[ a-zé0-9,.!\n]{0,40}", after in "[ a-zé0-9,.!\n]{0,40}",
    ) {
        let good = good();
        let text = at.get(&good);
        let (inner, outer) = (around.get(&AROUND), again.get(&AROUND));
        let dressed = format!("{before} {}{}{text}{}{} {after}", outer.0, inner.0, inner.1, outer.1);
        let read = parse(&dressed, Practice);
        let whole = parse(text, Practice);
        // Words directly behind may complete what looked finished; whom it pays never changes.
        if let Ok(read) = &read {
            let whole = whole.as_ref().unwrap();
            prop_assert_eq!((&read.lightning, &read.onchain, read.amount), (&whole.lightning, &whole.onchain, whole.amount));
        } else {
            prop_assert!(false, "{}: {:?}", dressed, read);
        }
    }

    #[test]
    fn mutilated_texts_never_panic_nor_pay_another(
        at in any::<prop::sample::Index>(), around in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), with in any::<char>(),
    ) {
        let good = good();
        let text = at.get(&good);
        let (before, after) = around.get(&AROUND);
        let mut chars: Vec<char> = format!("{before}{text}{after}").chars().collect();
        let place = place.index(chars.len());
        chars[place] = with;
        let changed: String = chars.into_iter().collect();
        if let Ok(read) = parse(&changed, Practice) {
            let whole = parse(text, Practice).unwrap();
            prop_assert!(read.lightning.is_none() || read.lightning == whole.lightning);
            prop_assert!(read.onchain.is_none() || read.onchain == whole.onchain);
        }
    }
}
