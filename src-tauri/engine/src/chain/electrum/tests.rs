//! Against a server on this computer that answers by the line as a test wants.

use super::super::SourceError;
use super::super::merkle::tests::Trick;
use super::super::refusal::BroadcastError;
use super::super::server::Server as _;
use super::Electrum;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, Network, OutPoint, ScriptBuf, TxMerkleNode, Txid};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What one line is answered with.
enum Reply {
    /// This result.
    Is(Value),
    Refused(i64, &'static str),
    /// These bytes as they are.
    Bytes(Vec<u8>),
    Nothing,
    /// The connection ends.
    Ends,
}

/// See the module. It ends with the value.
struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers each question but the first, which agrees on the protocol, by this function.
    #[expect(clippy::disallowed_methods, reason = "a test's server has no owner but the test")]
    async fn start(answer: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("tcp://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, answer) = (connections.clone(), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(connection, answer.clone()));
            }
        });
        Self { url, connections, task }
    }

    fn electrum(&self) -> Electrum {
        Electrum::new(&self.url, Some(Duration::from_millis(300))).unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Questions that come together are answered the other way round, with news between them that nobody asked for.
async fn serve(
    connection: impl AsyncRead + AsyncWrite + Unpin,
    answer: Arc<impl Fn(&str, &Value) -> Reply>,
) -> Option<()> {
    let mut connection = BufReader::new(connection);
    loop {
        let mut lines = vec![next(&mut connection).await?];
        while connection.buffer().contains(&b'\n') {
            lines.push(next(&mut connection).await?);
        }
        for asked in lines.into_iter().rev() {
            let method = asked["method"].as_str().unwrap();
            let reply = match method {
                "server.version" => Reply::Is(json!(["test", "1.4"])),
                "server.ping" => Reply::Is(Value::Null),
                method => answer(method, &asked["params"]),
            };
            let bytes = match reply {
                Reply::Is(result) => told(&json!({ "id": asked["id"], "result": result })),
                Reply::Refused(code, message) => {
                    let error = json!({ "code": code, "message": message });
                    told(&json!({ "id": asked["id"], "error": error }))
                }
                Reply::Bytes(bytes) => bytes,
                Reply::Nothing => continue,
                Reply::Ends => return None,
            };
            connection.get_mut().write_all(&bytes).await.ok()?;
        }
    }
}

async fn next(connection: &mut BufReader<impl AsyncRead + Unpin>) -> Option<Value> {
    let mut line = String::new();
    connection.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    serde_json::from_str(&line).ok()
}

fn told(answer: &Value) -> Vec<u8> {
    let news = json!({ "method": "blockchain.headers.subscribe", "params": [] });
    format!("{news}\n{answer}\n").into_bytes()
}

fn hash_of(script: &ScriptBuf) -> String {
    super::questions::script_hash(script)
}

/// A script of its own for each number.
fn script(number: u32) -> ScriptBuf {
    ScriptBuf::new_op_return(number.to_be_bytes())
}

/// Two that ask at once, each many things in a row: each hears its own answers, and no more connections are made than two.
/// (A client that two threads share loses answers, and hangs.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_ask_at_once_hear_their_own_answers() {
    let server = Server::start(|method, params| match method {
        "blockchain.estimatefee" => Reply::Is(json!(params[0].as_f64().unwrap() / 1_000_000.0)),
        _ => Reply::Is(json!([{ "tx_hash": params[0], "height": 7 }])),
    })
    .await;
    let electrum = server.electrum();
    let histories = async {
        for round in 0..100u32 {
            let scripts: Vec<ScriptBuf> = (0..45).map(|place| script(round * 45 + place)).collect();
            let mut line = electrum.line().await.unwrap();
            let answers = line.histories(&scripts).await.unwrap();
            line.keep();
            for (script, history) in scripts.iter().zip(answers) {
                assert_eq!(history[0].txid.to_string(), hash_of(script));
            }
        }
    };
    let estimates = async {
        for _ in 0..100 {
            let known = electrum.estimates().await.unwrap();
            assert_eq!(known.len(), 6);
            for (target, rate) in known {
                assert!((rate - f64::from(target) / 10.0).abs() < 1e-9, "{target}: {rate}");
            }
        }
    };
    let both = async { tokio::join!(histories, estimates) };
    tokio::time::timeout(Duration::from_secs(60), both).await.expect("nobody waits for ever");
    assert!(server.connections() <= 2, "{}", server.connections());
}

