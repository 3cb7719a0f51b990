//! A server on this computer that gives answers one after the other, as they were put there, and the runtime that asks it.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex};
use tokio::runtime::{Builder, Runtime};

/// Between two answers.
const BETWEEN: &[u8] = b"\n---\n";
/// More bytes than any question has.
const QUESTION: usize = 64 * 1024;
/// What would have the client wait before it asks again.
const BUSY: [&[u8]; 3] = [b"429", b"500", b"503"];

static ANSWERS: Mutex<VecDeque<Vec<u8>>> = Mutex::new(VecDeque::new());

/// Where it is: `127.0.0.1:port`.
pub(crate) static PLACE: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || serve(connection));
        }
    });
    place
});

thread_local! {
    static RUNTIME: Runtime =
        Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
}

/// Waits for what was asked.
pub(crate) fn wait<T>(asked: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(asked))
}

/// From now on these are given, one for each question, and then none. False: they would have the client wait.
pub(crate) fn put(answers: &[u8]) -> bool {
    let mut rest = answers;
    let mut queue = VecDeque::new();
    while queue.len() < 64 {
        let at = find(rest, BETWEEN);
        let one = at.map_or(rest, |at| &rest[..at]);
        let head = &one[..one.len().min(64)];
        if one.starts_with(b"HTTP/") && BUSY.iter().any(|busy| find(head, busy).is_some()) {
            return false;
        }
        queue.push_back(one.to_vec());
        let Some(at) = at else { break };
        rest = &rest[at + BETWEEN.len()..];
    }
    *ANSWERS.lock().expect("never poisoned: nothing panics there") = queue;
    true
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|here| here == part)
}

/// Until the client goes away, or an answer said itself how long it is.
fn serve(mut connection: TcpStream) -> Option<()> {
    connection.set_nodelay(true).ok()?;
    let mut question = Vec::with_capacity(QUESTION);
    loop {
        question.clear();
        read(&mut connection, &mut question)?;
        let answer = ANSWERS.lock().ok()?.pop_front();
        match answer {
            // Head and all, as it stands there.
            Some(answer) if answer.starts_with(b"HTTP/") => {
                connection.write_all(&answer).ok()?;
                return None;
            }
            Some(answer) => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
                connection.write_all(&[head.as_bytes(), &answer].concat()).ok()?;
            }
            None => {
                let none = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
                connection.write_all(none).ok()?;
            }
        }
    }
}

/// One question, with its body.
fn read(connection: &mut TcpStream, question: &mut Vec<u8>) -> Option<()> {
    let mut some = [0; 4096];
    loop {
        let read = connection.read(&mut some).ok().filter(|read| *read > 0)?;
        question.extend_from_slice(&some[..read]);
        let Some(end) = find(question, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&question[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        if question.len() >= end + 4 + length {
            return Some(());
        }
    }
}
