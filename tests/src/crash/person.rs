//! One of the two people, or Hub, and what their wallet shows.

use super::lost::Elsewhere;
use super::party::Party;
use super::plan::Trigger;
use super::trace::{Tracer, under_strace};
use super::vaults;
use crate::{CallError, Caller, Remote};
use fulmen_engine::amount::{Msat, Sat};
use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

/// Who.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Ann,
    Ben,
    Shop,
    Hub,
}

/// See the module.
pub(crate) struct Person {
    pub(crate) name: Name,
    pub(crate) remote: Remote,
    pub(crate) node_id: String,
    /// How much of its log was looked at.
    pub(crate) read: usize,
    /// The vault's generation after the last kill.
    pub(crate) generation: u64,
    /// Its monitors and its manager are not written together, or in a broken order.
    pub(crate) written_apart: bool,
    /// What a person has when the disk is lost.
    pub(crate) elsewhere: Option<Elsewhere>,
}

/// What LDK calls an error where a manager is older than its monitors: what one commit for both is there to prevent.
const STALE: &str = "A ChannelManager is stale compared to the current ChannelMonitor";

/// What LDK calls an error and is none of the wallet's: a payment without a route fails, and says so; that a channel ends
/// is judged by what the chain shows of it.
const EXPLAINED: [&str; 11] = [
    // The peer went between the route and the sending.
    "Peer for first hop currently disconnected",
    "Failed to find a route on retry",
    "Failed to find route for payment",
    "Force-closing channel",
    "due to close-required error",
    "Closing channel: ",
    "The channel will be force-closed and the latest commitment transaction",
    "The ChannelMonitor for channel",
    // A router gives a payment back that is stuck in a closed channel, before the payer's node would close another for it.
    "upstream to preserve the channel as the forward HTLC hasn't resolved",
    // It keeps nothing for whom it has no channel with any more, and that one had not seen the end of the last.
    "Ignoring peer_storage message",
    // The other side of a channel that a kill kept from ever being opened.
    "No such channel for the passed counterparty_node_id",
];

/// So many lines of a log say how a process ended.
const LAST_LINES: usize = 12;

/// What a wallet shows, as far as it matters here.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) total: Msat,
    pub(crate) can_send: Msat,
    pub(crate) can_receive: Msat,
    pub(crate) onchain: Sat,
    /// Closed channels whose money is on its way.
    pub(crate) closing: usize,
    /// Id, capacity, state, most that can be sent.
    pub(crate) channels: Vec<Shown>,
}

/// A channel in a [`View`].
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) capacity: Sat,
    pub(crate) state: String,
    pub(crate) can_send: Msat,
    /// Payments on their way through it.
    pub(crate) in_flight: Msat,
}

impl View {
    pub(crate) fn ready(&self) -> impl Iterator<Item = &Shown> {
        self.channels.iter().filter(|channel| channel.state == "ready")
    }

    /// A payment is on its way through a channel that is not closed by force: both sides can still decide it, and need no block
    /// for it.
    pub(crate) fn is_deciding(&self) -> bool {
        let lives = |one: &&Shown| one.state != "closingByForce";
        self.channels.iter().filter(lives).any(|channel| channel.in_flight > Msat::ZERO)
    }

    /// Nothing but payments can change the total.
    pub(crate) fn is_quiet(&self) -> bool {
        self.closing == 0 && self.ready().count() == self.channels.len()
    }
}

impl Person {
    /// Of a process that does not run yet.
    pub(crate) fn new(name: Name, remote: Remote) -> Self {
        let node_id = String::new();
        Self {
            name,
            remote,
            node_id,
            read: 0,
            generation: 0,
            written_apart: false,
            elsewhere: None,
        }
    }

    pub(crate) fn caller(&self) -> Caller {
        self.remote.caller()
    }

    pub(crate) fn party(&self) -> Party {
        Party::Remote(self.caller())
    }

    pub(crate) async fn view(&self) -> Result<View, CallError> {
        Ok(read(&self.caller().ask("snapshot", "").await?))
    }

    /// Starts the process and opens the wallet.
    pub(crate) async fn start(&mut self) -> Result<(), CallError> {
        self.remote.spawn(&[], &[]);
        self.remote.open().await?;
        let now = self.caller().ask("snapshot", "").await?;
        now["nodeId"].as_str().expect("an id").clone_into(&mut self.node_id);
        Ok(())
    }

