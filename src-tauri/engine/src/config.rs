//! What a wallet is opened with. `Settings` come from the person, `Tunables` from us, each with its reason.

use crate::amount::Sat;
use crate::http::Local;
use crate::probe::Probe;
use crate::view::NetworkId;
use bitcoin::secp256k1::PublicKey;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a node is for. A run-time value that no file and no page can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A person's wallet: private channels, forwards nothing.
    Leaf,
    /// A forwarding node of the practice network: announces itself, forwards, accepts channels.
    Router,
}

/// How to open a wallet.
#[derive(Clone, Debug)]
pub struct Settings {
    pub network: NetworkId,
    /// The wallet's own directory: one per network.
    pub dir: PathBuf,
    /// Chain sources, the first that answers is used. Never empty.
    pub source_urls: Vec<String>,
    /// Where rapid gossip sync snapshots may be, the first that answers is used. Empty: gossip comes from peers.
    pub rgs_urls: Vec<String>,
    /// Where to listen for peers. A person's wallet does not.
    pub listen: Option<SocketAddr>,
    pub role: Role,
    /// The name it announces; routers only.
    pub alias: Option<String>,
    /// Peers to suggest for a first channel.
    pub suggested_peers: Vec<crate::view::SuggestedPeer>,
    pub tunables: Tunables,
}

#[cfg(feature = "test-util")]
impl Settings {
    /// Of a wallet that lives nowhere and reaches nobody, for [`crate::fuzz`].
    pub(crate) fn of_nobody(network: NetworkId) -> Self {
        Self {
            network,
            dir: PathBuf::new(),
            source_urls: Vec::new(),
            rgs_urls: Vec::new(),
            listen: None,
            role: Role::Leaf,
            alias: None,
            suggested_peers: Vec::new(),
            tunables: Tunables::default(),
        }
    }
}

/// When the state of channels reaches the disk. A shipped wallet knows the first way alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Persistence {
    /// In one transaction with everything else, before anything is applied or let out.
    #[default]
    Deferred,
    /// Each monitor update at once, inside LDK's call, and the manager later, as stock LDK nodes do. A kill in between
    /// closes channels: for comparison only.
    #[cfg(feature = "test-util")]
    PerUpdate,
    /// Deferred, but a commit is answered at once and writes nothing: what a payment costs without a disk. Loses
    /// everything: for measurements only.
    #[cfg(feature = "test-util")]
    NoOp,
}

/// An order of the commit that is broken on purpose, so that the killer can show that it would notice.
#[cfg(feature = "broken-orders")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The queue is counted after the manager is encoded.
    CountLate,
    /// Rows are taken before it.
    RowsEarly,
    /// Whole monitors are encoded after it.
    FullsLate,
    /// Updates are applied and completed before the transaction.
    ApplyEarly,
    /// The gate holds nothing back.
    GateOff,
    /// What a commit covers is let out before the server of the copy has it.
    NotWaiting,
}

impl Persistence {
    pub(crate) fn is_synchronous(self) -> bool {
        match self {
            Self::Deferred => false,
            #[cfg(feature = "test-util")]
            Self::PerUpdate => true,
            #[cfg(feature = "test-util")]
            Self::NoOp => false,
        }
    }

    pub(crate) fn is_imagined(self) -> bool {
        match self {
            Self::Deferred => false,
            #[cfg(feature = "test-util")]
            Self::PerUpdate => false,
            #[cfg(feature = "test-util")]
            Self::NoOp => true,
        }
    }
}

