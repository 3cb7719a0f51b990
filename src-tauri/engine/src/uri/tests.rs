use super::*;
use crate::amount::Msat;
use crate::error::{Code, Coded};
use crate::view::InstructionKind;
use NetworkId::{Mainnet, Mutinynet, Practice, Regtest, Signet, Testnet4};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use lightning::offers::refund::RefundBuilder;
use lightning::types::features::Bolt11InvoiceFeatures;
use lightning_invoice::{
    Currency, InvoiceBuilder, PaymentSecret, RawBolt11Invoice, RawTaggedField, SiPrefix,
    TaggedField,
};
use proptest::prelude::*;
use std::time::Duration;

const ALL: [NetworkId; 6] = [Mainnet, Testnet4, Signet, Mutinynet, Regtest, Practice];
const NODE: &str = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";

/// Always the same for the same arguments.
fn raw_invoice(currency: Currency, msat: Option<u64>, words: &str) -> RawBolt11Invoice {
    let builder = InvoiceBuilder::new(currency)
        .description(words.to_owned())
        .payment_hash(sha256::Hash::hash(words.as_bytes()))
        .payment_secret(PaymentSecret([7; 32]))
        .duration_since_epoch(Duration::from_secs(1_767_225_600))
        .min_final_cltv_expiry_delta(18)
        .basic_mpp();
    let builder = match msat {
        Some(msat) => builder.amount_milli_satoshis(msat),
        None => builder,
    };
    builder.build_raw().unwrap()
}

fn sign(invoice: RawBolt11Invoice) -> String {
    let key = SecretKey::from_slice(&[41; 32]).unwrap();
    let sign = |hash: &Message| Ok::<_, ()>(Secp256k1::new().sign_ecdsa_recoverable(hash, &key));
    invoice.sign(sign).unwrap().to_string()
}

fn invoice(currency: Currency, msat: Option<u64>, words: &str) -> String {
    sign(raw_invoice(currency, msat, words))
}

/// With another set of feature bits.
fn with_features(set: impl Fn(&mut Bolt11InvoiceFeatures)) -> String {
    let mut raw = raw_invoice(Currency::Regtest, Some(1000), "tea");
    for field in &mut raw.data.tagged_fields {
        if let RawTaggedField::KnownSemantics(TaggedField::Features(features)) = field {
            set(features);
        }
    }
    sign(raw)
}

fn address(network: NetworkId) -> bitcoin::Address {
    let program = bitcoin::WitnessProgram::new(bitcoin::WitnessVersion::V0, &[9; 20]).unwrap();
    bitcoin::Address::from_witness_program(program, network.chain())
}

fn code(text: &str, network: NetworkId) -> Option<Code> {
    parse(text, network).err().map(|error| error.code())
}

#[test]
fn trampoline_is_refused_only_where_it_is_required() {
    let optional = with_features(Bolt11InvoiceFeatures::set_trampoline_routing_optional);
    assert!(parse(&optional, Practice).is_ok());
    let required = with_features(Bolt11InvoiceFeatures::set_trampoline_routing_required);
    assert_eq!(code(&required, Practice), Some(Code::UnsupportedMethod));
    let link = format!("bitcoin:{}?lightning={required}", address(Practice));
    let parsed = parse(&link, Practice).expect("the address is left");
    assert!(parsed.lightning.is_none() && parsed.onchain.is_some());
}

#[test]
fn what_the_link_says_is_told_from_what_the_invoice_says() {
    let address = address(Practice);
    let invoice = invoice(Currency::Regtest, Some(1000), "tea");
    let both = format!("bitcoin:{address}?message=from%20the%20link&lightning={invoice}");
    let both = parse(&both, Practice).unwrap();
    assert_eq!(both.link_message.as_deref(), Some("from the link"));
    assert_eq!(both.lightning.as_ref().and_then(description).as_deref(), Some("tea"));
    let silent = parse(&format!("bitcoin:{address}?lightning={invoice}"), Practice).unwrap();
    assert_eq!((silent.message.as_deref(), silent.link_message), (Some("tea"), None));
}

