//! What goes on besides payments: channels are opened and closed, blocks are replaced, money is sent on-chain.

use super::fates::{Asked, Fates};
use super::ground::{Ground, script_of};
use super::hub;
use super::party::Party;
use super::person::{Name, Shown, View};
use super::plan::Scene;
use crate::Caller;
use bitcoin::ScriptBuf;
use fastrand::Rng;
use fulmen_engine::amount::Sat;
use fulmen_engine::view::CloseWay;
use fulmen_practice::chain::{Branch, ChainEvent, PracticeChain};
use fulmen_practice::network::PracticeNetwork;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// No deeper reorg.
const DEEPEST: u32 = 5;

/// A scene, ready to be played.
pub(crate) struct Played {
    pub(crate) scene: Scene,
    /// True while it goes on: a kill hits it.
    pub(crate) going: Arc<AtomicBool>,
    /// The channel it is about.
    pub(crate) capacity: Option<Sat>,
    /// What is sent on-chain: to where, how much.
    pub(crate) sent: Option<(ScriptBuf, Sat)>,
    /// The person was notified that it is on its way.
    pub(crate) acknowledged: Arc<AtomicBool>,
    network: PracticeNetwork,
    fates: Arc<Fates>,
    hub: Caller,
    callers: [Caller; 2],
    who: Name,
    caller: Caller,
    node_id: String,
    channel: Option<Shown>,
    uri: String,
    seed: u64,
}

impl Played {
    /// Chooses the channel and whatever else it needs. A scene that the world has no room for becomes payments only.
    pub(crate) async fn choose(
        ground: &mut Ground,
        mut scene: Scene,
        who: Name,
        view: &View,
        rng: &mut Rng,
    ) -> Self {
        let ready: Vec<&Shown> = view.ready().collect();
        let (mut capacity, mut channel, mut sent, mut uri) = (None, None, None, String::new());
        match scene {
            Scene::Open { zero_conf, .. } if view.channels.len() < 6 => {
                ground.trust(zero_conf).await;
                capacity = Some(ground.next_capacity());
            }
            Scene::Close { .. } | Scene::Force { .. } | Scene::Away if !ready.is_empty() => {
                let chosen = ready[rng.usize(0..ready.len())].clone();
                capacity = Some(chosen.capacity);
                channel = Some(chosen);
            }
            Scene::Send => {
                // Hub asks for nothing: no request shares this address.
                let script = script_of(&ground.hub.caller()).await.expect("an address");
                let address = bitcoin::Address::from_script(&script, bitcoin::Network::Regtest)
                    .expect("of an address");
                let amount = Sat::new(rng.u64(20_000..60_000));
                uri = format!("bitcoin:{address}?amount=0.{:08}", amount.get());
                sent = Some((script, amount));
            }
            Scene::Reorg => {}
            _ => scene = Scene::Payments,
        }
        let person = ground.person(who);
        Self {
            scene,
            going: Arc::default(),
            capacity,
            sent,
            acknowledged: Arc::default(),
            network: ground.network.clone(),
            fates: ground.fates.clone(),
            hub: ground.hub.caller(),
            callers: [ground.people[0].caller(), ground.people[1].caller()],
            who,
            caller: person.caller(),
            node_id: person.node_id.clone(),
            channel,
            uri,
            seed: rng.u64(..),
        }
    }

    /// Who it is about.
    pub(crate) fn who(&self) -> Name {
        self.who
    }

    /// Plays it, until it is over or whoever it needs is gone.
    pub(crate) async fn play(self: Arc<Self>) {
        let idle = matches!(self.scene, Scene::Payments | Scene::Away);
        self.going.store(!idle, Ordering::SeqCst);
        let done = match self.scene {
            Scene::Payments | Scene::Away => true,
            Scene::Open { by_hub, .. } => self.open(by_hub).await,
            Scene::Close { by_hub } => self.close(by_hub, CloseWay::Cooperative).await,
            Scene::Force { by_hub } => self.close(by_hub, CloseWay::Force).await,
            Scene::Reorg => self.reorg().await,
            Scene::Send => self.send().await,
        };
        if done {
            self.going.store(false, Ordering::SeqCst);
        }
    }

    async fn open(&self, by_hub: bool) -> bool {
        let capacity = self.capacity.expect("chosen");
        let opened = if by_hub {
            hub::opens(&self.hub, &self.node_id, capacity).await.is_ok()
        } else {
            self.caller.ask("channel", &capacity.get().to_string()).await.is_ok()
        };
        if !opened {
            return false;
        }
        for _ in 0..3 {
            hub::mine(&self.network, &self.hub, 1).await;
            if self.caller.ask("sync", "").await.is_err() {
                return false;
            }
        }
        true
    }

    async fn close(&self, by_hub: bool, way: CloseWay) -> bool {
        let channel = self.channel.as_ref().expect("chosen");
        let mut events = self.network.chain().subscribe();
        let asked = if way == CloseWay::Force { Asked::Force } else { Asked::Together };
        self.fates.ask(channel.capacity, asked);
        let verb = if way == CloseWay::Force { "force" } else { "close" };
        let closer = if by_hub { &self.hub } else { &self.caller };
        if closer.ask(verb, &channel.id).await.is_err() {
            return false;
        }
        while self.fates.spender(channel.capacity).is_none() {
            tokio::select! {
                event = events.recv() => drop::<Result<ChainEvent, _>>(event),
                () = self.caller.gone() => return false,
            }
        }
        hub::mine(&self.network, &self.hub, 1).await;
        self.caller.ask("sync", "").await.is_ok()
    }

    /// What happens while the person is away.
    pub(crate) async fn while_away(&self) {
        if self.scene == Scene::Away {
            let channel = self.channel.as_ref().expect("chosen");
            self.fates.ask(channel.capacity, Asked::Force);
            // It may have ended since it was chosen.
            drop(self.hub.ask("force", &channel.id).await);
            // The commitment, and what claims from it.
            for _ in 0..4 {
                hub::mine(&self.network, &self.hub, 1).await;
            }
        }
    }

    /// Three times, so that a kill meets one.
    async fn reorg(&self) -> bool {
        let mut rng = Rng::with_seed(self.seed);
        for _ in 0..3 {
            replace(self.network.chain(), &self.fates, &mut rng);
            let (ann, ben) = (&self.callers[0], &self.callers[1]);
            let (_, _, ann, ben) = tokio::join!(
                self.network.sync_nodes(),
                self.hub.ask("sync", ""),
                ann.ask("sync", ""),
                ben.ask("sync", "")
            );
            if ann.is_err() || ben.is_err() {
                return false;
            }
        }
        true
    }

    async fn send(&self) -> bool {
        let paid = Party::Remote(self.caller.clone()).pay(&self.uri).await.is_ok();
        self.acknowledged.store(paid, Ordering::SeqCst);
        if !paid {
            return false;
        }
        hub::mine(&self.network, &self.hub, 1).await;
        self.caller.ask("sync", "").await.is_ok()
    }
}

/// Replaces some blocks above the youngest funding of a channel that lives.
pub(crate) fn replace(chain: &PracticeChain, fates: &Fates, rng: &mut Rng) {
    let mut above = chain.tip().height.saturating_sub(fates.youngest());
    if above == 0 {
        above = 2;
        chain.mine_empty(above).expect("mined");
    }
    let depth = rng.u32(1..=above.min(DEEPEST));
    let branch = if rng.bool() { Branch::Full } else { Branch::Empty };
    chain.reorg_to(depth, branch).expect("another branch");
}