/// Our own knobs.
#[derive(Clone, Debug)]
pub struct Tunables {
    /// scrypt work factor of `wallet.age`: 17 is 128 MiB and about a second. Stories use a small one.
    pub seal_work_factor: u8,
    /// Between two looks at the chain when nothing asks for one.
    pub sync_interval: Duration,
    /// How long a change that nobody waits for may stay in memory. Most of them go with a commit that someone waits for;
    /// a disk that fails must still be told within two seconds.
    pub lazy_commit: Duration,
    /// How long a chain server may take for an answer, if not as long as is usual for its kind.
    pub source_patience: Option<Duration>,
    /// Between two attempts to reach a peer that is away.
    pub reconnect_interval: Duration,
    /// How long a peer may take to agree to a channel.
    pub opening_patience: Duration,
    /// How long LDK tries routes for one payment.
    pub pay_for: Duration,
    /// Kept on-chain for each channel, so that it can be closed by force when fees are high (anchor reserve).
    pub reserve_per_channel: Sat,
    /// A router waits so long before it forwards, for its users' privacy.
    pub forward_delay: Duration,
    /// Between two looks at whether the generation's mirror lags. Each costs two syncs of a small file, beside the loop.
    pub mirror_interval: Duration,
    /// Where the generation is mirrored; `None`: beside the wallet's directory.
    pub mirror: Option<PathBuf>,
    /// How often LDK's clock is moved on. LDK forgets a finished payment after 7 of them.
    pub ldk_tick: Duration,
    /// In which a fee estimate may move by a factor. Stories have no time for real hours.
    pub fee_hour: Duration,
    /// How far blocks are apart on average, where the network does not say. For stories.
    pub block_every: Option<Duration>,
    /// Between two looks at what a bitcoin costs, while a person wants to know.
    pub rate_interval: Duration,
    /// How long nothing is said of a channel to a peer that stores for us, if it gives nothing back.
    pub witness_patience: Duration,
    /// Anything but the default is for comparison.
    pub persistence: Persistence,
    /// Opens without asking any server or peer for anything, until [`crate::Wallet::go_online`]: what they say may be what
    /// ended the program the last times.
    pub offline: bool,
    /// Names that are asked for on this computer, in the clear. Only the practice network has any: see [`Local`].
    pub local: Local,
    /// Stories look on from inside.
    pub probe: Probe,
    /// Whose channels are used before they are confirmed. Nobody's, and nothing but a story changes that.
    pub trusted: Trusted,
    /// Channels want here what they want where money is real. For stories.
    pub safeguards: bool,
    /// Whether channels may have anchor outputs. There are no others: only a story's peer goes without.
    pub anchors: bool,
    /// An order of the commit that is broken on purpose.
    #[cfg(feature = "broken-orders")]
    pub broken: Option<Broken>,
}

/// Peers that are trusted not to take a channel's funding back. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Trusted(Arc<Mutex<BTreeSet<PublicKey>>>);

impl Trusted {
    /// From now on this peer is trusted, or not any more.
    pub fn set(&self, peer: PublicKey, trusted: bool) {
        let mut peers = self.0.lock().expect("never poisoned: a set does not panic");
        if trusted {
            peers.insert(peer);
        } else {
            peers.remove(&peer);
        }
    }

    pub(crate) fn has(&self, peer: &PublicKey) -> bool {
        self.0.lock().expect("never poisoned: a set does not panic").contains(peer)
    }
}

impl Default for Tunables {
    fn default() -> Self {
        Self {
            seal_work_factor: crate::keys::seal::WORK_FACTOR,
            sync_interval: Duration::from_secs(45),
            lazy_commit: Duration::from_millis(300),
            source_patience: None,
            reconnect_interval: Duration::from_secs(5),
            opening_patience: Duration::from_secs(30),
            pay_for: Duration::from_secs(20),
            reserve_per_channel: crate::onchain::reserve_per_channel(),
            forward_delay: Duration::from_millis(50),
            mirror_interval: Duration::from_secs(10),
            mirror: None,
            ldk_tick: Duration::from_secs(60),
            fee_hour: crate::chain::HOUR,
            block_every: None,
            rate_interval: Duration::from_secs(5 * 60),
            witness_patience: Duration::from_secs(10),
            persistence: Persistence::default(),
            offline: false,
            local: Local::default(),
            probe: Probe::default(),
            trusted: Trusted::default(),
            safeguards: false,
            anchors: true,
            #[cfg(feature = "broken-orders")]
            broken: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_this_computer_is_asked_for_a_handed_text() {
        assert!(Tunables::default().local.is_empty(), "the practice network alone has any");
    }
}
