//! Somebody else in the folder: files cut, changed, removed, exchanged, older, renamed, or of another wallet.

use super::*;
use proptest::sample::Index;

#[derive(Clone, Debug)]
enum Damage {
    Cut(Index, Index),
    Flip(Index, Index),
    Gone(Index),
    Exchange(Index, Index),
    /// Under a number that nothing has yet.
    Renamed(Index),
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
        index().prop_map(Damage::Renamed),
        index().prop_map(Damage::Older),
        index().prop_map(Damage::Foreign),
        index().prop_map(Damage::Empty),
    ]
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
        Damage::Renamed(file) => {
            let path = stick.join("fulmen-copy/base-00000000000000009999.copy");
            std::fs::copy(pick(file), path).unwrap();
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
