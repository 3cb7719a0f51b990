//! The server that the chain is read from, whichever kind it is of: see [`Server`]. Making a [`Source`] touches no network,
//! because LDK's chain monitor needs its [`Source::filter`] while the wallet opens, online or not.

use super::bitcoind::Bitcoind;
use super::electrum::Electrum;
use super::esplora::Esplora;
use super::server::{Outspend, Position, Server};
use super::{Address, Tip};
use super::{Fees, Headers, SourceError};
use crate::error::chain_of;
use crate::http::{Heard, is_this_computer};
use crate::time::Timestamp;
use crate::view::NetworkId;
use bdk_wallet::chain::BlockId;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update, WalletEvent};
use bitcoin::{OutPoint, Txid};
use lightning::chain::Filter;
use lightning::util::logger::Logger;
use std::sync::Arc;
use std::time::Duration;

/// LDK's logger, whichever the engine has.
pub type LdkLogger = Arc<dyn Logger + Send + Sync>;

/// A whole round for one ledger. Generous: a slow link is not an offline one.
const ROUND: Duration = Duration::from_secs(180);
/// One server, shared by BDK and LDK.
pub struct Source {
    pub(super) server: Box<dyn Server>,
    pub(super) network: NetworkId,
    logger: LdkLogger,
    pub(super) headers: Arc<Headers>,
    address: Address,
    /// How long an answer may take, if not as long as is usual for its kind.
    patience: Option<Duration>,
}

/// What one look at the chain brought. Each ledger is followed though the other could not be.
#[derive(Debug)]
pub struct Round {
    /// The newest block that was checked when the round began.
    pub tip: Tip,
    /// How many blocks the server names above it.
    pub behind: u32,
    /// What changed for the on-chain wallet.
    pub onchain: Result<Vec<WalletEvent>, SourceError>,
    /// Whether the channels are at the newest block.
    pub channels: Result<(), SourceError>,
}

impl Source {
    /// A server by its address: `https://host/api` is Esplora's, `ssl://host:port` Electrum's, `bitcoind://user@host:port`
    /// a bitcoind's. Asks it nothing.
    ///
    /// # Errors
    /// [`SourceError::BadUrl`].
    pub fn new(
        address: &Address,
        network: NetworkId,
        logger: LdkLogger,
    ) -> Result<Self, SourceError> {
        Self::with_patience(address, network, logger, None)
    }