#[test]
fn a_network_reads_its_own_invoices_and_addresses_and_no_others() {
    for (mine, theirs) in ALL.into_iter().flat_map(|mine| ALL.map(|theirs| (mine, theirs))) {
        let text = invoice(theirs.parameters().currency.clone(), Some(1000), "tea");
        let expected = (mine.parameters().currency != theirs.parameters().currency)
            .then_some(Code::WrongNetwork);
        assert_eq!(code(&text, mine), expected, "an invoice of {theirs:?} on {mine:?}");
        let text = address(theirs).to_string();
        let same = text == address(mine).to_string();
        assert_eq!(
            code(&text, mine),
            (!same).then_some(Code::WrongNetwork),
            "an address of {theirs:?} on {mine:?}"
        );
    }
}

#[test]
fn an_amount_beyond_all_bitcoin_is_not_read_as_open() {
    // Above 18,446,744 bitcoin an invoice's amount in pico bitcoin does not fit into 64 bits.
    for (bitcoin, expected) in
        [(18_446_745, Code::AmountTooLarge), (2_500_000_001, Code::AmountTooLarge)]
    {
        let mut raw = raw_invoice(Currency::Regtest, None, "moon");
        raw.hrp.raw_amount = Some(bitcoin);
        assert_eq!(code(&sign(raw), Regtest), Some(expected), "{bitcoin}");
    }
    let uri = |amount: &str| format!("bitcoin:{}?amount={amount}", address(Regtest));
    for amount in [
        "90071.99254741",
        "100000",
        "21000000",
        "184467440737.09551616",
        "99999999999999999999999999",
    ] {
        assert_eq!(code(&uri(amount), Regtest), Some(Code::AmountTooLarge), "{amount}");
    }
    for amount in [
        "-1",
        "-0",
        "",
        ".",
        "1,5",
        "1e3",
        "+1",
        "0.000000001",
        "0.00000001000001",
        "0x10",
        "1.2.3",
        "NaN",
        "١",
    ] {
        assert_eq!(code(&uri(amount), Regtest), Some(Code::Damaged), "{amount}");
    }
    for (amount, msat) in [
        ("90071.9925474", 9_007_199_254_740_000),
        ("0.00000001", 1000),
        ("0.000050000", 5_000_000),
        ("0.00005000000000000000", 5_000_000),
        ("1.000000000", 100_000_000_000),
        (".5", 50_000_000_000),
        ("1.", 100_000_000_000),
    ] {
        assert_eq!(parse(&uri(amount), Regtest).unwrap().amount, Some(Msat::new(msat)), "{amount}");
    }
}

#[test]
fn an_amount_of_nothing_is_left_to_the_payer() {
    let (address, open) = (address(Regtest), invoice(Currency::Regtest, None, "gift"));
    let fixed = invoice(Currency::Regtest, Some(50_000), "gum");
    for amount in ["0", "0.0", "0.00000000", "0.000000000000", "00", ".0"] {
        for (rest, msat) in [
            (String::new(), None),
            (format!("&lightning={open}"), None),
            (format!("&lightning={fixed}"), Some(Msat::new(50_000))),
        ] {
            let read = parse(&format!("bitcoin:{address}?amount={amount}{rest}"), Regtest).unwrap();
            assert_eq!((read.onchain.as_ref(), read.amount), (Some(&address), msat), "{amount}");
        }
    }
    let mut raw = raw_invoice(Currency::Regtest, None, "moon");
    for si_prefix in [None, Some(SiPrefix::Micro), Some(SiPrefix::Pico)] {
        (raw.hrp.raw_amount, raw.hrp.si_prefix) = (Some(0), si_prefix);
        let read = parse(&sign(raw.clone()), Regtest).unwrap();
        assert!(read.lightning.is_some());
        assert_eq!(read.amount, None);
    }
}

#[test]
fn the_two_amounts_may_differ_by_the_rest_of_a_satoshi() {
    let invoice = invoice(Currency::Regtest, Some(50_500), "gum");
    let uri =
        |amount: &str| format!("bitcoin:{}?amount={amount}&lightning={invoice}", address(Regtest));
    for amount in ["0.00000050", "0.00000051"] {
        assert_eq!(parse(&uri(amount), Regtest).unwrap().amount, Some(Msat::new(50_500)));
    }
    for amount in ["0.00000049", "0.00000052", "1"] {
        assert_eq!(code(&uri(amount), Regtest), Some(Code::Damaged), "{amount}");
    }
}

