//! Texts a person might paste or scan, and what the wallet makes of each: `fixtures/strings.json`.

use fulmen_engine::error::{Code, Coded};
use fulmen_engine::uri::parse;
use fulmen_engine::view::NetworkId;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Row {
    name: String,
    text: Text,
    network: NetworkId,
    expect: Expect,
}

/// Given whole, or too long to be.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Whole(String),
    Repeated { repeat: String, times: usize },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Expect {
    Accepted { kind: Value, amount_msat: Option<u64> },
    Refused { code: Code },
}

fn read(text: &str, network: NetworkId) -> Expect {
    match parse(text, network) {
        Ok(parsed) => Expect::Accepted {
            kind: json!(parsed.kind()),
            amount_msat: parsed.amount.map(|amount| amount.get()),
        },
        Err(error) => Expect::Refused { code: error.code() },
    }
}

#[test]
fn texts_are_read_as_they_should_be() {
    let rows: Vec<Row> = serde_json::from_str(include_str!("fixtures/strings.json")).unwrap();
    let mut wrong = Vec::new();
    let mut accepted = 0;
    for row in &rows {
        let text = match &row.text {
            Text::Whole(text) => text.clone(),
            Text::Repeated { repeat, times } => repeat.repeat(*times),
        };
        let found = read(&text, row.network);
        accepted += usize::from(matches!(found, Expect::Accepted { .. }));
        if found != row.expect {
            wrong.push(format!("{}: expected {:?}, found {found:?}", row.name, row.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows.len() >= 300, "only {} rows", rows.len());
    assert!(accepted >= 180, "only {accepted} accepted");
}
