//! ldk-node as the bench and the interop stories drive it: `ldk-node-peer DIR ESPLORA LISTEN [TRUSTED]`. Each line is a verb and
//! the rest; each answer is one line of JSON, `{"ok": …}` or `{"error": …}`. It ends with its input. Where DIR has a file
//! `words`, the node is made from those. As its documentation starts it, except that it looks
//! at the chain when asked and not by timer.

mod told;

use ldk_node::bitcoin::Network;
use ldk_node::config::{Config, EsploraSyncConfig};
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning::ln::msgs::SocketAddress;
use ldk_node::lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescription, Description};
use ldk_node::{Builder, Event, Node};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

type Outcome<T = Value> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: ldk-node-peer DIR ESPLORA LISTEN [TRUSTED]";

/// Patience with one event.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node, and what it tells.
struct Peer {
    node: Arc<Node>,
    events: Receiver<(Instant, Event)>,
    claimable: Claimable,
}

/// Hashes of payments that it may claim or send back.
type Claimable = Arc<Mutex<HashSet<String>>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, esplora, listen, trusted @ ..] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    // Peers whose channels it uses before they are in a block.
    let trusted = trusted.iter().map(|node| node.parse()).collect::<Result<Vec<_>, _>>()?;
    let mut builder =
        Builder::from_config(Config { trusted_peers_0conf: trusted, ..Config::default() });
    builder.set_network(Network::Regtest);
    builder.set_storage_dir_path(dir.clone());
    // A wallet that comes back: its words lie there already.
    if let Ok(words) = std::fs::read_to_string(Path::new(dir).join("words")) {
        builder.set_entropy_bip39_mnemonic(words.parse().map_err(|_| "words")?, None);
    }
    builder.set_chain_source_esplora(
        esplora.clone(),
        Some(EsploraSyncConfig { background_sync_config: None }),
    );
    let listen: SocketAddress = listen.parse().map_err(|_| USAGE)?;
    builder.set_listening_addresses(vec![listen])?;
    let node = Arc::new(builder.build()?);
    node.start()?;
    let claimable = Claimable::default();
    let peer = Peer { events: follow(node.clone(), claimable.clone()), node, claimable };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match peer.answer(verb, rest) {
            Ok(ok) => json!({ "ok": ok }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(std::io::stdout(), "{answer}")?;
    }
    Ok(peer.node.stop()?)
}

/// Takes every event at once, as an app does: one that nobody takes is written again with each new one.
fn follow(node: Arc<Node>, claimable: Claimable) -> Receiver<(Instant, Event)> {
    let (sender, events) = channel();
    thread::spawn(move || {
        loop {
            let event = node.wait_next_event();
            if let Event::PaymentClaimable { payment_hash, .. } = &event {
                claimable.lock().expect("never poisoned").insert(payment_hash.to_string());
            }
            if sender.send((Instant::now(), event)).is_err() || node.event_handled().is_err() {
                return;
            }
        }
    });
    events
}

impl Peer {
    fn answer(&self, verb: &str, rest: &str) -> Outcome {
        let node = &self.node;
        match verb {
            "open" => Ok(json!(node.node_id().to_string())),
            "address" => Ok(json!(node.onchain_payment().new_address()?.to_string())),
            "sync" => {
                node.sync_wallets()?;
                Ok(Value::Null)
            }
            "channel" => {
                let (peer, amount) = rest.split_once(' ').ok_or("channel PEER SAT")?;
                let (id, address) = peer.split_once('@').ok_or("ID@ADDRESS")?;
                let address = address.parse().map_err(|_| "not an address")?;
                node.open_channel(id.parse()?, address, amount.parse()?, None, None)?;
                // The funding is broadcast once the peer has signed.
                while !matches!(self.next()?.1, Event::ChannelPending { .. }) {}
                Ok(Value::Null)
            }
            "ready" => Ok(json!(node.list_channels().iter().any(|channel| channel.is_usable))),
            "invoices" => {
                let (count, amount) = rest.split_once(' ').ok_or("invoices COUNT SAT")?;
                invoices(node, count.parse()?, amount.parse()?)
            }
            "pay" => self.pay(&serde_json::from_str(rest)?),
            told => self.told(told, rest),
        }
    }

