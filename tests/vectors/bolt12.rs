//! BOLT 12: how an offer may be written (`format-string-test.json`), and the tree of fields that is signed
//! (`signature-test.json`).
//!
//! LDK makes the tree of messages alone that it reads: not of the three examples with made-up fields, nor of the request that is
//! priced in dollars. So the tree is made here too. The vectors hold this one, and this one holds LDK's.

use super::bytes;
use bitcoin::bech32::NoChecksum;
use bitcoin::bech32::primitives::decode::CheckedHrpstring;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Keypair, Message, Secp256k1};
use fulmen_engine::error::{Code, Coded};
use fulmen_engine::uri::parse;
use fulmen_engine::view::NetworkId;
use lightning::offers::invoice_request::{InvoiceRequest, UnsignedInvoiceRequest};
use lightning::offers::merkle::TaggedHash;
use lightning::offers::offer::Offer;
use lightning::offers::parse::{Bolt12ParseError, Bolt12SemanticError};
use serde::Deserialize;

#[derive(Deserialize)]
struct Written {
    text: String,
    valid: bool,
    case: String,
}

#[derive(Deserialize)]
struct Tree {
    case: String,
    fields: Vec<Field>,
    branches: Vec<Branch>,
    root: String,
    signed: Option<Signed>,
}

#[derive(Deserialize)]
struct Field {
    field: String,
    leaf: String,
    nonce: String,
    with_nonce: String,
}

#[derive(Deserialize)]
struct Branch {
    of: [String; 2],
    is: String,
}

#[derive(Deserialize)]
struct Signed {
    text: String,
    tag: String,
    digest: String,
    signature: String,
}

/// As a person pastes it, and as LDK alone reads it.
#[test]
fn an_offer_is_read_as_it_may_be_written() {
    let rows: Vec<Written> =
        serde_json::from_str(include_str!("../fixtures/bolt12-strings.json")).unwrap();
    assert_eq!(rows.len(), 12);
    let offer = parse(&rows[0].text, NetworkId::Mainnet).unwrap();
    assert!(offer.offer.is_some());
    assert_eq!(offer.amount.map(|amount| amount.get()), Some(1_000_000));
    for Written { text, valid, case } in rows {
        let read = parse(&text, NetworkId::Mainnet).map_err(|error| error.code());
        let expected = if valid { Ok(offer.clone()) } else { Err(Code::Damaged) };
        assert_eq!(read, expected, "{case}: {text}");
        assert_eq!(text.parse::<Offer>().is_ok(), valid, "{case}: {text}");
    }
}

type Node = [u8; 32];

fn tagged(tag: &[u8], message: &[u8]) -> Node {
    let tag = sha256::Hash::hash(tag).to_byte_array();
    sha256::Hash::hash(&[&tag[..], &tag[..], message].concat()).to_byte_array()
}

fn branch(one: Node, other: Node) -> Node {
    tagged(b"LnBranch", &[one.min(other), one.max(other)].concat())
}

/// A field, what hides it from who is shown its neighbour, and both.
fn leaf(field: &[u8], first: &[u8]) -> [Node; 3] {
    let length = match field[0] {
        0xff => 9,
        0xfe => 5,
        0xfd => 3,
        _ => 1,
    };
    let nonce = tagged(&[&b"LnNonce"[..], first].concat(), &field[..length]);
    let leaf = tagged(b"LnLeaf", field);
    [leaf, nonce, branch(leaf, nonce)]
}

/// Pairs, and pairs of pairs. One that is left over goes up as it is.
fn root(fields: &[Vec<u8>]) -> Node {
    let mut nodes: Vec<Node> = fields.iter().map(|field| leaf(field, &fields[0])[2]).collect();
    while nodes.len() > 1 {
        let above = nodes.chunks(2).map(|pair| match *pair {
            [one, other] => branch(one, other),
            _ => pair[0],
        });
        nodes = above.collect();
    }
    nodes[0]
}

fn trees() -> Vec<Tree> {
    serde_json::from_str(include_str!("../fixtures/bolt12-signatures.json")).expect("the fixture")
}

