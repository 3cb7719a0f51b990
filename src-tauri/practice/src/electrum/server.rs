//! Starting and stopping the server, and its connections.

use super::answers::answer;
use crate::chain::PracticeChain;
use crate::esplora::{Lies, Source};
use crate::json_rpc::Answer;
use serde_json::{Value, json};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A running server. Dropping it stops it.
pub struct ElectrumServer {
    address: SocketAddr,
    stopped: CancellationToken,
    /// The one task that serves, with a task of its own for each connection. A set, because dropping a set ends its tasks.
    task: JoinSet<()>,
}

impl ElectrumServer {
    /// Serves `chain` on a free port of the loopback.
    ///
    /// # Errors
    /// Where the port cannot be opened.
    pub async fn start(chain: PracticeChain, lies: Lies) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stopped = CancellationToken::new();
        let mut task = JoinSet::new();
        let (source, end) = (Source { chain, lies }, stopped.clone());
        task.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    () = end.cancelled() => break,
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { continue };
                        connections.spawn(serve(stream, source.clone()));
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { address, stopped, task })
    }

    /// Where it is, as a client wants it: `tcp://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("tcp://{}", self.address)
    }

    /// Stops it, with every connection.
    pub async fn stop(mut self) {
        self.stopped.cancel();
        while self.task.join_next().await.is_some() {}
    }
}

impl Drop for ElectrumServer {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}

/// One connection, until either side ends it.
async fn serve(stream: TcpStream, source: Source) {
    if let Err(ended) = answer_all(stream, source).await {
        tracing::debug!(%ended, "a connection ended");
    }
}

async fn answer_all(stream: TcpStream, source: Source) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        source.lies.hears_one();
        let told = source.lies.told();
        if let Some(delay) = told.delay {
            tokio::time::sleep(delay).await;
        }
        if told.offline {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let asked: Value = serde_json::from_str(&line).unwrap_or_default();
        let method = asked["method"].as_str().unwrap_or_default();
        let mut said = json!({ "jsonrpc": "2.0", "id": asked["id"] });
        match answer(&source, method, &asked["params"]) {
            Answer::Ok(mut result) => {
                if let Some(rewrite) = &told.rewrite {
                    rewrite.change(method, &mut result);
                }
                said["result"] = result;
            }
            Answer::Refused { code, message } => {
                said["error"] = json!({ "code": code, "message": message });
            }
        }
        stream.get_mut().write_all(format!("{said}\n").as_bytes()).await?;
        line.clear();
    }
    Ok(())
}
