//! What holds of every file of labels, for [`crate::fuzz`].

use super::bip329::{Line, Record, Reference, read, write};
use super::labels::LONGEST;
use crate::uri::plain;

const ORIGIN: &str = "wpkh([d34db33f/84'/0'/0'])";

/// Whatever a file says is bounded and cleaned, and what was read of it is read again from what is written of it.
pub(crate) fn labels(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(lines) = read(&text) else { return };
    let mut records: Vec<Record> = Vec::new();
    for line in lines {
        let Line::Record { record, .. } = line else { continue };
        if let Some(label) = &record.label {
            assert!(label.chars().count() <= LONGEST);
            assert!(!label.contains(char::is_control));
            assert!(plain(label).is_some());
        }
        assert!(record.spendable.is_none() || matches!(record.on, Reference::Output(_)));
        records.push(record);
    }
    let written = write(&records, ORIGIN);
    assert_eq!(written.lines().count(), records.len(), "one line a record");
    let again = read(&written).expect("no more than was read");
    for (line, record) in again.iter().zip(&records) {
        // A label that was cut may end in a blank, and a long reference may be too long once it is escaped.
        match line {
            Line::Record { record: again, .. } => {
                assert_eq!(again.on, record.on);
                assert_eq!(again.spendable, record.spendable);
                let label = record.label.as_deref().and_then(plain);
                assert_eq!(again.label, label);
            }
            Line::Unreadable => assert!(matches!(record.on, Reference::Address(_))),
            Line::OtherType => panic!("{record:?}"),
        }
    }
}
