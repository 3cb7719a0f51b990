//! A server on this computer that answers as a test wants, by the byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What one request is answered with.
#[derive(Clone)]
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
    then: Then,
}

/// What follows the body.
#[derive(Clone, Copy)]
enum Then {
    Nothing,
    /// More of it for ever, as fast as it is taken.
    Flood,
    /// More of it for ever, a byte now and then.
    Trickle,
}

/// Between two bytes of a body that trickles. Nobody who waits for the next one alone gives up.
const TRICKLE: Duration = Duration::from_millis(20);

/// See the module. It ends with the value.
pub(crate) struct Server {
    place: String,
    asked: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers each path by this function.
    #[expect(clippy::disallowed_methods, reason = "a test's server has no owner but the test")]
    pub(crate) async fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let written = Arc::new(AtomicUsize::new(0));
        let counts = (asked.clone(), written.clone());
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, counts.clone(), answer.clone()));
            }
        });
        Self { place, asked, written, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.place)
    }

    /// How many requests there were.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many bytes of bodies without an end were taken from it.
    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    pub(crate) fn ok(body: &[u8]) -> Reply {
        reply("200 OK", &[("content-length", &body.len().to_string())], body)
    }

    pub(crate) fn status(status: u16) -> Reply {
        reply(&format!("{status} Lie"), &[("content-length", "0")], b"")
    }

    /// It asks to be left alone for so many seconds.
    pub(crate) fn busy(secs: &str) -> Reply {
        let headers = [("retry-after", secs), ("content-length", "0"), ("connection", "close")];
        reply("429 Lie", &headers, b"")
    }

    /// A redirect.
    pub(crate) fn to(place: &str) -> Reply {
        reply("302 Found", &[("location", place), ("content-length", "0")], b"")
    }

    /// A body without an end.
    pub(crate) fn endless(body: &[u8]) -> Reply {
        Reply { then: Then::Flood, ..reply("200 OK", &[], body) }
    }

    /// A body of a gigabyte, as it says itself.
    pub(crate) fn vast(body: &[u8]) -> Reply {
        Reply { then: Then::Flood, ..reply("200 OK", &[("content-length", "1073741824")], body) }
    }

    /// A refusal whose words have no end.
    pub(crate) fn raving(status: u16) -> Reply {
        Reply { then: Then::Flood, ..reply(&format!("{status} Lie"), &[], b"") }
    }

    /// A body that comes byte by byte, and never ends.
    pub(crate) fn trickle() -> Reply {
        Reply { then: Then::Trickle, ..reply("200 OK", &[("content-length", "1000000")], b"") }
    }

    /// It begins to answer and says nothing more.
    pub(crate) fn silence() -> Reply {
        reply("200 OK", &[("content-length", "1000000")], b"")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn reply(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status}\r\n{headers}\r\n");
    Reply { head, body: body.to_vec(), then: Then::Nothing }
}

/// Requests and their answers, one after the other. An error is the client that went away, which is what tests want of it.
async fn serve(
    mut connection: TcpStream,
    (asked, written): (Arc<AtomicUsize>, Arc<AtomicUsize>),
    answer: Arc<impl Fn(&str) -> Reply>,
) -> Option<()> {
    loop {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(connection.read_u8().await.ok()?);
        }
        asked.fetch_add(1, Ordering::SeqCst);
        let text = String::from_utf8_lossy(&request).into_owned();
        let reply = answer(text.split(' ').nth(1).unwrap_or_default());
        connection.write_all(reply.head.as_bytes()).await.ok()?;
        connection.write_all(&reply.body).await.ok()?;
        let (more, mut pause) = match reply.then {
            Then::Nothing => continue,
            Then::Flood => (4096, None),
            Then::Trickle => (1, Some(tokio::time::interval(TRICKLE))),
        };
        loop {
            if let Some(pause) = &mut pause {
                pause.tick().await;
            }
            connection.write_all(&[b' '; 4096][..more]).await.ok()?;
            written.fetch_add(more, Ordering::SeqCst);
        }
    }
}
