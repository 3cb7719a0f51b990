//! The task that keeps the copy: it writes what follows, notices a place that goes and comes back, and says how far the copy is
//! behind. Only a person chooses a place, or turns the copy off.

use super::{Claim, CopyError, Log, Place, Queue, Seal};
use crate::error::chain_of;
use crate::event::{Bus, Event};
use crate::files::remove_if_there;
use crate::keys::random;
use crate::store::{Freshness, StagedKv, Vault};
use crate::task::blocking;
use crate::time::Timestamp;
use crate::view::{CopyState, CopyView};
use lightning::util::persist::KVStoreSync;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Between two looks at whether the place is there, and between two attempts if it is not.
const LOOK: Duration = Duration::from_secs(2);
/// An answer that takes longer is told as waited for. With the look before it a person knows within five seconds.
const SILENCE: Duration = Duration::from_secs(2);
/// How long the peers wait at a start for the first look at the place.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// A commit that is missing for longer is told as such; before that the copy is as good as current.
const BEHIND: Duration = Duration::from_secs(2);
/// How often the lag is told.
const TELL: Duration = Duration::from_millis(500);
/// How long a person waits for a place that was chosen, or for a copy that was asked for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a stop waits for the last commits to get there.
pub(crate) const LAST: Duration = Duration::from_secs(3);

/// The person's choice, in the vault.
pub(super) const CHOICE: (&str, &str, &str) = ("fulmen", "facts", "copy");
/// How often the wallet was restored from a copy, in the vault.
pub(super) const TERM: (&str, &str, &str) = ("fulmen", "facts", "copy_term");
/// A base that is on its way to the place, in the wallet's directory. It is sealed.
const ASIDE: &str = "copy.tmp";

const NEVER_POISONED: &str = "nothing panics while it is held";

/// The copy of an open wallet. See the module.
pub(crate) struct Copying {
    pub(crate) queue: Queue,
    seal: Arc<Seal>,
    /// Of this opening.
    claim: Claim,
    dir: PathBuf,
    choice: watch::Sender<Option<Place>>,
    /// Held while the place is spoken to. Another choice has another one, so that it waits for no place that hangs.
    log: Mutex<Arc<Mutex<Option<Log>>>>,
    /// Copies that were asked for, and how the last one that is over ended.
    asked: watch::Sender<u64>,
    served: watch::Sender<(u64, Option<Arc<CopyError>>)>,
    /// The place was looked at once since the start, or there is none.
    looked: watch::Sender<bool>,
    /// The wallet goes on elsewhere.
    moved: watch::Sender<bool>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// How it is, but for being behind.
    state: Option<CopyState>,
    written: Option<Timestamp>,
    /// How long the last commit took to get there.
    took: Duration,
    last: Option<CopyView>,
    at: Option<Instant>,
    is_parked: bool,
}

impl Copying {
    /// What was chosen before. The loop has not committed yet.
    pub(crate) fn load(kv: &StagedKv, vault: &Vault, seal: Seal, dir: &Path) -> Self {
        let (primary, secondary, key) = CHOICE;
        let stored = kv.read(primary, secondary, key).ok();
        let choice: Option<Place> = stored.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if let Err(error) = remove_if_there(&dir.join(ASIDE)) {
            tracing::warn!(%error, "a base that was cut short stays");
        }
        let queue = Queue::new(vault.stamp());
        queue.keep(choice.is_some());
        let claim = Claim { wallet: seal.wallet(), writer: *random(), term: term_of(kv) };
        Self {
            queue,
            seal: Arc::new(seal),
            claim,
            looked: watch::Sender::new(choice.is_none()),
            moved: watch::Sender::new(false),
            dir: dir.to_owned(),
            choice: watch::Sender::new(choice),
            log: Mutex::default(),
            asked: watch::Sender::new(0),
            served: watch::Sender::new((0, None)),
            told: Mutex::default(),
        }
    }

    /// As a screen shows it.
    pub(crate) fn view(&self) -> CopyView {
        self.view_of(&self.told())
    }

