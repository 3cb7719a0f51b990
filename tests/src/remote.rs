//! A person's wallet in a process of its own, so that it can be killed. Lines go in, lines come out; nothing secret is an
//! argument or a variable.

use crate::caller::{CallError, Caller};
use crate::world::PATIENCE;
use bitcoin::Address;
use fulmen_practice::network::PracticeNetwork;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// Without an event for so long, nothing moves any more.
const STILL: Duration = Duration::from_secs(5);

/// See the module.
pub struct Remote {
    program: PathBuf,
    dir: PathBuf,
    url: String,
    hub: String,
    password: String,
    more: Vec<String>,
    running: Option<Running>,
    /// How often it was killed.
    pub kills: u32,
}

/// A proxy that is not there.
const DEAD_PROXY: &str = "http://127.0.0.1:9";

struct Running {
    child: Child,
    caller: Caller,
}

/// What the wallet said when it refused.
pub type Refusal = String;

impl Remote {
    /// The wallet in `dir`, not running yet. `program` is this crate's `story-wallet`.
    pub fn new(program: &str, dir: PathBuf, network: &PracticeNetwork, password: &str) -> Self {
        Self::at(program, dir, network.url(), network.hub_peer().uri, password)
    }

    /// The same on another chain source, and with another peer (`id@host:port`) to open channels to.
    pub fn at(program: &str, dir: PathBuf, url: String, hub: String, password: &str) -> Self {
        Self {
            program: program.into(),
            dir,
            url,
            hub,
            password: password.into(),
            more: Vec::new(),
            running: None,
            kills: 0,
        }
    }

    /// The same with more arguments (`name=value`), at every start.
    #[must_use]
    pub fn with(mut self, more: Vec<String>) -> Self {
        self.more = more;
        self
    }

    /// The wallet's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("running").child.id()
    }

    /// Asks it, from another task too.
    pub fn caller(&self) -> Caller {
        self.running.as_ref().expect("running").caller.clone()
    }

    /// Starts the process, and makes or opens the wallet; synchronised when this returns.
    pub async fn start(&mut self) {
        self.spawn(&[], &[]);
        self.open().await.expect("opens");
    }

    /// Starts the process and nothing in it: `under` is a program that runs it, `more` are further arguments.
    pub fn spawn(&mut self, under: &[String], more: &[String]) {
        let mut words = under.to_vec();
        words.push(self.program.display().to_string());
        words.push(self.dir.display().to_string());
        words.extend([self.url.clone(), self.hub.clone()]);
        words.extend(self.more.iter().chain(more).cloned());
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            // Nobody is there: a server on this computer is asked directly, whatever the system says.
            .env("HTTP_PROXY", DEAD_PROXY)
            .env("ALL_PROXY", DEAD_PROXY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the wallet's process starts");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let caller = Caller::new(stdin.expect("piped"), stdout.expect("piped"));
        self.running = Some(Running { child, caller });
    }

    /// Makes or opens the wallet; synchronised when this returns.
    ///
    /// # Errors
    /// [`CallError`]: the process ended, or the wallet does not open.
    pub async fn open(&self) -> Result<(), CallError> {
        self.caller().ask("open", &self.password).await.map(drop)
    }

    /// From the next opening on this password is given.
    pub fn set_password(&mut self, password: &str) {
        password.clone_into(&mut self.password);
    }

    /// Lets the process end by itself, whatever it is doing.
    pub fn quit(&mut self) {
        let mut running = self.running.take().expect("running");
        running.caller.tell("quit", "");
        running.child.wait().expect("gone");
    }

    /// SIGKILL, where it runs, and waits until the process is gone. What was asked and not answered stays unanswered.
    pub fn kill(&mut self) {
        if self.running.is_some() {
            self.end();
        }
    }

    /// The same, and how it ended: it may have been gone already.
    pub fn end(&mut self) -> ExitStatus {
        let mut running = self.running.take().expect("running");
        running.child.kill().expect("killed, or gone");
        self.kills += 1;
        running.child.wait().expect("gone")
    }

    /// Killed and started again.
    pub async fn again(&mut self) {
        self.kill();
        self.start().await;
    }

    /// Asks without waiting for the answer.
    pub fn tell(&mut self, verb: &str, rest: &str) {
        self.caller().tell(verb, rest);
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The code of the refusal.
    pub async fn ask(&mut self, verb: &str, rest: &str) -> Result<Value, Refusal> {
        match self.caller().ask(verb, rest).await {
            Ok(answer) => Ok(answer),
            Err(CallError::Refused { code, .. }) => Err(code),
            Err(error) => panic!("{verb}: {error}"),
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

    /// A million from the faucet, and half of it in a channel with Hub.
    pub async fn opens_a_channel(&mut self, network: &PracticeNetwork) {
        let address = self.ask("address", "").await.expect("an address");
        let address: Address<_> = address.as_str().expect("text").parse().expect("an address");
        network.faucet(&address.assume_checked()).expect("faucet");
        self.mine(network, 1).await;
        self.ask("channel", "500000").await.expect("opened");
        self.mine(network, 3).await;
    }

    /// Hub opens its channel to the wallet.
    pub async fn hub_opens(&mut self, network: &PracticeNetwork) {
        let node = self.snapshot().await["nodeId"].as_str().expect("an id").to_owned();
        network.hub_opens(&node).await.expect("hub opens");
        self.mine(network, 3).await;
    }

    async fn mine(&mut self, network: &PracticeNetwork, blocks: u32) {
        network.mine(blocks).await.expect("mined");
        self.sync().await;
    }

    /// Knows the way to the shop.
    pub async fn knows_the_network(&mut self) {
        loop {
            let health = self.ask("health", "").await.expect("always");
            if health["graphChannels"].as_u64() >= Some(2) {
                return;
            }
            self.ask("event", "").await.expect("always");
        }
    }

    /// Is asked for something, killed at a place in a round of the loop (see the stories that name them), and started again. If
    /// it never comes there, it is killed once nothing moves any more.
    pub async fn killed_at(&mut self, place: &str, verb: &str, rest: &str) {
        self.ask("arm", place).await.expect("armed");
        self.tell(verb, rest);
        let caller = self.caller();
        let waiting = async { while caller.ask("event", "").await.is_ok() {} };
        drop(tokio::time::timeout(STILL, waiting).await);
        self.again().await;
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
