//! A way to a node that can be shut: while it is, the node is away. It can also be muted: the node hears, and nobody hears it.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// See the module. Shut for good when dropped.
pub struct Door {
    address: SocketAddr,
    open: watch::Sender<bool>,
    muted: watch::Sender<bool>,
    /// Bytes that the node said and nobody heard.
    kept: watch::Sender<usize>,
}

impl Door {
    /// An open door to `to` (`host:port`).
    ///
    /// # Errors
    /// Where no port can be opened.
    pub async fn to(to: String) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (open, is_open) = watch::channel(true);
        let (muted, is_muted) = watch::channel(false);
        let kept = watch::Sender::new(0);
        let keeping = kept.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let muting = (is_muted.clone(), keeping.clone());
                tokio::spawn(pass(near, to.clone(), is_open.clone(), muting));
            }
        });
        Ok(Self { address, open, muted, kept })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection, and each new one at once.
    pub fn shut(&self) {
        self.open.send_replace(false);
    }

    /// Keeps back what the node says from now on.
    pub fn mute(&self) {
        self.muted.send_replace(true);
    }

    /// Waits until so many bytes are kept back.
    pub async fn keeps_back(&self, bytes: usize) {
        let mut kept = self.kept.subscribe();
        kept.wait_for(|kept| *kept >= bytes).await.expect("it is ours");
    }

    /// Lets pass again.
    pub fn open(&self) {
        self.muted.send_replace(false);
        self.open.send_replace(true);
    }
}

/// Whether it is muted, and what is kept back meanwhile.
type Muting = (watch::Receiver<bool>, watch::Sender<usize>);

async fn pass(near: TcpStream, to: String, mut is_open: watch::Receiver<bool>, muting: Muting) {
    if !*is_open.borrow_and_update() {
        return;
    }
    let passing = async {
        let (mut heard, said) = near.into_split();
        let (answers, mut hearer) = TcpStream::connect(to).await?.into_split();
        tokio::select! {
            ended = tokio::io::copy(&mut heard, &mut hearer) => ended.map(drop),
            ended = unless_muted(answers, said, muting) => ended,
        }
    };
    tokio::select! {
        passed = passing => {
            if let Err(error) = passed {
                tracing::debug!(%error, "a connection through the door ended");
            }
        }
        _ = is_open.changed() => {}
    }
}

async fn unless_muted(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    (mut is_muted, kept): Muting,
) -> std::io::Result<()> {
    let mut bytes = [0; 4096];
    loop {
        let read = from.read(&mut bytes).await?;
        if *is_muted.borrow() {
            kept.send_modify(|kept| *kept += read);
        }
        if read == 0 || is_muted.wait_for(|muted| !muted).await.is_err() {
            return Ok(());
        }
        to.write_all(&bytes[..read]).await?;
    }
}
