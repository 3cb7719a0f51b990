//! Somebody else in the folder: files cut, changed, removed, exchanged, older, renamed, or of another wallet.

use super::read::{find, is_last};
use super::*;
use proptest::sample::Index;

#[derive(Clone, Debug)]
enum Damage {
    Cut(Index, Index),
    Flip(Index, Index),
    Gone(Index),
    Exchange(Index, Index),
    /// Under a number that nothing has yet.
    Renamed(Index, Name),
    /// As it was at an earlier time.
    Older(Index),
    Foreign(Index),
    Empty(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    prop_oneof![
        (index(), index()).prop_map(|(file, at)| Damage::Cut(file, at)),
        (index(), index()).prop_map(|(file, at)| Damage::Flip(file, at)),
        index().prop_map(Damage::Gone),
        (index(), index()).prop_map(|(one, other)| Damage::Exchange(one, other)),
        (index(), stray()).prop_map(|(file, name)| Damage::Renamed(file, name)),
        index().prop_map(Damage::Older),
        index().prop_map(Damage::Foreign),
        index().prop_map(Damage::Empty),
    ]
}

/// A name that anybody could give a file.
fn stray() -> impl Strategy<Value = Name> {
    let number = prop_oneof![3..20_u64, Just(9999), Just(u64::MAX - 1), Just(u64::MAX)];
    (number, any::<bool>()).prop_map(|(number, is_base)| match is_base {
        true => Name::Base(number),
        false => Name::Segment(number),
    })
}

/// Files that were there once, with their names.
type Earlier = Vec<(PathBuf, Vec<u8>)>;

fn harm(stick: &Path, damage: &Damage, earlier: &Earlier, foreign: &[u8]) {
    let all = files(stick);
    let Some(pick) = (!all.is_empty()).then_some(|index: &Index| index.get(&all).clone()) else {
        return;
    };
    let read = |path: &Path| std::fs::read(path).unwrap();
    match damage {
        Damage::Cut(file, at) => {
            let (path, content) = (pick(file), read(&pick(file)));
            std::fs::write(path, &content[..at.index(content.len().max(1))]).unwrap();
        }
        Damage::Flip(file, at) => {
            let (path, mut content) = (pick(file), read(&pick(file)));
            let at = at.index(content.len().max(1));
            if let Some(byte) = content.get_mut(at) {
                *byte ^= 0x40;
            }
            std::fs::write(path, content).unwrap();
        }
        Damage::Gone(file) => std::fs::remove_file(pick(file)).unwrap(),
        Damage::Exchange(one, other) => {
            let (first, second) = (read(&pick(one)), read(&pick(other)));
            std::fs::write(pick(one), second).unwrap();
            std::fs::write(pick(other), first).unwrap();
        }
        Damage::Renamed(file, name) => {
            let path = stick.join("fulmen-copy").join(name.file());
            if !path.exists() {
                std::fs::copy(pick(file), path).unwrap();
            }
        }
        Damage::Older(file) => {
            let (path, content) = file.get(earlier);
            std::fs::write(path, content).unwrap();
        }
        Damage::Foreign(file) => std::fs::write(pick(file), foreign).unwrap(),
        Damage::Empty(file) => std::fs::write(pick(file), b"").unwrap(),
    }
}

fn of_another_wallet() -> Vec<u8> {
    let mut life = Life::begin();
    life.commit(Batch::default(), true);
    let mut log = life.attach(life.folder());
    life.follow(&mut log).unwrap();
    std::fs::read(&files(&life.stick())[0]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_harmed_copy_is_an_earlier_state_or_none_and_heals(
        steps in vec((a_batch(), 0..8_u8), 2..16),
        harms in vec(damage(), 1..4),
    ) {
        let mut life = Life::begin();
        let mut log = life.attach(life.folder());
        let mut earlier = Earlier::new();
        for (batch, luck) in steps {
            life.commit(batch, true);
            match luck {
                0 => drop(log.rebase(&life.vault, &life.aside(), now()).unwrap()),
                _ => drop(life.follow(&mut log).unwrap()),
            }
            let here = files(&life.stick());
            earlier.extend(here.into_iter().map(|path| { let content = std::fs::read(&path).unwrap(); (path, content) }));
        }
        let foreign = of_another_wallet();
        for one in &harms {
            harm(&life.stick(), one, &earlier, &foreign);
        }
        match life.read() {
            Ok(state) => drop(life.place_of(&state)),
            Err(CopyError::Damaged | CopyError::Empty | CopyError::Foreign | CopyError::Newer) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
        // The next start looks at what is there, and says again what is missing.
        match Log::attach(life.folder(), life.seal.clone(), life.claim(), life.vault.stamp()) {
            Ok(mut log) => {
                life.commit(Batch::default(), true);
                life.follow(&mut log).unwrap();
                let state = life.read().unwrap();
                prop_assert_eq!(life.place_of(&state), life.history.len() - 1);
            }
            Err(error) => prop_assert!(matches!(error, CopyError::Newer), "{error}"),
        }
    }
}

/// Its rows are read before anybody knows that its end is missing.
#[test]
fn a_base_without_its_end_gives_way_to_the_one_before() {
    let mut life = Life::begin();
    life.commit(Batch::default(), true);
    let mut log = life.attach(life.folder());
    log.rebase(&life.vault, &life.aside(), now()).unwrap();
    let (earlier, base) = (life.history.len() - 1, files(&life.stick()).remove(0));
    let kept = std::fs::read(&base).unwrap();
    let long = Batch { manager: Some(vec![7; 300_000]), ..Batch::default() };
    life.commit(long, true);
    log.rebase(&life.vault, &life.aside(), now()).unwrap();
    let newest = files(&life.stick()).remove(0);
    assert_ne!(newest, base, "a new base takes the place of the old one");
    std::fs::write(&base, kept).unwrap();
    let whole = std::fs::read(&newest).unwrap();
    std::fs::write(&newest, &whole[..whole.len() - 1]).unwrap();
    let state = life.read().unwrap();
    assert_eq!(life.place_of(&state), earlier);
}

/// Whoever can write there can leave what hides the next file until it is written.
#[test]
fn what_is_written_over_a_stray_file_after_a_look_is_noticed() {
    let mut life = Life::begin();
    life.commit(Batch::default(), true);
    let mut log = life.attach(life.folder());
    life.follow(&mut log).unwrap();
    let stray = life.stick().join("fulmen-copy").join(Name::Segment(2).file());
    std::fs::write(stray, b"").unwrap();
    let read = find(life.folder().as_mut(), &life.seal).unwrap();
    assert!(!read.whole && is_last(life.folder().as_mut(), &life.seal, &read).unwrap());
    life.commit(Batch::default(), true);
    life.follow(&mut log).unwrap();
    assert!(!is_last(life.folder().as_mut(), &life.seal, &read).unwrap());
    let read = find(life.folder().as_mut(), &life.seal).unwrap();
    assert!(read.whole && is_last(life.folder().as_mut(), &life.seal, &read).unwrap());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_none_of_the_copy() {
    let mut life = Life::begin();
    life.commit(Batch::default(), true);
    let mut log = life.attach(life.folder());
    life.follow(&mut log).unwrap();
    let directory = life.stick().join("fulmen-copy").join(Name::Base(7).file());
    std::fs::create_dir(&directory).unwrap();
    std::os::unix::fs::symlink(&directory, directory.with_file_name(Name::Base(8).file())).unwrap();
    let mut log = life.attach(life.folder());
    assert!(log.stamp().is_some(), "nothing is missing");
    life.commit(Batch::default(), true);
    life.follow(&mut log).unwrap();
    log.rebase(&life.vault, &life.aside(), now()).unwrap();
    let state = life.read().unwrap();
    assert_eq!(life.place_of(&state), life.history.len() - 1);
}
