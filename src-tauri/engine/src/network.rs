//! The networks: one table with everything that depends on which one it is. Nothing else asks for a network by its name.

use bitcoin::{BlockHash, CompactTarget, Network};
use lightning_invoice::Currency;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use ts_rs::TS;

/// A network Fulmen knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum NetworkId {
    Mainnet,
    Testnet4,
    Signet,
    Mutinynet,
    Regtest,
    Practice,
}

/// One row of the table. The servers are NOT CONTACTED FROM CI: no test asks them for anything.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The chain: Mutinynet is a signet, the practice network a regtest.
    pub chain: Network,
    /// Its coins are worth something. Elsewhere a band across the window says that they are not.
    pub is_real_money: bool,
    /// The wallet's directory under the data directory. It must never change.
    pub directory: &'static str,
    /// BIP 44's coin type.
    pub coin_type: u32,
    /// What segwit addresses begin with (BIP 173).
    pub address_prefix: &'static str,
    /// What invoices begin with (BOLT 11). `bitcoin::Network` would not do: an invoice's `tb` becomes Testnet 3 there.
    pub currency: Currency,
    /// The blocks that prove a server is on this network: height and hash, the genesis block first.
    pub landmarks: &'static [(u32, &'static str)],
    /// How much work a block must have.
    pub difficulty: Difficulty,
    /// The block that the chain of headers begins above: whoever knows it needs nothing below it. Each release names a later
    /// one (the last of a period; docs/releasing.md). `None`: the first that a server names.
    pub checkpoint: Option<Checkpoint>,
    /// The first block that can pay a SegWit address (BIP 141).
    pub first_segwit: u32,
    /// How far blocks are apart on average, so that a long silence is a sign. `None`: they come when somebody mines one.
    pub block_every: Option<Duration>,
    /// Esplora servers, the first that answers with the right chain is used. Empty if the person (or the practice
    /// network) has to say.
    pub esplora: &'static [&'static str],
    /// Where Rapid Gossip Sync snapshots are; a time stamp is appended (`…/0`). All are one server, which has moved its
    /// snapshots before: the first that answers with one is used. Empty: gossip comes from peers.
    pub rapid_gossip: &'static [&'static str],
    /// Who brings the records of names and their signatures (DNS over HTTPS). It learns who is asked for, and is trusted with
    /// nothing. Empty: nobody.
    pub resolver: &'static str,
    /// Who says what a bitcoin costs, in the order in which they are asked. They learn that somebody at this address wants to
    /// know, and in which currency. Empty where coins are worth nothing.
    pub rates: &'static [RateSource],
    /// Peers to suggest for a first channel.
    pub peers: &'static [KnownPeer],
    pub fees: FeeParameters,
    pub channels: ChannelParameters,
}

/// A server that says what a bitcoin costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateSource {
    pub shape: RateShape,
    /// `{CODE}` and `{code}` stand for the currency's, in capital and in small letters.
    pub url: &'static str,
}

/// A peer to suggest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownPeer {
    pub name: &'static str,
    /// `node_id@host:port`.
    pub uri: &'static str,
    pub why: PeerReason,
}

/// Why a peer is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum PeerReason {
    /// It has channels to very many others, so that payments find a way.
    WellConnected,
    /// Those who run it make a wallet, and run it for channels of wallets.
    ForWallets,
    /// It takes channels from 150,000 to 1,500,000 sat.
    SmallChannels,
    /// It belongs to the practice network.
    Practice,
}

/// How a server's answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateShape {
    /// `{"EUR": 40545, …}`
    Mempool,
    /// `{"bitcoin": {"eur": 40545.12}}`
    CoinGecko,
    /// `{"data": {"amount": "40545.12", "base": "BTC", "currency": "EUR"}}`
    Coinbase,
}

/// How much work a network asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difficulty {
    /// It changes with each period, by the time that the last one took.
    Retargeted,
    /// The same, with easy blocks in between, and the last period's first block as its measure (BIP 94).
    RetargetedWithEasyBlocks,
    /// It never changes.
    Fixed,
    /// Whoever signs the blocks says it; only what is easier than every block is refused.
    Named,
}

/// A block that is known to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub height: u32,
    pub hash: &'static str,
    /// The difficulty of the block above it, as headers write it, where it is known.
    pub next_bits: Option<u32>,
}

/// What fee rates can be, in sat per 1000 weight.
#[derive(Debug, PartialEq, Eq)]
pub struct FeeParameters {
    /// The least that is paid: what a node relays.
    pub floor: u32,
    /// Above every hour the chain has seen. More is a lie or a bug.
    pub ceiling: u32,
    /// Until a server has spoken: for 1, 6, 12, 24, 144 and 1008 blocks.
    pub fallback: [u32; 6],
    /// No peer is connected before a server has spoken: a wrong rate can close channels.
    pub must_be_known: bool,
}

