//! A writer that dies at any step of any file, on a disk that may have kept half of it.

use super::*;
use std::io::Read;

/// Where the writer dies.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// Before anything of the file is there.
    Before,
    /// The file has its name, and a part of its content: the disk lied about a sync.
    Torn(u8),
    /// The file is there; nobody heard of it.
    After,
    /// While old files are being removed.
    Removing,
}

struct Mortal {
    inner: Folder,
    path: PathBuf,
    death: Option<Death>,
}

fn died() -> CopyError {
    CopyError::Io(std::io::Error::other("killed"))
}

impl Target for Mortal {
    fn claimed(&mut self) -> Result<Claim, CopyError> {
        self.inner.claimed()
    }

    fn claim(&mut self, claim: Claim) -> Result<(), CopyError> {
        self.inner.claim(claim)
    }

    fn check(&mut self) -> Result<(), CopyError> {
        self.inner.check()
    }

    fn list(&mut self) -> Result<Vec<Name>, CopyError> {
        self.inner.list()
    }

    fn read(&mut self, name: Name) -> Result<Box<dyn Read + Send>, CopyError> {
        self.inner.read(name)
    }

    fn put(&mut self, name: Name, content: &mut dyn Read) -> Result<(), CopyError> {
        match self.death {
            Some(Death::Before) => return Err(died()),
            Some(Death::Torn(part)) => {
                self.inner.put(name, content)?;
                let newest = files(&self.path).into_iter().find(|path| {
                    path.to_string_lossy().contains(&format!("{:020}", name.sequence()))
                });
                let newest = newest.unwrap();
                let whole = std::fs::read(&newest).unwrap();
                std::fs::write(newest, &whole[..whole.len() * usize::from(part) / 256]).unwrap();
                return Err(died());
            }
            _ => self.inner.put(name, content)?,
        }
        if matches!(self.death, Some(Death::After)) { Err(died()) } else { Ok(()) }
    }

    fn remove(&mut self, name: Name) -> Result<(), CopyError> {
        match self.death {
            Some(Death::Removing) => Err(died()),
            _ => self.inner.remove(name),
        }
    }
}

fn death() -> impl Strategy<Value = Option<Death>> {
    proptest::option::weighted(
        0.4,
        prop_oneof![
            Just(Death::Before),
            any::<u8>().prop_map(Death::Torn),
            Just(Death::After),
            Just(Death::Removing),
        ],
    )
}

/// What happens after a commit.
#[derive(Clone, Debug)]
enum Then {
    Nothing,
    /// The copy follows, or the writer dies of it and is started again.
    Follow(Option<Death>),
    /// A whole new base, or the same.
    Rebase(Option<Death>),
}

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![
        2 => Just(Then::Nothing),
        5 => death().prop_map(Then::Follow),
        1 => death().prop_map(Then::Rebase),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    /// What is acknowledged is there, and what is there is a state that the vault had, row for row.
    #[test]
    fn what_is_read_is_the_vault_after_one_of_its_commits(
        steps in vec((a_batch(), then(), any::<u8>()), 1..16),
    ) {
        let mut life = Life::begin();
        let mut acknowledged = None;
        let mut log = life.attach(life.folder());
        for (batch, then, luck) in steps {
            // Now and then a commit that the queue does not hear of.
            life.commit(batch, luck > 20);
            let death = match &then {
                Then::Nothing => continue,
                Then::Follow(death) | Then::Rebase(death) => *death,
            };
            if death.is_some() {
                let (inner, path) = (Folder::at(&life.stick()), life.stick());
                log = life.attach(Box::new(Mortal { inner, path, death }));
            }
            let written = match then {
                Then::Rebase(_) => log.rebase(&life.vault, &life.aside(), now()),
                _ => life.follow(&mut log),
            };
            match written {
                Ok(stamp) => acknowledged = acknowledged.max(Some(stamp.generation)),
                Err(_) => prop_assert!(death.is_some()),
            }
            prop_assert!(!life.aside().exists());
            if death.is_none() {
                continue;
            }
            log = life.attach(life.folder());
            match life.read() {
                Ok(state) => {
                    let at = life.place_of(&state);
                    prop_assert!(Some(life.history[at].0.generation) >= acknowledged);
                }
                Err(error) => prop_assert!(acknowledged.is_none(), "{error}"),
            }
        }
        life.commit(Batch::default(), true);
        let stamp = life.follow(&mut log).unwrap();
        let state = life.read().unwrap();
        prop_assert_eq!(life.place_of(&state), life.history.len() - 1);
        prop_assert!(stamp == state.0);
        // Nothing older than the base is left.
        let left = files(&life.stick());
        let bases = left.iter().filter(|path| path.to_string_lossy().contains("base-")).count();
        prop_assert_eq!(bases, 1);
    }
}

/// A segment a commit, and a new base before they are more than may be.
#[test]
fn the_copy_stays_bounded() {
    let mut life = Life::begin();
    let mut log = life.attach(life.folder());
    let (mut most, mut least) = (0, u64::MAX);
    for round in 0..120_u8 {
        let manager = Some(vec![round; 400_000]);
        life.commit(Batch { manager, ..Batch::default() }, true);
        life.history.truncate(1);
        life.follow(&mut log).unwrap();
        let size = files(&life.stick()).iter().map(|path| path.metadata().unwrap().len()).sum();
        (most, least) = (u64::max(most, size), u64::min(least, size));
    }
    assert!(most < 10 << 20, "{most}");
    assert!(least < 1 << 20, "{least}");
    let stamp = life.read().unwrap().0;
    assert!(stamp == life.vault.stamp());
}

#[test]
fn commits_that_cannot_wait_any_longer_are_said_again_by_a_base() {
    let mut life = Life::begin();
    let mut log = life.attach(life.folder());
    life.follow(&mut log).unwrap();
    assert!(life.queue.behind().is_none());
    for round in 0..9_u8 {
        life.commit(Batch { manager: Some(vec![round; 2 << 20]), ..Batch::default() }, true);
    }
    assert!(life.queue.following(log.stamp().unwrap()).is_none());
    assert!(life.queue.behind().is_some());
    life.follow(&mut log).unwrap();
    assert!(life.queue.behind().is_none());
    let state = life.read().unwrap();
    assert_eq!(life.place_of(&state), 9);
}

#[test]
fn a_copy_that_is_ahead_of_the_vault_is_left_alone() {
    let mut life = Life::begin();
    let old = life.vault.stamp();
    life.commit(Batch::default(), true);
    let mut log = life.attach(life.folder());
    life.follow(&mut log).unwrap();
    let refused = Log::attach(life.folder(), life.seal.clone(), life.claim(), old).err();
    assert!(matches!(refused, Some(CopyError::Ahead)));
    assert_eq!(life.read().unwrap().0.generation, 1);
}