#[test]
fn words_reach_the_screen_without_tricks() {
    let uri = format!(
        "bitcoin:{}?label=%E2%80%AEevil%00&message=two%0Acoffees%E2%80%8B%FF",
        address(Regtest)
    );
    let read = parse(&uri, Regtest).unwrap();
    assert_eq!(read.label.as_deref(), Some("evil"));
    assert_eq!(read.message.as_deref(), Some("two coffees\u{fffd}"));
    let read = parse(&invoice(Currency::Regtest, None, "\u{202e}tea\r\n\u{7}!"), Regtest).unwrap();
    assert_eq!(read.message.as_deref(), Some("tea   !"));
}

#[test]
fn what_cannot_be_seen_stays_only_where_it_shapes_what_can() {
    for kept in [
        "👩\u{200d}🚀 to the moon",
        "❤\u{fe0f}\u{200d}🔥",
        "👨\u{1f3fd}\u{200d}👩\u{200d}👧",
        "👁\u{fe0f}\u{200d}🗨\u{fe0f}",
        "5\u{fe0f}\u{20e3}",
        "می\u{200c}خواهم",
        "क्\u{200d}ष",
        "ශ්\u{200d}රී",
        "ന്\u{200d}മ",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} tea",
        "葛\u{e0100}城",
    ] {
        assert_eq!(text::plain(kept).as_deref(), Some(kept));
    }
    for c in "\u{200d}\u{200c}\u{3164}\u{115f}\u{1160}\u{ffa0}\u{ad}\u{34f}\u{61c}\u{180b}\u{180e}\u{200b}\u{200e}\u{200f}\u{202a}\u{202e}\u{2060}\u{2064}\u{2066}\u{206f}\u{fe00}\u{fe0f}\u{feff}\u{fff9}\u{e0001}\u{e0041}\u{e007f}\u{e0100}\u{e0fff}\u{1d173}".chars() {
        assert_eq!(text::plain(&format!("{c}Tea{c} sh{c}op{c}")).as_deref(), Some("Tea shop"), "{:x}", u32::from(c));
        assert_eq!(text::plain(&c.to_string().repeat(3)), None, "{:x}", u32::from(c));
        assert_eq!(text::plain(&format!("☕ {c}{c}🚀")).as_deref(), Some("☕ 🚀"), "{:x}", u32::from(c));
    }
    assert_eq!(text::plain("\u{2800}Tea\u{2800}shop\u{2800}").as_deref(), Some("Tea shop"));
    assert_eq!(text::plain("\u{2800}\u{3000}"), None);
    // Words hidden in tags, behind a flag too.
    assert_eq!(text::plain("🏴\u{e0067}\u{e0062} tea").as_deref(), Some("🏴 tea"));
}

#[test]
fn what_is_unknown_beside_a_way_to_pay_is_passed_over_unless_required() {
    let address = address(Regtest);
    for (query, expected) in [
        ("lno=lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese&sp=sp1q&foo", None),
        (
            "lightning=LNURL1DP68GURN8GHJ7UM9WFMXJCM99E3K7MF0V9CXJ0M385EKVCENXC6R2C35XVUKXEFCV5MKVV34X5EKZD3EV56NYD3HXQURZEPEXEJXXEPNXSCRVWFNV9NXZCN9XQ6XYEFHVGCXXCMYXYMNSERXFQ5FNS",
            None,
        ),
        ("lightning=LNURL1DP68GURN8GHJ7", Some(Code::Damaged)),
        ("lightning=ada@example.com", None),
        ("tb=tb1qghfhmd4zh7ncpmxl3qzhmq566jk8ckq4gafnmg", None),
        ("pop=app%3a", None),
        ("req-pop=app%3a", Some(Code::UnsupportedMethod)),
        ("req-lno=lno1x", Some(Code::Damaged)),
        ("lno=lno1x", Some(Code::Damaged)),
        ("pop=app%3a&pop=app%3a", Some(Code::Damaged)),
        ("label=a&req-label=b", Some(Code::Damaged)),
        ("bc=tb1qghfhmd4zh7ncpmxl3qzhmq566jk8ckq4gafnmg", Some(Code::Damaged)),
        ("req-tb=tb1qghfhmd4zh7ncpmxl3qzhmq566jk8ckq4gafnmg", Some(Code::WrongNetwork)),
    ] {
        assert_eq!(code(&format!("bitcoin:{address}?{query}"), Regtest), expected, "{query}");
    }
}

const OFFER: &str =
    "lno1pqpzwyq2p32x2um5ypmx2cm5dae8x93pqthvwfzadd7jejes8q9lhc4rvjxd022zv5l44g6qah82ru5rdpnpj";