/// What channels can be.
#[derive(Debug, PartialEq, Eq)]
pub struct ChannelParameters {
    /// A channel wants words that were proven, a copy, and room below a cap: `channels::rule`.
    pub safeguards: bool,
    /// Below this, reserve and fees eat a channel.
    pub smallest_sat: u64,
    pub largest_sat: u64,
}

/// The usual relay fee is one sat/vB; the ceiling is 2000.
const FEES: FeeParameters = FeeParameters {
    floor: 250,
    ceiling: 500_000,
    fallback: [5000, 2500, 1000, 1000, 500, 253],
    must_be_known: false,
};

const CHANNELS: ChannelParameters =
    ChannelParameters { safeguards: false, smallest_sat: 20_000, largest_sat: 1_000_000_000 };

/// Bitcoin's own pace.
const TEN_MINUTES: Duration = Duration::from_secs(10 * 60);

/// Cloudflare's.
const RESOLVER: &str = "https://cloudflare-dns.com/dns-query";

const MAINNET: Parameters = Parameters {
    chain: Network::Bitcoin,
    is_real_money: true,
    directory: "mainnet",
    coin_type: 0,
    address_prefix: "bc",
    currency: Currency::Bitcoin,
    landmarks: &[(0, "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")],
    difficulty: Difficulty::Retargeted,
    checkpoint: Some(Checkpoint {
        height: 963_647,
        hash: "00000000000000000000d29ee44c13e924c37abcaa80c537609ce70b1fea1f33",
        next_bits: Some(0x1702_3cc1),
    }),
    first_segwit: 481_824,
    block_every: Some(TEN_MINUTES),
    esplora: &["https://blockstream.info/api", "https://mempool.space/api"],
    rapid_gossip: &[
        "https://rapidsync.lightningdevkit.org/snapshot/v2",
        "https://rapidsync.lightningdevkit.org/v2/snapshot",
    ],
    resolver: RESOLVER,
    rates: &[
        RateSource { shape: RateShape::Mempool, url: "https://mempool.space/api/v1/prices" },
        RateSource {
            shape: RateShape::CoinGecko,
            url: "https://api.coingecko.com/api/v3/simple/price?ids=bitcoin&vs_currencies={code}",
        },
        RateSource {
            shape: RateShape::Coinbase,
            url: "https://api.coinbase.com/v2/prices/BTC-{CODE}/spot",
        },
    ],
    // The first two are in the list that Electrum ships for channels of its users; what the third takes is in its documentation.
    peers: &[
        KnownPeer {
            name: "ACINQ",
            uri: "03864ef025fde8fb587d989186ce6a4a186895ee44a926bfc370e2c366597a3f8f@node.acinq.co:9735",
            why: PeerReason::WellConnected,
        },
        KnownPeer {
            name: "Electrum",
            uri: "03ecef675be448b615e6176424070673ef8284e0fd19d8be062a6cb5b130a0a0d1@lightning.electrum.org:9740",
            why: PeerReason::ForWallets,
        },
        KnownPeer {
            name: "Olympus by ZEUS",
            uri: "031b301307574bbe9b9ac7b79cbe1700e31e544513eae0b5d7497483083f99e581@45.79.192.236:9735",
            why: PeerReason::SmallChannels,
        },
    ],
    fees: FeeParameters { must_be_known: true, ..FEES },
    channels: ChannelParameters { safeguards: true, ..CHANNELS },
};

const TESTNET4: Parameters = Parameters {
    chain: Network::Testnet4,
    is_real_money: false,
    directory: "testnet4",
    coin_type: 1,
    address_prefix: "tb",
    currency: Currency::BitcoinTestnet,
    landmarks: &[(0, "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043")],
    difficulty: Difficulty::RetargetedWithEasyBlocks,
    checkpoint: Some(Checkpoint {
        height: 149_183,
        hash: "00000000007899e1a91526d0258948b023f565a35fe0b0d2f9c898a39906495b",
        next_bits: None,
    }),
    first_segwit: 1,
    block_every: Some(TEN_MINUTES),
    esplora: &["https://mempool.space/testnet4/api"],
    rapid_gossip: &[],
    resolver: RESOLVER,
    rates: &[],
    peers: &[],
    fees: FEES,
    channels: CHANNELS,
};

/// Every signet has this genesis block (BIP 325); block 1 is the first that tells them apart.
const SIGNET_GENESIS: &str = "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6";

