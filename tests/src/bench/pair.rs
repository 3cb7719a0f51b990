//! Two nodes of a kind with one channel between them.

use super::child::Lines;
use super::delay::Delay;
use super::figures::Measured;
use super::pay::Plan;
use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use fulmen_engine::amount::Sat;
use fulmen_practice::chain::PracticeChain;
use serde_json::{Value, from_value, json};
use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What each payment is.
const EACH: Sat = Sat::new(10_000);
/// The channel: as large as a node takes one without asking for more.
const CHANNEL: Sat = Sat::new(16_000_000);
/// What each node gets on-chain: the channel, and what is kept for its closing.
const COIN: Sat = Sat::new(20_000_000);
/// Blocks that make the channel usable.
const BLOCKS: u32 = 6;
/// Patience with anything that should take a moment.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which nodes, and how they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ours, as shipped.
    Fulmen,
    /// Ours, with a commit that writes nothing.
    NoOp,
    /// Ours, each sync counted.
    FulmenCounted,
    /// The other.
    LdkNode,
    /// The other, each sync counted.
    LdkNodeCounted,
}

impl Kind {
    fn is_counted(self) -> bool {
        matches!(self, Self::FulmenCounted | Self::LdkNodeCounted)
    }
}

/// See the module.
pub(super) struct Pair {
    pub(super) payer: Node,
    pub(super) payee: Node,
}

/// One of them.
pub(super) struct Node {
    lines: Lines,
    uri: String,
    dir: PathBuf,
    syncs: Option<PathBuf>,
}

impl Pair {
    /// Starts both and opens the channel.
    pub(super) fn open(plan: &Plan, kind: Kind, chain: &PracticeChain, url: &str) -> Result<Self> {
        let mut pair = Self::start(plan, kind, &plan.dir.join(format!("{kind:?}")), url)?;
        pair.connect(plan, chain)?;
        Ok(pair)
    }

    /// Starts both.
    pub(super) fn start(plan: &Plan, kind: Kind, dir: &Path, url: &str) -> Result<Self> {
        let payer = Node::start(plan, kind, &dir.join("payer"), url)?;
        Ok(Self { payer, payee: Node::start(plan, kind, &dir.join("payee"), url)? })
    }

    /// Gives both coins and opens the channel.
    pub(super) fn connect(&mut self, plan: &Plan, chain: &PracticeChain) -> Result<()> {
        for node in [&mut self.payer, &mut self.payee] {
            let address: Address<NetworkUnchecked> = from_value(node.ask("address", "")?)?;
            chain.faucet(address.assume_checked().script_pubkey(), COIN).map_err(Error::other)?;
        }
        self.mine(chain)?;
        let far = self.payee.far(plan.rtt)?;
        self.payer.ask("channel", &format!("{far} {}", CHANNEL.get()))?;
        self.ready(chain)
    }

    /// Waits until the channel can be used.
    pub(super) fn ready(&mut self, chain: &PracticeChain) -> Result<()> {
        let begun = Instant::now();
        while !(self.payer.is_ready()? && self.payee.is_ready()?) {
            if begun.elapsed() > PATIENCE {
                return Err(Error::other("the channel is never ready"));
            }
            if !chain.mempool().is_empty() {
                self.mine(chain)?;
            }
        }
        Ok(())
    }

    fn mine(&mut self, chain: &PracticeChain) -> Result<()> {
        chain.mine(BLOCKS).map_err(Error::other)?;
        self.payer.ask("sync", "").and(self.payee.ask("sync", "")).map(drop)
    }

    /// Pays `count` times, `in_flight` at once, with a pause of `gap` before each.
    pub(super) fn pay(
        &mut self,
        count: usize,
        in_flight: usize,
        gap: Duration,
    ) -> Result<Measured> {
        let invoices = self.invoices(count)?;
        self.pay_these(&invoices, in_flight, gap)
    }

    /// The payee's requests for so many payments.
    pub(super) fn invoices(&mut self, count: usize) -> Result<Value> {
        self.payee.ask("invoices", &format!("{count} {}", EACH.get()))
    }

    /// As [`Self::pay`], what was asked for before.
    pub(super) fn pay_these(
        &mut self,
        invoices: &Value,
        in_flight: usize,
        gap: Duration,
    ) -> Result<Measured> {
        let gap_ms = u64::try_from(gap.as_millis()).expect("short");
        let order = json!({ "invoices": invoices, "in_flight": in_flight, "gap_ms": gap_ms });
        Ok(from_value(self.payer.ask("pay", &order.to_string())?)?)
    }

