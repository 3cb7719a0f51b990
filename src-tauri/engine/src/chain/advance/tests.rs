//! With a server that is made up, of blocks that have the little work that their network asks for.

use super::super::headers::tests::{genesis, run};
use super::super::plausible::{self, Listed, Newest};
use super::super::server::{Asked, Confirmables, Later, Outspend, Position, Server};
use super::super::{Address, BroadcastError, Headers, Source, SourceError};
use super::{Advance, MOST_PAGES};
use crate::logger::Log;
use crate::network::NetworkId;
use crate::time::Timestamp;
use bdk_wallet::chain::BlockId;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::block::Header;
use bitcoin::consensus::encode::serialize;
use bitcoin::{BlockHash, CompactTarget, OutPoint, Transaction, Txid};
use lightning::chain::Filter;
use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const DAY: u32 = 24 * 60 * 60;
/// Blocks of a page, and the newest ones, as Esplora has them.
const PAGE: u32 = 10;

/// A server with these blocks, the first of them at height 1.
struct Served {
    blocks: Mutex<Vec<Header>>,
    /// The most blocks of a page.
    page: u32,
    /// So far from where it is asked for does it begin, and it has no end.
    is_beside: Option<u32>,
    /// From where pages were asked for since somebody looked.
    asked: Mutex<Vec<u32>>,
}

impl Served {
    fn new(blocks: Vec<Header>) -> Self {
        Self { blocks: Mutex::new(blocks), page: PAGE, is_beside: None, asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<u32> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn tip(&self) -> u32 {
        u32::try_from(self.blocks.lock().unwrap().len()).unwrap()
    }

    fn between(&self, first: u32, last: u32) -> Newest {
        let blocks = self.blocks.lock().unwrap();
        let listed = |height: u32| {
            let header = blocks[height as usize - 1];
            Listed { block: BlockId { height, hash: header.block_hash() }, header }
        };
        plausible::newest((first..=last).map(listed).collect()).unwrap()
    }
}

impl Server for Arc<Served> {
    fn url(&self) -> &str {
        "http://made.up"
    }

    fn newest(&self) -> Asked<'_, Newest> {
        let tip = self.tip();
        Box::pin(ready(Ok(self.between(tip.saturating_sub(PAGE - 1).max(1), tip))))
    }

    fn blocks_from(&self, first: u32, last: u32) -> Asked<'_, Newest> {
        self.asked.lock().unwrap().push(first);
        let page = match self.is_beside {
            Some(beside) => self.between(first + beside, self.tip()),
            None => self.between(first, last.min(first + self.page - 1)),
        };
        Box::pin(ready(Ok(page)))
    }

    // It is asked for nothing else.
    fn filter(&self) -> &(dyn Filter + Send + Sync) {
        unreachable!()
    }
    fn hash_at(&self, _: u32) -> Asked<'_, BlockHash> {
        unreachable!()
    }
    fn estimates(&self) -> Asked<'_, HashMap<u16, f64>> {
        unreachable!()
    }
    fn scan(&self, _: FullScanRequest<KeychainKind>, _: usize) -> Asked<'_, Update> {
        unreachable!()
    }
    fn sync(&self, _: SyncRequest<(KeychainKind, u32)>) -> Asked<'_, Update> {
        unreachable!()
    }
    fn follow<'a>(&'a self, _: Confirmables<'a>) -> Asked<'a, ()> {
        unreachable!()
    }
    fn outspend(&self, _: OutPoint) -> Asked<'_, Option<Outspend>> {
        unreachable!()
    }
    fn position(&self, _: Txid) -> Asked<'_, Option<Position>> {
        unreachable!()
    }
    fn transaction(&self, _: Txid) -> Asked<'_, Option<Transaction>> {
        unreachable!()
    }
    fn proves<'a>(&'a self, _: &'a Transaction, _: BlockId) -> Asked<'a, bool> {
        unreachable!()
    }
    fn send<'a>(&'a self, _: &'a Transaction) -> Later<'a, Result<(), BroadcastError>> {
        unreachable!()
    }
    fn send_package<'a>(&'a self, _: &'a [Transaction]) -> Asked<'a, bool> {
        unreachable!()
    }
    fn relays_packages(&self) -> Later<'_, Option<bool>> {
        unreachable!()
    }
    fn known_relays_packages(&self) -> Option<bool> {
        unreachable!()
    }
}

