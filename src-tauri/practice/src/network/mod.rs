//! The whole pretend network: a chain, its server, and two living nodes built from the wallet's own engine. *Hub* forwards
//! and opens channels to you; *Shop* sells coffee, one hop behind Hub. Both announce themselves. Loopback only.

mod books;
mod error;
mod nodes;
mod steps;

pub use books::Audit;
pub use error::NetworkError;
pub(crate) use error::PATIENCE;
pub use steps::{Step, StepKind};

use crate::chain::{ChainEvent, PracticeChain};
use crate::esplora::{EsploraServer, Lies};
use crate::web::{RateServers, Shop as ShopOnTheWeb, Told, WebServer};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::Tunables;
use fulmen_engine::event::Event;
use fulmen_engine::http::Local;
use fulmen_engine::time::Timestamp;
use fulmen_engine::view::{PeerReason, Status, SuggestedPeer};
use fulmen_engine::{Choice, OfferParameters, PaymentId, RefundParameters, Wallet};
use nodes::{Nodes, open_nodes};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use steps::Steps;
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A coffee.
pub const COFFEE: Sat = Sat::new(2_100);
/// What the faucet gives.
pub const GIFT: Sat = Sat::new(1_000_000);
/// What Hub opens to you.
pub const HUB_OPENS: Sat = Sat::new(500_000);

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct PracticeNetwork {
    inner: Arc<Inner>,
}

struct Inner {
    chain: PracticeChain,
    url: String,
    server: Mutex<Option<EsploraServer>>,
    web: Mutex<Option<WebServer>>,
    lies: Lies,
    nodes: Nodes,
    steps: Steps,
    token: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

impl PracticeNetwork {
    /// Opens the network kept in `dir`, or makes it: chain, two funded nodes, two announced channels between them.
    /// `block_every`: mine by timer; stories pass `None`.
    ///
    /// # Errors
    /// Where the files, the chain or a node refuse.
    pub async fn open(
        dir: &Path,
        tunables: Tunables,
        block_every: Option<Duration>,
    ) -> Result<Self, NetworkError> {
        std::fs::create_dir_all(dir)?;
        let chain = PracticeChain::open(dir, Timestamp::now)?;
        let lies = Lies::none();
        let server = EsploraServer::start(chain.clone(), lies.clone()).await?;
        let url = server.url();
        let nodes = open_nodes(dir, &url, &chain, tunables).await?;
        let (token, tasks) = (CancellationToken::new(), Mutex::default());
        let (server, web) = (Mutex::new(Some(server)), Mutex::default());
        let inner =
            Inner { chain, url, server, web, lies, nodes, steps: Steps::default(), token, tasks };
        let network = Self { inner: Arc::new(inner) };
        network.follow();
        let web = WebServer::start(network.shop_on_the_web()).await?;
        *network.inner.web.lock().expect("web lock is never poisoned") = Some(web);
        if let Err(error) = network.inner.nodes.connect(&network).await {
            network.stop().await;
            return Err(error);
        }
        if let Some(period) = block_every {
            network.mine_by_timer(period);
        }
        Ok(network)
    }

    /// Where the chain can be asked.
    pub fn url(&self) -> String {
        self.inner.url.clone()
    }

    /// The chain itself.
    pub fn chain(&self) -> &PracticeChain {
        &self.inner.chain
    }

    /// What the server lies about; stories only.
    pub fn lies(&self) -> &Lies {
        &self.inner.lies
    }

    /// Hub's engine.
    pub fn hub(&self) -> &Wallet {
        &self.inner.nodes.hub
    }

    /// Shop's engine.
    pub fn shop(&self) -> &Wallet {
        &self.inner.nodes.shop
    }

    /// Hub, as a peer to open a channel to.
    pub fn hub_peer(&self) -> SuggestedPeer {
        SuggestedPeer { name: "Hub".into(), uri: nodes::uri(self.hub()), why: PeerReason::Practice }
    }

    /// Sends [`GIFT`] to an address. Unconfirmed until a block is mined.
    pub fn faucet(&self, address: &bitcoin::Address) -> Result<(), NetworkError> {
        self.inner.chain.faucet(address.script_pubkey(), GIFT)?;
        self.inner.steps.add(StepKind::FaucetSent { amount: GIFT });
        Ok(())
    }

    /// Mines blocks, and waits until both nodes have seen them.
    pub async fn mine(&self, blocks: u32) -> Result<(), NetworkError> {
        self.inner.chain.mine(blocks)?;
        self.sync_nodes().await;
        Ok(())
    }

