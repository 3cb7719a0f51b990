//! An Esplora server. Making a [`Source`] touches no network, because LDK's chain monitor needs its [`Source::filter`]
//! while the wallet opens, online or not.

use super::{Fees, network};
use crate::error::{Code, Coded, chain_of};
use crate::onchain::Onchain;
use crate::time::Timestamp;
use crate::view::{self, NetworkId, SourceTest};
use bdk_wallet::WalletEvent;
use bdk_wallet::chain::BlockId;
use bitcoin::{BlockHash, OutPoint, Txid};
use esplora_client::{AsyncClient, Builder, OutputStatus, TxStatus};
use lightning::chain::Confirm;
use lightning::util::logger::Logger;
use lightning_transaction_sync::EsploraSyncClient;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// LDK's logger, whichever the engine has.
pub type LdkLogger = Arc<dyn Logger + Send + Sync>;

/// One request; a stalled server must not stall the wallet.
const REQUEST_SECS: u64 = 10;
/// A whole round for one ledger. Generous: a slow link is not an offline one.
const ROUND: Duration = Duration::from_secs(180);
/// How often a request is repeated after 429, 500 or 503, with growing pauses.
const RETRIES: usize = 3;
/// An answer's own words, cut off: they are untrusted.
const MOST_SAID: usize = 200;

/// One Esplora server, shared by BDK and LDK.
pub struct Source {
    pub(crate) client: AsyncClient,
    network: NetworkId,
    lightning: Arc<EsploraSyncClient<LdkLogger>>,
}

/// The newest block a server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
    /// Its own time.
    pub time: Timestamp,
}

impl From<Tip> for view::Tip {
    fn from(tip: Tip) -> Self {
        Self { height: tip.height, time_secs: tip.time.secs() }
    }
}

impl From<Tip> for BlockId {
    fn from(tip: Tip) -> Self {
        Self { height: tip.height, hash: tip.hash }
    }
}

/// What one [`Source::sync_round`] brought.
#[derive(Debug)]
pub struct Round {
    /// The server's tip when the round began.
    pub tip: Tip,
    /// What changed for the on-chain wallet.
    pub events: Vec<WalletEvent>,
}

/// Why a server was of no use.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// None is named, in the settings or by default.
    #[error("no chain server is set")]
    NotSet,
    /// Not an `http://` or `https://` address.
    #[error("not an address of a chain server: {0}")]
    BadUrl(String),
    /// No answer: the network, the name, the connection, the time.
    #[error("cannot reach the chain server")]
    Unreachable(#[source] Box<esplora_client::Error>),
    /// It took longer than a round may.
    #[error("the chain server took too long")]
    TooSlow,
    /// It answered with an error of its own.
    #[error("the chain server answered {status}: {said}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words, untrusted.
        said: String,
    },
    /// Another chain.
    #[error("the chain server is on another network: block {height} is {found}")]
    WrongNetwork {
        /// Where it differs.
        height: u32,
        /// What it has there.
        found: BlockHash,
    },
    /// An answer that is not what was asked for, or contradicts itself.
    #[error("the chain server's answer makes no sense")]
    Nonsense(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// LDK could not finish its round; it says no more, the log does.
    #[error("cannot bring the channels to the newest block")]
    Lightning,
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::WrongNetwork { .. } => Code::WrongNetwork,
            Self::BadUrl(_) => Code::NotUnderstood,
            Self::NotSet
            | Self::Unreachable(_)
            | Self::TooSlow
            | Self::Refused { .. }
            | Self::Nonsense(_)
            | Self::Lightning => Code::Offline,
        }
    }
}

impl From<esplora_client::Error> for SourceError {
    fn from(error: esplora_client::Error) -> Self {
        match error {
            esplora_client::Error::Reqwest(ref inner) if inner.is_decode() => {
                Self::Nonsense(Box::new(error))
            }
            esplora_client::Error::Reqwest(_) => Self::Unreachable(Box::new(error)),
            esplora_client::Error::HttpResponse { status, message } => {
                Self::Refused { status, said: message.chars().take(MOST_SAID).collect() }
            }
            _ => Self::Nonsense(Box::new(error)),
        }
    }
}

impl From<Box<esplora_client::Error>> for SourceError {
    fn from(error: Box<esplora_client::Error>) -> Self {
        (*error).into()
    }
}

impl Source {
    /// A server by its address (`https://host/api`). Asks it nothing.
    ///
    /// # Errors
    /// [`SourceError::BadUrl`].
    pub fn new(url: &str, network: NetworkId, logger: LdkLogger) -> Result<Self, SourceError> {
        let url = url.trim().trim_end_matches('/');
        let parsed = reqwest::Url::parse(url)
            .ok()
            .filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
        if parsed.is_none_or(|parsed| !parsed.has_host()) {
            return Err(SourceError::BadUrl(url.to_owned()));
        }
        let client = Builder::new(url).timeout(REQUEST_SECS).max_retries(RETRIES).build_async()?;
        let lightning = Arc::new(EsploraSyncClient::from_client(client.clone(), logger));
        Ok(Self { client, network, lightning })
    }