/// Looks at this server, with these blocks checked already.
fn looking(served: Served, checked: &[Header]) -> (Arc<Served>, Source) {
    let served = Arc::new(served);
    let address = Address::read("http://127.0.0.1:9");
    let mut source = Source::new(&address, NetworkId::Regtest, Arc::new(Log)).unwrap();
    source.server = Box::new(served.clone());
    source.headers.offer(1, checked).unwrap();
    (served, source)
}

/// So many blocks, and from there on others.
fn forked(trunk: &[Header], salt: u8, count: usize) -> Vec<Header> {
    let branch = run(trunk.last().unwrap(), salt, count);
    [trunk, &branch[..]].concat()
}

/// This block, changed and worked on.
fn worked(below: &Header, change: impl Fn(&mut Header)) -> Header {
    let mut header = run(below, 0, 1)[0];
    change(&mut header);
    header.nonce = 0;
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    header
}

/// How high the checked chain is, how far behind, and whether the server agrees.
fn found(looked: &Result<Advance, SourceError>) -> (u32, u32, bool) {
    let advance = looked.as_ref().unwrap();
    (advance.tip.height, advance.behind, advance.agrees)
}

fn nonsense(looked: Result<Advance, SourceError>) -> String {
    match looked {
        Err(SourceError::Nonsense(why)) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_look_asks_for_so_many_pages_and_the_next_one_goes_on_where_it_ended() {
    let (whole, left) = (MOST_PAGES * PAGE, 500);
    let trunk = run(&genesis(), 0, (whole + left) as usize);
    let (served, source) = looking(Served::new(trunk), &[]);
    let looked = source.advance(NOW).await;
    assert_eq!(found(&looked), (whole, left, false));
    let refused = looked.unwrap().whole();
    assert!(matches!(refused, Err(SourceError::NotChecked { behind: 500 })), "{refused:?}");
    let pages: Vec<u32> = (0..MOST_PAGES).map(|page| page * PAGE + 1).collect();
    assert_eq!(served.asked(), pages);

    let looked = source.advance(NOW).await;
    assert_eq!(found(&looked), (whole + left, 0, true));
    let pages: Vec<u32> = (0..left / PAGE - 1).map(|page| whole + page * PAGE + 1).collect();
    assert_eq!(served.asked(), pages, "not the newest, which it named");
    assert_eq!(looked.unwrap().whole().unwrap().height, whole + left);

    let more = run(served.blocks.lock().unwrap().last().unwrap(), 0, PAGE as usize);
    served.blocks.lock().unwrap().extend(more);
    assert_eq!(found(&source.advance(NOW).await), (whole + left + PAGE, 0, true));
    assert_eq!(served.asked(), [0; 0], "what it names is next to what is checked");
}

#[tokio::test]
async fn a_branch_is_looked_for_downwards_to_where_it_leaves_the_chain() {
    let trunk = run(&genesis(), 0, 20);
    let (served, source) = looking(Served::new(forked(&trunk, 2, 25)), &forked(&trunk, 1, 10));
    assert_eq!(found(&source.advance(NOW).await), (45, 0, true));
    assert_eq!(served.asked(), [31, 21]);
    let tip = served.between(45, 45).tip;
    assert_eq!(source.headers.tip(), Some(tip));
}

#[tokio::test]
async fn a_branch_with_less_work_changes_nothing() {
    let trunk = run(&genesis(), 0, 20);
    let ours = forked(&trunk, 1, 10);
    let (served, source) = looking(Served::new(forked(&trunk, 2, 9)), &ours);
    let looked = source.advance(NOW).await;
    assert_eq!(found(&looked), (30, 0, false));
    assert!(matches!(looked.unwrap().whole(), Err(SourceError::NotChecked { behind: 0 })));
    assert_eq!(served.asked(), [0; 0]);
    assert_eq!(source.headers.hash(30), Some(ours[29].block_hash()));
}

/// Three blocks with as much work as 24 of the server's.
#[tokio::test]
async fn a_branch_with_less_work_may_have_more_with_what_is_above() {
    let hard = |below: &Header| {
        worked(below, |header| header.bits = CompactTarget::from_consensus(0x200f_ffff))
    };
    let mut ours = vec![hard(&genesis())];
    for _ in 0..2 {
        ours.push(hard(ours.last().unwrap()));
    }
    // It begins above a block that names no difficulty for the next one.
    let anchor = serialize(&(0_u32, genesis().block_hash(), 0_u32));
    let headers = Headers::load(NetworkId::Regtest, vec![("anchor".to_owned(), anchor)], None);
    headers.offer(1, &ours).unwrap();
    let (served, source) = looking(Served::new(run(&genesis(), 2, 40)), &[]);
    let source = source.on(Arc::new(headers));
    assert_eq!(found(&source.advance(NOW).await), (40, 0, true));
    assert_eq!(served.asked(), [4, 1, 14, 24]);
}

#[tokio::test]
async fn a_branch_from_too_far_below_costs_a_look_no_more_pages() {
    let trunk = run(&genesis(), 0, 100);
    let ours = forked(&trunk, 1, 2_400);
    let (served, source) = looking(Served::new(forked(&trunk, 2, 2_410)), &ours);
    assert_eq!(found(&source.advance(NOW).await), (2_500, 10, false));
    assert_eq!(served.asked().len(), MOST_PAGES as usize);
    assert_eq!(source.headers.hash(2_500), Some(ours[2_499].block_hash()));
}

#[tokio::test]
async fn another_chain_is_told() {
    let other = run(&run(&genesis(), 9, 1)[0], 9, 30);
    let (served, source) = looking(Served::new(other), &run(&genesis(), 0, 5));
    assert_eq!(nonsense(source.advance(NOW).await), "its blocks are of another chain");
    assert_eq!(served.asked(), [6, 1]);
    assert_eq!(source.checked_height(), 5);
}

#[tokio::test]
async fn a_page_holds_the_blocks_that_were_asked_for() {
    let trunk = run(&genesis(), 0, 50);
    // The ones behind them.
    let beside = Served { is_beside: Some(1), ..Served::new(trunk.clone()) };
    let (_, source) = looking(beside, &[]);
    assert_eq!(nonsense(source.advance(NOW).await), "other blocks than were asked for");
    assert_eq!(source.checked_height(), 0);

    // Too few to reach the branch that they lead to.
    let few = Served { page: 3, ..Served::new(forked(&trunk[..20], 2, 25)) };
    let (served, source) = looking(few, &trunk[..30]);
    assert_eq!(nonsense(source.advance(NOW).await), "its blocks do not hang together");
    assert_eq!(served.asked(), [31, 21]);
    assert_eq!(source.headers.hash(30), Some(trunk[29].block_hash()));
}

#[tokio::test]
async fn a_page_that_goes_beyond_the_newest_is_another() {
    let served = Served { is_beside: Some(0), ..Served::new(run(&genesis(), 0, 50)) };
    let (served, source) = looking(served, &[]);
    let newest = source.server.newest().await.unwrap();
    let more = run(newest.headers.last().unwrap(), 0, 1);
    let pages = super::Pages { left: 1, ..super::Pages::of(newest.tip, NOW) };
    assert!(source.page(1, &pages).await.is_ok(), "all that it named");
    served.blocks.lock().unwrap().extend(more);
    let page = source.page(1, &pages).await;
    assert!(matches!(page, Err(SourceError::Nonsense(_))), "one more: {page:?}");
}

#[tokio::test]
async fn what_was_right_below_a_wrong_block_stays() {
    let mut trunk = run(&genesis(), 0, 24);
    let wrong = worked(&trunk[23], |header| {
        header.bits = CompactTarget::from_consensus(0x207f_fffe);
    });
    trunk.push(wrong);
    let (served, source) = looking(Served::new(forked(&trunk, 0, 25)), &[]);
    let said = nonsense(source.advance(NOW).await);
    assert!(said.contains("another difficulty"), "{said}");
    assert_eq!(served.asked(), [1, 11, 21]);
    assert_eq!(source.checked_height(), 20);
}

#[tokio::test]
async fn no_block_is_from_the_future() {
    let mut trunk = run(&genesis(), 0, 9);
    let time = trunk[8].time;
    let late = u32::try_from(NOW.secs()).unwrap() + DAY + 1;
    trunk.push(worked(&trunk[8], |header| header.time = late));
    // Blocks may be earlier than the one below.
    trunk.push(worked(&trunk[9], |header| header.time = time + 1_200));
    for (blocks, pages) in [(trunk[..10].to_vec(), &[][..]), (forked(&trunk, 0, 20), &[1_u32][..])]
    {
        let (served, source) = looking(Served::new(blocks), &[]);
        let looked = source.advance(NOW).await;
        assert!(matches!(looked, Err(SourceError::FromTheFuture { secs: 86_401 })), "{looked:?}");
        assert_eq!(served.asked(), pages);
        assert_eq!(source.checked_height(), 0);
    }
}
