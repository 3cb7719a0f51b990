//! Two of one wallet: its directory is copied with all that lies beside it, and the copy is started beside the living
//! original. Two that act on the same channels lose them, so at most one may ever move money, and nothing revoked may reach the
//! chain: a server of the copy tells the two apart, without one their peer does.

use super::findings::{Findings, Kind};
use super::ground::{Ground, PASSWORD};
use super::hub;
use super::lost::Medium;
use super::party::Party;
use super::person::Name;
use super::plan::mixed;
use super::witness::Witness;
use crate::{CallError, Remote, copy_dir};
use fastrand::Rng;
use fulmen_engine::amount::Sat;
use serde_json::json;
use std::time::Duration;

/// Both try to pay so often.
const ATTEMPTS: usize = 3;
/// A payment that a wallet may make is made long before this.
const PATIENCE: Duration = Duration::from_secs(6);
/// For a wallet to find its channels of use, if it may have them.
const USABLE: Duration = Duration::from_secs(3);
/// After all of it: more than a start waits for a peer before it publishes anything.
const BLOCKS: u32 = 12;

/// The control's name.
pub const WITNESS_IGNORED: &str = "witness-ignored";

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Twins {
    pub tries: u32,
    pub seed: u64,
    /// `story-wallet`.
    pub program: String,
    /// On what the wallet keeps a copy. `None`: it keeps none, and the peer alone sees two.
    pub medium: Option<Medium>,
    /// A negative control: the copy heeds no peer's witness.
    pub witness_ignored: bool,
    pub keep: bool,
}

/// What became of the pairs.
#[derive(Default)]
struct Pairs {
    /// One of the two moved money.
    one: u32,
    /// Neither did.
    none: u32,
    /// Copies that stood still before they said anything of a channel.
    stood: u32,
    /// Copies that spoke of a channel whose state was old: the peer's proof alone stopped them.
    spoke: u32,
    findings: Findings,
}

/// The original or its copy.
#[derive(Clone, Copy, Debug)]
enum Twin {
    First,
    Second,
}

const BOTH: [Twin; 2] = [Twin::First, Twin::Second];

/// Starts pairs, and returns the last line and whether all is well.
pub async fn twins(options: &Twins) -> (String, bool) {
    let log = std::env::var("CRASH_LOG").unwrap_or_else(|_| "warn".into());
    let arguments = vec!["mode=deferred".to_owned(), "reconnect=100".into(), format!("log={log}")];
    let mut pairs = Pairs::default();
    for number in 0..options.tries {
        let when = format!("pair {number} of seed {}", options.seed);
        let mut ground = Ground::new(&options.program, &arguments).await;
        let mut rng = Rng::with_seed(mixed(options.seed, u64::from(number)));
        let before = pairs.findings.len();
        let paid = pair(options, &mut ground, &mut rng, &mut pairs, &when).await;
        match paid {
            Ok(0) => pairs.none += 1,
            Ok(_) => pairs.one += 1,
            Err(error) => {
                let words = ground.person(Name::Ann).last_words();
                pairs.findings.broke(&when, &error.to_string(), &words);
            }
        }
        ground.end(options.keep && pairs.findings.len() > before).await;
    }
    let Pairs { one, none, stood, spoke, findings } = &pairs;
    let line = format!(
        "pairs {} one {one} none {none} both {} stale-broadcasts {} broken {} copies stood {stood} spoke {spoke}",
        options.tries,
        findings.count(Kind::Doubled),
        findings.count(Kind::Stale),
        findings.count(Kind::Lost),
    );
    if options.witness_ignored {
        let found = *spoke as usize + findings.count(Kind::Doubled);
        return (format!("{line}\ncontrol {WITNESS_IGNORED} found {found}"), found > 0);
    }
    (line, findings.len() == 0)
}