#[tokio::test]
async fn a_server_that_costs_time_or_memory_is_left() {
    let answers: [fn() -> Reply; 6] = [
        || Reply::Nothing,
        || Reply::Ends,
        // A line without an end; a line that is none; an answer to another question; news without an end.
        || Reply::Bytes(vec![b'1'; 20 * 1024 * 1024]),
        || Reply::Bytes(b"<html>\n".to_vec()),
        || Reply::Bytes(b"{\"id\":77,\"result\":1}\n".to_vec()),
        || Reply::Bytes(b"{}\n".repeat(2_000)),
    ];
    for (place, answer) in answers.into_iter().enumerate() {
        let server = Server::start(move |_, _| answer()).await;
        let electrum = server.electrum();
        let begun = std::time::Instant::now();
        assert!(electrum.hash_at(0).await.is_err(), "{place}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{place}");
        // Nobody knows what comes next on that connection.
        assert!(electrum.idle().is_empty(), "{place}");
    }
}

/// Each answer is one that can be, and together they are too many.
#[tokio::test]
async fn what_is_asked_together_brings_no_more_than_fits() {
    let long = format!("\"{}\"", "a".repeat(15 * 1024 * 1024));
    let long: Arc<str> = long.into();
    let answers = Arc::new(AtomicUsize::new(0));
    let count = answers.clone();
    let server = Server::start(move |_, _| {
        let id = count.fetch_add(1, Ordering::SeqCst) + 1;
        Reply::Bytes(format!("{{\"id\":{id},\"result\":{long}}}\n").into_bytes())
    })
    .await;
    let electrum = Electrum::new(&server.url, Some(Duration::from_secs(60))).unwrap();
    let mut line = electrum.line().await.unwrap();
    let few = vec![("x", json!([])); 4];
    assert_eq!(line.ask_all(&few).await.unwrap().len(), 4);
    let many = vec![("x", json!([])); 20];
    let answer = line.ask_all(&many).await.map(|answers| answers.len());
    assert!(matches!(answer, Err(SourceError::Nonsense(_))), "{answer:?}");
}

#[tokio::test]
async fn a_connection_that_was_closed_is_made_anew() {
    let asked = AtomicUsize::new(0);
    let header = serialize_hex(&genesis_block(Network::Regtest).header);
    let server = Server::start(move |_, _| match asked.fetch_add(1, Ordering::SeqCst) {
        1 => Reply::Ends,
        _ => Reply::Is(json!(header)),
    })
    .await;
    let electrum = server.electrum();
    electrum.hash_at(0).await.unwrap();
    assert!(matches!(electrum.hash_at(0).await, Err(SourceError::Unreachable(_))));
    electrum.hash_at(0).await.unwrap();
    electrum.hash_at(0).await.unwrap();
    assert_eq!(server.connections(), 2);
}

/// A header with work, which anyone can make if little is asked for.
fn mined(root: TxMerkleNode) -> Header {
    let bits = CompactTarget::from_consensus(0x207f_ffff);
    let prev_blockhash = BlockHash::all_zeros();
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash,
        merkle_root: root,
        time: 1,
        bits,
        nonce: 0,
    };
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    header
}

#[tokio::test]
async fn what_cannot_be_is_no_answer() {
    let genesis = genesis_block(Network::Regtest);
    let transaction = genesis.txdata[0].clone();
    let txid = transaction.compute_txid();
    let other = Txid::all_zeros();
    let mut lazy = mined(TxMerkleNode::all_zeros());
    while lazy.validate_pow(lazy.target()).is_ok() {
        lazy.nonce += 1;
    }
    let (hex, lazy) = (serialize_hex(&transaction), serialize_hex(&lazy));
    let server = Server::start(move |method, params| match method {
        "blockchain.transaction.get" if params[0] == json!(Txid::from_byte_array([9; 32])) => {
            Reply::Refused(2, "No such mempool or blockchain transaction.")
        }
        "blockchain.transaction.get" if params[0] == json!(Txid::from_byte_array([8; 32])) => {
            Reply::Refused(-102, "server busy")
        }
        "blockchain.transaction.get" => Reply::Is(json!(hex)),
        _ => Reply::Is(json!(lazy)),
    })
    .await;
    let electrum = server.electrum();
    assert_eq!(electrum.transaction(txid).await.unwrap(), Some(transaction));
    assert_eq!(electrum.transaction(Txid::from_byte_array([9; 32])).await.unwrap(), None);
    let busy = electrum.transaction(Txid::from_byte_array([8; 32])).await;
    assert!(matches!(busy, Err(SourceError::Refused { status: 429, .. })), "{busy:?}");
    let another = electrum.transaction(other).await;
    assert!(matches!(another, Err(SourceError::Nonsense(_))), "{another:?}");
    let without_work = electrum.hash_at(5).await;
    assert!(matches!(without_work, Err(SourceError::Nonsense(_))), "{without_work:?}");
}