    /// The first of several that answers and is on the right chain, checked; with its tip.
    ///
    /// # Errors
    /// The last one's, when none is.
    pub async fn connect(
        urls: &[String],
        network: NetworkId,
        logger: LdkLogger,
    ) -> Result<(Self, Tip), SourceError> {
        let mut last = SourceError::NotSet;
        for url in urls {
            match Self::new(url, network, logger.clone()) {
                Err(error) => last = error,
                Ok(source) => match source.check().await {
                    Ok(tip) => return Ok((source, tip)),
                    Err(error) => last = error,
                },
            }
            tracing::warn!(%url, error = chain_of(&last), "this chain server is of no use");
        }
        Err(last)
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        self.client.url()
    }

    /// What must hear of everything that LDK watches.
    pub fn filter(&self) -> Arc<EsploraSyncClient<LdkLogger>> {
        self.lightning.clone()
    }

    /// Whether it answers and is on our chain; its tip.
    ///
    /// # Errors
    /// Any of [`SourceError`] but `BadUrl` and `Lightning`.
    pub async fn check(&self) -> Result<Tip, SourceError> {
        for (height, expected) in network::landmarks(self.network) {
            let found = self.client.get_block_hash(height).await?;
            if found != expected {
                return Err(SourceError::WrongNetwork { height, found });
            }
        }
        self.tip().await
    }

    /// The newest block. One request, so height and hash belong together.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub async fn tip(&self) -> Result<Tip, SourceError> {
        let newest =
            self.client.get_block_infos(None).await?.into_iter().max_by_key(|block| block.height);
        let Some(block) = newest else {
            return Err(SourceError::Nonsense("no blocks at all".into()));
        };
        Ok(Tip {
            height: block.height,
            hash: block.id,
            time: Timestamp::from_secs(block.timestamp),
        })
    }

    /// Refreshes the estimates.
    ///
    /// # Errors
    /// As [`Source::check`]; [`SourceError::Nonsense`] with `FeesError` where it lists none. The last good ones stay.
    pub async fn update_fees(&self, fees: &Fees, now: Timestamp) -> Result<(), SourceError> {
        let listed = self.client.get_fee_estimates().await?;
        fees.update(&listed, now).map_err(|error| SourceError::Nonsense(Box::new(error)))
    }

    /// Brings LDK's side to the newest block: channel manager, chain monitor, sweeper.
    ///
    /// # Errors
    /// [`SourceError::Lightning`], [`SourceError::TooSlow`].
    pub async fn sync_lightning(
        &self,
        confirmables: Vec<&(dyn Confirm + Send + Sync)>,
    ) -> Result<(), SourceError> {
        within(async {
            self.lightning.sync(confirmables).await.map_err(|_| SourceError::Lightning)
        })
        .await
    }

    /// One round, in the order that is safe: fees, then the on-chain wallet, then the channels. Failing estimates do not
    /// stop a round while older ones are known.
    ///
    /// # Errors
    /// The first step's that failed. What earlier steps brought stays.
    pub async fn sync_round(
        &self,
        fees: &Fees,
        onchain: &Onchain,
        confirmables: Vec<&(dyn Confirm + Send + Sync)>,
        now: Timestamp,
    ) -> Result<Round, SourceError> {
        let tip = self.tip().await?;
        if let Err(error) = self.update_fees(fees, now).await {
            if !fees.known() {
                return Err(error);
            }
            tracing::warn!(error = chain_of(&error), "keeping the last fee estimates");
        }
        let events = self.sync_onchain(onchain, now).await?;
        self.sync_lightning(confirmables).await?;
        Ok(Round { tip, events })
    }

    /// Who spends an output. `None`: the server does not know its transaction.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub async fn outspend(&self, outpoint: OutPoint) -> Result<Option<OutputStatus>, SourceError> {
        Ok(self.client.get_output_status(&outpoint.txid, u64::from(outpoint.vout)).await?)
    }

    /// Whether a transaction is known and confirmed. `None`: not known.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub async fn tx_status(&self, txid: Txid) -> Result<Option<TxStatus>, SourceError> {
        Ok(self.client.get_tx_info(&txid).await?.map(|tx| tx.status))
    }

    /// Tries a server for the settings page. Every failure is a fact in the answer, not an error.
    pub async fn test(url: &str, network: NetworkId, logger: LdkLogger) -> SourceTest {
        let begun = Instant::now();
        let mut test = SourceTest {
            reached: false,
            right_network: false,
            height: None,
            millis: 0,
            has_fees: false,
            said: None,
        };
        match Self::new(url, network, logger) {
            Err(error) => test.said = Some(chain_of(&error)),
            Ok(source) => match source.check().await {
                Err(error) => {
                    test.reached =
                        !matches!(error, SourceError::Unreachable(_) | SourceError::TooSlow);
                    test.said = Some(chain_of(&error));
                }
                Ok(tip) => {
                    (test.reached, test.right_network, test.height) =
                        (true, true, Some(tip.height));
                    let scratch = Fees::new(network);
                    let fees = source.update_fees(&scratch, tip.time).await;
                    test.has_fees = fees.is_ok();
                    test.said = fees.err().map(|error| chain_of(&error));
                }
            },
        }
        test.millis = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        test
    }
}

/// A ledger's round, within its time.
pub(crate) async fn within<T>(
    round: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, SourceError> {
    tokio::time::timeout(ROUND, round).await.unwrap_or(Err(SourceError::TooSlow))
}
