//! One connection: lines of JSON-RPC 2.0 each way, with limits. Whoever asks has it alone: two that share one would take each
//! other's answers for lost.

use super::super::SourceError;
use super::place::{Place, may_be_asked};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf,
    WriteHalf,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Questions at once. Their text fits into the buffers of a connection, so that neither side waits for the other to read.
const AT_ONCE: usize = 20;
/// The most bytes of an answer: a whole transaction as text.
const ANSWER: u64 = 16 * 1024 * 1024;
/// The most bytes of all answers to what is asked together; more, if so many are asked for that each has less than this.
const ANSWERS: u64 = 64 * 1024 * 1024;
const EACH: u64 = 8 * 1024;
/// The most lines that nobody asked for, between two answers: what a server tells by itself.
const UNASKED: usize = 1_000;
/// What every server of these years speaks.
const PROTOCOL: &str = "1.4";

/// The status of a refusal that is about what was asked.
pub(super) const REFUSED: u16 = 500;

/// What a server refuses; its words are untrusted and for the log alone.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) said: String,
}

impl Refusal {
    /// The network's own answer for a transaction that nobody has (Bitcoin Core's words, passed on).
    pub(super) fn is_unknown(&self) -> bool {
        let said = self.said.to_lowercase();
        ["no such", "not found", "missing"].iter().any(|words| said.contains(words))
    }

    /// "Excessive resource usage" and "server busy" (ElectrumX).
    fn is_busy(&self) -> bool {
        matches!(self.code, -101 | -102)
    }

    /// It has not read the chain yet (electrs), or its bitcoind has not, whose words it passes on.
    fn is_starting(&self) -> bool {
        let said = self.said.to_lowercase();
        let words = ["unavailable index", "loading block index", "verifying blocks", "warming up"];
        words.iter().any(|words| said.contains(words))
    }

    /// The server's own trouble, which says nothing of what was asked.
    pub(super) fn is_trouble(&self) -> bool {
        self.is_busy() || self.is_starting()
    }
}

impl From<Refusal> for SourceError {
    fn from(refusal: Refusal) -> Self {
        let status = if refusal.is_busy() {
            429
        } else if refusal.is_starting() {
            503
        } else {
            REFUSED
        };
        Self::Refused { status, said: refusal.said }
    }
}

/// As the protocol says it; some servers say a text alone.
fn refusal(error: &RawValue) -> Refusal {
    #[derive(Deserialize)]
    struct Told {
        #[serde(default)]
        code: i64,
        message: String,
    }
    match serde_json::from_str(error.get()) {
        Ok(Told { code, message }) => Refusal { code, said: message },
        Err(_) => Refusal { code: 0, said: error.get().to_owned() },
    }
}

