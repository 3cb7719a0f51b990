//! Starting and stopping it.

use super::rates::{self, RateServer, RateServers};
use super::shop::{DOMAIN, Shop};
use super::{HOSTILE, auth, dns, hostile, pay, withdraw};
use axum::Router;
use axum::routing::get;
use fulmen_engine::http::Local;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

fn routes(shop: Shop, rates: RateServers) -> Router {
    Router::new()
        .route("/.well-known/lnurlp/{user}", get(pay::request))
        .route("/pay/{user}", get(pay::invoice))
        .route("/withdraw/{k1}", get(withdraw::request))
        .route("/withdrawn", get(withdraw::pay))
        .route("/dns-query", get(dns::answer))
        .route("/lie/{name}", get(hostile::lie))
        .route("/made/{made}", get(hostile::make))
        .route("/auth", get(auth::sign_in))
        .with_state(shop)
        .merge(rates::routes(rates))
}

/// Who is asked for names in the DNS.
const RESOLVER: &str = "dns.practice";

/// A running server. Dropping it stops it.
pub(crate) struct WebServer {
    address: SocketAddr,
    shop: Shop,
    rates: RateServers,
    stopped: CancellationToken,
    /// The one task that serves. A set, because dropping a set ends its task.
    task: JoinSet<()>,
}

impl WebServer {
    /// Serves the shop on a free port of the loopback.
    ///
    /// # Errors
    /// Where the port cannot be opened.
    pub(crate) async fn start(shop: Shop) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stopped = CancellationToken::new();
        let rates = RateServers::default();
        let serve = axum::serve(listener, routes(shop.clone(), rates.clone()));
        let serve = serve.with_graceful_shutdown(stopped.clone().cancelled_owned());
        let mut task = JoinSet::new();
        task.spawn(async move {
            if let Err(failed) = serve.await {
                tracing::error!(%failed, "the shop's server ended");
            }
        });
        Ok(Self { address, shop, rates, stopped, task })
    }

    /// What a wallet of the practice network may ask on this computer.
    pub(crate) fn local(&self) -> Local {
        let hosts = RateServer::ALL.map(RateServer::host);
        let hosts = [DOMAIN, HOSTILE, RESOLVER].into_iter().chain(hosts);
        hosts.fold(Local::default(), |local, host| local.with(host, self.address))
    }

    pub(crate) fn rates(&self) -> RateServers {
        self.rates.clone()
    }

    pub(crate) fn shop(&self) -> &Shop {
        &self.shop
    }

    /// Stops it and waits until the port is free.
    pub(crate) async fn stop(mut self) {
        self.stopped.cancel();
        while self.task.join_next().await.is_some() {}
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}
