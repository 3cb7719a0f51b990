//! Every entry for every network, written down once more: a changed value is changed on purpose.

use super::*;
use bitcoin::constants::genesis_block;
use bitcoin::{Address, CompressedPublicKey, KnownHrp};
use std::collections::BTreeSet;

const SIGNET_FIRST: &str = "00000086d6b2636cb2a392d45edc4ec544a10024d30141c9adf4bfd9de533b53";
const MUTINYNET_FIRST: &str = "000002855893a0a9b24eaffc5efc770558a326fee4fc10c9da22fc19cd2954f9";

/// What differs: chain, directory, coin, prefix, currency, the second landmark, seconds between blocks, Esplora, gossip.
type Row = (
    Network,
    &'static str,
    u32,
    &'static str,
    Currency,
    Option<&'static str>,
    Option<u64>,
    &'static [&'static str],
    &'static [&'static str],
);

fn expected(network: NetworkId) -> Row {
    match network {
        NetworkId::Mainnet => (
            Network::Bitcoin,
            "mainnet",
            0,
            "bc",
            Currency::Bitcoin,
            None,
            Some(600),
            &["https://blockstream.info/api", "https://mempool.space/api"],
            &[
                "https://rapidsync.lightningdevkit.org/snapshot/v2",
                "https://rapidsync.lightningdevkit.org/v2/snapshot",
            ],
        ),
        NetworkId::Testnet4 => (
            Network::Testnet4,
            "testnet4",
            1,
            "tb",
            Currency::BitcoinTestnet,
            None,
            Some(600),
            &["https://mempool.space/testnet4/api"],
            &[],
        ),
        NetworkId::Signet => (
            Network::Signet,
            "signet",
            1,
            "tb",
            Currency::Signet,
            Some(SIGNET_FIRST),
            Some(600),
            &["https://mempool.space/signet/api"],
            &[],
        ),
        NetworkId::Mutinynet => (
            Network::Signet,
            "mutinynet",
            1,
            "tb",
            Currency::Signet,
            Some(MUTINYNET_FIRST),
            Some(30),
            &["https://mutinynet.com/api"],
            &["https://rgs.mutinynet.com/snapshot"],
        ),
        NetworkId::Regtest => {
            (Network::Regtest, "regtest", 1, "bcrt", Currency::Regtest, None, None, &[], &[])
        }
        NetworkId::Practice => {
            (Network::Regtest, "practice", 1, "bcrt", Currency::Regtest, None, None, &[], &[])
        }
    }
}

#[test]
fn every_entry_of_every_network_is_as_written_here() {
    for network in NetworkId::ALL {
        let is_mainnet = network == NetworkId::Mainnet;
        let (chain, directory, coin_type, prefix, currency, second, every, esplora, gossip) =
            expected(network);
        let genesis = (0, genesis_block(chain).block_hash());
        let second = second.map(|hash| (1, hash.parse().unwrap()));
        let landmarks: Vec<_> = network.landmarks().collect();
        assert_eq!(landmarks, Vec::from_iter([genesis].into_iter().chain(second)), "{network:?}");
        let table = Parameters {
            chain,
            is_real_money: is_mainnet,
            directory,
            coin_type,
            address_prefix: prefix,
            currency,
            landmarks: network.parameters().landmarks,
            difficulty: network.parameters().difficulty,
            checkpoint: network.parameters().checkpoint,
            first_segwit: if is_mainnet { 481_824 } else { 1 },
            block_every: every.map(Duration::from_secs),
            esplora,
            rapid_gossip: gossip,
            resolver: match network {
                NetworkId::Regtest => "",
                NetworkId::Practice => "https://dns.practice/dns-query",
                _ => "https://cloudflare-dns.com/dns-query",
            },
            // Below.
            rates: network.parameters().rates,
            peers: network.parameters().peers,
            fees: FeeParameters {
                floor: 250,
                ceiling: 500_000,
                fallback: [5000, 2500, 1000, 1000, 500, 253],
                must_be_known: is_mainnet,
            },
            channels: ChannelParameters {
                safeguards: is_mainnet,
                smallest_sat: 20_000,
                largest_sat: 1_000_000_000,
            },
        };
        assert_eq!(*network.parameters(), table, "{network:?}");
        assert_eq!(super::coin_type(network.chain()), coin_type, "{network:?}");
    }
}