/// A method and its parameters.
pub(super) type Question = (&'static str, Value);
/// As it came: a list of numbers read into [`Value`]s takes many times its room.
pub(super) type Answer = Result<Box<RawValue>, Refusal>;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// See the module. After an error it is of no use.
pub(super) struct Line {
    reader: BufReader<ReadHalf<Box<dyn Stream>>>,
    writer: WriteHalf<Box<dyn Stream>>,
    asked: u64,
    patience: Duration,
}

impl Line {
    /// Connects, and agrees on the protocol.
    pub(super) async fn open(
        place: &Place,
        url: &str,
        tls: Arc<ClientConfig>,
        patience: Duration,
    ) -> Result<Self, SourceError> {
        may_be_asked(place, url)?;
        let connecting = tokio::time::timeout(patience, connect(place, tls));
        let stream = connecting.await.map_err(|_| SourceError::TooSlow)??;
        let mut line = Self::over(stream, patience);
        line.ask("server.version", json!(["", PROTOCOL])).await?;
        Ok(line)
    }

    /// Over a connection that is there.
    pub(super) fn over(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        patience: Duration,
    ) -> Self {
        let stream: Box<dyn Stream> = Box::new(stream);
        let (reader, writer) = tokio::io::split(stream);
        Self { reader: BufReader::new(reader), writer, asked: 0, patience }
    }

    /// Whether it still answers. It was waited for once: now it does at once, or is gone.
    pub(super) async fn is_alive(&mut self) -> bool {
        let answer = tokio::time::timeout(self.patience / 4, self.ask("server.ping", json!([])));
        matches!(answer.await, Ok(Ok(_)))
    }

    pub(super) async fn ask(
        &mut self,
        method: &'static str,
        params: Value,
    ) -> Result<Box<RawValue>, SourceError> {
        Ok(self.try_ask(method, params).await??)
    }

    /// A refusal is an answer here.
    pub(super) async fn try_ask(
        &mut self,
        method: &'static str,
        params: Value,
    ) -> Result<Answer, SourceError> {
        let mut answers = self.ask_all(&[(method, params)]).await?;
        Ok(answers.pop().expect("as many answers as questions"))
    }

    /// The answers in the order of the questions.
    pub(super) async fn ask_all(
        &mut self,
        questions: &[Question],
    ) -> Result<Vec<Answer>, SourceError> {
        let mut answers = Vec::with_capacity(questions.len());
        let asked = u64::try_from(questions.len()).unwrap_or(u64::MAX);
        let mut left = ANSWERS.max(EACH.saturating_mul(asked));
        for some in questions.chunks(AT_ONCE) {
            let asked = tokio::time::timeout(self.patience, self.ask_some(some, &mut left)).await;
            answers.extend(asked.map_err(|_| SourceError::TooSlow)??);
        }
        Ok(answers)
    }

    /// So many bytes are left for the answers.
    async fn ask_some(
        &mut self,
        questions: &[Question],
        left: &mut u64,
    ) -> Result<Vec<Answer>, SourceError> {
        let first = self.asked;
        let mut text = String::new();
        for (method, params) in questions {
            let question =
                json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params });
            text.push_str(&question.to_string());
            text.push('\n');
            self.asked += 1;
        }
        self.writer.write_all(text.as_bytes()).await.map_err(unreachable)?;
        self.writer.flush().await.map_err(unreachable)?;
        let mut answers: Vec<Option<Answer>> = vec![None; questions.len()];
        for _ in 0..questions.len() {
            let (id, answer) = self.next(left).await?;
            let place = id.checked_sub(first).and_then(|place| usize::try_from(place).ok());
            let place = place.and_then(|place| answers.get_mut(place));
            let free = place.filter(|place| place.is_none());
            *free.ok_or_else(|| nonsense("an answer to no question"))? = Some(answer);
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// The next answer; what the server tells by itself is passed over.
    async fn next(&mut self, left: &mut u64) -> Result<(u64, Answer), SourceError> {
        #[derive(Deserialize)]
        struct Told {
            id: Option<u64>,
            #[serde(default)]
            result: Box<RawValue>,
            error: Option<Box<RawValue>>,
        }
        for _ in 0..UNASKED {
            let mut line = Vec::new();
            let most = ANSWER.min(*left);
            let read = (&mut self.reader).take(most).read_until(b'\n', &mut line).await;
            let read = u64::try_from(read.map_err(unreachable)?).unwrap_or(u64::MAX);
            *left = left.saturating_sub(read);
            if read == 0 && most > 0 {
                return Err(unreachable(std::io::ErrorKind::UnexpectedEof.into()));
            }
            if line.last() != Some(&b'\n') {
                return Err(nonsense("the answer is too large, or ends early"));
            }
            let told: Told = serde_json::from_slice(&line)?;
            let Some(id) = told.id else { continue };
            let answer = told.error.map_or(Ok(told.result), |error| Err(refusal(&error)));
            return Ok((id, answer));
        }
        Err(nonsense("it says much that nobody asked for"))
    }
}

async fn connect(place: &Place, tls: Arc<ClientConfig>) -> Result<Box<dyn Stream>, SourceError> {
    let stream =
        TcpStream::connect((place.host.as_str(), place.port)).await.map_err(unreachable)?;
    if !place.encrypted {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(place.host.clone());
    let name = name.map_err(|error| SourceError::Unreachable(Box::new(error)))?;
    let tls = TlsConnector::from(tls).connect(name, stream).await.map_err(unreachable)?;
    Ok(Box::new(tls))
}

/// Who is trusted to say whose a server is: as for HTTP, in a program and not on this computer.
pub(super) fn roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// # Errors
/// Never, if the program was built with what TLS needs.
pub(super) fn tls(roots: RootCertStore) -> Result<Arc<ClientConfig>, SourceError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SourceError::Unreachable(Box::new(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn unreachable(error: std::io::Error) -> SourceError {
    SourceError::Unreachable(Box::new(error))
}

pub(super) fn nonsense(what: &'static str) -> SourceError {
    SourceError::Nonsense(what.into())
}
