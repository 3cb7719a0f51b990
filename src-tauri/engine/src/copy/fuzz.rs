//! What holds of every file of a copy, for [`crate::fuzz`].

mod place;

pub(crate) use super::vss::fuzz::answers as vss;
pub(crate) use place::place;

use super::record::{Commit, Frames, Head, put};
use super::{CopyError, Name, Place, Seal};
use crate::network::NetworkId;
use crate::store::{
    Row,
    fuzz::{KEYS, reads_again},
};
use lightning::util::ser::{Readable, Writeable};
use std::io::Read as _;
use std::sync::{Arc, LazyLock};

static SEAL: LazyLock<Arc<Seal>> =
    LazyLock::new(|| Arc::new(Seal::new(&KEYS, NetworkId::Practice)));

/// `n`: a file's name; `p`: a person's place; `h`: what follows the right header; else a whole file.
pub(crate) fn file(data: &[u8]) {
    let name = Name::Segment(7);
    match data.split_first() {
        Some((b'n', text)) => {
            let text = String::from_utf8_lossy(text);
            if let Some(name) = Name::of(&text) {
                assert_eq!(name.file(), text);
            }
        }
        Some((b'p', text)) => {
            let _ = Place::read(&String::from_utf8_lossy(text)).shown();
            reads_again::<Place>(text);
        }
        Some((b'h', sealed)) => {
            let file = [SEAL.header_of(name).as_slice(), sealed].concat();
            opens_nothing(name, &file);
        }
        _ => opens_nothing(name, data),
    }
}

/// Nobody without the words makes a file that opens, not even its first byte.
fn opens_nothing(name: Name, file: &[u8]) {
    let Ok(mut opening) = SEAL.opening(name, file) else { return };
    let mut content = Vec::new();
    assert!(opening.read_to_end(&mut content).is_err() && content.is_empty());
}

/// What stands in a file. The first byte says what is expected there.
pub(crate) fn records(data: &[u8]) {
    match data.split_first() {
        Some((b'h', frames)) => all_of::<Head>(frames),
        Some((b'r', frames)) => all_of::<Row>(frames),
        Some((_, frames)) => all_of::<Commit>(frames),
        None => {}
    }
}

/// What is read is written as it is read again.
fn all_of<T: Readable + Writeable>(frames: &[u8]) {
    let mut frames = Frames::of(frames);
    loop {
        match frames.next::<T>() {
            Ok(Some(record)) => {
                let mut frame = Vec::new();
                put(&mut frame, &record).expect("no longer than it was");
                let again = Frames::of(frame.as_slice()).next::<T>().expect("what was written");
                let again = again.expect("a record");
                assert_eq!(again.encode(), record.encode());
            }
            Ok(None) => return,
            Err(error) => {
                assert!(matches!(error, CopyError::Damaged | CopyError::Newer), "{error:?}");
                return;
            }
        }
    }
}
