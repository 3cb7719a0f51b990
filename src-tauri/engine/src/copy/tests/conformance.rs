//! What every target must do.

use super::memory::{Memory, Shelf};
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

fn on_each(check: impl Fn(&dyn Ground)) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("stick")).unwrap();
    check(&Disk(dir));
    check(&Shelves::default());
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

#[test]
fn a_place_that_is_gone_is_not_made_anew_and_comes_back_as_it_was() {
    on_each(|ground| {
        let mut target = ground.make(OURS).unwrap();
        target.put(Name::Base(1), &mut &b"one"[..]).unwrap();
        ground.goes();
        assert!(matches!(target.check(), Err(CopyError::Missing)));
        assert!(matches!(target.list(), Err(CopyError::Missing)));
        let lost = target.put(Name::Segment(2), &mut &b"two"[..]);
        assert!(matches!(lost, Err(CopyError::Missing)));
        assert!(matches!(target.remove(Name::Base(1)), Err(CopyError::Missing)));
        assert!(matches!(ground.again().claim(OURS), Err(CopyError::Missing)));
        ground.comes_back();
        target.check().unwrap();
        assert_eq!(target.list().unwrap(), [Name::Base(1)]);
        target.put(Name::Segment(2), &mut &b"two"[..]).unwrap();
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
