//! The practice chain alone, with its Esplora server, until it is killed:
//! `fulmen-practice --dir DIR [--port PORT] [--block-every SECS]`. The first line it prints is the server's URL.

use fulmen_engine::time::Timestamp;
use fulmen_practice::chain::PracticeChain;
use fulmen_practice::esplora::{EsploraServer, Lies};
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

const USAGE: &str = "usage: fulmen-practice --dir DIR [--port PORT] [--block-every SECS]";

/// What the command line asks for.
struct Arguments {
    dir: PathBuf,
    /// 0 takes a free one.
    port: u16,
    /// Blocks come only with this.
    block_every: Option<Duration>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let asked = arguments(std::env::args().skip(1))?;
    let chain = PracticeChain::open(&asked.dir, Timestamp::now)?;
    let server = EsploraServer::start_on(asked.port, chain.clone(), Lies::none()).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", server.url())?;
    out.flush()?;
    match asked.block_every {
        Some(period) => Ok(chain.mine_every(period).await?),
        None => std::future::pending().await,
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Result<Arguments, Box<dyn Error>> {
    let (mut dir, mut port, mut block_every) = (None, 0, None);
    while let Some(name) = given.next() {
        let value = given.next().ok_or(USAGE)?;
        match name.as_str() {
            "--dir" => dir = Some(PathBuf::from(value)),
            "--port" => port = value.parse()?,
            "--block-every" => {
                block_every = Some(Duration::from_secs(value.parse::<u64>()?.max(1)))
            }
            _ => return Err(USAGE.into()),
        }
    }
    Ok(Arguments { dir: dir.ok_or(USAGE)?, port, block_every })
}