    /// How often each node asked the disk to sync so far, payer and payee.
    pub(super) fn syncs(&self) -> Result<[usize; 2]> {
        Ok([self.payer.syncs()?, self.payee.syncs()?])
    }

    pub(super) fn end(self) -> Result<()> {
        self.payer.lines.end().and(self.payee.lines.end())
    }
}

impl Node {
    pub(super) fn start(plan: &Plan, kind: Kind, dir: &Path, url: &str) -> Result<Self> {
        Self::start_at(plan, kind, dir, url, free_port()?)
    }

    /// Ends it, and starts it where it was. What `between` does, it does to the vault of a node that does not run.
    pub(super) fn again(
        self,
        plan: &Plan,
        url: &str,
        between: impl FnOnce(&mut Lines) -> Result<()>,
    ) -> Result<Self> {
        let (_, address) = self.uri.split_once('@').expect("made so");
        let address = address.parse().map_err(Error::other)?;
        self.lines.end()?;
        let mut command = Command::new(&plan.node);
        command.arg(&self.dir).arg(url).arg("127.0.0.1:0");
        let mut lines = Lines::start(&mut command)?;
        between(&mut lines)?;
        lines.end()?;
        Self::start_at(plan, Kind::Fulmen, &self.dir, url, address)
    }

    fn start_at(
        plan: &Plan,
        kind: Kind,
        dir: &Path,
        url: &str,
        address: SocketAddr,
    ) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let program = match kind {
            Kind::LdkNode | Kind::LdkNodeCounted => &plan.ldk_node,
            Kind::Fulmen | Kind::NoOp | Kind::FulmenCounted => &plan.node,
        };
        let syncs = kind.is_counted().then(|| dir.join("syncs.txt"));
        let mut command = match &syncs {
            Some(file) => counted(program, file),
            None => Command::new(program),
        };
        command.arg(dir).arg(url).arg(address.to_string());
        if kind == Kind::NoOp {
            command.arg("--imagined");
        }
        let mut lines = Lines::start(plan.slow(&mut command))?;
        let id = lines.ask("open", "")?;
        let id = id.as_str().ok_or_else(|| Error::other("a node id is a word"))?;
        Ok(Self { uri: format!("{id}@{address}"), lines, syncs, dir: dir.to_owned() })
    }

    pub(super) fn end(self) -> Result<()> {
        self.lines.end()
    }

    pub(super) fn ask(&mut self, verb: &str, rest: &str) -> Result<Value> {
        self.lines.ask(verb, rest)
    }

    fn is_ready(&mut self) -> Result<bool> {
        self.ask("sync", "")?;
        Ok(self.ask("ready", "")? == Value::Bool(true))
    }

    /// Its address for someone a round trip away.
    fn far(&self, rtt: Duration) -> Result<String> {
        let (id, address) = self.uri.split_once('@').expect("made so");
        if rtt.is_zero() {
            return Ok(self.uri.clone());
        }
        let door = Delay::open(address.parse().map_err(Error::other)?, rtt)?;
        Ok(format!("{id}@{}", door.address()))
    }

    fn syncs(&self) -> Result<usize> {
        let file = self.syncs.as_ref().ok_or_else(|| Error::other("not counted"))?;
        let text = std::fs::read_to_string(file)?;
        Ok(text.lines().filter(|line| is_sync(line)).count())
    }
}

/// The program under strace, which writes a line for each sync as it begins.
fn counted(program: &Path, file: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-qq",
        "--seccomp-bpf",
        "-e",
        "trace=fsync,fdatasync",
        "-e",
        "signal=none",
    ]);
    command.arg("-o").arg(file).arg(program);
    command
}

/// A call that another thread's call interrupts has two lines; the second says `resumed>` in place of the bracket.
fn is_sync(line: &str) -> bool {
    line.contains("fsync(") || line.contains("fdatasync(")
}

/// A port that was free a moment ago.
fn free_port() -> Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_sync_in_two_lines_is_one() {
        let text = "7 fdatasync(12) = 0\n7 fsync(3 <unfinished ...>\n9 fdatasync(4) = 0\n7 <... fsync resumed>) = 0\n";
        assert_eq!(text.lines().filter(|line| super::is_sync(line)).count(), 3);
    }
}