    fn view_of(&self, told: &Told) -> CopyView {
        let place = self.place();
        let behind = self.queue.behind().map(|since| since.elapsed());
        let is_chosen = place.is_some();
        let state = match told.state {
            _ if !is_chosen => CopyState::Off,
            None => CopyState::CatchingUp,
            Some(CopyState::UpToDate) if behind.is_some_and(|lag| lag > BEHIND) => {
                CopyState::CatchingUp
            }
            Some(state) => state,
        };
        let lag = behind.unwrap_or(told.took).as_millis();
        let is_written = !matches!(state, CopyState::Off | CopyState::Paused);
        CopyView {
            state,
            server: place.as_ref().is_some_and(Place::is_server),
            place: place.map(|place| place.shown()),
            lag_millis: is_written.then(|| u64::try_from(lag).unwrap_or(u64::MAX)),
            written_at_secs: told.written.filter(|_| is_chosen).map(Timestamp::secs),
        }
    }

    /// Tells what changed; the lag alone is told with `lag`. Looked at and told under one lock, so that the last word is the newest.
    pub(crate) fn tell(&self, bus: &Bus, lag: bool) {
        let mut told = self.told();
        let now = self.view_of(&told);
        let same_but_for_lag = told.last.as_ref().is_some_and(|last| {
            CopyView {
                lag_millis: now.lag_millis,
                written_at_secs: now.written_at_secs,
                ..last.clone()
            } == now
        });
        let just_told = told.at.is_some_and(|at| at.elapsed() < TELL);
        if told.last.as_ref() == Some(&now) || (same_but_for_lag && (!lag || just_told)) {
            return;
        }
        (told.last, told.at) = (Some(now.clone()), Some(Instant::now()));
        bus.send(Event::Copy(now));
    }

    fn is(&self, state: CopyState, bus: &Bus) {
        self.told().state = Some(state);
        self.tell(bus, false);
    }

    /// A step is over. Gives back why it failed.
    fn ended(&self, outcome: Result<(), CopyError>, bus: &Bus) -> Option<Arc<CopyError>> {
        let Err(error) = outcome else {
            self.is(CopyState::UpToDate, bus);
            return None;
        };
        let state = match error {
            CopyError::Missing | CopyError::Empty => CopyState::Missing,
            CopyError::Server(_) => CopyState::Away,
            CopyError::NotAdmitted => CopyState::NotAdmitted,
            CopyError::Silent => CopyState::Waiting,
            CopyError::Foreign => CopyState::Foreign,
            CopyError::TakenOver | CopyError::Ahead | CopyError::Moved => CopyState::Ahead,
            CopyError::Newer => CopyState::Newer,
            _ => CopyState::Refused,
        };
        if self.told().state != Some(state) {
            tracing::warn!(error = chain_of(&error), ?state, "the copy does not follow");
        }
        self.told().is_parked = matches!(error, CopyError::TakenOver | CopyError::Moved);
        // What a server has was durable here before. If there is more, this vault is an old one, or another computer writes.
        let is_elsewhere = matches!(error, CopyError::Moved)
            || (self.is_on_server() && matches!(error, CopyError::TakenOver | CopyError::Ahead));
        if is_elsewhere {
            self.moved.send_replace(true);
        }
        self.is(state, bus);
        Some(Arc::new(error))
    }