/// One pair. How many of the two moved money.
async fn pair(
    options: &Twins,
    ground: &mut Ground,
    rng: &mut Rng,
    pairs: &mut Pairs,
    when: &str,
) -> Result<usize, CallError> {
    let findings = &mut pairs.findings;
    if options.medium.is_some() {
        ground.person_mut(Name::Ann).keep_elsewhere(options.medium).await?;
    }
    let words = ground.person(Name::Ann).caller().ask("words", PASSWORD).await?;
    let words = words.as_str().expect("words").to_owned();
    let mut witness = Witness::of(&ground.network, std::iter::once(words.as_str()), 0);
    let mut second = split(options, ground, rng).await?;
    for attempt in 0..ATTEMPTS {
        // A laptop sleeps and wakes: the other one gets to the peer.
        if rng.bool() {
            ground.person_mut(Name::Ann).remote.again().await;
        }
        let mut both = BOTH;
        rng.shuffle(&mut both);
        for twin in both {
            let party = match twin {
                Twin::First => ground.person(Name::Ann).party(),
                Twin::Second => Party::Remote(second.caller()),
            };
            pays(ground, &party, &format!("{twin:?} {attempt}")).await?;
        }
        ground.mine(1).await;
    }
    // The original is off, and the copy has the peer to itself.
    ground.person_mut(Name::Ann).remote.kill();
    pays(ground, &Party::Remote(second.caller()), "Second alone").await?;
    hub::mine(&ground.network, &ground.hub.caller(), BLOCKS).await;
    drop(second.ask("sync", "").await);
    for txid in witness.stale(&ground.fates) {
        findings.add(Kind::Stale, when, &format!("{txid} was handed in, and is revoked"));
    }
    let now = second.caller().ask("snapshot", "").await?;
    pairs.stood += u32::from(now.pointer("/sync/type") == Some(&json!("quarantine")));
    let state = now.pointer("/channels/list/0/state/type");
    pairs.spoke += u32::from(state == Some(&json!("waitingForPeer")));
    second.kill();
    let mut moved = 0;
    for twin in BOTH {
        moved += usize::from(has_paid(ground, twin).await?);
    }
    if moved > 1 {
        findings.add(Kind::Doubled, when, "both of two moved money");
    }
    Ok(moved)
}

/// Whether the shop has money of this one from after there were two.
async fn has_paid(ground: &Ground, twin: Twin) -> Result<bool, CallError> {
    let shop = Party::Local(ground.network.shop().clone());
    let rows = shop.rows(&format!("{twin:?} ")).await?;
    Ok(rows.iter().any(|row| !row.out && row.status == "paid"))
}

/// The wallet is killed at some moment and its directory copied; it lives on for a while; then the copy is started as well.
async fn split(options: &Twins, ground: &mut Ground, rng: &mut Rng) -> Result<Remote, CallError> {
    let party = ground.person(Name::Ann).party();
    let (paying, network) =
        (pays(ground, &party, "before"), Duration::from_millis(rng.u64(0..600)));
    drop(tokio::time::timeout(network, paying).await);
    let ann = ground.person_mut(Name::Ann);
    ann.remote.kill();
    let dir = ann.remote.dir().with_file_name("ann-again");
    copy_dir(ann.remote.dir(), &dir);
    let mirror = ann.remote.dir().with_extension("generation");
    if mirror.exists() {
        std::fs::copy(mirror, dir.with_extension("generation")).expect("copied");
    }
    let (url, hub) = (ground.network.url(), ground.uri.clone());
    let mut arguments = vec!["mode=deferred".into(), "reconnect=100".into(), "log=warn".into()];
    if options.witness_ignored {
        arguments.push("witness=ignored".into());
    }
    let mut second = Remote::at(&options.program, dir, url, hub, PASSWORD).with(arguments);
    let payments = rng.usize(0..4);
    if rng.u32(0..4) == 0 {
        // The copy is first.
        second.start().await;
        ground.person_mut(Name::Ann).start().await?;
        return Ok(second);
    }
    ground.person_mut(Name::Ann).start().await?;
    for payment in 0..payments {
        let party = ground.person(Name::Ann).party();
        pays(ground, &party, &format!("alone {payment}")).await?;
    }
    second.start().await;
    Ok(second)
}

/// Asks it to pay the shop.
async fn pays(ground: &Ground, party: &Party, note: &str) -> Result<(), CallError> {
    let shop = Party::Local(ground.network.shop().clone());
    let invoice = shop.receive(Sat::new(5_000), note).await?;
    let paying = async {
        if let Party::Remote(caller) = party {
            drop(tokio::time::timeout(USABLE, caller.ask("usable", "")).await);
        }
        party.pay(&invoice).await?;
        party.decided(note).await
    };
    // A wallet that stands still refuses; one that waits for ever is as good.
    drop(tokio::time::timeout(PATIENCE, paying).await);
    Ok(())
}
