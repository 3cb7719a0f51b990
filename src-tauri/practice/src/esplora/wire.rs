//! TCP that can fail: while the server is offline or stopped, connections are dropped without a word, the idle ones of
//! a client's pool too.

use super::lies::Lies;
use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Whether connections live.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) lies: Lies,
    pub(crate) stopped: CancellationToken,
}

impl Line {
    fn check(&self) -> io::Result<()> {
        if self.stopped.is_cancelled() || self.lies.told().offline {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

/// A listener whose connections die with the line.
pub(crate) struct Wire {
    pub(crate) listener: TcpListener,
    pub(crate) line: Line,
}

impl Listener for Wire {
    type Io = WireStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, from) = Listener::accept(&mut self.listener).await;
            if self.line.check().is_err() {
                continue;
            }
            if let Err(refused) = stream.set_nodelay(true) {
                tracing::debug!(%refused, "a connection stays without TCP_NODELAY");
            }
            return (WireStream { stream, line: self.line.clone() }, from);
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that dies with the line.
pub(crate) struct WireStream {
    stream: TcpStream,
    line: Line,
}

impl AsyncRead for WireStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A read that is waiting is woken by the next request; it must not be heard then.
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        match self.line.check() {
            Ok(()) => read,
            Err(dead) => Poll::Ready(Err(dead)),
        }
    }
}

impl AsyncWrite for WireStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
