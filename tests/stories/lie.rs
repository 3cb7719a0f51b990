//! Lies in the words of each kind of server, for the stories in `lies.rs`.

use bitcoin::block::{Header, Version};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, TxMerkleNode};
use fulmen_practice::chain::Tip;
use fulmen_practice::esplora::Rewrite;
use serde_json::{Map, Value, json};
use stories::Kind;

/// The newest block, as an Electrum server tells it, and headers from a height on.
const SUBSCRIBE: &str = "blockchain.headers.subscribe";
const HEADERS: &str = "blockchain.block.headers";
/// Characters of a header as text.
const HEADER: usize = 160;

/// Calls `change` with each object in an answer.
pub(crate) fn each(value: &mut Value, change: &impl Fn(&mut Map<String, Value>)) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| each(one, change)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|one| each(one, change));
            change(fields);
        }
        _ => {}
    }
}

/// In every answer, each field of this name says something else.
pub(crate) fn saying(field: &'static str, what: Value) -> Rewrite {
    Rewrite::by(move |_, answer| {
        each(answer, &|fields| {
            if fields.get(field).is_some_and(|value| !value.is_null()) {
                fields.insert(field.to_owned(), what.clone());
            }
        });
    })
}

/// Transactions and blocks are at a height where nothing is.
pub(crate) fn heights(kind: Kind, height: u32) -> Vec<Rewrite> {
    match kind {
        Kind::Esplora => {
            vec![saying("block_height", json!(height)), saying("height", json!(height))]
        }
        Kind::Electrum => vec![
            Rewrite::by(move |method, answer| {
                if method.ends_with("get_history") {
                    each(answer, &|fields| drop(fields.insert("height".into(), json!(height))));
                }
            }),
            saying("height", json!(height)),
        ],
        Kind::Bitcoind => vec![Rewrite::by(move |method, answer| {
            if method == "getblockcount" {
                *answer = json!(height);
            }
        })],
    }
}

/// Blocks, and what is in them, are of this time.
pub(crate) fn times(kind: Kind, time: u64) -> Vec<Rewrite> {
    // A header has room for no more.
    let in_header = u32::try_from(time).unwrap_or(u32::MAX);
    match kind {
        Kind::Esplora => vec![saying("timestamp", json!(time)), saying("block_time", json!(time))],
        Kind::Electrum => vec![Rewrite::by(move |method, answer| {
            if matches!(method, SUBSCRIBE | HEADERS)
                && let Some(hex) = answer["hex"].as_str()
            {
                answer["hex"] = json!(with_time(hex, in_header));
            }
        })],
        Kind::Bitcoind => vec![Rewrite::by(move |method, answer| {
            if method == "getblockheader"
                && let Some(hex) = answer.as_str()
            {
                *answer = json!(with_time(hex, in_header));
            }
        })],
    }
}

/// Headers as text, the last of them with another time.
fn with_time(headers: &str, time: u32) -> String {
    let Some(last) = headers.len().checked_sub(HEADER) else { return headers.to_owned() };
    let mut header: Header = deserialize_hex(&headers[last..]).expect("a header");
    header.time = time;
    format!("{}{}", &headers[..last], serialize_hex(&header))
}

/// The newest block is one that was mined, and hangs on nothing, so far above the tip.
pub(crate) fn far_above(kind: Kind, tip: Tip, blocks: u32) -> Rewrite {
    let (header, height) = (from_nowhere(tip), tip.height + blocks);
    let (hash, hex) = (header.block_hash(), serialize_hex(&header));
    match kind {
        Kind::Esplora => Rewrite::by(move |path, answer| {
            if path == "/blocks"
                && let Some(mut above) = answer.get(0).cloned()
            {
                above["id"] = json!(hash);
                above["height"] = json!(height);
                above["version"] = json!(header.version);
                above["previousblockhash"] = json!(header.prev_blockhash);
                above["merkle_root"] = json!(header.merkle_root);
                above["timestamp"] = json!(header.time);
                above["bits"] = json!(header.bits.to_consensus());
                above["nonce"] = json!(header.nonce);
                *answer = json!([above]);
            }
        }),
        Kind::Electrum => Rewrite::by(move |method, answer| match method {
            SUBSCRIBE => *answer = json!({ "height": height, "hex": hex }),
            HEADERS => *answer = json!({ "count": 1, "hex": hex, "max": 2016 }),
            _ => {}
        }),
        Kind::Bitcoind => Rewrite::by(move |method, answer| match method {
            "getblockcount" => *answer = json!(height),
            "getblockhash" => *answer = json!(hash),
            "getblockheader" => *answer = json!(hex),
            _ => {}
        }),
    }
}

/// Regtest asks for so little work that anybody has done it at once.
fn from_nowhere(tip: Tip) -> Header {
    let header = |nonce| Header {
        version: Version::TWO,
        prev_blockhash: BlockHash::all_zeros(),
        merkle_root: TxMerkleNode::all_zeros(),
        time: u32::try_from(tip.time.secs()).expect("before 2106"),
        bits: CompactTarget::from_consensus(0x207f_ffff),
        nonce,
    };
    let has_work = |header: &Header| header.validate_pow(header.target()).is_ok();
    (0..).map(header).find(has_work).expect("one in two has it")
}

/// What waits is in this block. A bitcoind has no words for it: its blocks are read.
pub(crate) fn confirmed(tip: Tip) -> Rewrite {
    Rewrite::by(move |_, answer| {
        each(answer, &|fields| {
            if fields.get("confirmed") == Some(&json!(false)) {
                fields.insert("confirmed".into(), json!(true));
                fields.insert("block_height".into(), json!(tip.height));
                fields.insert("block_hash".into(), json!(tip.hash));
                fields.insert("block_time".into(), json!(tip.time.secs()));
            }
            if fields.contains_key("tx_hash") && fields.get("height") == Some(&json!(0)) {
                fields.insert("height".into(), json!(tip.height));
            }
        });
    })
}