fn fields(tree: &Tree) -> Vec<Vec<u8>> {
    tree.fields.iter().map(|field| bytes(&field.field)).collect()
}

/// Bob's key: he is the payer.
fn payer() -> Keypair {
    Keypair::from_seckey_slice(&Secp256k1::new(), &[0x42; 32]).expect("a key")
}

#[test]
fn the_tree_of_fields() {
    let trees = trees();
    assert_eq!(trees.len(), 4);
    for tree in &trees {
        let all = fields(tree);
        for (field, expected) in all.iter().zip(&tree.fields) {
            let found = leaf(field, &all[0]).map(|node| node.to_vec());
            let expected = [&expected.leaf, &expected.nonce, &expected.with_nonce];
            assert_eq!(found, expected.map(|node| bytes(node)), "{}", tree.case);
        }
        for Branch { of: [one, other], is } in &tree.branches {
            let [one, other] = [one, other].map(|node| Node::try_from(bytes(node)).unwrap());
            assert_eq!(branch(one, other).to_vec(), bytes(is), "{}", tree.case);
        }
        assert_eq!(root(&all).to_vec(), bytes(&tree.root), "{}", tree.case);
    }
    assert!(trees.iter().any(|tree| tree.signed.is_some()));
}

#[test]
fn a_request_is_signed() {
    let secp = Secp256k1::new();
    for tree in trees() {
        let fields = fields(&tree);
        let Some(Signed { text, tag, digest, signature }) = tree.signed else { continue };
        let found = tagged(tag.as_bytes(), &root(&fields));
        assert_eq!(found.to_vec(), bytes(&digest));
        let signed = secp.sign_schnorr_no_aux_rand(&Message::from_digest(found), &payer());
        assert_eq!(signed.serialize().to_vec(), bytes(&signature));
        let read = CheckedHrpstring::new::<NoChecksum>(&text).unwrap();
        let read: Vec<u8> = read.byte_iter().collect();
        assert_eq!(read, [fields.concat(), vec![0xf0, 0x40], bytes(&signature)].concat());
        let refused = InvoiceRequest::try_from(read).err();
        let dollars = Bolt12SemanticError::UnsupportedCurrency;
        assert_eq!(refused, Some(Bolt12ParseError::InvalidSemantics(dollars)));
    }
}

/// With the vector's request, without its currency and with more and more fields.
#[test]
fn ldk_makes_the_same_tree_and_takes_the_same_signature() {
    const CURRENCY: u8 = 6;
    const TAG: &str = "lightninginvoice_requestsignature";
    let (secp, trees) = (Secp256k1::new(), trees());
    let tree = trees.iter().find(|tree| tree.signed.is_some()).unwrap();
    let mut all = fields(tree);
    all.retain(|field| field[0] != CURRENCY);
    // Its type has five bytes, above those of signatures.
    let experimental = vec![0xfe, 0x77, 0x35, 0x94, 0x01, 0x01, 0x07];
    for odd in (101..=125_u8).step_by(2) {
        let whole = [&all[..], &[experimental.clone()][..]].concat();
        let unsigned = UnsignedInvoiceRequest::try_from(whole.concat()).unwrap();
        let hash: &TaggedHash = unsigned.as_ref();
        assert_eq!(hash.tag(), TAG);
        assert_eq!(hash.merkle_root().to_byte_array(), root(&whole), "{} fields", whole.len());
        let digest = Message::from_digest(tagged(TAG.as_bytes(), &root(&whole)));
        assert_eq!(*hash.as_digest(), digest);

        let signature = secp.sign_schnorr_no_aux_rand(&digest, &payer());
        let signed = |signature: [u8; 64]| {
            let parts = [all.concat(), vec![0xf0, 0x40], signature.to_vec(), experimental.clone()];
            InvoiceRequest::try_from(parts.concat())
        };
        assert_eq!(signed(signature.serialize()).unwrap().signature(), signature);
        let mut another = signature.serialize();
        another[63] ^= 1;
        assert!(signed(another).is_err(), "another signature");
        all.push(vec![odd, 1, odd]);
    }
}