    /// Both nodes look at the chain now.
    pub async fn sync_nodes(&self) {
        tokio::join!(self.hub().sync(), self.shop().sync());
    }

    /// Hub opens a channel of [`HUB_OPENS`] to a wallet, once it is connected.
    pub async fn hub_opens(&self, node_id: &str) -> Result<(), NetworkError> {
        let connected = async {
            let mut events = self.hub().bus().subscribe();
            while !self.hub().is_connected(node_id) {
                drop(tokio::time::timeout(Duration::from_millis(250), events.recv()).await);
            }
        };
        tokio::time::timeout(PATIENCE, connected)
            .await
            .map_err(|_| NetworkError::Waiting("the wallet is not connected to Hub yet"))?;
        let preview = self.hub().preview_open(node_id, HUB_OPENS)?;
        self.hub().open_channel(&preview.id).await?;
        self.inner.steps.add(StepKind::HubOpenedChannel { amount: HUB_OPENS });
        Ok(())
    }

    /// An invoice for a coffee.
    pub async fn order_coffee(&self) -> Result<String, NetworkError> {
        let amount = Msat::from_sat(COFFEE).expect("a coffee is cheap");
        let request =
            self.shop().receive(Some(amount), Some("One coffee, thank you".into()), 3600).await?;
        self.inner.steps.add(StepKind::InvoiceMade { amount: COFFEE });
        request.invoice.ok_or(NetworkError::Waiting("the shop cannot take payments yet"))
    }

    /// The offer that lies on the shop's counter: a coffee, again and again.
    pub async fn coffee_offer(&self) -> Result<String, NetworkError> {
        if let Some(offer) = self.shop().offers()?.pop() {
            return Ok(offer.text);
        }
        let parameters = OfferParameters {
            amount: Msat::from_sat(COFFEE),
            description: Some("One coffee, thank you".into()),
            label: Some("Counter".into()),
        };
        Ok(self.shop().make_offer(parameters).await?.text)
    }

    /// The shop gives money back, good for so long; and its row, which waits for whoever collects it.
    pub async fn refund(
        &self,
        amount: Sat,
        expiry_secs: u64,
    ) -> Result<(PaymentId, String), NetworkError> {
        let parameters = RefundParameters {
            amount: Msat::from_sat(amount).ok_or(NetworkError::Waiting("a smaller amount"))?,
            description: "The coffee machine broke, sorry".into(),
            issuer: Some("The practice shop".into()),
            expiry_secs,
        };
        Ok(self.shop().give_refund(parameters).await?)
    }

    /// The shop scans a request and pays it; returns when it is decided.
    pub async fn shop_pays(&self, text: &str) -> Result<Status, NetworkError> {
        let mut events = self.shop().bus().subscribe();
        let instruction = self.shop().read(text)?;
        let choice = Choice {
            instruction: instruction.id,
            amount: None,
            speed: None,
            everything: false,
            ..Choice::default()
        };
        let quote = self.shop().preview(choice).await?;
        let row = self.shop().pay(&quote.id).await?;
        let decided = async {
            loop {
                if let Ok(Event::Payment(seen)) = events.recv().await
                    && seen.id == row.id
                {
                    let status: Status = seen.status.into();
                    if matches!(status, Status::Paid | Status::Failed) {
                        return status;
                    }
                }
            }
        };
        let status = tokio::time::timeout(PATIENCE, decided)
            .await
            .map_err(|_| NetworkError::Waiting("the shop's payment is still on its way"))?;
        if status == Status::Paid {
            self.inner.steps.add(StepKind::ShopPaid { amount: quote.amount_msat.to_sat_ceil() });
        }
        Ok(status)
    }

    /// What a wallet of this network may ask on this computer: see [`crate::web`].
    pub fn local(&self) -> Local {
        self.on_the_web(WebServer::local)
    }

    /// Who says what a pretend bitcoin costs.
    pub fn rates(&self) -> RateServers {
        self.on_the_web(WebServer::rates)
    }

    /// A link of the shop's that pays up to this, once.
    pub fn withdrawal(&self, amount: Sat) -> String {
        self.on_the_web(|web| web.shop().withdrawal(amount))
    }

    /// A link to sign in to the shop's site with.
    pub fn sign_in_link(&self) -> String {
        self.on_the_web(|web| web.shop().sign_in_link())
    }