#[tokio::test]
async fn a_transaction_is_where_the_proof_leads() {
    let transaction = genesis_block(Network::Regtest).txdata[0].clone();
    let txid = transaction.compute_txid();
    let beside = TxMerkleNode::from_byte_array([3; 32]);
    let root = |left: [u8; 32], right: [u8; 32]| {
        TxMerkleNode::from_byte_array(
            bitcoin::hashes::sha256d::Hash::hash(&[left, right].concat()).to_byte_array(),
        )
    };
    let header = mined(root(txid.to_byte_array(), beside.to_byte_array()));
    let block = bdk_wallet::chain::BlockId { height: 5, hash: header.block_hash() };
    for (branch, pos, holds) in [
        (json!([beside]), 0, true),
        // On the other side, without a branch, with another, in a block that is not this.
        (json!([beside]), 1, false),
        (json!([]), 0, false),
        (json!([TxMerkleNode::from_byte_array([4; 32])]), 0, false),
    ] {
        let header = serialize_hex(&header);
        let server = Server::start(move |method, _| match method {
            "blockchain.block.header" => Reply::Is(json!(header)),
            _ => Reply::Is(json!({ "block_height": 5, "merkle": branch, "pos": pos })),
        })
        .await;
        let electrum = server.electrum();
        assert_eq!(electrum.proves(&transaction, block).await.unwrap(), holds, "{pos}");
        let another = bdk_wallet::chain::BlockId { hash: BlockHash::all_zeros(), ..block };
        assert!(!electrum.proves(&transaction, another).await.unwrap());
    }
}