    /// Returns once another computer goes on with this wallet, restored from the copy. Then never again.
    pub(crate) async fn moved(&self) {
        let mut moved = self.moved.subscribe();
        if moved.wait_for(|moved| *moved).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns when the place was looked at once, or does not answer for a while.
    pub(crate) async fn looked(&self) {
        let mut looked = self.looked.subscribe();
        if tokio::time::timeout(FIRST_LOOK, looked.wait_for(|looked| *looked)).await.is_err() {
            tracing::warn!(
                "the copy's place does not say yet whether the wallet goes on elsewhere"
            );
        }
        // A server says it, or nobody is spoken to.
        self.gets(1).await;
    }

    /// How often the wallet was restored from a copy.
    pub(crate) fn term(&self) -> u64 {
        self.claim.term
    }

    pub(crate) fn is_on_server(&self) -> bool {
        self.choice.borrow().as_ref().is_some_and(Place::is_server)
    }

    /// Whether what a commit covers may leave: a server must have the commit as well as the disk. Nothing leaves a quarantine.
    pub(crate) fn has(&self, generation: u64) -> bool {
        !self.is_on_server()
            || *self.queue.reached().borrow() >= generation
            || self.told().state == Some(CopyState::Paused)
    }

    /// Returns when it may.
    pub(crate) async fn gets(&self, generation: u64) {
        let (mut reached, mut choice) = (self.queue.reached(), self.choice.subscribe());
        while !self.has(generation) {
            let changed = tokio::select! {
                changed = reached.changed() => changed,
                changed = choice.changed() => changed,
            };
            if changed.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Where a person keeps it.
    pub(crate) fn place(&self) -> Option<Place> {
        self.choice.borrow().clone()
    }

    /// Two computers must not take a place from each other by turns: a person decides.
    fn is_parked(&self) -> bool {
        self.told().is_parked
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect(NEVER_POISONED)
    }

    /// Brings the place up to date: with what follows, or with everything.
    fn step(&self, vault: &Vault, whole: bool, now: Timestamp) -> Result<(), CopyError> {
        let Some(place) = self.place() else { return Ok(()) };
        let log = self.log.lock().expect(NEVER_POISONED).clone();
        // Whoever holds it waits for a place that does not answer.
        let Ok(mut slot) = log.try_lock() else { return Err(CopyError::Silent) };
        let mut log = match slot.take() {
            Some(log) => log,
            None => {
                let mut target = place.at(&self.seal)?;
                // Who took it since then has it, until a person says otherwise.
                if place.is_server() && !whole && self.told().written.is_some() {
                    target.claimed()?.is(self.claim)?;
                }
                Log::attach(target, self.seal.clone(), self.claim, self.queue.last())?
            }
        };
        let since = self.queue.behind();
        let following = log.stamp().and_then(|stamp| self.queue.following(stamp));
        let stamp = match following {
            Some(commits) if !whole && !log.is_full() => {
                match commits.last() {
                    None => log.check()?,
                    Some(_) => log.append(&commits, now)?,
                }
                log.stamp()
            }
            _ => Some(log.rebase(vault, &self.dir.join(ASIDE), now)?),
        };
        // Only what went well is kept: after an error nobody knows what is there.
        *slot = Some(log);
        drop(slot);
        if let Some(stamp) = stamp {
            self.queue.copied(stamp);
        }
        if let Some(since) = since {
            let mut told = self.told();
            (told.took, told.written) = (since.elapsed(), Some(now));
        }
        Ok(())
    }

    /// Returns when the step that was under way is over, though nobody waits for it any more.
    fn rests(&self) {
        let log = self.log.lock().expect(NEVER_POISONED).clone();
        drop(log.lock().expect(NEVER_POISONED));
    }

    /// Looks whether a place can be chosen, and makes the copy's directory there.
    ///
    /// # Errors
    /// [`CopyError::Within`], [`CopyError::Missing`], [`CopyError::Foreign`], [`CopyError::Ahead`], [`CopyError::Newer`],
    /// [`CopyError::Io`].
    fn try_out(&self, place: &Place) -> Result<(), CopyError> {
        let target = place.make(&self.seal, self.claim, &self.dir)?;
        Log::attach(target, self.seal.clone(), self.claim, self.queue.last()).map(drop)
    }

    /// The next commit forgets the place; until [`Self::choose`] it is still written.
    pub(crate) fn forget_place(&self, kv: &StagedKv) -> lightning::io::Result<()> {
        if self.choice.borrow().is_none() {
            return Ok(());
        }
        let (primary, secondary, key) = CHOICE;
        kv.remove(primary, secondary, key, false)
    }

    /// From now on.
    pub(crate) fn choose(&self, choice: Option<Place>) {
        *self.log.lock().expect(NEVER_POISONED) = Arc::default();
        {
            let mut told = self.told();
            *told = Told { last: told.last.take(), ..Told::default() };
        }
        self.queue.keep(choice.is_some());
        self.choice.send_replace(choice);
    }
}

fn term_of(kv: &StagedKv) -> u64 {
    let (primary, secondary, key) = TERM;
    let stored = kv.read(primary, secondary, key).ok();
    stored.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes)
}

/// A person chooses a place for the copy. What was chosen before is left as it is.
///
/// # Errors
/// Why it cannot be there; nothing was changed then. [`CopyError::Silent`] if it does not answer.
pub(crate) async fn choose_place(
    copying: &Arc<Copying>,
    kv: &StagedKv,
    place: Place,
) -> Result<(), CopyError> {
    let (ours, there) = (copying.clone(), place.clone());
    let trying = blocking(move || ours.try_out(&there));
    tokio::time::timeout(PATIENCE, trying).await.map_err(|_| CopyError::Silent)???;
    let (primary, secondary, key) = CHOICE;
    let stored = place.stored()?;
    kv.write(primary, secondary, key, stored).map_err(|error| CopyError::Io(error.into()))?;
    copying.choose(Some(place));
    Ok(())
}

/// A person turns the copy off. What is in its place stays there, and gets old.
///
/// # Errors
/// What the vault says.
pub(crate) fn turn_off(copying: &Copying, kv: &StagedKv) -> Result<(), CopyError> {
    copying.forget_place(kv).map_err(|error| CopyError::Io(error.into()))?;
    copying.choose(None);
    Ok(())
}

/// A whole copy now. Returns when it is there.
///
/// # Errors
/// Why it is not.
pub(crate) async fn copy_now(copying: &Copying) -> Result<(), CopyError> {
    let mut served = copying.served.subscribe();
    copying.asked.send_modify(|asked| *asked += 1);
    let ticket = *copying.asked.borrow();
    let served = tokio::time::timeout(PATIENCE, served.wait_for(|(done, _)| *done >= ticket));
    let served = served.await.map_err(|_| CopyError::Silent)?.map_err(|_| CopyError::Silent)?;
    match &served.1 {
        None => Ok(()),
        Some(error) => Err(CopyError::Failed(error.clone())),
    }
}

/// At a stop, after the last commit: the copy gets that as well, if its place is there.
pub(crate) async fn finish(copying: &Arc<Copying>, vault: &Arc<Vault>, freshness: &Freshness) {
    if copying.choice.borrow().is_none() || freshness.is_quarantined() || copying.is_parked() {
        return;
    }
    let (ours, vault) = (copying.clone(), vault.clone());
    let last = blocking(move || {
        ours.rests();
        ours.step(&vault, false, Timestamp::now())
    });
    match tokio::time::timeout(LAST, last).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => {
            tracing::warn!(error = chain_of(&error), "the copy lacks the last commits");
        }
        Ok(Err(_)) | Err(_) => tracing::warn!("the copy lacks the last commits"),
    }
}

/// Keeps the copy for ever.
pub(crate) async fn keep_copied(
    copying: Arc<Copying>,
    vault: Arc<Vault>,
    freshness: Arc<Freshness>,
    bus: Bus,
) {
    if freshness.is_quarantined() {
        copying.is(CopyState::Paused, &bus);
        copying.looked.send_replace(true);
    }
    // What was put back must not take the place of what is newer.
    freshness.trusted().await;
    let mut choice = copying.choice.subscribe();
    let mut asked = copying.asked.subscribe();
    loop {
        let ticket = *asked.borrow_and_update();
        let is_chosen = choice.borrow_and_update().is_some();
        let is_asked = ticket > copying.served.borrow().0;
        let mut more = false;
        if is_chosen && (is_asked || !copying.is_parked()) {
            let outcome = tokio::select! {
                outcome = step(&copying, &vault, is_asked, &bus) => outcome,
                // What hangs is left to itself.
                _ = choice.changed() => Err(CopyError::Silent),
            };
            more = outcome.is_ok() && copying.queue.behind().is_some();
            let failed = copying.ended(outcome, &bus);
            copying.served.send_replace((ticket, failed));
            copying.looked.send_replace(true);
        } else if !is_chosen {
            copying.served.send_replace((ticket, Some(Arc::new(CopyError::Empty))));
        }
        copying.tell(&bus, !more);
        if more {
            continue;
        }
        let follows = is_chosen && copying.told().state == Some(CopyState::UpToDate);
        tokio::select! {
            () = copying.queue.more.notified(), if follows => {}
            () = tokio::time::sleep(LOOK), if is_chosen => {}
            _ = choice.changed() => {}
            _ = asked.changed() => {}
        }
    }
}

/// One step, watched: a place that does not answer must not look like one that does.
async fn step(
    copying: &Arc<Copying>,
    vault: &Arc<Vault>,
    whole: bool,
    bus: &Bus,
) -> Result<(), CopyError> {
    let (ours, vault) = (copying.clone(), vault.clone());
    let begun = Instant::now();
    let work = blocking(move || ours.step(&vault, whole, Timestamp::now()));
    tokio::pin!(work);
    let mut tick = tokio::time::interval(TELL);
    loop {
        tokio::select! {
            done = &mut work => return done?,
            _ = tick.tick() => {
                if begun.elapsed() > SILENCE {
                    copying.told().state = Some(CopyState::Waiting);
                }
                copying.tell(bus, true);
            }
        }
    }
}
