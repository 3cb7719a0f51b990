//! Asking a wallet that runs in a process of its own: many questions at a time, each answered under its number. Whoever
//! waits learns when the process is gone.

use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::ChildStdin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// No answer is given by the process itself later than this.
const DEADLINE: Duration = Duration::from_secs(90);

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The process ended before it answered; whether it did what was asked is not known.
    #[error("the process is gone")]
    Gone,
    /// It refused, with a code and the causes.
    #[error("refused: {code}: {said}")]
    Refused { code: String, said: String },
    /// It lives and said nothing.
    #[error("no answer to {0}")]
    Silent(String),
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    inner: Arc<Inner>,
}

struct Inner {
    stdin: Mutex<ChildStdin>,
    waiting: Mutex<Waiting>,
    gone: watch::Sender<bool>,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    closed: bool,
    answers: HashMap<u64, oneshot::Sender<Value>>,
}

impl Caller {
    /// Talks to a process through its pipes. A thread reads the answers until the process is gone.
    pub fn new(stdin: ChildStdin, stdout: impl Read + Send + 'static) -> Self {
        let inner = Inner {
            stdin: Mutex::new(stdin),
            waiting: Mutex::default(),
            gone: watch::Sender::new(false),
        };
        let caller = Self { inner: Arc::new(inner) };
        let reader = caller.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                reader.answered(&line);
            }
            let mut waiting = reader.waiting();
            waiting.closed = true;
            waiting.answers.clear();
            drop(waiting);
            reader.inner.gone.send_replace(true);
        });
        caller
    }

    fn answered(&self, line: &str) {
        // A kill may cut a line in two.
        let Ok(answer) = serde_json::from_str::<Value>(line) else { return };
        let number = answer["number"].as_u64().unwrap_or_default();
        if let Some(sender) = self.waiting().answers.remove(&number) {
            drop(sender.send(answer));
        }
    }

    /// Asks without waiting for the answer.
    pub fn tell(&self, verb: &str, rest: &str) {
        drop(self.send(verb, rest));
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn ask(&self, verb: &str, rest: &str) -> Result<Value, CallError> {
        let answer = self.send(verb, rest).ok_or(CallError::Gone)?;
        let answer = tokio::time::timeout(DEADLINE, answer)
            .await
            .map_err(|_| CallError::Silent(verb.to_owned()))?
            .map_err(|_| CallError::Gone)?;
        match answer.get("code") {
            Some(code) => Err(CallError::Refused {
                code: code.as_str().unwrap_or_default().to_owned(),
                said: answer["said"].as_str().unwrap_or_default().to_owned(),
            }),
            None => Ok(answer["ok"].clone()),
        }
    }

    fn send(&self, verb: &str, rest: &str) -> Option<oneshot::Receiver<Value>> {
        let (sender, receiver) = oneshot::channel();
        let number = {
            let mut waiting = self.waiting();
            if waiting.closed {
                return None;
            }
            waiting.last += 1;
            let number = waiting.last;
            waiting.answers.insert(number, sender);
            number
        };
        let mut stdin = self.inner.stdin.lock().expect("never poisoned: writing does not panic");
        writeln!(stdin, "{number} {verb} {rest}").ok()?;
        Some(receiver)
    }

    /// Returns when the process is gone.
    pub async fn gone(&self) {
        let mut gone = self.inner.gone.subscribe();
        drop(gone.wait_for(|gone| *gone).await);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.inner.waiting.lock().expect("never poisoned: a map does not panic")
    }
}
