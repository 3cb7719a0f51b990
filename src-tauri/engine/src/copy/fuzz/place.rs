//! A place where anybody leaves files, in memory.

use crate::copy::log::Log;
use crate::copy::memory::{Memory, Shelf};
use crate::copy::read::{find, opens};
use crate::copy::{Claim, CopyError, Name, Queue, Seal, Target, WalletId};
use crate::keys::DataKey;
use crate::store::{Batch, Stamp, Vault, fuzz::free_folder};
use crate::time::Timestamp;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

/// No place sees more.
const MOST_STEPS: usize = 32;
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const OURS: Claim = Claim { wallet: WalletId([1; 16]), writer: [2; 16], term: 0 };

/// What is copied.
struct Here {
    dir: PathBuf,
    vault: Vault,
    _lock: File,
}

static HERE: LazyLock<Here> = LazyLock::new(|| {
    let (dir, lock) = free_folder();
    let vault = Vault::create(&dir.join("vault.db"), &DataKey::generate()).expect("a vault");
    Here { dir, vault, _lock: lock }
});

/// First the term of the claim that is there, then steps. `c`: a commit is copied; `b`: the same with a new base; `a`: the wallet
/// is opened again; `n`: somebody leaves a file (`b` or `s`, its number, its length and what is in it; after an `h` that follows
/// the right header); `e`: a file that was there earlier is there again.
pub(crate) fn place(data: &[u8]) {
    let Some((term, mut steps)) = data.split_first_chunk() else { return };
    let there = Claim { writer: [3; 16], term: u64::from_be_bytes(*term), ..OURS };
    let Ok(read) = Claim::read(there.text().as_bytes()) else { return };
    assert!(read == there && (read.term == 0 || read.yields_to(OURS).is_err()));
    assert!(
        read.next_term().is_ok_and(|next| next > read.term) || read.term == u64::from(u32::MAX)
    );
    let mut writer = Writer::begin(there);
    for _ in 0..MOST_STEPS {
        if writer.takes(&mut steps).is_none() {
            return;
        }
        writer.holds();
    }
}

struct Writer {
    shelf: Arc<Mutex<Shelf>>,
    seal: Arc<Seal>,
    queue: Queue,
    log: Option<Log>,
    /// Each file that was ours.
    earlier: Vec<(Name, Vec<u8>)>,
    /// The last commit that is in the copy.
    copied: Option<Stamp>,
}

impl Writer {
    fn begin(there: Claim) -> Self {
        let shelf = Arc::default();
        drop(Memory::make(&shelf, there).expect("nobody is there"));
        let queue = Queue::new(HERE.vault.stamp());
        queue.keep(true);
        let seal = Arc::clone(&super::SEAL);
        Self { shelf, seal, queue, log: None, earlier: Vec::new(), copied: None }
    }

    /// `None`: nothing more happens.
    fn takes(&mut self, steps: &mut &[u8]) -> Option<()> {
        let (letter, rest) = steps.split_first()?;
        *steps = rest;
        match letter {
            b'c' => self.commits(false)?,
            b'b' => self.commits(true)?,
            b'n' => self.somebody_leaves(steps)?,
            b'e' => self.comes_back(steps)?,
            _ => self.log = None,
        }
        Some(())
    }

    fn commits(&mut self, is_whole: bool) -> Option<()> {
        let Here { dir, vault, .. } = &*HERE;
        vault.commit(&Batch::default()).expect("a commit");
        self.queue.committed(vault.stamp(), Batch::default());
        let mut log = match self.log.take() {
            Some(log) => log,
            None => self.attaches()?,
        };
        let following = log.stamp().and_then(|stamp| self.queue.following(stamp));
        let written = match following {
            Some(commits) if !is_whole => log.append(&commits, NOW),
            _ => log.rebase(vault, &dir.join("copy.tmp"), NOW).map(drop),
        };
        written.expect("nothing there is in the way");
        self.queue.copied(vault.stamp());
        (self.copied, self.log) = (Some(vault.stamp()), Some(log));
        self.remember();
        Some(())
    }

    /// `None`: whoever restored from there has it, or a later Fulmen seems to.
    fn attaches(&self) -> Option<Log> {
        let (target, before) = (Box::new(Memory::on(&self.shelf)), self.claimed());
        match Log::attach(target, self.seal.clone(), OURS, HERE.vault.stamp()) {
            Ok(log) => return Some(log),
            Err(CopyError::Moved) => assert!(before.term > 0),
            Err(CopyError::Newer) => {}
            Err(error) => panic!("{error}"),
        }
        assert!(self.claimed() == before, "it is left alone");
        None
    }

    fn claimed(&self) -> Claim {
        Memory::on(&self.shelf).claimed().expect("it was claimed")
    }

    fn remember(&mut self) {
        let mut target = Memory::on(&self.shelf);
        for name in target.list().expect("it is there") {
            let is_known = self.earlier.iter().any(|(earlier, _)| *earlier == name);
            if !is_known && opens(&mut target, &self.seal, name).is_ok_and(|opens| opens) {
                let mut content = Vec::new();
                let mut file = target.read(name).expect("it is there");
                file.read_to_end(&mut content).expect("memory");
                self.earlier.push((name, content));
            }
        }
    }

    fn somebody_leaves(&self, steps: &mut &[u8]) -> Option<()> {
        let ([kind, number @ .., length], rest) = steps.split_first_chunk::<10>()?;
        let number = u64::from_be_bytes(*number);
        let name = if *kind == b'b' { Name::Base(number) } else { Name::Segment(number) };
        let (content, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        *steps = rest;
        let content = match content.split_first() {
            Some((b'h', sealed)) => [self.seal.header_of(name).as_slice(), sealed].concat(),
            _ => content.to_vec(),
        };
        Memory::on(&self.shelf).leave(name, content);
        Some(())
    }

    fn comes_back(&self, steps: &mut &[u8]) -> Option<()> {
        let (at, rest) = steps.split_first()?;
        *steps = rest;
        let (name, content) = self.earlier.get(usize::from(*at))?;
        Memory::on(&self.shelf).leave(*name, content.clone());
        Some(())
    }

    /// What was copied is found, whatever else is there.
    fn holds(&self) {
        match find(&mut Memory::on(&self.shelf), &self.seal) {
            Ok(found) => assert!(Some(found.stamp) == self.copied, "another commit"),
            Err(CopyError::Newer) => {}
            Err(error) => assert!(self.copied.is_none(), "{error}"),
        }
    }
}