/// The prefixes are those that the libraries write, whatever the table says.
#[test]
fn addresses_begin_with_the_prefix() {
    let key = bitcoin::secp256k1::Secp256k1::new();
    let key = bitcoin::secp256k1::SecretKey::from_slice(&[7; 32]).unwrap().public_key(&key);
    for network in NetworkId::ALL {
        let hrp = KnownHrp::from(network.chain());
        let address = Address::p2wpkh(&CompressedPublicKey(key), hrp).to_string();
        let prefix = network.parameters().address_prefix;
        assert!(address.starts_with(&format!("{prefix}1")), "{network:?}: {address}");
    }
}

/// Whatever names a place or a kind of money on mainnet is on mainnet alone, and the other way round.
#[test]
fn no_value_of_a_test_network_is_reachable_on_mainnet() {
    let real = NetworkId::Mainnet.parameters();
    let places = |network: NetworkId| {
        let Parameters { esplora, rapid_gossip, peers, directory, address_prefix, .. } =
            network.parameters();
        let peers = peers.iter().map(|peer| peer.uri);
        let servers = esplora.iter().chain(*rapid_gossip).copied();
        let all: BTreeSet<&str> =
            servers.chain(peers).chain([*directory, *address_prefix]).collect();
        all
    };
    let ours = places(NetworkId::Mainnet);
    for word in ["test", "signet", "mutiny", "regtest", "practice", "localhost", "127.0.0.1"] {
        assert!(ours.iter().all(|place| !place.contains(word)), "mainnet has {word}");
    }
    for network in NetworkId::ALL.into_iter().filter(|one| *one != NetworkId::Mainnet) {
        let table = network.parameters();
        assert!(!table.is_real_money && real.is_real_money);
        assert!(places(network).is_disjoint(&ours), "{network:?}");
        assert_ne!(table.chain, real.chain, "{network:?}");
        assert_ne!(table.coin_type, real.coin_type, "{network:?}");
        assert_ne!(table.currency, real.currency, "{network:?}");
        assert!(
            network.landmarks().all(|one| NetworkId::Mainnet.landmarks().all(|our| one != our))
        );
    }
    let directories: BTreeSet<_> =
        NetworkId::ALL.map(|network| network.parameters().directory).into();
    assert_eq!(directories.len(), NetworkId::ALL.len(), "two wallets in one directory");
}

/// A name, a node and a place for each, and a reason that a person can read.
#[test]
fn peers_are_suggested_where_money_is_real() {
    let peers = NetworkId::Mainnet.parameters().peers;
    let shown: Vec<_> = peers.iter().map(|peer| (peer.name, &peer.uri[..8], peer.why)).collect();
    assert_eq!(
        shown,
        [
            ("ACINQ", "03864ef0", PeerReason::WellConnected),
            ("Electrum", "03ecef67", PeerReason::ForWallets),
            ("Olympus by ZEUS", "031b3013", PeerReason::SmallChannels),
        ]
    );
    for peer in peers {
        let (node, place) = peer.uri.split_once('@').unwrap();
        assert_eq!(node.len(), 66);
        node.parse::<bitcoin::secp256k1::PublicKey>().unwrap();
        place.parse::<lightning::ln::msgs::SocketAddress>().unwrap();
    }
    for network in NetworkId::ALL.into_iter().filter(|one| *one != NetworkId::Mainnet) {
        assert!(network.parameters().peers.is_empty(), "{network:?}");
    }
}

#[test]
fn every_server_is_asked_over_tls() {
    for network in NetworkId::ALL {
        let Parameters { esplora, rapid_gossip, .. } = network.parameters();
        for url in esplora.iter().chain(*rapid_gossip) {
            assert!(url.starts_with("https://") && !url.ends_with('/'), "{url}");
        }
    }
}

