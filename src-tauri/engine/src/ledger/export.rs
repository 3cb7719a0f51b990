//! The list as a table that a spreadsheet opens (RFC 4180). What its columns mean is in `docs/activity-csv.md`: a new one goes to
//! the end. The column `change_msat` adds up to what is owned.

use super::activity::movement;
use crate::amount::Msat;
use crate::core::Core;
use crate::fiat::decimal;
use crate::payments::{JournalError, Payment, PaymentId, StoredKind};
use crate::time::Timestamp;
use crate::uri::is_unseen;
use hex::DisplayHex as _;
use serde::Serialize;

const COLUMNS: &str = "id,time,kind,direction,status,amount_msat,routing_fee_msat,miner_fee_msat,change_msat,party,note,\
                       payer_note,payment_hash,preimage,txid,address,node_id,failure,contact,recipients,label,fiat_currency,\
                       fiat_per_btc,fiat_rate_time,fiat_amount,fiat_fee";

/// Rows at a time.
const PAGE: usize = 500;

/// The table, oldest first.
pub(crate) fn csv(core: &Core) -> Result<String, JournalError> {
    let mut rows: Vec<Payment> = Vec::new();
    loop {
        let last: Option<PaymentId> = rows.last().map(|row| row.id);
        let page = core.journal.page(None, last.as_ref(), PAGE)?;
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    rows.sort_by_key(|row| (row.created_at, row.id));
    let mut table = String::from(COLUMNS);
    for row in &rows {
        table.push_str("\r\n");
        table.push_str(&line(core, row));
    }
    table.push_str("\r\n");
    Ok(table)
}

fn line(core: &Core, row: &Payment) -> String {
    let shown = movement(core, row);
    let fee = |of: bool| row.fee_msat.filter(|_| of).map(|fee| fee.to_string());
    let over_lightning = row.kind == StoredKind::Lightning;
    let hex = |bytes: &[u8; 32]| bytes.to_lower_hex_string();
    let proof = row.preimage.filter(|_| row.status.is_final()).map(|preimage| hex(&preimage.0));
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        row.id.to_string(),
        utc(row.created_at),
        named(&shown.kind),
        named(&shown.direction),
        named(&shown.status),
        row.amount_msat.to_string(),
        fee(over_lightning).unwrap_or_default(),
        fee(!over_lightning).unwrap_or_default(),
        shown.change_msat.to_string(),
        written(&text(&shown.party)),
        written(&text(&row.note)),
        written(&text(&row.payer_note)),
        row.hash.as_ref().map(hex).unwrap_or_default(),
        proof.unwrap_or_default(),
        text(&row.txid),
        text(&row.address),
        text(&row.node_id),
        row.failure.as_ref().map(named).unwrap_or_default(),
        written(&text(&row.payee().and_then(|payee| core.contacts.name(&payee.id())))),
        recipients(row),
        written(&text(&row.label)),
    ];
    let cells = cells.into_iter().chain(worth(row));
    cells.map(|cell| quoted(&cell)).collect::<Vec<_>>().join(",")
}

/// What it was worth when its money moved, by the rate that is kept with it. Nothing where none is.
fn worth(row: &Payment) -> [String; 5] {
    let Some(rate) = row.rate else { return Default::default() };
    let worth =
        |msat: u64| rate.nearest(Msat::new(msat)).map(|fiat| decimal(fiat.minor, fiat.decimals));
    [
        rate.currency.to_string(),
        decimal(rate.minor_per_btc, rate.decimals),
        utc(rate.at),
        worth(row.amount_msat).unwrap_or_default(),
        row.fee_msat.and_then(worth).unwrap_or_default(),
    ]
}

/// `address amount_msat` for each of several.
fn recipients(row: &Payment) -> String {
    let several = row.recipients.iter();
    let several = several.map(|one| format!("{} {}", one.address, one.amount_msat));
    several.collect::<Vec<_>>().join("; ")
}

/// As it crosses the border to the page.
fn named(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A spreadsheet takes text that begins like this for a formula and does what it says; the wide ones are those of East Asian
/// keyboards (OWASP, CSV Injection).
const FORMULA: [char; 10] = ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'];

/// Text that anybody may have written, and what it begins with is not taken for a formula: not behind blanks either, nor behind
/// what is not seen.
fn written(text: &str) -> String {
    let is_formula = text.trim_start_matches(is_unseen).starts_with(FORMULA);
    if is_formula || text.starts_with(char::is_control) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n', '\'', ';', '\t']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// RFC 3339, by the calendar of days since 1970 (Howard Hinnant's `civil_from_days`).
fn utc(at: Timestamp) -> String {
    let secs = at.min(Timestamp::LAST).secs();
    let (days, rest) = (secs / 86_400, secs % 86_400);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_the_calendar() {
        let at = |secs| utc(Timestamp::from_secs(secs));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_231_006_505), "2009-01-03T18:15:05Z");
        assert_eq!(at(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn nothing_that_anybody_wrote_is_a_formula() {
        let blanks =
            ["", " ", "\t", "\r", "\n", "\u{a0}", "\u{200b}", "\u{feff}", "\u{0}", " \t\u{202e} "];
        for blank in blanks {
            for begin in FORMULA {
                let formula = format!("{blank}{begin}SUM(A1)");
                assert_eq!(written(&formula), format!("'{formula}"));
            }
        }
        for odd in ["\t1", "\r1", "\n1", "\u{0}1"] {
            assert_eq!(written(odd), format!("'{odd}"));
        }
        for text in ["Two bowls", "1+1=2", "a@b", "Käse", ""] {
            assert_eq!(written(text), text);
        }
    }

    #[test]
    fn a_cell_stays_one_cell() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"hi\"\r\nthere"), "\"say \"\"hi\"\"\r\nthere\"");
    }
}