/// What of a link is left: invoice, offer, address, who is asked.
fn ways(text: &str) -> Result<[bool; 4], Code> {
    let all = parse(text, Mainnet).map_err(|error| error.code())?;
    Ok([
        all.lightning.is_some(),
        all.offer.is_some(),
        all.onchain.is_some(),
        all.link.is_some() || all.or_ask.is_some(),
    ])
}

#[test]
fn of_a_links_ways_those_that_are_for_us_are_left() {
    let at = address(Mainnet);
    let ours = invoice(Currency::Bitcoin, Some(10_000), "tea");
    let foreign = invoice(Currency::Signet, Some(10_000), "tea");
    let damaged = format!("{ours}q");
    let name = "ada@example.com";
    for (link, wanted) in [
        (format!("bitcoin:?lightning={ours}&lno={OFFER}"), Ok([true, true, false, false])),
        (format!("bitcoin:{at}?lightning={ours}&lno={OFFER}"), Ok([true, true, true, false])),
        (format!("bitcoin:?lno={OFFER}&lightning={ours}"), Ok([true, true, false, false])),
        (format!("bitcoin:?lightning={ours}&lightning={name}"), Ok([true, false, false, true])),
        (format!("bitcoin:?lightning={foreign}&lno={OFFER}"), Ok([false, true, false, false])),
        (format!("bitcoin:{at}?lightning={foreign}"), Ok([false, false, true, false])),
        (format!("bitcoin:?lightning={foreign}&lightning={name}"), Ok([false, false, false, true])),
        (format!("bitcoin:?lightning={foreign}"), Err(Code::WrongNetwork)),
        (format!("bitcoin:{at}?req-lightning={foreign}"), Err(Code::WrongNetwork)),
        (format!("bitcoin:{at}?lightning={damaged}"), Err(Code::Damaged)),
        (format!("bitcoin:{at}?lightning={damaged}&lno={OFFER}"), Err(Code::Damaged)),
        (format!("bitcoin:{at}?lightning={ours}&req-new=1"), Err(Code::UnsupportedMethod)),
        (format!("bitcoin:{at}?lightning={ours}&new=1"), Ok([true, false, true, false])),
        (format!("bitcoin:{at}?lno={OFFER}"), Ok([false, true, true, false])),
        (format!("lightning:{ours}?lno={OFFER}"), Ok([true, true, false, false])),
    ] {
        assert_eq!(ways(&link), wanted, "{link}");
    }
}

fn refund(msat: u64, chain: bitcoin::Network, words: &str) -> String {
    let key = SecretKey::from_slice(&[41; 32]).unwrap();
    let payer = bitcoin::secp256k1::PublicKey::from_secret_key(&Secp256k1::new(), &key);
    let builder = RefundBuilder::new(vec![7; 32], payer, msat).unwrap();
    let builder = builder.chain(chain).description(words.to_owned()).issuer("The café".into());
    builder.build().unwrap().to_string()
}

#[test]
fn a_refund_is_money_for_us_and_nothing_to_pay() {
    let text = refund(21_000, bitcoin::Network::Bitcoin, "Too\u{202e} much\npaid");
    for text in [
        text.clone(),
        text.to_uppercase(),
        format!("lightning:{text}"),
        format!("Here it is: {text}. Sorry!"),
        format!("{}+ \n{}", &text[..60], &text[60..]),
        format!("bitcoin:?lightning={text}"),
        format!("BITCOIN:?REQ-LIGHTNING={}", text.to_uppercase()),
        format!("bitcoin:{text}?amount=0.00000021&label=Somebody&message=else"),
        format!("lightning:{text}?lightning={}", invoice(Currency::Signet, None, "tea")),
    ] {
        let read = parse(&text, Mainnet).unwrap();
        assert_eq!(read.kind(), InstructionKind::Refund, "{text}");
        assert_eq!(read.amount, Some(Msat::new(21_000)));
        assert_eq!(read.label.as_deref(), Some("The café"));
        assert_eq!(read.message.as_deref(), Some("Too much paid"));
    }
    let address = address(Mainnet);
    for (text, network, wanted) in [
        (text.clone(), Practice, Code::WrongNetwork),
        (text[..text.len() - 3].to_owned(), Mainnet, Code::Damaged),
        (format!("{text}q"), Mainnet, Code::Damaged),
        (refund(0, bitcoin::Network::Bitcoin, "nothing"), Mainnet, Code::Damaged),
        (format!("bitcoin:?lightning={text}"), Practice, Code::WrongNetwork),
        (format!("bitcoin:?lightning={text}&amount=0.00000022"), Mainnet, Code::Damaged),
        (format!("bitcoin:?lightning={text}&req-new=1"), Mainnet, Code::UnsupportedMethod),
        (format!("bitcoin:{address}?req-lightning={text}"), Mainnet, Code::UnsupportedOffer),
        (format!("bitcoin:?req-lightning={text}&lno={OFFER}"), Mainnet, Code::UnsupportedOffer),
        (format!("{text} or {OFFER}"), Mainnet, Code::SeveralInstructions),
    ] {
        assert_eq!(code(&text, network), Some(wanted), "{text}");
    }
    let beside = parse(&format!("bitcoin:{address}?lightning={text}"), Mainnet).unwrap();
    assert_eq!(beside.kind(), InstructionKind::Onchain);
    for (other, kind) in [
        (format!("lno={OFFER}"), InstructionKind::Offer),
        ("lightning=ada@example.com".to_owned(), InstructionKind::Name),
    ] {
        let read = parse(&format!("bitcoin:?lightning={text}&{other}"), Mainnet).unwrap();
        assert_eq!((read.kind(), read.refund), (kind, None), "{other}");
    }
}

