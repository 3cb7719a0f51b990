//! What the stories ask of a node that somebody else wrote.

use crate::mirror::Mirror;
use bitcoin::Address;
use bitcoin::hashes::sha256;
use fulmen_engine::amount::{Msat, Sat};
use std::path::{Path, PathBuf};

/// Where the programs are, and what they are to judge.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tools {
    /// A tree of Debian's packages with bitcoind and Electrum.
    pub(crate) debian: PathBuf,
    pub(crate) lnd: PathBuf,
    pub(crate) ldk_node: PathBuf,
    pub(crate) electrs: PathBuf,
    /// The directory of PostgreSQL's programs.
    pub(crate) postgres: PathBuf,
    pub(crate) vss_server: PathBuf,
    /// Where `npm test` leaves the chains of its stories.
    pub(crate) chains: PathBuf,
}

/// What a node is started with.
pub(crate) struct Place<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) dir: &'a Path,
    pub(crate) mirror: &'a Mirror,
    /// Where the practice network serves the chain.
    pub(crate) url: &'a str,
}

/// What became of a payment that a node made, or waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    InFlight,
    Paid { amount: Msat },
    Failed(String),
}

/// See the module. A node that cannot do a thing is never asked: see [`Peer::cannot`].
pub(crate) trait Peer: Sized {
    const NAME: &'static str;

    /// Whether it believes in fees that nobody would pay, unless a chain with paid transactions says otherwise.
    const ASKS_FOR_FEES: bool;

    /// How much of a channel that we opened may be on its way to it at once, in percent.
    const TAKES_PERCENT: u64 = 100;

    /// Why it cannot tell this story, where it cannot.
    fn cannot(story: &str) -> Option<&'static str>;

    /// A new node that has read the whole chain.
    async fn start(place: &Place<'_>) -> Self;

    async fn version(&self) -> String;

    /// `id@host:port`.
    fn uri(&self) -> String;

    fn id(&self) -> String {
        let uri = self.uri();
        uri.split('@').next().expect("its id").to_owned()
    }

    /// A new address of its own.
    async fn address(&self) -> Address;

    /// What it has on-chain, confirmed or not.
    async fn onchain(&self) -> Sat;

    /// Whether it has read the chain up to this height.
    async fn has_read(&self, height: u32) -> bool;

    /// Opens a channel with anchors to a node that is connected to it.
    async fn opens(&self, node: &str, amount: Sat, pushed: Sat);

    /// How many of its channels it could use now.
    async fn usable(&self) -> usize;

    /// Nothing is under way in any of its channels.
    async fn rests(&self) -> bool;

    async fn invoice(&self, amount: Option<Msat>) -> String;

    /// An invoice that it neither settles nor cancels by itself.
    async fn hold(&self, hash: sha256::Hash, amount: Msat) -> String;

    /// It has the money of a held invoice in its hands.
    async fn holds(&self, hash: sha256::Hash) -> bool;

    async fn settles(&self, preimage: [u8; 32], amount: Msat);

    async fn cancels(&self, hash: sha256::Hash);

    /// Starts to pay; answers by what [`Peer::outcome`] knows it.
    async fn pays(&self, invoice: &str, amount: Option<Msat>) -> String;

    /// Starts to pay somebody who did not ask.
    async fn keysends(&self, node: &str, amount: Msat) -> String;

    /// An offer (BOLT 12), which is paid as often as one likes.
    async fn offer(&self, _amount: Option<Msat>) -> String {
        unreachable!("see cannot")
    }

    /// Starts to pay one; answers as [`Peer::pays`].
    async fn pays_offer(&self, _offer: &str, _amount: Option<Msat>) -> String {
        unreachable!("see cannot")
    }

    /// A refund (BOLT 12): whoever collects it first is paid. Also answers by what [`Peer::outcome`] knows that payment.
    async fn refund(&self, _amount: Msat) -> (String, String) {
        unreachable!("see cannot")
    }

    /// Asks whoever gave a refund for it; answers by what [`Peer::outcome`] knows the payment that comes.
    async fn collects(&self, _refund: &str) -> String {
        unreachable!("see cannot")
    }

    async fn outcome(&self, payment: &str) -> Outcome;

    /// Closes its first channel with this node.
    async fn closes(&self, node: &str, force: bool);

    /// For how many blocks its closed channels keep it waiting; nothing where it has no channel and nothing waits.
    async fn waits(&self) -> Option<u32>;

    /// SIGKILL.
    fn kill(&mut self);

    /// Starts it again where it was.
    async fn again(&mut self);

    /// Where it keeps what it must not lose.
    fn data(&self) -> PathBuf;

    /// It uses channels with this node before they are in a block, whoever opens them, once it is started again.
    fn trusts(&mut self, _node: &str) {
        unreachable!("see cannot")
    }

    /// What a transaction costs, in sat/vB, for a node that does not hear it from the practice network's server.
    async fn fees(&self, _sat_per_vb: Option<u64>) {}

    /// What its owner has to do where it was shown that its data is old, so that the other side closes.
    async fn asks_for_a_close(&self) {}

    /// It listens somewhere else, once it is started again.
    fn moves(&mut self);
}
