//! What is told, and with whom.

pub(crate) mod away;
mod chain_away;
pub(crate) mod closing;
pub(crate) mod dear;
mod hold;
mod kept;
mod killed;
mod lost;
pub(crate) mod moved;
pub(crate) mod offers;
mod opening;
pub(crate) mod paying;
mod practised;
pub(crate) mod refunds;
mod refused;
mod reorg;
mod served;
mod third;
pub(crate) mod unconfirmed;

use crate::bitcoind::Bitcoind;
use crate::electrs::Electrs;
use crate::ground::Ground;
use crate::mirror::Tally;
use crate::peer::{Peer, Tools};
use crate::peers::{Electrum, LdkNode, Lnd};
use crate::vss;
use std::path::PathBuf;
use std::pin::Pin;

/// The version of the other side, and how much of the chain was agreed on.
type Telling = Pin<Box<dyn Future<Output = (String, Tally)>>>;

/// One of them.
pub(crate) struct Story {
    pub(crate) peer: &'static str,
    pub(crate) name: &'static str,
    /// Why it cannot be told.
    pub(crate) cannot: Option<&'static str>,
    pub(crate) tell: Box<dyn Fn(Tools, PathBuf) -> Telling + Send + Sync>,
}

pub(crate) fn all(tools: &Tools) -> Vec<Story> {
    let mut all = vec![
        of_the_chain("bitcoind", "what is refused", refused::as_by_bitcoind),
        Story {
            cannot: practised::cannot(&tools.chains),
            ..of_the_chain("bitcoind", "the chains of `npm test`", practised::by_bitcoind)
        },
        of_the_chain("electrs", "it serves the chain", served::by_electrs),
    ];
    all.extend(on::<Electrs>());
    all.extend(on::<Bitcoind>());
    all.push(read_from::<Bitcoind, _>("our wallet on it, pruned", chain_away::pruned));
    all.extend(mined());
    all.push(on_vss("words and server bring a channel back", kept::comes_back));
    all.push(on_vss("nothing leaves without it", kept::is_waited_for));
    all.push(on_vss("its database is killed", kept::loses_its_database));
    all.extend(with::<LdkNode>());
    all.extend(with::<Electrum>());
    all.extend(with::<Lnd>());
    all.push(story("through it, announced", third::through));
    all
}

/// What is asked of every node.
fn with<P: Peer + 'static>() -> Vec<Story> {
    vec![
        story("it opens and closes", opening::by_them::<P>),
        story("we open and close", opening::by_us::<P>),
        story("we open and it closes", opening::by_us_closed_by_them::<P>),
        story(unconfirmed::OURS, unconfirmed::we_opened::<P>),
        story(unconfirmed::THEIRS, unconfirmed::they_opened::<P>),
        story("an amount that we choose", paying::we_choose::<P>),
        story(paying::IT_CHOOSES, paying::it_chooses::<P>),
        story("nine tenths of a channel at once", paying::nine_tenths::<P>),
        story("in parts over two channels", paying::in_parts::<P>),
        story(paying::WE_DID_NOT_ASK, paying::keysend_to_us::<P>),
        story(paying::IT_DID_NOT_ASK, paying::keysend::<P>),
        story(offers::STORY, offers::both_ways::<P>),
        story(refunds::STORY, refunds::both_ways::<P>),
        story("held and settled", hold::settled::<P>),
        story("held and cancelled", hold::cancelled::<P>),
        story("it is killed in between", killed::them::<P>),
        story("we are killed in between", killed::us::<P>),
        story("it moves to another address", moved::to_another_address::<P>),
        story(moved::LOST, moved::to_an_older_day::<P>),
        story("we lose all but our words", lost::all_but_the_words::<P>),
        story("blocks are undone", reorg::under_a_channel::<P>),
        story("fees rise, we opened", dear::we_opened::<P>),
        story(dear::THEIRS, dear::they_opened::<P>),
        story("we close by force with a payment under way", closing::by_us::<P>),
        story("it closes by force with a payment under way", closing::by_them::<P>),
        story("we close by force with one each way", closing::both_ways_by_us::<P>),
        story("it closes by force with one each way", closing::both_ways_by_them::<P>),
        story(away::UNHEARD, away::closed_meanwhile::<P>),
        story(paying::NINE_TENTHS_OF_OURS, paying::nine_tenths_of_ours::<P>),
        story("we opened, in parts over two channels", paying::in_parts_over_ours::<P>),
        story("we opened, it is killed in between", killed::them_in_ours::<P>),
        story("we opened, blocks are undone", reorg::under_ours::<P>),
        story(closing::OURS_BY_US, closing::ours_by_us::<P>),
        story(closing::OURS_BY_THEM, closing::ours_by_them::<P>),
    ]
}

/// Without a wallet and without another node.
fn of_the_chain<F: Future<Output = (String, Tally)> + 'static>(
    peer: &'static str,
    name: &'static str,
    tell: impl Fn(Tools, PathBuf) -> F + Send + Sync + 'static,
) -> Story {
    let telling = move |tools, dir| -> Telling { Box::pin(tell(tools, dir)) };
    Story { peer, name, cannot: None, tell: Box::new(telling) }
}

