//! Labels as other wallets read and write them: JSON Lines, one record a line (BIP 329). Pure. A file comes from anywhere: what it
//! says is bounded here, and made fit for a screen.
//!
//! The BIP has no type for a payment over Lightning, and has importers ignore types that they do not know. Ours is
//! `lightning`, by its payment hash; see `docs/labels.md`.

use super::labels::LONGEST;
use crate::uri::plain;
use bitcoin::{OutPoint, Txid};
use hex::DisplayHex as _;
use serde::{Deserialize, Serialize};

/// As much as a file may have: hundreds of thousands of records.
pub(crate) const MAX_BYTES: usize = 10 * 1024 * 1024;
/// No record is longer.
const LONGEST_LINE: usize = 8 * 1024;

/// What a label is on, of what Fulmen keeps labels for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reference {
    Tx(Txid),
    /// As it was written. Whose it is, only the wallet knows.
    Address(String),
    Output(OutPoint),
    /// A payment over Lightning, by its hash.
    Lightning([u8; 32]),
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) on: Reference,
    /// One plain line, cut to [`LONGEST`]. Nothing: this record says none, and changes none.
    pub(crate) label: Option<String>,
    /// Of outputs only. Nothing: it is not said, and not changed.
    pub(crate) spendable: Option<bool>,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Record {
        record: Record,
        /// The label was longer.
        cut: bool,
    },
    /// A record of a type that Fulmen has no place for.
    OtherType,
    /// None of ours, nor anybody's.
    Unreadable,
}

/// The keys of a record. The BIP lets writers add others.
#[derive(Serialize, Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spendable: Option<bool>,
}

/// Reads a file's lines; blank ones are none. Nothing, if it is too long.
pub(crate) fn read(text: &str) -> Option<Vec<Line>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    Some(lines.filter(|line| !line.is_empty()).map(read_line).collect())
}

fn read_line(line: &str) -> Line {
    if line.len() > LONGEST_LINE {
        return Line::Unreadable;
    }
    let Ok(raw) = serde_json::from_str::<Raw>(line) else { return Line::Unreadable };
    let reference = raw.reference.trim();
    let on = match raw.kind.as_str() {
        "tx" => reference.parse().ok().map(Reference::Tx),
        "addr" => Some(Reference::Address(reference.to_owned())),
        "output" => reference.parse().ok().map(Reference::Output),
        "lightning" => hex::FromHex::from_hex(reference).ok().map(Reference::Lightning),
        _ => return Line::OtherType,
    };
    let Some(on) = on else { return Line::Unreadable };
    let whole = raw.label.as_deref().and_then(plain);
    let label: Option<String> = whole.as_ref().map(|label| label.chars().take(LONGEST).collect());
    let cut = whole != label;
    let spendable = raw.spendable.filter(|_| matches!(on, Reference::Output(_)));
    Line::Record { record: Record { on, label, spendable }, cut }
}