const SIGNET: Parameters = Parameters {
    chain: Network::Signet,
    is_real_money: false,
    directory: "signet",
    coin_type: 1,
    address_prefix: "tb",
    currency: Currency::Signet,
    landmarks: &[
        (0, SIGNET_GENESIS),
        (1, "00000086d6b2636cb2a392d45edc4ec544a10024d30141c9adf4bfd9de533b53"),
    ],
    difficulty: Difficulty::Named,
    checkpoint: Some(Checkpoint {
        height: 316_511,
        hash: "00000008e8fedfedb4370fd91bd5e9003b72224da9565ddce09149a7d253fc4a",
        next_bits: None,
    }),
    first_segwit: 1,
    block_every: Some(TEN_MINUTES),
    esplora: &["https://mempool.space/signet/api"],
    rapid_gossip: &[],
    resolver: RESOLVER,
    rates: &[],
    peers: &[],
    fees: FEES,
    channels: CHANNELS,
};

const MUTINYNET: Parameters = Parameters {
    directory: "mutinynet",
    landmarks: &[
        (0, SIGNET_GENESIS),
        (1, "000002855893a0a9b24eaffc5efc770558a326fee4fc10c9da22fc19cd2954f9"),
    ],
    // Nobody would fetch the headers since a release.
    checkpoint: None,
    block_every: Some(Duration::from_secs(30)),
    esplora: &["https://mutinynet.com/api"],
    rapid_gossip: &["https://rgs.mutinynet.com/snapshot"],
    ..SIGNET
};

const REGTEST: Parameters = Parameters {
    chain: Network::Regtest,
    is_real_money: false,
    directory: "regtest",
    coin_type: 1,
    address_prefix: "bcrt",
    currency: Currency::Regtest,
    landmarks: &[(0, "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")],
    difficulty: Difficulty::Fixed,
    checkpoint: Some(Checkpoint {
        height: 0,
        hash: "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
        next_bits: Some(0x207f_ffff),
    }),
    first_segwit: 1,
    block_every: None,
    esplora: &[],
    rapid_gossip: &[],
    resolver: "",
    rates: &[],
    peers: &[],
    fees: FEES,
    channels: CHANNELS,
};

/// Its servers and its peers are in this process, and say where they are when they start.
const PRACTICE: Parameters = Parameters {
    directory: "practice",
    resolver: "https://dns.practice/dns-query",
    // Of the same kinds as where money is real.
    rates: &[
        RateSource { shape: RateShape::Mempool, url: "https://mempool.practice/api/v1/prices" },
        RateSource {
            shape: RateShape::CoinGecko,
            url: "https://coingecko.practice/api/v3/simple/price?ids=bitcoin&vs_currencies={code}",
        },
        RateSource {
            shape: RateShape::Coinbase,
            url: "https://coinbase.practice/v2/prices/BTC-{CODE}/spot",
        },
    ],
    ..REGTEST
};

impl Parameters {
    /// Who hears each name, as a person is told. `None`: nobody.
    pub fn resolver_host(&self) -> Option<&'static str> {
        let (host, _) = self.resolver.strip_prefix("https://")?.split_once('/')?;
        Some(host)
    }
}

impl NetworkId {
    /// All of them, real money first.
    pub const ALL: [Self; 6] = [
        Self::Mainnet,
        Self::Testnet4,
        Self::Signet,
        Self::Mutinynet,
        Self::Regtest,
        Self::Practice,
    ];

    /// Its row of the table.
    pub fn parameters(self) -> &'static Parameters {
        match self {
            Self::Mainnet => &MAINNET,
            Self::Testnet4 => &TESTNET4,
            Self::Signet => &SIGNET,
            Self::Mutinynet => &MUTINYNET,
            Self::Regtest => &REGTEST,
            Self::Practice => &PRACTICE,
        }
    }

    /// The chain parameters.
    pub fn chain(self) -> Network {
        self.parameters().chain
    }

    /// The block that the chain of headers begins above: height, hash, and the difficulty of the next.
    pub(crate) fn checkpoint(self) -> Option<(u32, BlockHash, Option<CompactTarget>)> {
        let Checkpoint { height, hash, next_bits } = self.parameters().checkpoint?;
        let hash = hash.parse().expect("a block hash of the table, which a test reads");
        Some((height, hash, next_bits.map(CompactTarget::from_consensus)))
    }

    /// The blocks that prove a server is on this network.
    pub(crate) fn landmarks(self) -> impl Iterator<Item = (u32, BlockHash)> {
        let parsed =
            |hash: &str| hash.parse().expect("a block hash of the table, which a test reads");
        self.parameters().landmarks.iter().map(move |(height, hash)| (*height, parsed(hash)))
    }
}

/// BIP 44's coin type of a chain. A chain that no network of ours has is a test's.
pub(crate) fn coin_type(chain: Network) -> u32 {
    let found = NetworkId::ALL.into_iter().find(|network| network.chain() == chain);
    found.map_or(TESTNET4.coin_type, |network| network.parameters().coin_type)
}

#[cfg(test)]
mod tests;