/// A busy server says nothing of where a transaction is; one that does not find it there does.
#[tokio::test]
async fn a_proof_that_is_not_given_now_is_not_a_proof_that_is_not_there() {
    let transaction = genesis_block(Network::Regtest).txdata[0].clone();
    let header = genesis_block(Network::Regtest).header;
    let block = bdk_wallet::chain::BlockId { height: 0, hash: header.block_hash() };
    for (code, said, status) in [
        (-102, "server busy", Some(429)),
        (-101, "excessive resource usage", Some(429)),
        (-32603, "unavailable index", Some(503)),
        (1, "tx not in block at height 0", None),
    ] {
        let header = serialize_hex(&header);
        let server = Server::start(move |method, _| match method {
            "blockchain.block.header" => Reply::Is(json!(header)),
            _ => Reply::Refused(code, said),
        })
        .await;
        match server.electrum().proves(&transaction, block).await {
            Ok(proven) => assert!(!proven && status.is_none(), "{said}"),
            Err(SourceError::Refused { status: told, .. }) => assert_eq!(Some(told), status),
            other => panic!("{said}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_servers_own_trouble_is_no_judgement_on_a_transaction() {
    let transaction = genesis_block(Network::Regtest).txdata[0].clone();
    for (code, said, status) in [
        (2, "Loading block index…", Some(503)),
        (-32603, "unavailable index", Some(503)),
        (-102, "server busy", Some(429)),
        (2, "min relay fee not met", None),
    ] {
        let server = Server::start(move |_, _| Reply::Refused(code, said)).await;
        match server.electrum().send(&transaction).await {
            Err(BroadcastError::Source(SourceError::Refused { status: told, .. })) => {
                assert_eq!(Some(told), status, "{said}");
            }
            Err(BroadcastError::Fee { .. }) => assert_eq!(status, None, "{said}"),
            other => panic!("{said}: {other:?}"),
        }
    }
}

/// The first output is an exchange's, the second nobody's.
#[tokio::test]
async fn a_place_is_told_though_one_address_has_too_long_a_history() {
    let mut transaction = genesis_block(Network::Regtest).txdata[0].clone();
    let mut second = transaction.output[0].clone();
    second.script_pubkey = ScriptBuf::from_bytes(vec![0x51]);
    transaction.output.push(second);
    let txid = transaction.compute_txid();
    let header = mined(TxMerkleNode::from_byte_array(txid.to_byte_array()));
    let busy = hash_of(&transaction.output[0].script_pubkey);
    let texts = (serialize_hex(&transaction), serialize_hex(&header));
    let server = Server::start(move |method, params| match method {
        "blockchain.scripthash.get_history" if params[0] == json!(busy) => {
            Reply::Refused(1, "history too large")
        }
        "blockchain.scripthash.get_history" => Reply::Is(json!([{ "tx_hash": txid, "height": 5 }])),
        "blockchain.transaction.get" => Reply::Is(json!(texts.0)),
        "blockchain.transaction.get_merkle" => Reply::Is(json!({ "merkle": [], "pos": 0 })),
        _ => Reply::Is(json!(texts.1)),
    })
    .await;
    let position = server.electrum().position(txid).await.unwrap().unwrap();
    assert_eq!(position.block.map(|block| block.height), Some(5));
}

#[tokio::test]
async fn a_proof_that_goes_through_a_transaction_or_is_too_long_proves_nothing() {
    let trick = Trick::new();
    let block = bdk_wallet::chain::BlockId { height: 5, hash: trick.header.block_hash() };
    let beneath = trick.branch.map(TxMerkleNode::from_byte_array).to_vec();
    for (branch, pos) in [(beneath, 2), (vec![TxMerkleNode::from_byte_array([3; 32]); 16], 0)] {
        let header = serialize_hex(&trick.header);
        let server = Server::start(move |method, _| match method {
            "blockchain.block.header" => Reply::Is(json!(header)),
            _ => Reply::Is(json!({ "block_height": 5, "merkle": branch, "pos": pos })),
        })
        .await;
        let answer = server.electrum().proves(&trick.nowhere, block).await;
        assert!(matches!(answer, Err(SourceError::Nonsense(_))), "{answer:?}");
    }
}

/// The history lists a transaction that has gone meanwhile: the spender behind it is named by its own id.
#[tokio::test]
async fn a_spender_is_named_though_another_has_gone() {
    let parent = genesis_block(Network::Regtest).txdata[0].clone();
    let outpoint = OutPoint::new(parent.compute_txid(), 0);
    let mut spender = parent.clone();
    spender.input[0].previous_output = outpoint;
    let (gone, by) = (Txid::from_byte_array([9; 32]), spender.compute_txid());
    let (parent, spender) = (serialize_hex(&parent), serialize_hex(&spender));
    let server = Server::start(move |method, params| match method {
        "blockchain.scripthash.get_history" => Reply::Is(json!([
            { "tx_hash": gone, "height": 0 },
            { "tx_hash": by, "height": 0 },
        ])),
        _ if params[0] == json!(gone) => {
            Reply::Refused(2, "No such mempool or blockchain transaction.")
        }
        _ if params[0] == json!(by) => Reply::Is(json!(spender)),
        _ => Reply::Is(json!(parent)),
    })
    .await;
    let spent = server.electrum().outspend(outpoint).await.unwrap().unwrap();
    assert_eq!((spent.spent, spent.txid, spent.block), (true, Some(by), None));
}

/// A certificate for `localhost` that nobody signed, until 2126.
const CERTIFICATE: &[u8] = include_bytes!("fixtures/certificate.der");
const KEY: &[u8] = include_bytes!("fixtures/key.der");

/// Of one connection.
#[expect(clippy::disallowed_methods, reason = "a test's server has no owner but the test")]
async fn over_tls() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(KEY.to_vec()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
        .unwrap();
    tokio::spawn(async move {
        let (connection, _) = listener.accept().await.ok()?;
        let connection = TlsAcceptor::from(Arc::new(config)).accept(connection).await.ok()?;
        let genesis = serialize_hex(&genesis_block(Network::Regtest).header);
        serve(connection, Arc::new(move |_: &str, _: &Value| Reply::Is(json!(genesis)))).await
    });
    port
}

#[tokio::test]
async fn over_tls_only_a_server_is_asked_whose_certificate_is_good() {
    let genesis = genesis_block(Network::Regtest).block_hash();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(CERTIFICATE)).unwrap();
    let trusting = |url: String| {
        let tls = super::line::tls(roots.clone()).unwrap();
        Electrum { tls, ..Electrum::new(&url, None).unwrap() }
    };
    let good = trusting(format!("ssl://localhost:{}", over_tls().await));
    assert_eq!(good.hash_at(0).await.unwrap(), genesis);
    let of_another_name = trusting(format!("ssl://127.0.0.1:{}", over_tls().await));
    let url = format!("ssl://localhost:{}", over_tls().await);
    let by_nobody = Electrum::new(&url, None).unwrap();
    for bad in [of_another_name, by_nobody] {
        let refused = bad.hash_at(0).await;
        assert!(matches!(refused, Err(SourceError::Unreachable(_))), "{refused:?}");
    }
    let plain = Server::start(|_, _| Reply::Nothing).await;
    let plain = trusting(plain.url.replace("tcp://127.0.0.1", "ssl://localhost"));
    assert!(matches!(plain.hash_at(0).await, Err(SourceError::Unreachable(_))));
}

#[test]
fn a_script_has_the_name_that_the_protocol_gives_it() {
    // The protocol's documentation: the first block's reward.
    let script = ScriptBuf::from_hex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac").unwrap();
    assert_eq!(
        hash_of(&script),
        "8b01df4e368ea28f8dc0423bcf7a4923e3a12d307c875e47a0cfbf90b5c39161"
    );
}
