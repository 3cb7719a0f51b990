//! A person's wallet in a process of its own, so that it can be killed. Lines go in, lines come out; nothing secret is an
//! argument or a variable.

use crate::world::PATIENCE;
use fulmen_practice::network::PracticeNetwork;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// See the module.
pub struct Remote {
    program: PathBuf,
    dir: PathBuf,
    url: String,
    hub: String,
    password: String,
    running: Option<Running>,
    /// How often it was killed.
    pub kills: u32,
}

struct Running {
    child: Child,
    lines: Option<(ChildStdin, BufReader<ChildStdout>)>,
}

/// What the wallet said when it refused.
pub type Refusal = String;

impl Remote {
    /// The wallet in `dir`, not running yet. `program` is this crate's `story-wallet`.
    pub fn new(program: &str, dir: PathBuf, network: &PracticeNetwork, password: &str) -> Self {
        let (url, hub) = (network.url(), network.hub_peer().uri);
        Self {
            program: program.into(),
            dir,
            url,
            hub,
            password: password.into(),
            running: None,
            kills: 0,
        }
    }

    /// The wallet's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("running").child.id()
    }

    /// Starts the process, and makes or opens the wallet; synchronised when this returns.
    pub async fn start(&mut self) {
        let mut child = Command::new(&self.program)
            .arg(&self.dir)
            .arg(&self.url)
            .arg(&self.hub)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the wallet's process starts");
        let lines = child.stdin.take().zip(child.stdout.take().map(BufReader::new));
        self.running = Some(Running { child, lines });
        let password = self.password.clone();
        self.ask("open", &password).await.expect("opens");
    }

    /// SIGKILL, and waits until the process is gone. What was asked and not answered stays unanswered.
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("running");
        running.child.kill().expect("killed");
        running.child.wait().expect("gone");
        self.kills += 1;
    }

    /// Killed and started again.
    pub async fn again(&mut self) {
        self.kill();
        self.start().await;
    }

    /// Asks without waiting for the answer; the next thing done must be a kill.
    pub fn tell(&mut self, verb: &str, rest: &str) {
        let (stdin, _) =
            self.running.as_mut().and_then(|running| running.lines.as_mut()).expect("running");
        writeln!(stdin, "{verb} {rest}").expect("the process listens");
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The code of the refusal.
    pub async fn ask(&mut self, verb: &str, rest: &str) -> Result<Value, Refusal> {
        self.tell(verb, rest);
        let running = self.running.as_mut().expect("running");
        let mut lines = running.lines.take().expect("one question at a time");
        let reading = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            lines.1.read_line(&mut line).expect("the process answers");
            (lines, line)
        });
        let answer = tokio::time::timeout(PATIENCE + Duration::from_secs(30), reading).await;
        let (lines, line) = answer.unwrap_or_else(|_| panic!("no answer to {verb}")).expect("read");
        running.lines = Some(lines);
        let answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{verb}: {error}: {line}"));
        match answer.get("code") {
            Some(code) => Err(code.as_str().expect("a code is a word").to_owned()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// What the wallet shows.
    pub async fn snapshot(&mut self) -> Value {
        self.ask("snapshot", "").await.expect("always")
    }

    /// Waits until the wallet shows it; looks after each of its events.
    pub async fn until(&mut self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let begun = std::time::Instant::now();
        loop {
            let now = self.snapshot().await;
            if condition(&now) {
                return now;
            }
            assert!(begun.elapsed() < PATIENCE, "never happened: {what}; the wallet is {now:#}");
            self.ask("event", "").await.expect("always");
        }
    }

    /// Looks at the chain now.
    pub async fn sync(&mut self) {
        self.ask("sync", "").await.expect("always");
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // A story that failed leaves no process behind.
            drop(running.child.kill());
            drop(running.child.wait());
        }
    }
}
