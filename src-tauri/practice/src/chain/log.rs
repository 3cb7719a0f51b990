//! The append-only file that outlives the process. A record is `length (u32 LE) · SHA-256d checksum (4 bytes) · steps`
//! and holds everything one call changed, so a call is kept whole or not at all. A kill in the middle of a write leaves
//! a torn last record, which is cut off at the next start. Damage before the last record is an error, never skipped.

use super::{LogError, step::Step};
use bitcoin::consensus::{Decodable, Encodable};
use bitcoin::hashes::{Hash, sha256d};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const HEADER: &[u8] = b"fulmen practice chain 1\n";

/// The open log. One process holds it at a time.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    path: PathBuf,
    broken: bool,
}

/// A record that could not be read: torn at the end of the file, or damaged before it.
enum Unreadable {
    Torn,
    Damaged,
}

impl Log {
    /// Opens or makes the log and reads what is in it, oldest first.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Step>), LogError> {
        let io = |source| LogError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(io)?;
        file.try_lock().map_err(|refused| match refused {
            TryLockError::WouldBlock => LogError::InUse(path.to_owned()),
            TryLockError::Error(source) => io(source),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let (steps, good) =
            read(&bytes).map_err(|offset| LogError::Damaged { path: path.to_owned(), offset })?;
        if good < bytes.len() {
            tracing::warn!(
                torn = bytes.len() - good,
                "the last record of the practice chain is torn and cut off"
            );
        }
        file.set_len(good as u64).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        if good == 0 {
            file.write_all(HEADER).map_err(io)?;
        }
        Ok((Self { file, path: path.to_owned(), broken: false }, steps))
    }

    /// Appends steps as one record. Blocks wait for the disk; waiting transactions only for the operating system.
    pub(crate) fn append(&mut self, steps: &[Step]) -> Result<(), LogError> {
        if self.broken {
            return Err(LogError::Broken);
        }
        let mut payload = Vec::new();
        for step in steps {
            step.consensus_encode(&mut payload).expect("memory can be written");
        }
        let length = u32::try_from(payload.len()).expect("a call changes less than 4 GiB");
        let record = [&length.to_le_bytes(), &checksum(&payload), &payload[..]].concat();
        let durable = steps.iter().any(|step| matches!(step, Step::Connected(_)));
        let written = self
            .file
            .write_all(&record)
            .and_then(|()| if durable { self.file.sync_data() } else { Ok(()) });
        written.map_err(|source| {
            self.broken = true;
            LogError::Io { path: self.path.clone(), source }
        })
    }
}

fn checksum(payload: &[u8]) -> [u8; 4] {
    let hash = sha256d::Hash::hash(payload).to_byte_array();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// All whole records and where they end, or the offset of a damaged one.
fn read(bytes: &[u8]) -> Result<(Vec<Step>, usize), u64> {
    if bytes.len() < HEADER.len() && HEADER.starts_with(bytes) {
        return Ok((Vec::new(), 0));
    }
    if !bytes.starts_with(HEADER) {
        return Err(0);
    }
    let (mut steps, mut good) = (Vec::new(), HEADER.len());
    while good < bytes.len() {
        match record(&bytes[good..]) {
            Ok((found, length)) => {
                steps.extend(found);
                good += length;
            }
            Err(Unreadable::Torn) => break,
            Err(Unreadable::Damaged) => return Err(good as u64),
        }
    }
    Ok((steps, good))
}

fn record(bytes: &[u8]) -> Result<(Vec<Step>, usize), Unreadable> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(Unreadable::Torn)?;
    let (sum, rest) = rest.split_first_chunk::<4>().ok_or(Unreadable::Torn)?;
    let length = u32::from_le_bytes(*length) as usize;
    let payload = rest.get(..length).ok_or(Unreadable::Torn)?;
    if checksum(payload) != *sum {
        // A power cut can leave the last record's length without its content.
        return Err(if rest.len() == length { Unreadable::Torn } else { Unreadable::Damaged });
    }
    let (mut steps, mut left) = (Vec::new(), payload);
    while !left.is_empty() {
        steps.push(Step::consensus_decode(&mut left).map_err(|_| Unreadable::Damaged)?);
    }
    Ok((steps, 8 + length))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests damage files on purpose")]
mod tests {
    use super::*;

    fn log_with(steps: &[Step]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chain.log");
        let (mut log, before) = Log::open(&path).unwrap();
        assert_eq!(before, []);
        for step in steps {
            log.append(std::slice::from_ref(step)).unwrap();
        }
        (dir, path)
    }

    #[test]
    fn a_record_torn_anywhere_is_cut_off_and_the_rest_kept() {
        let steps = [Step::Undone(1), Step::Undone(2), Step::Undone(3)];
        let (_dir, path) = log_with(&steps);
        let whole = std::fs::read(&path).unwrap();
        let record = (whole.len() - HEADER.len()) / 3;
        for cut in 1..=record {
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (mut log, kept) = Log::open(&path).unwrap();
            assert_eq!(kept, steps[..2], "cut by {cut}");
            log.append(&[Step::Undone(4)]).unwrap();
            drop(log);
            assert_eq!(
                Log::open(&path).unwrap().1,
                [Step::Undone(1), Step::Undone(2), Step::Undone(4)]
            );
        }
    }

    #[test]
    fn damage_before_the_last_record_is_an_error() {
        let (_dir, path) = log_with(&[Step::Undone(1), Step::Undone(2)]);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[HEADER.len() + 9] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(
            matches!(Log::open(&path), Err(LogError::Damaged { offset, .. }) if offset == HEADER.len() as u64)
        );
    }

    #[test]
    fn another_file_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chain.log");
        std::fs::write(&path, "a letter to a friend").unwrap();
        assert!(matches!(Log::open(&path), Err(LogError::Damaged { offset: 0, .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a letter to a friend");
    }

    #[test]
    fn a_second_handle_is_kept_out() {
        // The lock is the open file's, so another process is refused as another handle of this one is.
        let (_dir, path) = log_with(&[]);
        let first = Log::open(&path).unwrap();
        assert!(matches!(Log::open(&path), Err(LogError::InUse(_))));
        drop(first);
        assert!(Log::open(&path).is_ok());
    }
}
