//! What every target must do.

use super::memory::{Memory, Shelf};
use super::read::{find, is_last};
use super::*;
use std::io::{self, Read};
use std::sync::Mutex;

/// A place, with or without a copy on it.
trait Ground {
    /// As a person chooses it.
    fn make(&self, claim: Claim) -> Result<Box<dyn Target>, CopyError>;
    /// As the next start finds it.
    fn again(&self) -> Box<dyn Target>;
    fn goes(&self);
    fn comes_back(&self);
}

struct Disk(tempfile::TempDir);

impl Disk {
    fn stick(&self) -> PathBuf {
        self.0.path().join("stick")
    }
}

impl Ground for Disk {
    fn make(&self, claim: Claim) -> Result<Box<dyn Target>, CopyError> {
        let mut folder = Folder::make(&self.stick(), claim)?;
        folder.claim(claim)?;
        Ok(Box::new(folder))
    }

    fn again(&self) -> Box<dyn Target> {
        Box::new(Folder::at(&self.stick()))
    }

    /// The mount point stays.
    fn goes(&self) {
        std::fs::rename(self.stick(), self.0.path().join("pulled")).unwrap();
        std::fs::create_dir(self.stick()).unwrap();
    }

    fn comes_back(&self) {
        std::fs::remove_dir(self.stick()).expect("nothing was made in its absence");
        std::fs::rename(self.0.path().join("pulled"), self.stick()).unwrap();
    }
}

#[derive(Default)]
struct Shelves(Arc<Mutex<Shelf>>);

impl Ground for Shelves {
    fn make(&self, claim: Claim) -> Result<Box<dyn Target>, CopyError> {
        Ok(Box::new(Memory::make(&self.0, claim)?))
    }

    fn again(&self) -> Box<dyn Target> {
        Box::new(Memory::on(&self.0))
    }

    fn goes(&self) {
        self.0.lock().unwrap().away = true;
    }

    fn comes_back(&self) {
        self.0.lock().unwrap().away = false;
    }
}

/// A server, and what asks it.
struct Web {
    server: PretendVss,
    runtime: tokio::runtime::Runtime,
    seal: Arc<Seal>,
}

impl Web {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Self { server: PretendVss::start().unwrap(), runtime, seal: seal() }
    }
}

impl Ground for Web {
    fn make(&self, claim: Claim) -> Result<Box<dyn Target>, CopyError> {
        let _entered = self.runtime.enter();
        let mut vss = Vss::make(&self.server.url(), &self.seal, claim)?;
        vss.claim(claim)?;
        Ok(Box::new(vss))
    }

    fn again(&self) -> Box<dyn Target> {
        let _entered = self.runtime.enter();
        Box::new(Vss::at(&self.server.url(), &self.seal).unwrap())
    }

    fn goes(&self) {
        self.server.goes();
    }

    fn comes_back(&self) {
        self.server.comes_back();
    }
}

fn on_each(check: impl Fn(&dyn Ground)) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("stick")).unwrap();
    check(&Disk(dir));
    check(&Shelves::default());
    check(&Web::new());
}

const OURS: Claim = Claim { wallet: WalletId([1; 16]), writer: [2; 16], term: 0 };
const ELSEWHERE: Claim = Claim { wallet: WalletId([1; 16]), writer: [3; 16], term: 0 };
const THEIRS: Claim = Claim { wallet: WalletId([9; 16]), writer: [4; 16], term: 0 };