#[test]
fn nobody_pays_an_address_that_anyone_can_spend() {
    for (version, program) in
        [(bitcoin::WitnessVersion::V1, &[0x4e, 0x73][..]), (bitcoin::WitnessVersion::V2, &[1; 32])]
    {
        let program = bitcoin::WitnessProgram::new(version, program).unwrap();
        let text =
            bitcoin::Address::from_witness_program(program, bitcoin::Network::Regtest).to_string();
        assert_eq!(code(&text, Regtest), Some(Code::UnsupportedMethod), "{text}");
    }
}

#[test]
fn a_node_is_read_with_any_place_and_written_back() {
    for (text, host, port) in [
        (NODE.to_owned(), None, 9735),
        (format!("{NODE}@example.com"), Some("example.com"), 9735),
        (format!("{NODE}@Example.COM:9736"), Some("example.com"), 9736),
        (format!("{NODE}@127.0.0.1:1"), Some("127.0.0.1"), 1),
        (format!("{NODE}@[2001:db8::1]:9735"), Some("2001:db8::1"), 9735),
    ] {
        let node = parse(&text, Mainnet).unwrap().node.unwrap();
        assert_eq!((node.host.as_deref(), node.port), (host, port), "{text}");
        assert_eq!(parse(&node.to_string(), Mainnet).unwrap().node, Some(node));
    }
    for place in [
        "", ":", ":1", "a:0", "a:65536", "a:-1", "a:+1", "a:1:2", "[::1", "[x]:1", "[::1]1",
        "a/b:1", "a@c", "é:1",
    ] {
        let expected = Some(Code::Damaged);
        assert_eq!(code(&format!("{NODE}@{place}"), Mainnet), expected, "{place}");
    }
}

#[test]
fn the_qr_code_is_upper_case_where_it_can_be() {
    let (address, invoice) = (address(Regtest), invoice(Currency::Regtest, Some(5_000_000), "tea"));
    let upper = |text: &str| text.to_ascii_uppercase();
    let plain = build(&address, Some(&invoice), Some(Msat::new(5_000_000)), None);
    assert_eq!(plain, format!("bitcoin:{address}?amount=0.00005&lightning={invoice}"));
    assert_eq!(qr_text(&plain), upper(&plain));
    let noted = build(&address, Some(&invoice), Some(Msat::new(4_999_001)), Some("Two coffees"));
    assert_eq!(
        noted,
        format!("bitcoin:{address}?amount=0.00005&message=Two%20coffees&lightning={invoice}")
    );
    let kept = format!(
        "bitcoin:{}?amount=0.00005&message=Two%20coffees&lightning={}",
        upper(&address.to_string()),
        upper(&invoice)
    );
    assert_eq!(qr_text(&noted), kept);
    assert_eq!(qr_text(&invoice), upper(&invoice));
    assert_eq!(
        qr_text(&build(&address, None, None, Some("№ 7"))).split_once('?').unwrap().1,
        "MESSAGE=%E2%84%96%207"
    );
    let legacy = "bitcoin:mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";
    assert_eq!(qr_text(legacy), legacy);
}

