use super::*;
use proptest::prelude::*;

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn read(shape: RateShape, answer: &str) -> Option<u64> {
    minor_of(&price(shape, answer.as_bytes(), euro()).ok()??, 2)
}

const SHAPES: [RateShape; 3] = [RateShape::Mempool, RateShape::CoinGecko, RateShape::Coinbase];

#[test]
fn each_kind_of_answer_is_read() {
    let mempool = r#"{"time":1703252411,"USD":43753,"EUR":40545,"GBP":37528,"JPY":6218915}"#;
    assert_eq!(read(RateShape::Mempool, mempool), Some(4_054_500));
    let coingecko = r#"{"bitcoin":{"eur":40545.129}}"#;
    assert_eq!(read(RateShape::CoinGecko, coingecko), Some(4_054_512));
    let coinbase = r#"{"data":{"amount":"40545.125","base":"BTC","currency":"EUR"}}"#;
    assert_eq!(read(RateShape::Coinbase, coinbase), Some(4_054_512));
    for shape in SHAPES {
        for (kind, answer) in [(RateShape::Mempool, mempool), (RateShape::CoinGecko, coingecko)] {
            assert_eq!(read(shape, answer).is_some(), shape == kind, "{shape:?} {answer}");
        }
    }
}

#[test]
fn what_is_no_price_is_none() {
    for price in ["null", "-1", "0", "\"40545\"", "1e5", "[40545]", "{}", "99999999999999999999"] {
        assert_eq!(read(RateShape::Mempool, &format!("{{\"EUR\":{price}}}")), None, "{price}");
        let answer = format!("{{\"bitcoin\":{{\"eur\":{price}}}}}");
        assert_eq!(read(RateShape::CoinGecko, &answer), None, "{price}");
    }
    let coinbase = |amount: &str, base: &str, currency: &str| {
        let answer =
            serde_json::json!({"data": {"amount": amount, "base": base, "currency": currency}});
        read(RateShape::Coinbase, &answer.to_string())
    };
    assert_eq!(coinbase("1.5", "BTC", "EUR"), Some(150));
    assert_eq!(coinbase("1.5", "ETH", "EUR"), None, "of another coin");
    assert_eq!(coinbase("1.5", "BTC", "USD"), None, "in another currency");
    assert_eq!(coinbase("-1.5", "BTC", "EUR"), None);
    for shape in SHAPES {
        for answer in ["", "<html>Just a moment…</html>", "{}", "[]", "{\"bitcoin\":{}}", "nul"] {
            assert_eq!(read(shape, answer), None, "{shape:?} {answer}");
        }
    }
}

proptest! {
    #[test]
    fn no_answer_is_too_odd_to_be_refused(answer in prop::collection::vec(any::<u8>(), 0..200)) {
        for shape in SHAPES {
            let read = price(shape, &answer, euro()).ok().flatten();
            prop_assert!(read.is_none_or(|text| text.len() <= answer.len()));
        }
    }

    #[test]
    fn a_pause_grows_with_failures_and_is_never_shorter_than_asked(failures in 0u32..40, dice: u8) {
        let every = Duration::from_secs(300);
        let pause = pause(every, failures, dice);
        prop_assert!(pause >= every && pause <= LONGEST + LONGEST / 5);
    }
}

#[test]
fn failures_double_the_pause_up_to_an_hour() {
    assert_eq!(pause(Duration::from_secs(300), 0, 0), Duration::from_secs(300));
    assert_eq!(pause(Duration::from_secs(300), 0, 255), Duration::from_secs(360));
    assert_eq!(pause(Duration::from_secs(300), 2, 0), Duration::from_secs(1200));
    assert_eq!(pause(Duration::from_secs(300), 9, 0), LONGEST);
}
