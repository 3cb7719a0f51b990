//! A way to a node that can be shut: while it is, the node is away.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// See the module. Shut for good when dropped.
pub struct Door {
    address: SocketAddr,
    open: watch::Sender<bool>,
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
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(pass(near, to.clone(), is_open.clone()));
            }
        });
        Ok(Self { address, open })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection, and each new one at once.
    pub fn shut(&self) {
        self.open.send_replace(false);
    }

    /// Lets pass again.
    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn pass(mut near: TcpStream, to: String, mut is_open: watch::Receiver<bool>) {
    if !*is_open.borrow_and_update() {
        return;
    }
    let passing = async {
        let mut far = TcpStream::connect(to).await?;
        tokio::io::copy_bidirectional(&mut near, &mut far).await
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
