//! Starting and stopping the server.

use super::served::Served;
use super::{Lies, Source, routes};
use crate::chain::PracticeChain;
use std::io;

/// A running server. Dropping it stops it.
pub struct EsploraServer(Served);

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
        let routes = routes(Source { chain, lies: lies.clone() });
        Ok(Self(Served::start(port, lies, routes).await?))
    }

    /// Where it is, as a client wants it: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// Stops it and waits until the port is free.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}
