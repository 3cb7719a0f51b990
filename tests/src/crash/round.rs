//! One kill, from the load before it to the oracles after it.

use super::findings::Kind;
use super::ground::Ground;
use super::hub;
use super::load::Load;
use super::oracles::{self, Said};
use super::person::{Name, View};
use super::plan::{Plan, Scene, Trigger};
use super::scenes::Played;
use super::tally::Tally;
use super::trace::Tracer;
use crate::CallError;
use fastrand::Rng;
use fulmen_engine::amount::Sat;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long anything may stay undecided once everyone is back.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Between two blocks while something waits for the chain.
pub(super) const BLOCK_EVERY: Duration = Duration::from_millis(400);
/// What is decided off the chain is decided before this; then blocks come faster, until every payment in a closed
/// channel has timed out.
pub(super) const OFF_CHAIN: Duration = Duration::from_secs(4);
/// A payment that nothing else decided until then may wait in a commitment of which everything else is over. Not sooner: in a
/// channel that is only closing, payments would time out under the blocks.
const IN_A_COMMITMENT: Duration = Duration::from_secs(20);
pub(super) const BLOCKS_AT_ONCE: u32 = 9;
const MOST_BLOCKS: u32 = 450;

/// A round that goes on.
pub(crate) struct Round<'a> {
    pub(crate) ground: &'a mut Ground,
    pub(crate) tally: &'a mut Tally,
    pub(crate) plan: &'a Plan,
    pub(crate) when: String,
}

