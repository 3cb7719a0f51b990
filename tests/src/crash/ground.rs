//! Where it all happens: a practice network, two people, and their channels.

use super::fates::Fates;
use super::hub::{self, ANNOUNCED};
use super::load::Parties;
use super::party::Party;
use super::person::{Name, Person, View};
use super::vaults;
use super::witness::Witness;
use crate::{CallError, Caller, Remote, quick};
use bitcoin::ScriptBuf;
use fulmen_engine::amount::Sat;
use fulmen_engine::config::Tunables;
use fulmen_practice::network::PracticeNetwork;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What is in each channel; the last digits are unique.
const CAPACITY: u64 = 600_000;
/// Kept on-chain by each person, for further channels and their closing.
const PURSE: Sat = Sat::new(1_600_000);
/// A channel is opened where less than this can be sent or received.
const ROOM: u64 = 250_000_000;
/// Channels each person has at least, for payments in parts.
const CHANNELS: usize = 2;

/// How long gossip takes at most to get from Hub to a person.
const HEARING: Duration = Duration::from_secs(20);

/// See the module.
pub(crate) struct Ground {
    pub(crate) network: PracticeNetwork,
    pub(crate) people: Vec<Person>,
    pub(crate) hub: Person,
    pub(crate) fates: Arc<Fates>,
    /// Hub's address.
    pub(crate) uri: String,
    opened: u64,
    /// Where the wallets live; kept where `CRASH_KEEP` is set.
    dir: Option<TempDir>,
    /// Where disks are lost: what was handed to the chain, and what is nobody's now.
    pub(crate) witness: Option<Witness>,
}

impl Ground {
    /// A fresh network, Hub, two people with money and channels.
    pub(crate) async fn new(program: &str, arguments: &[String]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let tunables = Tunables {
            reconnect_interval: Duration::from_millis(100),
            forward_delay: Duration::from_millis(5),
            ldk_tick: Duration::from_secs(10),
            ..quick()
        };
        let network = PracticeNetwork::open(&dir.path().join("network"), tunables, None)
            .await
            .expect("network");
        let fates = Arc::new(Fates::new(network.chain().clone()));
        // An order that is broken on purpose is a person's; Hub keeps all of them.
        let (broken, whole): (Vec<_>, Vec<_>) =
            arguments.iter().cloned().partition(|one| one.starts_with("broken="));
        let (hub, uri) = hub::start(program, dir.path(), &network, &whole).await.expect("Hub");
        let written_apart = !broken.is_empty() || whole.iter().any(|one| one == "mode=sync");
        let mut people = Vec::new();
        for (name, folder) in [(Name::Ann, "ann"), (Name::Ben, "ben")] {
            let dir = dir.path().join(folder);
            let remote = Remote::at(program, dir, network.url(), uri.clone(), PASSWORD);
            let mut person = Person::new(name, remote.with(arguments.to_vec()));
            person.written_apart = written_apart;
            person.start().await.expect("opens");
            people.push(person);
        }
        let (opened, witness, dir) = (0, None, Some(dir));
        let mut ground = Self { network, hub, people, fates, uri, opened, dir, witness };
        ground.prepare().await.expect("a fresh world has everything");
        ground
    }

    pub(crate) fn person(&self, name: Name) -> &Person {
        let mut all = self.people.iter().chain([&self.hub]);
        all.find(|person| person.name == name).expect("has a process")
    }

    pub(crate) fn person_mut(&mut self, name: Name) -> &mut Person {
        let mut all = self.people.iter_mut().chain([&mut self.hub]);
        all.find(|person| person.name == name).expect("has a process")
    }

    pub(crate) fn parties(&self) -> Parties {
        let people = self.people.iter().map(|person| (person.name, person.party()));
        people.chain([(Name::Shop, Party::Local(self.network.shop().clone()))]).collect()
    }

    /// Those who live while this one does not.
    pub(crate) fn parties_but(&self, name: Name) -> Parties {
        let people = self.people.iter().filter(|person| person.name != name);
        let people = people.map(|person| (person.name, person.party()));
        people.chain([(Name::Shop, Party::Local(self.network.shop().clone()))]).collect()
    }

    /// The capacity of the next channel, never the same twice.
    pub(crate) fn next_capacity(&mut self) -> Sat {
        self.opened += 1;
        let capacity = Sat::new(CAPACITY + self.opened);
        self.fates.opening(capacity);
        capacity
    }

    /// Mines blocks; everyone who lives has seen them.
    pub(crate) async fn mine(&self, blocks: u32) {
        self.network.mine(blocks).await.expect("mined");
        self.sync().await;
    }

