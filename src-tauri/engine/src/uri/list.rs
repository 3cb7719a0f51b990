//! A list of addresses, a line for each: `address amount`, in whole satoshi. What stands between them may be blanks, a comma or a
//! semicolon. A line may also be a link that says its own amount: nothing that stands in it is one of the list.

use super::amount::possible;
use super::{ParseError, Parsed, text, whole};
use crate::amount::{Msat, Sat};
use crate::view::NetworkId;

/// More text than any list that is paid at once.
const MAX_BYTES: usize = 64 * 1024;

/// Reads it, if it is such a list: two lines of it are, or its only line has an amount. A line that cannot be read is in its place.
pub(crate) fn parse_list(
    text: &str,
    network: NetworkId,
) -> Option<Vec<Result<Parsed, ParseError>>> {
    if text.len() > MAX_BYTES || text.contains(text::OVERRIDES) {
        return None;
    }
    let lines = text.lines().map(text::trim).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.map(|line| read(line, network)).collect();
    let good: Vec<&Parsed> = lines.iter().filter_map(|line| line.as_ref().ok()).collect();
    let alone = lines.len() == 1 && good.first().is_some_and(|one| one.amount.is_some());
    (good.len() > 1 || alone).then_some(lines)
}

fn read(line: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let is_link = line.contains(['?', '&', '#']);
    let (payee, amount) = match line.rsplit_once(|c: char| c.is_whitespace() || ",;".contains(c)) {
        // It may be an amount behind the link, or a part of its words.
        Some((_, last)) if is_link && is_number(last) => return Err(ParseError::Several),
        Some((payee, amount)) if !is_link => {
            (payee.trim_end_matches([' ', '\t', ',', ';']), Some(amount))
        }
        Some(_) | None => (line, None),
    };
    let parsed = whole::read(payee, network)?;
    if parsed.onchain.is_none() || payee.contains(char::is_whitespace) {
        return Err(ParseError::NotUnderstood);
    }
    match (parsed.amount, amount) {
        (_, None) => Ok(parsed),
        // Two amounts are one too many.
        (Some(_), Some(_)) => Err(ParseError::Several),
        (None, Some(amount)) => Ok(Parsed { amount: Some(satoshi(amount)?), ..parsed }),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn satoshi(text: &str) -> Result<Msat, ParseError> {
    let amount = text.parse().ok().filter(|_| is_number(text)).map(Sat::new);
    let amount = amount.ok_or(ParseError::Malformed("an amount in whole satoshi"))?;
    if amount == Sat::ZERO {
        return Err(ParseError::Malformed("an amount of nothing"));
    }
    Msat::from_sat(amount).ok_or(ParseError::AmountTooLarge).and_then(possible)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    const OTHER: &str = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";

    fn list(text: &str) -> Option<Vec<Result<Option<u64>, ParseError>>> {
        let lines = parse_list(text, NetworkId::Practice)?;
        let sat = |one: Parsed| one.amount.map(|amount| amount.to_sat_floor().get());
        Some(lines.into_iter().map(|line| line.map(sat)).collect())
    }

    #[test]
    fn each_line_is_an_address_and_its_amount() {
        let read = |text: &str| list(text).unwrap();
        let both = [Ok(Some(5_000)), Ok(Some(70))];
        for between in [" ", "\t", ", ", ";", "   "] {
            let text = format!("\n {ONE}{between}5000 \r\n\n{OTHER}{between}70\n");
            assert_eq!(read(&text), both, "{between:?}");
        }
        assert_eq!(read(&format!("{ONE} 5000")), [Ok(Some(5_000))]);
        assert_eq!(
            read(&format!("{ONE}\nbitcoin:{OTHER}?amount=0.0000007")),
            [Ok(None), Ok(Some(70))]
        );
    }

    #[test]
    fn a_line_that_cannot_be_read_is_in_its_place() {
        let read = list(&format!("{ONE} 5000\nbcrt1qw508 12\n{OTHER} 0.5\n{OTHER} 7")).unwrap();
        assert_eq!(read.len(), 4);
        assert!(read[0].is_ok() && read[1].is_err() && read[2].is_err() && read[3].is_ok());
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in ["", ONE, "hello", "Thank you\nAda", &format!("{ONE}\nThank you, Ada")] {
            assert_eq!(list(text), None, "{text:?}");
        }
        let too_much = "9007199254741";
        for amount in ["0", "-1", "1e3", "0.5", "٣", too_much, "99999999999999999999999"] {
            assert_eq!(list(&format!("{ONE} {amount}")), None, "{amount:?}");
        }
    }

    #[test]
    fn nothing_of_a_link_is_an_amount_of_the_list() {
        let read = |line: &str| list(&format!("{OTHER} 7\n{line}\n{OTHER} 8")).unwrap().remove(1);
        let unclear = Err(ParseError::Several);
        for words in [
            "?message=Thanks,2024",
            "?label=Room 101",
            "?label=Tea;7",
            "&message=Thanks,2024",
            "#Thanks,2024",
            "?amount=0.1 5000",
            "?amount=0.1,5000",
            "?label=Tea 5000",
        ] {
            assert_eq!(read(&format!("bitcoin:{ONE}{words}")), unclear, "{words}");
            assert_eq!(read(&format!("{ONE}{words}")), unclear, "{words}");
            assert_eq!(list(&format!("bitcoin:{ONE}{words}")), None, "{words}");
        }
        for (words, amount) in [
            ("?message=Thanks,Ada", None),
            ("?message=Thanks,2024&amount=0.0000007", Some(70)),
            ("?amount=0.0000007&label=Tea,", Some(70)),
            ("?label=Room%20101", None),
        ] {
            assert_eq!(read(&format!("bitcoin:{ONE}{words}")), Ok(amount), "{words}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*|([a-z0-9 ,;\n]*)") {
            drop(list(&text));
        }
    }
}
