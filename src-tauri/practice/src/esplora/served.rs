//! HTTP on the loopback that lies, for as long as it is kept.

use super::lies::Lies;
use super::wire::{Line, Wire};
use axum::Router;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// See the module. Dropping it stops it.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    stopped: CancellationToken,
    /// The one task that serves. A set, because dropping a set ends its task.
    task: JoinSet<()>,
}

impl Served {
    /// Serves on the given port, or on a free one if it is zero.
    pub(crate) async fn start(port: u16, lies: Lies, routes: Router) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let stopped = CancellationToken::new();
        let wire = Wire { listener, line: Line { lies, stopped: stopped.clone() } };
        let serve = axum::serve(wire, routes);
        let serve = serve.with_graceful_shutdown(stopped.clone().cancelled_owned());
        let mut task = JoinSet::new();
        task.spawn(async move {
            if let Err(failed) = serve.await {
                tracing::error!(%failed, "the practice server ended");
            }
        });
        Ok(Self { address, stopped, task })
    }

    /// Stops it and waits until the port is free.
    pub(crate) async fn stop(mut self) {
        self.stopped.cancel();
        while self.task.join_next().await.is_some() {}
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}