    /// Everyone who lives looks at the chain.
    pub(crate) async fn sync(&self) {
        let (hub, ann, ben) = (self.hub.caller(), self.people[0].caller(), self.people[1].caller());
        let processes = async {
            let sync = |caller| async move { Caller::ask(caller, "sync", "").await };
            drop(tokio::join!(sync(&hub), sync(&ann), sync(&ben)));
        };
        tokio::join!(self.network.sync_nodes(), processes);
    }

    /// Hub trusts everyone's channels, and they Hub's; or nobody anybody's.
    pub(crate) async fn trust(&self, trusts: bool) {
        for person in &self.people {
            let trusts = if trusts { "yes" } else { "no" };
            drop(self.hub.caller().ask("trust", &format!("{trusts} {}", person.node_id)).await);
            drop(person.caller().ask("trust", trusts).await);
        }
    }

    /// Everyone has money on-chain, and channels with room both ways.
    pub(crate) async fn prepare(&mut self) -> Result<(), CallError> {
        self.trust(false).await;
        self.fill_purses().await?;
        for _ in 0..4 {
            let mut opened = false;
            for name in [Name::Ann, Name::Ben] {
                let view = self.person(name).view().await?;
                if lacks(&view) {
                    self.open(name, view.can_send < view.can_receive || view.channels.is_empty())
                        .await?;
                    opened = true;
                }
            }
            if !opened {
                break;
            }
            self.mine(6).await;
            for person in &self.people {
                person.caller().ask("usable", "").await?;
            }
        }
        self.hear_of_the_network().await
    }

    /// Waits until both people know the way to the shop. LDK asks its first five peers alone for all that they know: a Hub that
    /// met people five times after a kill before it met the shop hears of the rest when nodes announce anew, hours later.
    /// Then it is killed once more here, and the output says so.
    async fn hear_of_the_network(&mut self) -> Result<(), CallError> {
        let channels = ANNOUNCED.to_string();
        for name in [Name::Ann, Name::Ben] {
            let caller = self.person(name).caller();
            let knows = caller.ask("knows", &channels);
            if let Ok(answer) = tokio::time::timeout(HEARING, knows).await {
                answer?;
                continue;
            }
            eprintln!("{name:?} does not hear of the network: Hub and {name:?} start again");
            for name in [Name::Hub, name] {
                let person = self.person_mut(name);
                person.die().expect("it lives, and leaves a sound vault");
                person.start().await?;
            }
            let person = self.person(name);
            person.usable(Instant::now()).await?;
            person.caller().ask("knows", &channels).await?;
        }
        Ok(())
    }

    async fn fill_purses(&self) -> Result<(), CallError> {
        let mut given = false;
        for person in &self.people {
            let view = person.view().await?;
            if view.onchain < PURSE {
                let script = script_of(&person.caller()).await?;
                for _ in 0..3 {
                    self.network.chain().faucet(script.clone(), Sat::new(1_000_000)).expect("paid");
                }
                given = true;
            }
        }
        if given {
            self.mine(1).await;
        }
        Ok(())
    }

    async fn open(&mut self, name: Name, by_wallet: bool) -> Result<(), CallError> {
        let capacity = self.next_capacity();
        let person = self.person(name);
        if by_wallet {
            person.caller().ask("channel", &capacity.get().to_string()).await?;
        } else {
            hub::opens(&self.hub.caller(), &person.node_id, capacity).await?;
        }
        Ok(())
    }

    /// Secrets that lie open in the people's files.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let look =
            |person: &Person| vaults::leaks(person.remote.dir()).unwrap_or_else(|what| vec![what]);
        self.people.iter().flat_map(look).collect()
    }

    /// Ends all of it; the files stay where they are of use.
    pub(crate) async fn end(mut self, keep: bool) {
        for person in self.people.iter_mut().chain([&mut self.hub]) {
            person.remote.kill();
        }
        self.network.stop().await;
        let dir = self.dir.take().expect("until the end");
        if keep {
            eprintln!("the wallets and their logs are in {}", dir.keep().display());
        }
    }
}

/// The wallets' password; where it turns up in a file, it leaked.
pub(crate) const PASSWORD: &str = "zander-quillwort-7190-okapi";

/// The script of a fresh address.
pub(crate) async fn script_of(wallet: &Caller) -> Result<ScriptBuf, CallError> {
    let address = wallet.ask("address", "").await?;
    let address: bitcoin::Address<_> = address.as_str().expect("text").parse().expect("an address");
    Ok(address.assume_checked().script_pubkey())
}

fn lacks(view: &View) -> bool {
    view.ready().count() < CHANNELS || view.can_send.get() < ROOM || view.can_receive.get() < ROOM
}