impl Round<'_> {
    /// Plays it to the end.
    ///
    /// # Errors
    /// Where a wallet does not do what is asked of it though nobody killed it: this world is over.
    pub(crate) async fn play(&mut self) -> Result<(), CallError> {
        let mut rng = Rng::with_seed(self.plan.seed);
        let views = self.views().await?;
        let first = self.plan.victims[0];
        let played =
            Played::choose(self.ground, self.plan.scene, first, &views[&first], &mut rng).await;
        let scene = Arc::new(played);
        let load = self.load(&views, &mut rng);
        if self.plan.loss.as_ref().is_some_and(|loss| loss.blocks > 0) {
            load.all_by(first);
        }
        let quiet = scene.scene == Scene::Payments && views.values().all(View::is_quiet);

        let mut tasks = JoinSet::new();
        let stick = self.pull_out(&load);
        let tracer = self.trap();
        load.start(&self.ground.parties(), &mut tasks);
        tasks.spawn(scene.clone().play());
        let by_itself = self.wait_for_the_moment(&mut tasks).await;
        self.count(by_itself, &load, &scene);
        // A thread that begins as the process is killed can escape strace's eyes: it waits for strace then, and strace for it.
        drop(tracer);
        for name in self.dying() {
            let end = self.ground.person_mut(name).die();
            self.check(name, end);
        }
        if self.plan.with_hub {
            self.ground.hub.start().await?;
        }
        if let Some(stick) = stick {
            self.ground.person_mut(first).pulled(stick).await;
        }
        if self.plan.blocks_away > 0 {
            let hub = self.ground.hub.caller();
            hub::mine(&self.ground.network, &hub, self.plan.blocks_away).await;
        }
        scene.while_away().await;
        if self.plan.loss.is_some() {
            self.lose().await?;
            self.everyone_is_back().await?;
            self.settle(&scene).await;
            tasks.abort_all();
            return self.judge_loss(&load, &scene).await;
        }
        self.restart().await?;
        self.settle(&scene).await;
        // What the living asked for is decided now; what the dead were asked ended with them.
        tasks.abort_all();
        self.judge(&load, &scene, quiet.then_some(&views)).await
    }

    fn dying(&self) -> Vec<Name> {
        let hub = self.plan.with_hub.then_some(Name::Hub);
        self.plan.victims.iter().copied().chain(hub).collect()
    }

    pub(super) async fn views(&self) -> Result<BTreeMap<Name, View>, CallError> {
        let mut views = BTreeMap::new();
        for person in &self.ground.people {
            views.insert(person.name, person.view().await?);
        }
        Ok(views)
    }

    fn load(&self, views: &BTreeMap<Name, View>, rng: &mut Rng) -> Load {
        let share = |view: &View| {
            let (send, receive) = (view.can_send.get(), view.can_receive.get());
            u32::try_from(100 * send / (send + receive).max(1)).expect("at most 100")
        };
        let mut rich: Vec<_> = views.iter().map(|(name, view)| (*name, share(view))).collect();
        rich.push((Name::Shop, 50));
        let payer = self.plan.victims[0];
        let view = &views[&payer];
        let largest = view.ready().map(|channel| channel.can_send).max().unwrap_or_default();
        let split = largest.get() + largest.get() / 5;
        let fits =
            self.plan.split && view.ready().count() > 1 && split < view.can_send.get() * 9 / 10;
        let split = fits.then(|| (payer, Sat::new(split / 1000)));
        Load::draw(self.plan, rng, &rich, split)
    }

    /// Set before the load, where the moment is a system call.
    fn trap(&self) -> Option<Tracer> {
        let Trigger::Syscall(name, n) = self.plan.trigger else { return None };
        self.ground.person(self.plan.victims[0]).trap(name, n)
    }

    /// True where the first victim's process ended at the place that was chosen for it.
    async fn wait_for_the_moment(&self, tasks: &mut JoinSet<()>) -> bool {
        let caller = self.ground.person(self.plan.victims[0]).caller();
        match self.plan.trigger {
            Trigger::After(time) => {
                // A child's own end is no moment of ours; `die` will tell.
                drop(tokio::time::timeout(time, caller.gone()).await);
                return false;
            }
            Trigger::Point(point, n) => caller.tell("arm", &format!("{point:?}:{n}")),
            Trigger::Syscall(..) => {}
        }
        tokio::select! {
            biased;
            () = caller.gone() => true,
            () = async { while tasks.join_next().await.is_some() {} } => false,
        }
    }

    fn count(&mut self, by_itself: bool, load: &Load, scene: &Played) {
        let tally = &mut *self.tally;
        let going = scene.going.load(Ordering::SeqCst);
        tally.kills += 1;
        tally.with_hub += u32::from(self.plan.with_hub);
        let in_commit = match self.plan.trigger {
            Trigger::Point(point, _) => point != fulmen_engine::probe::Point::Sent,
            Trigger::Syscall(name, _) => matches!(name, "pwrite64" | "fdatasync"),
            Trigger::After(_) => false,
        };
        tally.in_commit += u32::from(by_itself && in_commit);
        tally.in_flight += u32::from(load.in_flight() > 0);
        match scene.scene {
            Scene::Open { .. } => tally.during_open += u32::from(going),
            Scene::Close { .. } | Scene::Force { .. } => tally.during_close += u32::from(going),
            Scene::Reorg => tally.during_reorg += u32::from(going),
            Scene::Payments | Scene::Away | Scene::Send => {}
        }
    }

    async fn restart(&mut self) -> Result<(), CallError> {
        let names = self.plan.victims.clone();
        for name in &names {
            if let Some(trigger) = self.plan.again {
                let end = self.ground.person_mut(*name).start_and_die(trigger).await;
                self.check(*name, end);
                self.tally.kills += 1;
            }
            let begun = Instant::now();
            self.ground.person_mut(*name).start().await?;
            let view = self.ground.person(*name).view().await?;
            if view
                .channels
                .iter()
                .any(|channel| matches!(channel.state.as_str(), "ready" | "peerAway"))
                && let Ok(Ok(time)) =
                    tokio::time::timeout(PATIENCE, self.ground.person(*name).usable(begun)).await
            {
                self.tally.restarts.push(time);
            }
        }
        Ok(())
    }

    pub(super) fn check(&mut self, name: Name, end: Result<(), String>) {
        if let Err(what) = end {
            let words = self.ground.person(name).last_words();
            self.tally.findings.broke(&self.when, &what, &words);
        }
    }

    /// Everything gets its chance to be decided: blocks come as long as something waits for them.
    pub(super) async fn settle(&mut self, scene: &Played) {
        let blocks = match scene.scene {
            Scene::Open { .. } => 3,
            Scene::Close { .. }
            | Scene::Force { .. }
            | Scene::Away
            | Scene::Send
            | Scene::Reorg => 1,
            Scene::Payments => 0,
        };
        if blocks > 0 {
            self.ground.mine(blocks).await;
        }
        let note = super::load::round_note(self.plan.number);
        let parties = self.ground.parties();
        let (begun, mut mined) = (Instant::now(), 0);
        let all = async {
            for party in parties.values() {
                // The chain may need longer than one question waits.
                while matches!(party.decided(&note).await, Err(CallError::Silent(_))) {}
            }
        };
        let mut all = std::pin::pin!(all);
        while tokio::time::timeout(BLOCK_EVERY, &mut all).await.is_err() {
            let waits = begun.elapsed() > IN_A_COMMITMENT && self.ground.fates.has_unclaimed();
            let closing = waits || self.is_anything_closing().await;
            if begun.elapsed() > PATIENCE && (!closing || mined > MOST_BLOCKS) {
                return;
            }
            let blocks = match begun.elapsed() > OFF_CHAIN && closing && !self.decides(begun).await
            {
                true => BLOCKS_AT_ONCE,
                false => u32::from(!self.ground.network.chain().mempool().is_empty()),
            };
            if blocks > 0 {
                self.ground.mine(blocks).await;
                mined += blocks;
            }
        }
    }

    /// Payments are on their way through channels that live. On a busy computer they need longer than their blocks would take,
    /// and would end their channels. Where a copy is old they wait for its channels' ends, and need those blocks.
    pub(super) async fn decides(&self, begun: Instant) -> bool {
        let is_old = self.plan.loss.as_ref().is_some_and(|loss| !loss.is_newest());
        let deciding = |views: BTreeMap<Name, View>| views.values().any(View::is_deciding);
        !is_old && begun.elapsed() < IN_A_COMMITMENT && self.views().await.is_ok_and(deciding)
    }

    pub(super) async fn is_anything_closing(&self) -> bool {
        let closing = |views: BTreeMap<Name, View>| views.values().any(|view| view.closing > 0);
        let hub = self.ground.hub.view().await;
        hub.is_ok_and(|hub| hub.closing > 0) || self.views().await.is_ok_and(closing)
    }

    async fn judge(
        &mut self,
        load: &Load,
        scene: &Played,
        before: Option<&BTreeMap<Name, View>>,
    ) -> Result<(), CallError> {
        let said = Said::of(&self.ground.parties(), self.plan.number).await?;
        let (when, findings) = (&self.when, &mut self.tally.findings);
        oracles::payments(load, &said, when, findings);
        oracles::still_open(self.ground, scene).await?;
        oracles::sending(self.ground, scene, when, findings);
        let ended = oracles::channels(self.ground, when, findings);
        oracles::logs(self.ground, when, findings);
        // A channel's end costs fees; the books know them.
        if let Some(before) = before.filter(|_| ended == 0) {
            for (name, view) in before {
                let expected = i128::from(view.total.get()) + said.effect(*name);
                if !self.reaches(*name, expected).await {
                    let now = self.ground.person(*name).view().await;
                    let what = format!("{name:?} should have {expected} msat, and has {now:?}");
                    self.tally.findings.add(Kind::Lost, &self.when, &what);
                }
            }
        }
        Ok(())
    }

    async fn reaches(&self, name: Name, expected: i128) -> bool {
        let caller = self.ground.person(name).caller();
        let party = self.ground.person(name).party();
        let waiting = async {
            while party.total().await.is_ok_and(|total| i128::from(total.get()) != expected) {
                drop(caller.ask("event", "").await);
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.is_ok()
    }
}
