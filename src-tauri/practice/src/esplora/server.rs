//! Starting and stopping the server.

use super::wire::{Line, Wire};
use super::{Lies, Source, routes};
use crate::chain::PracticeChain;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A running server. Dropping it stops it.
pub struct EsploraServer {
    address: SocketAddr,
    stopped: CancellationToken,
    /// The one task that serves. A set, because dropping a set ends its task.
    task: JoinSet<()>,
}

impl EsploraServer {
    /// Serves `chain` on a free port of the loopback.
    ///
    /// # Errors
    /// Where the port cannot be opened.
    pub async fn start(chain: PracticeChain, lies: Lies) -> io::Result<Self> {
        Self::start_on(0, chain, lies).await
    }

    /// Serves `chain` on the given port of the loopback.
    ///
    /// # Errors
    /// Where the port cannot be opened.
    pub async fn start_on(port: u16, chain: PracticeChain, lies: Lies) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let stopped = CancellationToken::new();
        let wire = Wire { listener, line: Line { lies: lies.clone(), stopped: stopped.clone() } };
        let serve = axum::serve(wire, routes(Source { chain, lies }));
        let serve = serve.with_graceful_shutdown(stopped.clone().cancelled_owned());
        let mut task = JoinSet::new();
        task.spawn(async move {
            if let Err(failed) = serve.await {
                tracing::error!(%failed, "the practice server ended");
            }
        });
        Ok(Self { address, stopped, task })
    }

    /// Where it is, as a client wants it: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it and waits until the port is free.
    pub async fn stop(mut self) {
        self.stopped.cancel();
        while self.task.join_next().await.is_some() {}
    }
}

impl Drop for EsploraServer {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}