    /// The keys of who signed in to the shop's site, newest last.
    pub fn visitors(&self) -> Vec<String> {
        self.on_the_web(|web| web.shop().visitors())
    }

    /// Makes the hostile host and the resolver say this.
    pub fn hosts_say(&self, told: Told) {
        self.on_the_web(|web| web.shop().hosts_say(told));
    }

    /// What payers gave of themselves to the shop, newest last.
    pub fn payers(&self) -> Vec<String> {
        self.on_the_web(|web| web.shop().payers())
    }

    /// What payers wrote to the shop, newest last.
    pub fn comments(&self) -> Vec<String> {
        self.on_the_web(|web| web.shop().comments())
    }

    fn on_the_web<T: Default>(&self, look: impl FnOnce(&WebServer) -> T) -> T {
        let web = self.inner.web.lock().expect("web lock is never poisoned");
        web.as_ref().map(look).unwrap_or_default()
    }

    /// What happened so far, oldest first.
    pub fn steps(&self) -> Vec<Step> {
        self.inner.steps.all()
    }

    /// What happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Step> {
        self.inner.steps.subscribe()
    }

    /// Ends its tasks, both nodes and the server. Once the last clone is dropped too, `dir` can be opened again.
    pub async fn stop(&self) {
        self.inner.token.cancel();
        let mut tasks =
            std::mem::take(&mut *self.inner.tasks.lock().expect("tasks lock is never poisoned"));
        while tasks.join_next().await.is_some() {}
        tokio::join!(self.hub().stop(), self.shop().stop());
        let server = self.inner.server.lock().expect("server lock is never poisoned").take();
        if let Some(server) = server {
            server.stop().await;
        }
        let web = self.inner.web.lock().expect("web lock is never poisoned").take();
        if let Some(web) = web {
            web.stop().await;
        }
    }

    fn shop_on_the_web(&self) -> ShopOnTheWeb {
        let network = self.clone();
        let pay = move |invoice: String| {
            let paying = network.clone();
            network.run(async move {
                if let Err(error) = paying.shop_pays(&invoice).await {
                    tracing::warn!(%error, "the shop did not pay a withdrawal");
                }
            });
        };
        ShopOnTheWeb::new(self.shop().clone(), COFFEE, Arc::new(pay))
    }

    /// Runs until it ends or `stop` ends it.
    fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        let token = self.inner.token.clone();
        let mut tasks = self.inner.tasks.lock().expect("tasks lock is never poisoned");
        tasks.spawn(async move { token.run_until_cancelled(work).await.unwrap_or_default() });
    }

    /// Nodes hear of blocks as they come; what is seen on the chain becomes a step.
    fn follow(&self) {
        let network = self.clone();
        let mut events = self.inner.chain.subscribe();
        let (mut hub, mut shop) = (self.hub().bus().subscribe(), self.shop().bus().subscribe());
        self.run(async move {
            loop {
                tokio::select! {
                    event = events.recv() => match event {
                        Ok(ChainEvent::NewTip { height, transactions, fees, .. }) => {
                            let transactions = u32::try_from(transactions.len()).unwrap_or(u32::MAX);
                            network.inner.steps.add(StepKind::BlockMined { height, transactions, fees });
                            network.sync_nodes().await;
                        }
                        Ok(ChainEvent::TxSeen { txid, fee }) => {
                            network.inner.steps.add(StepKind::TransactionSeen { txid: txid.to_string(), fee });
                        }
                        Err(broadcast::error::RecvError::Lagged(_)) => network.sync_nodes().await,
                        Err(broadcast::error::RecvError::Closed) => return,
                    },
                    event = hub.recv() => if let Ok(Event::Forwarded(fee)) = event {
                        network.inner.steps.add(StepKind::HubForwarded { fee });
                    },
                    event = shop.recv() => if let Ok(Event::Payment(row)) = event {
                        let view = network.shop().movement(&row);
                        if view.status == Status::Paid && view.direction == fulmen_engine::view::Direction::In {
                            network.inner.steps.add(StepKind::ShopWasPaid { amount: view.amount_msat.to_sat_floor() });
                        }
                    },
                }
            }
        });
    }

    fn mine_by_timer(&self, period: Duration) {
        let chain = self.inner.chain.clone();
        self.run(async move {
            if let Err(error) = chain.mine_every(period).await {
                tracing::warn!(%error, "the practice timer stopped");
            }
        });
    }
}