/// The fixture of the texts carries these; the tests there cannot make them.
#[test]
fn the_fixture_carries_our_invoices() {
    let fixture = include_str!("../../../../tests/fixtures/strings.json");
    assert!(fixture.contains(&invoice(Currency::Regtest, Some(50_500), "Half a satoshi")));
    assert!(fixture.contains(&invoice(Currency::Regtest, Some(5_000_000), "Two coffees")));
    assert!(fixture.contains(&invoice(Currency::BitcoinTestnet, None, "A gift")));
    assert!(fixture.contains(&address(Practice).to_string()));
}

/// All examples of the specification, right and wrong.
#[test]
fn the_examples_of_bolt_11() {
    #[derive(serde::Deserialize)]
    struct Example {
        invoice: String,
        valid: bool,
        case: String,
    }
    let examples = include_str!("../../../../tests/fixtures/bolt11.json");
    let examples: Vec<Example> = serde_json::from_str(examples).unwrap();
    assert_eq!(examples.len(), 25);
    for Example { invoice, valid, case } in examples {
        let read: Vec<_> = ALL.into_iter().filter_map(|on| parse(&invoice, on).ok()).collect();
        assert_eq!(!read.is_empty(), valid, "{case}: {read:?}");
        assert!(read.iter().all(|read| read.lightning.is_some()), "{case}");
    }
}

fn valid() -> impl Strategy<Value = String> {
    let (address, invoice) = (address(Regtest), invoice(Currency::Regtest, Some(5_000_000), "tea"));
    prop_oneof![
        Just(address.to_string()),
        Just(invoice.clone()),
        Just(format!("lightning:{invoice}")),
        Just(format!("bitcoin:?lightning={invoice}")),
        Just(build(&address, Some(&invoice), Some(Msat::new(5_000_000)), None)),
        Just(format!("{NODE}@[::1]:9735")),
        Just(NODE.to_owned()),
    ]
}

proptest! {
    #[test]
    fn nothing_panics(text in any::<String>()) {
        for network in ALL {
            let read = parse(&text, network);
            prop_assert!(read.is_err() || read == parse(&text, network));
            prop_assert!(!qr_text(&text).is_empty() || text.is_empty());
        }
    }

    #[test]
    fn mutations_never_panic_nor_change_the_payee(
        text in valid(), at in any::<prop::sample::Index>(), with in any::<char>(), scheme in "(bitcoin:|lightning:|BITCOIN:?lightning=)?",
    ) {
        let mut chars: Vec<char> = text.chars().collect();
        let place = at.index(chars.len());
        chars[place] = with;
        let changed = format!("{scheme}{}", chars.into_iter().collect::<String>());
        if let Ok(read) = parse(&changed, Regtest) {
            let whole = parse(&text, Regtest).unwrap();
            prop_assert!(read.lightning.is_none() || read.lightning == whole.lightning);
            prop_assert!(read.onchain.is_none() || read.onchain == whole.onchain);
        }
    }

    #[test]
    fn upper_case_and_line_breaks_say_the_same(text in valid(), width in 8_usize..80) {
        let read = parse(&text, Regtest);
        prop_assert!(read.is_ok());
        prop_assert_eq!(&parse(&text.to_ascii_uppercase(), Regtest), &read);
        let wrapped: Vec<String> = text.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        prop_assert_eq!(&parse(&format!("\u{feff} {}\r\n", wrapped.join("\r\n")), Regtest), &read);
    }

    #[test]
    fn our_requests_read_back(
        msat in prop::option::of(1..=Msat::MOST.get()), with_invoice in any::<bool>(), note in prop::option::of(any::<String>()),
    ) {
        let invoice = with_invoice.then(|| invoice(Currency::Regtest, msat, ""));
        let uri = build(&address(Regtest), invoice.as_deref(), msat.map(Msat::new), note.as_deref());
        prop_assume!(uri.len() <= MAX_BYTES);
        let read = parse(&uri, Regtest).unwrap();
        prop_assert_eq!(read.onchain.as_ref(), Some(&address(Regtest)));
        prop_assert_eq!(read.lightning.as_ref().map(ToString::to_string), invoice);
        let exact = msat.map(|msat| if with_invoice { msat } else { msat.div_ceil(1000) * 1000 });
        prop_assert_eq!(read.amount, exact.map(Msat::new));
        prop_assert_eq!(&read.message, &note.as_deref().and_then(text::plain));
        prop_assert_eq!(parse(&qr_text(&uri), Regtest), Ok(read));
    }
}