    /// The same with another patience than is usual for its kind.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub(crate) fn with_patience(
        address: &Address,
        network: NetworkId,
        logger: LdkLogger,
        patience: Option<Duration>,
    ) -> Result<Self, SourceError> {
        let url = address.url();
        let server: Box<dyn Server> = if Bitcoind::is_meant(url) {
            Box::new(Bitcoind::new(address, patience)?)
        } else if address.password().is_some() {
            return Err(SourceError::BadUrl(url.to_owned()));
        } else if Electrum::is_meant(url) {
            Box::new(Electrum::new(url, patience)?)
        } else {
            Box::new(Esplora::new(url, logger.clone(), patience)?)
        };
        let headers = Arc::new(Headers::new(network));
        Ok(Self { server, network, logger, headers, address: address.clone(), patience })
    }

    /// The same, whose every answer is held against this chain.
    pub(crate) fn on(self, headers: Arc<Headers>) -> Self {
        Self { headers, ..self }
    }

    /// What time the server said last that it is, once. One on this computer has no other clock than ours; without real money it may
    /// play a server far away.
    pub(crate) fn heard(&self) -> Option<Heard> {
        let counts = !self.network.parameters().is_real_money || !is_this_computer(self.url());
        self.server.heard().filter(|_| counts)
    }

    /// The same server, of which LDK's side has heard nothing yet.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub(crate) fn anew(&self) -> Result<Self, SourceError> {
        self.beside(&self.address)
    }

    /// Another server, told of to the same log.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub(crate) fn beside(&self, address: &Address) -> Result<Self, SourceError> {
        Self::with_patience(address, self.network, self.logger.clone(), self.patience)
    }

    /// The first of several that answers and is on the right chain, checked; with its tip.
    ///
    /// # Errors
    /// The last one's, when none is.
    pub async fn connect(
        addresses: &[Address],
        network: NetworkId,
        logger: LdkLogger,
        patience: Option<Duration>,
    ) -> Result<(Self, Tip), SourceError> {
        let mut last = SourceError::NotSet;
        for address in addresses {
            match Self::with_patience(address, network, logger.clone(), patience) {
                Err(error) => last = error,
                Ok(source) => match source.check().await {
                    Ok(tip) => return Ok((source, tip)),
                    Err(error) => last = error,
                },
            }
            tracing::warn!(
                url = address.url(),
                error = chain_of(&last),
                "this chain server is of no use"
            );
        }
        Err(last)
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// What must hear of everything that LDK watches.
    pub(crate) fn filter(&self) -> &(dyn Filter + Send + Sync) {
        self.server.filter()
    }

    /// Whether it answers and is on our chain; its tip.
    ///
    /// # Errors
    /// Any of [`SourceError`] but `BadUrl` and `Lightning`.
    pub async fn check(&self) -> Result<Tip, SourceError> {
        for (height, expected) in self.network.landmarks() {
            let found = self.server.hash_at(height).await?;
            if found != expected {
                return Err(SourceError::WrongNetwork { height, found });
            }
        }
        self.tip().await
    }

    /// The newest block.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub async fn tip(&self) -> Result<Tip, SourceError> {
        Ok(self.server.newest().await?.tip)
    }

    /// All that happened to addresses: see [`Server::scan`].
    pub(crate) async fn scan(
        &self,
        request: FullScanRequest<KeychainKind>,
        gap: usize,
    ) -> Result<Update, SourceError> {
        self.server.scan(request, gap).await
    }

    /// The same for those that were given out.
    pub(crate) async fn sync(
        &self,
        request: SyncRequest<(KeychainKind, u32)>,
    ) -> Result<Update, SourceError> {
        self.server.sync(request).await
    }

    /// Refreshes the estimates.
    ///
    /// # Errors
    /// As [`Source::check`]; [`SourceError::Nonsense`] with `FeesError` if it lists none. The last good ones stay.
    pub async fn update_fees(&self, fees: &Fees, now: Timestamp) -> Result<(), SourceError> {
        let listed = self.server.estimates().await?;
        fees.update(&listed, now).map_err(|error| SourceError::Nonsense(Box::new(error)))
    }

    /// Who spends an output. `None`: the server does not know its transaction.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub async fn outspend(&self, outpoint: OutPoint) -> Result<Option<Outspend>, SourceError> {
        let said = self.server.outspend(outpoint).await?;
        let block = |said: &Outspend| said.block.filter(|block| self.may_be(block));
        Ok(said.map(|said| Outspend { block: block(&said), ..said }))
    }

    /// Whether a transaction is known and confirmed. `None`: not known.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub async fn tx_status(&self, txid: Txid) -> Result<Option<Position>, SourceError> {
        let said = self.server.position(txid).await?;
        let block = |said: Position| said.block.filter(|block| self.may_be(block));
        Ok(said.map(|said| Position { block: block(said) }))
    }

    /// Whether the checked chain has no other block there: it has this one, begins above it, or ends below it. What is in
    /// another block waits for one.
    fn may_be(&self, block: &BlockId) -> bool {
        let (begins, tip) = (self.headers.begins_above(), self.headers.tip());
        let is_below = begins.is_none_or(|begins| block.height < begins.height);
        let is_above = tip.is_none_or(|tip| tip.height < block.height);
        is_below || is_above || self.headers.hash(block.height) == Some(block.hash)
    }

    /// Whether the checked chain has this block, or begins above it.
    pub(super) fn is_known(&self, block: &BlockId) -> bool {
        let begins = self.headers.begins_above();
        begins.is_some_and(|begins| block.height < begins.height) || self.is_checked(block)
    }

    /// Whether it passes on packages, without which a commitment that pays too little alone stays here. `None`: it did not
    /// say.
    pub(crate) async fn relays_packages(&self) -> Option<bool> {
        self.server.relays_packages().await
    }

    /// What it showed of that so far.
    pub(crate) fn known_relays_packages(&self) -> Option<bool> {
        self.server.known_relays_packages()
    }
}

/// A ledger's round, within its time.
pub(crate) async fn within<T>(
    round: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    tokio::time::timeout(ROUND, round).await.unwrap_or(Err(SourceError::TooSlow))
}
