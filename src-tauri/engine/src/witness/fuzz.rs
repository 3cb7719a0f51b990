//! What holds of every blob that a peer gives back, for [`crate::fuzz`].

use super::blob::{PLAIN, SIZE, Seal, Witnessed, WitnessedPeer};
use crate::network::NetworkId;
use crate::store::fuzz::KEYS;
use lightning::util::ser::{Readable as _, Writeable as _};
use std::sync::LazyLock;

static SEAL: LazyLock<Seal> = LazyLock::new(|| Seal::new(&KEYS, NetworkId::Practice));

/// `s`: a blob as a peer gives it back; else what is in one.
pub(crate) fn blob(data: &[u8]) {
    match data.split_first() {
        // Nobody without the words makes one that opens.
        Some((b's', sealed)) => assert_eq!(SEAL.open(sealed), None),
        _ => inside(data),
    }
}

fn inside(mut plain: &[u8]) {
    let Ok(said) = Witnessed::read(&mut plain) else { return };
    let sealed = SEAL.seal(said.clone());
    assert_eq!(sealed.len(), SIZE, "its length tells nothing");
    let opened = SEAL.open(&sealed).expect("what was sealed");
    if said.encode().len() <= PLAIN {
        assert_eq!(opened, said);
    } else {
        left_out(&opened, &said);
    }
    let mut damaged = sealed;
    let at = usize::try_from(said.generation).unwrap_or_default() % SIZE;
    damaged[at] ^= 1;
    assert_eq!(SEAL.open(&damaged), None);
}

/// What had no room was counted, and the rest is as it was.
fn left_out(opened: &Witnessed, said: &Witnessed) {
    let bare = |one: &Witnessed| Witnessed { peers: Vec::new(), left_out: 0, ..one.clone() };
    assert_eq!(bare(opened), bare(said));
    for (kept, peer) in opened.peers.iter().zip(&said.peers) {
        let fundings = peer.fundings[..kept.fundings.len()].to_vec();
        assert_eq!(*kept, WitnessedPeer { fundings, ..peer.clone() });
    }
    assert!(opened.peers.len() <= said.peers.len());
    let all = |one: &Witnessed| {
        let channels: usize = one.peers.iter().map(|peer| peer.fundings.len()).sum();
        one.left_out.saturating_add(u32::try_from(channels).unwrap_or(u32::MAX))
    };
    assert_eq!(all(opened), all(said));
}