fn content(target: &mut dyn Target, name: Name) -> Result<Vec<u8>, CopyError> {
    let mut bytes = Vec::new();
    target.read(name)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn what_is_put_is_there_in_order_and_after_a_restart() {
    on_each(|ground| {
        let large = vec![7; 5 << 20];
        let mut target = ground.make(OURS).unwrap();
        let all: [(Name, &[u8]); 3] =
            [(Name::Segment(10), b"later"), (Name::Base(9), &large), (Name::Segment(100), b"")];
        for (name, mut bytes) in all {
            target.put(name, &mut bytes).unwrap();
        }
        for target in [&mut target, &mut ground.again()] {
            let listed = target.list().unwrap();
            assert_eq!(listed, [Name::Base(9), Name::Segment(10), Name::Segment(100)]);
            for (name, bytes) in all {
                assert!(content(target.as_mut(), name).unwrap() == bytes);
            }
            let nothing = content(target.as_mut(), Name::Base(10));
            assert!(matches!(nothing, Err(CopyError::Missing)));
        }
        target.remove(Name::Base(9)).unwrap();
        target.remove(Name::Base(9)).unwrap();
        assert_eq!(ground.again().list().unwrap(), [Name::Segment(10), Name::Segment(100)]);
    });
}

#[test]
fn another_wallet_is_refused_and_changes_nothing() {
    on_each(|ground| {
        let mut target = ground.make(OURS).unwrap();
        target.put(Name::Base(1), &mut &b"ours"[..]).unwrap();
        assert!(matches!(ground.make(THEIRS), Err(CopyError::Foreign)));
        assert!(matches!(ground.again().claim(THEIRS), Err(CopyError::Foreign)));
        target.check().unwrap();
        assert_eq!(content(target.as_mut(), Name::Base(1)).unwrap(), b"ours");
    });
}

#[test]
fn the_same_wallet_elsewhere_takes_over_and_the_first_one_sees_it() {
    on_each(|ground| {
        let mut first = ground.make(OURS).unwrap();
        first.put(Name::Base(1), &mut &b"one"[..]).unwrap();
        let mut second = ground.again();
        second.claim(ELSEWHERE).unwrap();
        second.put(Name::Segment(2), &mut &b"two"[..]).unwrap();
        assert!(matches!(first.check(), Err(CopyError::TakenOver)));
        let late = first.put(Name::Segment(2), &mut &b"late"[..]);
        assert!(matches!(late, Err(CopyError::TakenOver)));
        assert!(matches!(first.remove(Name::Base(1)), Err(CopyError::TakenOver)));
        assert_eq!(content(second.as_mut(), Name::Segment(2)).unwrap(), b"two");
        assert_eq!(second.list().unwrap(), [Name::Base(1), Name::Segment(2)]);
    });
}

#[test]
fn who_restored_from_it_has_it_for_good() {
    on_each(|ground| {
        let mut first = ground.make(OURS).unwrap();
        let restored = Claim { term: 1, ..ELSEWHERE };
        let mut second = ground.again();
        second.claim(restored).unwrap();
        assert!(matches!(first.check(), Err(CopyError::Moved)));
        let late = first.put(Name::Base(1), &mut &b"late"[..]);
        assert!(matches!(late, Err(CopyError::Moved)));
        assert!(matches!(ground.again().claim(OURS), Err(CopyError::Moved)));
        assert!(matches!(ground.make(OURS), Err(CopyError::Moved)));
        assert!(matches!(ground.make(THEIRS), Err(CopyError::Foreign)));
        second.check().unwrap();
        assert!(ground.again().claimed().unwrap() == restored);
        // Opened again, and restored once more.
        ground.again().claim(Claim { writer: [5; 16], ..restored }).unwrap();
        ground.again().claim(Claim { term: 2, ..OURS }).unwrap();
    });
}

fn is_gone<T>(asked: Result<T, CopyError>) -> bool {
    matches!(asked, Err(CopyError::Missing | CopyError::Server(_)))
}

#[test]
fn a_place_that_is_gone_is_not_made_anew_and_comes_back_as_it_was() {
    on_each(|ground| {
        let mut target = ground.make(OURS).unwrap();
        target.put(Name::Base(1), &mut &b"one"[..]).unwrap();
        ground.goes();
        assert!(is_gone(target.check()));
        assert!(is_gone(target.list()));
        let lost = target.put(Name::Segment(2), &mut &b"two"[..]);
        assert!(is_gone(lost));
        assert!(is_gone(target.remove(Name::Base(1))));
        assert!(is_gone(ground.again().claim(OURS)));
        ground.comes_back();
        target.check().unwrap();
        assert_eq!(target.list().unwrap(), [Name::Base(1)]);
        target.put(Name::Segment(2), &mut &b"two"[..]).unwrap();
    });
}

/// Restored so often that there is no later one.
#[test]
fn a_claim_that_nobody_made_is_not_obeyed() {
    let said = |term: u64| Claim::read(Claim { term, ..OURS }.text().as_bytes());
    for term in [1 << 32, u64::MAX - 1, u64::MAX] {
        assert!(matches!(said(term), Err(CopyError::Damaged)), "{term}");
    }
    let last = said((1 << 32) - 1).unwrap();
    assert!(matches!(last.next_term(), Err(CopyError::Damaged)), "it could not be read again");
    let term = said(last.term - 1).unwrap().next_term().unwrap();
    assert!(term == last.term && OURS.next_term().unwrap() == 1);
}

/// A name in the copy's place proves nothing: the copy goes on from what opens.
#[test]
fn a_file_that_anybody_named_is_not_in_the_way() {
    on_each(|ground| {
        let mut life = Life::begin();
        let attach = |life: &Life| {
            Log::attach(ground.again(), life.seal.clone(), OURS, life.vault.stamp()).unwrap()
        };
        ground.make(OURS).unwrap();
        for number in [1, 2, 9_999, 1 << 53, u64::MAX - 1, u64::MAX] {
            for stray in [Name::Base(number), Name::Segment(number)] {
                life.commit(Batch::default(), true);
                life.follow(&mut attach(&life)).unwrap();
                let mut target = ground.make(OURS).unwrap();
                if target.list().unwrap().contains(&stray) {
                    continue;
                }
                target.put(stray, &mut &b""[..]).unwrap();
                let seen = find(target.as_mut(), &life.seal).unwrap();
                assert!(seen.stamp == life.vault.stamp(), "{stray:?}");
                assert!(is_last(target.as_mut(), &life.seal, &seen).unwrap(), "{stray:?}");
                life.commit(Batch::default(), true);
                life.follow(&mut attach(&life)).unwrap();
                let seen = find(target.as_mut(), &life.seal).unwrap();
                assert!(seen.stamp == life.vault.stamp(), "{stray:?}");
                let left = target.list().unwrap();
                assert!(left.iter().all(|name| name.sequence() < 100), "{left:?}");
            }
        }
    });
}

/// Content that ends in an error.
struct Breaking(usize);

impl Read for Breaking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("broken"));
        }
        let taken = into.len().min(self.0);
        self.0 -= taken;
        into[..taken].fill(1);
        Ok(taken)
    }
}

