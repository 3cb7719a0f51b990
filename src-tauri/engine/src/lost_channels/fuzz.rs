//! What holds of what a person hands over of lost channels, for [`crate::fuzz`].

use super::kept::LostPeer;
use super::told::{Ask, AskError, MOST_CHANNELS, MOST_PEERS, Told, node_of, read};
use crate::config::Settings;
use crate::store::channels_file::{ChannelsFile, seal};
use crate::store::fuzz::{KEYS, reads_again};
use crate::view::NetworkId;
use bitcoin::secp256k1::PublicKey;
use std::sync::LazyLock;

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings::of_nobody(NetworkId::Practice));

/// `f`: what is in a file of channels; else lines that name peers.
pub(crate) fn asked(data: &[u8]) {
    match data.split_first() {
        Some((b'f', file)) => file_of(file),
        _ => pasted(&String::from_utf8_lossy(data)),
    }
}

/// Each line names a peer and where it lives, or is told to be wrong.
fn pasted(text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    let ask = Ask { peers: text.to_owned(), ..Ask::default() };
    let (all, wrong) = match read(&ask, &KEYS, &SETTINGS) {
        Ok(read) => read,
        Err(AskError::TooMany) => return assert!(lines.len() > MOST_PEERS),
        Err(error) => panic!("{error}"),
    };
    assert!(all.len() <= MOST_PEERS);
    assert!(wrong.windows(2).all(|two| two[0] < two[1]), "in their order");
    let is_blank = |line: &&str| line.trim().is_empty();
    for number in &wrong {
        let line = usize::try_from(*number).expect("a few lines") - 1;
        assert!(!is_blank(&lines[line]), "{number}");
    }
    let good: usize = all.iter().map(|told| told.addresses.len()).sum();
    assert_eq!(good + wrong.len(), lines.iter().filter(|line| !is_blank(line)).count());
    for told in &all {
        for address in &told.addresses {
            let again = node_of(&format!("{}@{address}", told.node), &SETTINGS);
            assert_eq!(again, Some((told.node, address.clone())));
        }
        kept(told);
    }
}

/// It makes us call on no more than there can be, and only about what it names.
fn file_of(file: &[u8]) {
    let Some(content) = reads_again::<ChannelsFile>(file) else { return };
    let sealed = seal(&KEYS, &content).expect("it is sealed");
    let ask = Ask { file: Some(sealed), ..Ask::default() };
    match read(&ask, &KEYS, &SETTINGS) {
        Ok((all, wrong)) => {
            assert!(wrong.is_empty() && content.network == SETTINGS.network.chain());
            assert!(all.len() <= MOST_PEERS);
            for told in &all {
                assert!((1..=MOST_CHANNELS).contains(&told.channels.len()));
                assert!(told.channels.iter().all(|channel| {
                    channel.peer.parse::<PublicKey>() == Ok(told.node)
                        && content.channels.contains(channel)
                }));
                kept(told);
            }
        }
        Err(AskError::OtherNetwork) => assert_ne!(content.network, SETTINGS.network.chain()),
        Err(AskError::TooMany) => assert!(content.channels.len() > MOST_PEERS),
        Err(error) => panic!("{error}"),
    }
}

/// The vault keeps it, and has it back at the next start.
fn kept(told: &Told) {
    let peer = LostPeer::of(told);
    assert_eq!(peer.peer.parse::<PublicKey>(), Ok(told.node));
    let row = serde_json::to_vec(&peer).expect("what is kept can be written");
    assert_eq!(reads_again::<LostPeer>(&row).as_ref(), Some(&peer));
}
