//! What `story-wallet` is started with.

use bitcoin::secp256k1::PublicKey;
use fulmen_engine::config::{Persistence, Role, Settings, Tunables};
use fulmen_engine::probe::{Point, Probe};
use fulmen_engine::view::{PeerReason, SuggestedPeer};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// See the module.
pub(crate) struct Arguments {
    pub(crate) settings: Settings,
    /// What is logged, as `tracing` reads it.
    pub(crate) log: String,
    pub(crate) trap: Arc<Trap>,
    pub(crate) hub: PublicKey,
    /// No peer can be reached.
    pub(crate) alone: Arc<AtomicBool>,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Self {
        let usage = "usage: story-wallet DIR ESPLORA HUB [name=value …]";
        let mut next = || words.next().expect(usage);
        let (dir, url, hub) = (PathBuf::from(next()), next(), next());
        let trap = Arc::new(Trap::default());
        let looking = trap.clone();
        let alone = Arc::new(AtomicBool::new(false));
        let is_alone = alone.clone();
        let probe = Probe::new(move |point| looking.passes(point))
            .reaching(move |_| !is_alone.load(Ordering::SeqCst));
        let mut tunables = Tunables { probe, ..stories::quick() };
        let (mut role, mut listen) = (Role::Leaf, None);
        let mut log = "warn,ldk=trace,fulmen_engine=trace,lightning=trace".to_owned();
        for word in words {
            match word.split_once('=').expect(usage) {
                // A negative control: it hears nothing of what peers keep for it.
                ("witness", "ignored") => {
                    tunables.probe = tunables.probe.giving_back(|_| false);
                    tunables.witness_patience = Duration::ZERO;
                }
                ("mode", "deferred") => tunables.persistence = Persistence::Deferred,
                ("mode", "sync") => tunables.persistence = Persistence::PerUpdate,
                ("kill", at) => trap.arm(at),
                #[cfg(feature = "broken-orders")]
                ("broken", order) => tunables.broken = Some(broken(order)),
                ("log", filter) => filter.clone_into(&mut log),
                ("role", "router") => role = Role::Router,
                ("listen", address) => listen = Some(address.parse().expect(usage)),
                ("reconnect", ms) => tunables.reconnect_interval = millis(ms).expect(usage),
                ("tick", ms) => tunables.ldk_tick = millis(ms).expect(usage),
                ("forward", ms) => tunables.forward_delay = millis(ms).expect(usage),
                _ => panic!("{usage}: {word}"),
            }
        }
        let id = hub.split('@').next().and_then(|id| id.parse().ok()).expect(usage);
        let suggested_peers =
            vec![SuggestedPeer { name: "Hub".into(), uri: hub, why: PeerReason::Practice }];
        let leaf = stories::leaf(dir, url);
        let alias = (role == Role::Router).then(|| "Hub".to_owned());
        let settings = Settings { suggested_peers, tunables, role, listen, alias, ..leaf };
        Self { settings, log, trap, hub: id, alone }
    }
}

fn millis(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

/// An order that is broken on purpose.
#[cfg(feature = "broken-orders")]
fn broken(order: &str) -> fulmen_engine::Broken {
    use fulmen_engine::Broken;
    match order {
        "count-late" => Broken::CountLate,
        "rows-early" => Broken::RowsEarly,
        "fulls-late" => Broken::FullsLate,
        "apply-early" => Broken::ApplyEarly,
        "gate-off" => Broken::GateOff,
        "strict-not-waiting" => Broken::NotWaiting,
        other => panic!("no such order: {other}"),
    }
}

/// Ends the process with SIGKILL at the n-th pass of a point.
#[derive(Default)]
pub(crate) struct Trap {
    /// Which point, by its place in [`Point::ALL`] from 1, in the high half; passes to go in the low half. 0: unarmed.
    state: AtomicU64,
}

impl Trap {
    /// `Point:n`.
    pub(crate) fn arm(&self, at: &str) {
        let (name, passes) = at.split_once(':').expect("Point:n");
        let place = Point::ALL.iter().position(|point| format!("{point:?}") == name);
        let place = u64::try_from(place.expect("a point") + 1).expect("few");
        let passes: u32 = passes.parse().expect("a number");
        self.state.store(place << 32 | u64::from(passes), Ordering::SeqCst);
    }

    fn passes(&self, point: Point) {
        let state = self.state.load(Ordering::SeqCst);
        let armed = (state >> 32).checked_sub(1).and_then(|place| usize::try_from(place).ok());
        if armed.and_then(|place| Point::ALL.get(place)) != Some(&point) {
            return;
        }
        if state & u64::from(u32::MAX) <= 1 {
            signal_hook::low_level::raise(signal_hook::consts::SIGKILL).expect("no return");
        }
        self.state.store(state - 1, Ordering::SeqCst);
    }
}