#[test]
fn half_a_file_is_none() {
    on_each(|ground| {
        let mut target = ground.make(OURS).unwrap();
        assert!(matches!(target.put(Name::Base(1), &mut Breaking(300_000)), Err(CopyError::Io(_))));
        assert_eq!(target.list().unwrap(), []);
        target.put(Name::Base(1), &mut &b"whole"[..]).unwrap();
        assert!(target.put(Name::Base(1), &mut Breaking(3)).is_err());
        assert_eq!(content(target.as_mut(), Name::Base(1)).unwrap(), b"whole");
    });
}

#[test]
fn so_many_files_that_a_list_has_pages_are_listed_and_removed() {
    on_each(|ground| {
        let mut target = ground.make(OURS).unwrap();
        let names: Vec<_> = (1..=250).map(Name::Segment).collect();
        names.iter().for_each(|name| target.put(*name, &mut &b"x"[..]).unwrap());
        assert_eq!(target.list().unwrap(), names);
        target.remove_all(&names[..240]).unwrap();
        target.remove_all(&names[..240]).unwrap();
        assert_eq!(ground.again().list().unwrap(), names[240..]);
    });
}

/// Segments are asked for before it is their turn.
#[test]
fn a_server_is_asked_for_a_file_once() {
    let web = Web::new();
    let mut target = web.make(OURS).unwrap();
    let names: Vec<_> = (1..=50).map(Name::Segment).collect();
    let text = |name: &Name| name.file().into_bytes();
    names.iter().for_each(|name| target.put(*name, &mut text(name).as_slice()).unwrap());
    let mut reader = web.again();
    assert_eq!(reader.list().unwrap(), names);
    let before = web.server.requests();
    names.iter().for_each(|name| {
        assert_eq!(content(reader.as_mut(), *name).unwrap(), text(name));
    });
    assert_eq!(web.server.requests() - before, 50);
    target.remove_all(&names[..49]).unwrap();
    assert_eq!(reader.list().unwrap(), names[49..]);
    assert!(matches!(content(reader.as_mut(), names[0]), Err(CopyError::Missing)));
}