#[test]
fn mutinynet_and_signet_differ_though_their_genesis_is_the_same() {
    let marks = |network: NetworkId| network.landmarks().collect::<Vec<_>>();
    let (signet, mutinynet) = (marks(NetworkId::Signet), marks(NetworkId::Mutinynet));
    assert_eq!(signet[0], mutinynet[0]);
    assert_ne!(signet[1], mutinynet[1]);
}

/// A checkpoint is the last block of a period, so that the next one's difficulty is known or can be said by one number; a chain
/// that begins with its first block needs none.
#[test]
fn the_chain_of_headers_begins_where_a_period_ends() {
    for network in NetworkId::ALL {
        let Some((height, hash, next_bits)) = network.checkpoint() else {
            assert_eq!(network, NetworkId::Mutinynet);
            continue;
        };
        if height == 0 {
            assert_eq!(hash, genesis_block(network.chain()).block_hash());
        } else {
            assert_eq!((height + 1) % 2016, 0, "{network:?}");
        }
        let difficulty = network.parameters().difficulty;
        assert!(difficulty != Difficulty::Retargeted || next_bits.is_some(), "{network:?}");
    }
    let written = |height, hash: &str, bits: Option<u32>| {
        Some((height, hash.parse().unwrap(), bits.map(CompactTarget::from_consensus)))
    };
    assert_eq!(
        NetworkId::Mainnet.checkpoint(),
        written(
            963_647,
            "00000000000000000000d29ee44c13e924c37abcaa80c537609ce70b1fea1f33",
            Some(0x1702_3cc1)
        )
    );
    assert_eq!(
        NetworkId::Testnet4.checkpoint(),
        written(149_183, "00000000007899e1a91526d0258948b023f565a35fe0b0d2f9c898a39906495b", None)
    );
    assert_eq!(
        NetworkId::Signet.checkpoint(),
        written(316_511, "00000008e8fedfedb4370fd91bd5e9003b72224da9565ddce09149a7d253fc4a", None)
    );
    let real: Vec<Difficulty> = NetworkId::ALL
        .into_iter()
        .filter(|network| network.parameters().is_real_money)
        .map(|network| network.parameters().difficulty)
        .collect();
    assert_eq!(real, [Difficulty::Retargeted]);
}

/// Coins of a test network are worth nothing, and practice's are worth what is said on this computer.
#[test]
fn a_rate_is_asked_for_where_money_is_real_and_of_practice_on_this_computer() {
    let asked = |network: NetworkId| network.parameters().rates;
    let urls: Vec<&str> = asked(NetworkId::Mainnet).iter().map(|source| source.url).collect();
    assert_eq!(
        urls,
        [
            "https://mempool.space/api/v1/prices",
            "https://api.coingecko.com/api/v3/simple/price?ids=bitcoin&vs_currencies={code}",
            "https://api.coinbase.com/v2/prices/BTC-{CODE}/spot",
        ]
    );
    let shapes = |network| asked(network).iter().map(|source| source.shape).collect::<Vec<_>>();
    assert_eq!(shapes(NetworkId::Mainnet), shapes(NetworkId::Practice), "the same is practised");
    for network in NetworkId::ALL {
        let is_practice = network == NetworkId::Practice;
        let has_some = network.parameters().is_real_money || is_practice;
        assert_eq!(!asked(network).is_empty(), has_some, "{network:?}");
        for source in asked(network) {
            let (_, rest) = source.url.split_once("https://").expect("over TLS");
            let host = rest.split('/').next().unwrap_or_default();
            assert_eq!(host.ends_with(".practice"), is_practice, "{host}");
        }
    }
}

#[test]
fn whoever_hears_names_is_named_if_there_is_one() {
    let host = |network: NetworkId| network.parameters().resolver_host();
    assert_eq!(host(NetworkId::Mainnet), Some("cloudflare-dns.com"));
    assert_eq!(host(NetworkId::Regtest), None);
    for network in NetworkId::ALL {
        let has_one = !network.parameters().resolver.is_empty();
        assert_eq!(host(network).is_some(), has_one, "{network:?}");
    }
}