/// Writes a file. `origin` says which wallet a transaction's label is of: `wpkh([d34db33f/84'/0'/0'])`.
pub(crate) fn write(records: &[Record], origin: &str) -> String {
    let line = |record: &Record| {
        let (kind, reference) = match &record.on {
            Reference::Tx(txid) => ("tx", txid.to_string()),
            Reference::Address(address) => ("addr", address.clone()),
            Reference::Output(outpoint) => ("output", outpoint.to_string()),
            Reference::Lightning(hash) => ("lightning", hash.to_lower_hex_string()),
        };
        let raw = Raw {
            kind: kind.to_owned(),
            reference,
            label: record.label.clone(),
            origin: matches!(record.on, Reference::Tx(_)).then(|| origin.to_owned()),
            spendable: record.spendable,
        };
        serde_json::to_string(&raw).expect("a record is plain data") + "\n"
    };
    records.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::hashes::Hash as _;
    use proptest::prelude::*;

    const ORIGIN: &str = "wpkh([d34db33f/84'/0'/0'])";

    fn one(line: &str) -> Line {
        let lines = read(line).unwrap();
        assert_eq!(lines.len(), 1, "{line}");
        lines[0].clone()
    }

    fn label_of(line: &str) -> Option<String> {
        match one(line) {
            Line::Record { record, .. } => record.label,
            other => panic!("{other:?}"),
        }
    }

    /// The BIP's own lines.
    #[test]
    fn the_vectors_of_the_bip_are_read() {
        let text = r#"
{ "type": "tx", "ref": "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd", "label": "Transaction", "origin": "wpkh([d34db33f/84'/0'/0'])" }
{ "type": "addr", "ref": "bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c", "label": "Address" }
{ "type": "pubkey", "ref": "0283409659355b6d1cc3c32decd5d561abaac86c37a353b52895a5e6c196d6f448", "label": "Public Key" }
{ "type": "input", "ref": "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:0", "label": "Input" }
{ "type": "output", "ref": "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:1", "label": "Output", "spendable": false }
{ "type": "xpub", "ref": "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8", "label": "Extended Public Key" }
{ "type": "tx", "ref": "f546156d9044844e02b181026a1a407abfca62e7ea1159f87bbeaa77b4286c74", "label": "Account #1 Transaction", "origin": "wpkh([d34db33f/84'/0'/1'])" }"#;
        let lines = read(text).unwrap();
        let others = lines.iter().filter(|line| **line == Line::OtherType).count();
        let records: Vec<&Record> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Record { record, cut: false } => Some(record),
                _ => None,
            })
            .collect();
        assert_eq!((lines.len(), others, records.len()), (7, 3, 4));
        assert!(matches!(records[0].on, Reference::Tx(_)) && records[0].spendable.is_none());
        assert!(matches!(records[1].on, Reference::Address(_)));
        assert_eq!(records[2].spendable, Some(false));
        assert_eq!(records[2].label.as_deref(), Some("Output"));
    }

    #[test]
    fn what_is_no_record_is_said_and_stops_nothing() {
        let good = r#"{"type":"addr","ref":"x","label":"y"}"#;
        let bad = [
            "",
            "{",
            "[]",
            "null",
            "12",
            r#"{"type":"tx"}"#,
            r#"{"type":"tx","ref":"zz","label":"a"}"#,
            r#"{"type":"output","ref":"00:1"}"#,
            r#"{"type":"output","ref":5}"#,
            r#"{"type":"lightning","ref":"00"}"#,
            r#"{"type":"addr","ref":"x","label":7}"#,
        ];
        let text = bad.join("\n") + "\r\n\u{feff}\n" + good + "\r\n";
        let lines = read(&text).unwrap();
        assert!(matches!(lines.last(), Some(Line::Record { .. })));
        let unreadable = lines.iter().filter(|line| **line == Line::Unreadable).count();
        assert_eq!(unreadable, lines.len() - 1);
        assert_eq!(one(r#"{"type":"channel","ref":"1x2x3","label":"y"}"#), Line::OtherType);
    }

    #[test]
    fn what_is_too_long_is_cut_or_refused() {
        let long = format!(r#"{{"type":"addr","ref":"x","label":"{}"}}"#, "ä".repeat(300));
        let Line::Record { record, cut } = one(&long) else { panic!("a record") };
        assert!(cut && record.label.unwrap().chars().count() == LONGEST);
        let line = format!(r#"{{"type":"addr","ref":"x","label":"{}"}}"#, "a".repeat(9_000));
        assert_eq!(one(&line), Line::Unreadable);
        assert_eq!(read(&"\n".repeat(MAX_BYTES + 1)), None);
        let nested = format!(r#"{{"type":"addr","ref":"x","more":{}"#, "[".repeat(4_000));
        assert_eq!(one(&nested), Line::Unreadable);
    }

    #[test]
    fn a_label_is_one_plain_line_or_none() {
        let said =
            |label: &str| label_of(&format!(r#"{{"type":"addr","ref":"x","label":"{label}"}}"#));
        assert_eq!(said(r"For the\u202e roof\n").as_deref(), Some("For the roof"));
        for empty in ["", " ", r"\u200b", r"\n"] {
            assert_eq!(said(empty), None, "{empty:?}");
        }
        assert_eq!(label_of(r#"{"type":"addr","ref":"x"}"#), None);
    }

    fn references() -> impl Strategy<Value = Reference> {
        let txid = any::<[u8; 32]>().prop_map(Txid::from_byte_array);
        prop_oneof![
            txid.clone().prop_map(Reference::Tx),
            "[a-z0-9]{1,60}".prop_map(Reference::Address),
            (txid, any::<u32>())
                .prop_map(|(txid, vout)| Reference::Output(OutPoint { txid, vout })),
            any::<[u8; 32]>().prop_map(Reference::Lightning),
        ]
    }

    fn records() -> impl Strategy<Value = Record> {
        let label = prop::option::of("\\PC{0,200}");
        (references(), label, any::<Option<bool>>()).prop_map(|(on, label, spendable)| {
            let spendable = spendable.filter(|_| matches!(on, Reference::Output(_)));
            Record { label: label.as_deref().and_then(plain), spendable, on }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(records in prop::collection::vec(records(), 0..12)) {
            let text = write(&records, ORIGIN);
            let read: Vec<Record> = read(&text).unwrap().into_iter().map(|line| match line {
                Line::Record { record, cut: false } => record,
                other => panic!("{other:?}"),
            }).collect();
            prop_assert_eq!(read, records);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "(\\PC|[\n{}\":,])*") {
            drop(read(&text));
        }

        #[test]
        fn any_value_in_a_record_is_read_without_a_panic(kind in "tx|addr|output|lightning|\\PC*", reference in "\\PC*", label in "\\PC*") {
            let line = serde_json::json!({ "type": kind, "ref": reference, "label": label }).to_string();
            if let [Line::Record { record, .. }] = &read(&line).unwrap()[..] {
                let label = record.label.clone().unwrap_or_default();
                prop_assert!(label.chars().count() <= LONGEST && !label.chars().any(char::is_control));
            }
        }
    }
}