    /// Starts the process and has it killed on the way. `Err` as [`Self::die`].
    pub(crate) async fn start_and_die(&mut self, trigger: Trigger) -> Result<(), String> {
        match trigger {
            Trigger::Syscall(name, n) => self.remote.spawn(&under_strace(name, n), &[]),
            Trigger::Point(point, n) => {
                self.remote.spawn(&[], &[format!("kill={point:?}:{n}")]);
            }
            Trigger::After(_) => self.remote.spawn(&[], &[]),
        }
        let caller = self.caller();
        let limit = match trigger {
            Trigger::After(time) => time,
            Trigger::Point(..) | Trigger::Syscall(..) => Duration::from_secs(3),
        };
        let opening = async {
            drop(self.remote.open().await);
            caller.gone().await;
        };
        drop(tokio::time::timeout(limit, opening).await);
        self.die()
    }

    /// From now on, the n-th call of that name of any of its threads ends the process. `None`: it cannot be traced.
    pub(crate) fn trap(&self, name: &str, n: u32) -> Option<Tracer> {
        Tracer::attach(self.remote.pid(), name, n)
    }

    /// The end, if it has not come yet. `Err`: it had ended by itself, in another way than by SIGKILL, or the vault it left
    /// is damaged or older than before.
    pub(crate) fn die(&mut self) -> Result<(), String> {
        let status = self.remote.end();
        match status.signal() {
            Some(9) => {
                let found = vaults::look(self.remote.dir(), self.generation);
                self.generation =
                    found.map_err(|what| format!("{:?}'s vault: {what}", self.name))?;
                Ok(())
            }
            _ => Err(format!("{:?} ended by itself: {status}", self.name)),
        }
    }

    /// What was logged as an error since the last call and is no part of a force close.
    pub(crate) fn errors(&mut self) -> Vec<String> {
        let new = self.unread();
        self.read += new.len();
        let new = String::from_utf8_lossy(&new).into_owned();
        let explained = |line: &str| {
            EXPLAINED.iter().any(|word| line.contains(word))
                || (self.written_apart && line.contains(STALE))
        };
        let unexplained = |line: &&str| line.contains(" ERROR ") && !explained(line);
        new.lines().filter(unexplained).map(str::to_owned).collect()
    }

    /// The end of its log since [`Self::errors`], for whoever looks for the cause.
    pub(crate) fn last_words(&self) -> String {
        let new = String::from_utf8_lossy(&self.unread()).into_owned();
        let lines: Vec<&str> = new.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }

    fn unread(&self) -> Vec<u8> {
        let log = std::fs::read(self.remote.dir().join("log.txt")).unwrap_or_default();
        log.get(self.read..).unwrap_or_default().to_vec()
    }

    /// Waits until its channels can be used; returns how long it took since `begun`.
    pub(crate) async fn usable(&self, begun: Instant) -> Result<Duration, CallError> {
        self.caller().ask("usable", "").await?;
        Ok(begun.elapsed())
    }
}

fn read(now: &Value) -> View {
    let msat = |path: &str| Msat::new(now.pointer(path).and_then(Value::as_u64).expect("msat"));
    let sat = |path: &str| Sat::new(now.pointer(path).and_then(Value::as_u64).expect("sat"));
    let channels = now["channels"]["list"].as_array().expect("a list");
    View {
        total: msat("/balance/totalMsat"),
        can_send: msat("/balance/lightning/canSendMsat"),
        can_receive: msat("/balance/lightning/canReceiveMsat"),
        onchain: sat("/balance/onchain/canSpendSat"),
        closing: now["balance"]["closing"].as_array().map_or(0, Vec::len),
        channels: channels.iter().map(shown).collect(),
    }
}

fn shown(channel: &Value) -> Shown {
    Shown {
        id: channel["id"].as_str().expect("an id").to_owned(),
        capacity: Sat::new(channel["capacitySat"].as_u64().expect("sat")),
        state: channel["state"]["type"].as_str().expect("a state").to_owned(),
        can_send: Msat::new(channel["canSendMsat"].as_u64().expect("msat")),
        in_flight: Msat::new(channel["inFlightMsat"].as_u64().expect("msat")),
    }
}