/// What was seen is what is taken.
#[test]
fn a_server_that_was_written_after_the_look_is_not_taken() {
    let web = Web::new();
    let mut first = web.make(OURS).unwrap();
    let mut second = web.again();
    second.look().unwrap();
    first.put(Name::Base(1), &mut &b"one"[..]).unwrap();
    assert!(!second.claim_as_seen(ELSEWHERE).unwrap(), "what it saw is not what there is");
    first.put(Name::Base(2), &mut &b"two"[..]).unwrap();
    second.look().unwrap();
    assert!(second.claim_as_seen(ELSEWHERE).unwrap());
    assert!(matches!(first.put(Name::Base(3), &mut &b"no"[..]), Err(CopyError::TakenOver)));
}

/// The clock is in each request's signature.
#[test]
fn a_server_with_another_clock_or_other_words_admits_nobody() {
    let web = Web::new();
    let mut target = web.make(OURS).unwrap();
    target.put(Name::Base(1), &mut &b"ours"[..]).unwrap();
    web.server.clock_is_late(std::time::Duration::from_secs(3 * 86_400));
    assert!(matches!(target.check(), Err(CopyError::NotAdmitted)));
    web.server.clock_is_late(std::time::Duration::ZERO);
    target.check().unwrap();
    let other = Web { server: web.server.clone(), ..Web::new() };
    assert_eq!(other.make(THEIRS).unwrap().list().unwrap(), [], "other words have another store");
    target.check().unwrap();
}

#[test]
fn a_server_elsewhere_is_not_asked_in_the_clear() {
    let web = Web::new();
    let _entered = web.runtime.enter();
    let refused = Vss::at("http://vss.example.com/vss", &web.seal);
    assert!(matches!(refused, Err(CopyError::NotEncrypted)));
    Vss::at("https://vss.example.com/vss", &web.seal).unwrap();
}

/// What a person sees in the folder: one directory, closed to others, without leftovers.
#[cfg(unix)]
#[test]
fn a_folder_holds_one_directory_and_no_halves() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("stick")).unwrap();
    let disk = Disk(dir);
    let mut target = disk.make(OURS).unwrap();
    assert!(target.put(Name::Base(1), &mut Breaking(9)).is_err());
    target.put(Name::Base(2), &mut &b"whole"[..]).unwrap();
    std::fs::write(disk.stick().join("fulmen-copy/base-7.copy"), b"not ours").unwrap();
    std::fs::write(disk.stick().join("fulmen-copy/holiday.jpg"), b"not ours").unwrap();
    assert_eq!(target.list().unwrap(), [Name::Base(2)]);
    let path = disk.stick().join("fulmen-copy/base-00000000000000000002.copy");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    let above: Vec<_> = std::fs::read_dir(disk.stick()).unwrap().collect();
    assert_eq!(above.len(), 1);
    assert!(matches!(Folder::make(Path::new("/nowhere/at/all"), OURS), Err(CopyError::Missing)));
}