    fn next(&self) -> Outcome<(Instant, Event)> {
        Ok(self.events.recv_timeout(PATIENCE).map_err(|_| "nothing happens")?)
    }

    /// Pays all of them, `in_flight` at once.
    fn pay(&self, order: &Value) -> Outcome {
        let invoices = order["invoices"].as_array().ok_or("invoices")?.iter();
        let invoices =
            invoices.map(|text| text.as_str().unwrap_or_default().parse::<Bolt11Invoice>());
        let invoices: Vec<Bolt11Invoice> =
            invoices.collect::<Result<_, _>>().map_err(|_| "not an invoice")?;
        let gap = Duration::from_millis(order["gap_ms"].as_u64().ok_or("gap_ms")?);
        let (slot, slots) = channel();
        let in_flight = usize::try_from(order["in_flight"].as_u64().ok_or("in_flight")?)?;
        for _ in 0..in_flight {
            slot.send(())?;
        }
        let begun = Instant::now();
        let (node, count) = (self.node.clone(), invoices.len());
        let calls = thread::spawn(move || call(&node, &invoices, slots, in_flight, gap));
        let mut ends = HashMap::new();
        while ends.len() < count {
            match self.next()? {
                (at, Event::PaymentSuccessful { payment_id: Some(id), .. }) => {
                    ends.insert(id, at);
                    // After the last call nobody takes it.
                    let _taken = slot.send(());
                }
                (_, Event::PaymentFailed { reason, .. }) => {
                    return Err(format!("a payment failed: {reason:?}").into());
                }
                _ => {}
            }
        }
        let all_ms = millis(begun.elapsed());
        let starts = calls.join().map_err(|_| "the caller panicked")??;
        let each = starts.iter().map(|(id, begun)| millis(ends[id].duration_since(*begun)));
        Ok(json!({ "each_ms": each.collect::<Vec<_>>(), "all_ms": all_ms }))
    }
}

fn invoices(node: &Node, count: usize, sat: u64) -> Outcome {
    let description = Bolt11InvoiceDescription::Direct(Description::empty());
    let make = || node.bolt11_payment().receive(sat * 1000, &description, 3600);
    let all = (0..count).map(|_| make().map(|invoice| invoice.to_string()));
    Ok(json!(all.collect::<Result<Vec<_>, _>>()?))
}

/// Calls from as many threads as payments are in flight: each call waits for the disk. Each invoice waits for a slot.
fn call(
    node: &Node,
    invoices: &[Bolt11Invoice],
    slots: Receiver<()>,
    threads: usize,
    gap: Duration,
) -> Result<Vec<(PaymentId, Instant)>, String> {
    let queue = Mutex::new((slots, invoices.iter()));
    let next = || -> Result<Option<&Bolt11Invoice>, String> {
        let mut queue = queue.lock().map_err(|_| "a caller panicked")?;
        let Some(invoice) = queue.1.next() else { return Ok(None) };
        queue.0.recv().map_err(|error| error.to_string())?;
        thread::sleep(gap);
        Ok(Some(invoice))
    };
    let all = || {
        let mut starts = Vec::new();
        while let Some(invoice) = next()? {
            let begun = Instant::now();
            let id =
                node.bolt11_payment().send(invoice, None).map_err(|error| error.to_string())?;
            starts.push((id, begun));
        }
        Ok(starts)
    };
    let each: Vec<Result<Vec<_>, String>> = thread::scope(|scope| {
        let callers: Vec<_> = (0..threads).map(|_| scope.spawn(all)).collect();
        callers.into_iter().map(|caller| caller.join().expect("a caller does not panic")).collect()
    });
    Ok(each.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