fn story<P, F>(
    name: &'static str,
    tell: impl Fn(Ground<P>) -> F + Copy + Send + Sync + 'static,
) -> Story
where
    P: Peer + 'static,
    F: Future<Output = Ground<P>> + 'static,
{
    let telling = move |tools: Tools, dir: PathBuf| -> Telling {
        Box::pin(async move {
            let ground: Ground<P> = Ground::new(&tools, &dir).await;
            let version = ground.peer.version().await;
            let ground = tell(ground).await;
            (version, ground.end().await)
        })
    };
    Story { peer: P::NAME, name, cannot: P::cannot(name), tell: Box::new(telling) }
}

/// What is told with ldk-node while the living copy of our wallet is on vss-server.
fn on_vss<F: Future<Output = Ground<LdkNode>> + 'static>(
    name: &'static str,
    tell: impl Fn(Ground<LdkNode>) -> F + Copy + Send + Sync + 'static,
) -> Story {
    let telling = move |tools: Tools, dir: PathBuf| -> Telling {
        Box::pin(async move {
            let ground = tell(Ground::new(&tools, &dir).await).await;
            (vss::VERSION.to_owned(), ground.end().await)
        })
    };
    Story { peer: "vss-server", name, cannot: None, tell: Box::new(telling) }
}

/// What is told with ldk-node while our wallet reads the chain from a server of this kind.
fn on<S: Program + 'static>() -> Vec<Story> {
    vec![
        read_from::<S, _>("our wallet on it: we open and close", opening::by_us),
        read_from::<S, _>("our wallet on it: in parts over two channels", paying::in_parts),
        read_from::<S, _>("our wallet on it: blocks are undone", reorg::under_a_channel),
        read_from::<S, _>("our wallet on it: we are killed in between", killed::us),
        read_from::<S, _>("our wallet on it: it is killed in between", chain_away::killed::<S>),
        read_from::<S, _>(
            "our wallet on it: we close by force with a payment under way",
            closing::by_us,
        ),
        read_from::<S, _>(
            "our wallet on it: it closes by force with a payment under way",
            closing::by_them,
        ),
    ]
}

/// What is told with ldk-node on Esplora over a chain of which bitcoind mines every block.
fn mined() -> Vec<Story> {
    vec![
        read_from::<Miner, _>("Esplora over its blocks: we open and close", opening::by_us),
        read_from::<Miner, _>("Esplora over its blocks: it opens and closes", opening::by_them),
        read_from::<Miner, _>("Esplora over its blocks: held and settled", hold::settled),
        read_from::<Miner, _>("Esplora over its blocks: we are killed in between", killed::us),
        read_from::<Miner, _>(
            "Esplora over its blocks: we close by force with one each way",
            closing::both_ways_by_us,
        ),
        read_from::<Miner, _>(
            "Esplora over its blocks: it closes by force with one each way",
            closing::both_ways_by_them,
        ),
    ]
}

fn read_from<S, F>(
    name: &'static str,
    tell: impl Fn(Ground<LdkNode>) -> F + Copy + Send + Sync + 'static,
) -> Story
where
    S: Source + 'static,
    F: Future<Output = Ground<LdkNode>> + 'static,
{
    let telling = move |tools: Tools, dir: PathBuf| -> Telling {
        Box::pin(async move {
            let mut ground: Ground<LdkNode> = Ground::new(&tools, &dir).await;
            let version = S::serve(&mut ground).await;
            let ground = tell(ground).await;
            (version, ground.end().await)
        })
    };
    Story { peer: S::NAME, name, cannot: None, tell: Box::new(telling) }
}

/// Where our wallet can read the chain.
trait Source {
    const NAME: &'static str;

    /// From now on it does. The server's version.
    async fn serve(ground: &mut Ground<LdkNode>) -> String;
}

/// One that can be away.
trait Program: Source {
    fn kill(ground: &mut Ground<LdkNode>);

    /// It starts again, where it was.
    async fn again(ground: &mut Ground<LdkNode>);
}

impl Source for Electrs {
    const NAME: &'static str = "electrs";

    async fn serve(ground: &mut Ground<LdkNode>) -> String {
        ground.on_electrs().await;
        ground.electrs.as_ref().expect("started").version().await
    }
}

impl Program for Electrs {
    fn kill(ground: &mut Ground<LdkNode>) {
        ground.electrs.as_mut().expect("started").kill();
    }

    async fn again(ground: &mut Ground<LdkNode>) {
        ground.electrs.as_mut().expect("started").again().await;
    }
}

impl Source for Bitcoind {
    const NAME: &'static str = "bitcoind";

    async fn serve(ground: &mut Ground<LdkNode>) -> String {
        ground.on_bitcoind().await;
        ground.mirror.bitcoind.version().await
    }
}

impl Program for Bitcoind {
    fn kill(ground: &mut Ground<LdkNode>) {
        ground.mirror.bitcoind.kill();
    }

    async fn again(ground: &mut Ground<LdkNode>) {
        ground.mirror.bitcoind_again(false).await;
    }
}

/// bitcoind makes the blocks that practice serves.
struct Miner;

impl Source for Miner {
    const NAME: &'static str = "bitcoind";

    async fn serve(ground: &mut Ground<LdkNode>) -> String {
        ground.mirror.let_bitcoind_mine();
        ground.mirror.bitcoind.version().await
    }
}
