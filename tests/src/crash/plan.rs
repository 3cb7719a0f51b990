//! What the seed decides of one kill: who, how, when, under which load, and what else goes on.

use super::control::Control;
use super::loss::Loss;
use super::person::Name;
use fastrand::Rng;
use fulmen_engine::probe::Point;
use std::time::Duration;

/// How a process ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trigger {
    /// After a while.
    After(Duration),
    /// By itself, at the n-th pass of a point of the commit loop.
    Point(Point, u32),
    /// As a thread enters its n-th call of that name.
    Syscall(&'static str, u32),
}

/// What goes on besides payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    Payments,
    /// A channel is opened, and mined while the kill comes.
    Open {
        by_hub: bool,
        zero_conf: bool,
    },
    /// A channel is closed together.
    Close {
        by_hub: bool,
    },
    /// A channel is closed by force.
    Force {
        by_hub: bool,
    },
    /// Hub closes a channel by force while the person is away, and all is buried before they are back.
    Away,
    /// Blocks above every channel's funding are replaced.
    Reorg,
    /// Money is sent on-chain.
    Send,
}

/// One kill.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) number: u32,
    /// Who is killed, in the order in which they come back.
    pub(crate) victims: Vec<Name>,
    /// Hub is killed in the same moment, and back before them.
    pub(crate) with_hub: bool,
    pub(crate) trigger: Trigger,
    /// Killed again while it starts.
    pub(crate) again: Option<Trigger>,
    pub(crate) scene: Scene,
    /// Payments at the same time.
    pub(crate) payments: usize,
    /// One more, so large that no single channel holds it.
    pub(crate) split: bool,
    /// Blocks mined while the victims are away.
    pub(crate) blocks_away: u32,
    /// The first victim's directory is destroyed, and restored.
    pub(crate) loss: Option<Loss>,
    /// Decides the rest: amounts, directions, which channel.
    pub(crate) seed: u64,
}

/// Of each twenty kills. Opens and closes keep the number of channels.
const DECK: [Scene; 20] = [
    Scene::Payments,
    Scene::Payments,
    Scene::Payments,
    Scene::Payments,
    Scene::Payments,
    Scene::Payments,
    Scene::Payments,
    Scene::Away,
    Scene::Open { by_hub: true, zero_conf: true },
    Scene::Open { by_hub: true, zero_conf: false },
    Scene::Open { by_hub: false, zero_conf: true },
    Scene::Open { by_hub: false, zero_conf: false },
    Scene::Close { by_hub: false },
    Scene::Close { by_hub: false },
    Scene::Close { by_hub: true },
    Scene::Force { by_hub: false },
    Scene::Reorg,
    Scene::Reorg,
    Scene::Send,
    Scene::Send,
];

/// The system calls that carry a commit to the disk, files into place, and messages to a peer; and how far to count.
const CALLS: [(&str, u32); 5] =
    [("pwrite64", 90), ("fdatasync", 14), ("fsync", 2), ("rename", 1), ("sendto", 40)];

impl Plan {
    /// The `number`-th kill of a seed, from 0. `strace`: whether system calls can be counted.
    pub(crate) fn draw(seed: u64, number: u32, strace: bool, control: Option<Control>) -> Self {
        let mut rng = Rng::with_seed(mixed(seed, u64::from(number)));
        let trigger = match rng.u32(0..100) {
            0..40 => Trigger::After(Duration::from_millis(rng.u64(0..350))),
            40..75 => point(&mut rng, 12),
            _ if strace => syscall(&mut rng),
            _ => Trigger::After(Duration::from_millis(rng.u64(0..60))),
        };
        let mut victims = match rng.u32(0..3) {
            0 => vec![Name::Ann],
            1 => vec![Name::Ben],
            _ => vec![Name::Ann, Name::Ben],
        };
        if rng.bool() {
            victims.reverse();
        }
        let again = (rng.u32(0..8) == 0).then(|| match rng.u32(0..3) {
            0 => Trigger::After(Duration::from_millis(rng.u64(0..250))),
            1 if strace => syscall(&mut rng),
            _ => point(&mut rng, 3),
        });
        let payments = match rng.u32(0..10) {
            0..5 => rng.usize(1..8),
            5..9 => rng.usize(8..20),
            _ => rng.usize(20..51),
        };
        let mut plan = Self {
            number,
            victims,
            with_hub: false,
            trigger,
            again,
            scene: scene(seed, number),
            payments,
            split: rng.u32(0..4) == 0,
            blocks_away: [0, 0, 1, 2][rng.usize(0..4)],
            loss: None,
            seed: rng.u64(..),
        };
        // What Hub does while a person is away, it does not do if it is away itself.
        plan.with_hub = rng.u32(0..4) == 0 && plan.scene != Scene::Away;
        if let Some(control) = control {
            control.aim(&mut plan, &mut rng);
        }
        plan
    }
}

fn scene(seed: u64, number: u32) -> Scene {
    let (round, place) = (number as usize / DECK.len(), number as usize % DECK.len());
    let mut deck = DECK;
    Rng::with_seed(mixed(seed ^ 0xDECC, round as u64)).shuffle(&mut deck);
    deck[place]
}

pub(super) fn point_of(rng: &mut Rng, points: &[Point], passes: u32) -> Trigger {
    Trigger::Point(points[rng.usize(0..points.len())], rng.u32(1..=passes))
}

fn point(rng: &mut Rng, passes: u32) -> Trigger {
    point_of(rng, &Point::ALL, passes)
}

fn syscall(rng: &mut Rng) -> Trigger {
    let (name, most) = CALLS[rng.usize(0..CALLS.len())];
    Trigger::Syscall(name, rng.u32(1..=most))
}

/// Neighbouring numbers become seeds that have nothing in common (the step of SplitMix64).
pub(super) fn mixed(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add((number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
