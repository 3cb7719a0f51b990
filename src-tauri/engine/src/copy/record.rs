//! What a file of the copy holds: frames, the first of which says which commit the file ends at and which file it follows.
//! Records are LDK's TLV streams, so that a later Fulmen may add to them.

#![expect(clippy::drop_non_drop, reason = "LDK's macros do it")]

use super::CopyError;
use super::seal::FileId;
use crate::store::{
    AttemptRow, Batch, FullMonitor, JournalKey, JournalRow, KvWrite, Listed, MonitorUpdate,
    OutboxRow, Row, Stamp, Value,
};
use crate::time::Timestamp;
use lightning::impl_writeable_tlv_based;
use lightning::io::Cursor;
use lightning::ln::msgs::DecodeError;
use lightning::util::ser::{Readable, Writeable, Writer};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// No row of the vault is near this long.
const LONGEST: u32 = 1 << 30;

/// Says what a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last commit in it.
    pub(crate) generation: u64,
    pub(crate) writer: [u8; 16],
    /// The vault's version.
    pub(crate) schema: u64,
    pub(crate) time_secs: u64,
    /// The file it follows; a base follows none.
    previous: Vec<u8>,
}

/// A commit and its number.
pub(crate) struct Commit {
    generation: u64,
    writer: [u8; 16],
    pub(crate) batch: Batch,
}

impl Head {
    pub(super) fn new(
        stamp: Stamp,
        schema: i64,
        now: Timestamp,
        previous: Option<&FileId>,
    ) -> Self {
        Self {
            generation: stamp.generation,
            writer: stamp.writer,
            schema: schema.unsigned_abs(),
            time_secs: now.secs(),
            previous: previous.map_or_else(Vec::new, |id| id.to_vec()),
        }
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { generation: self.generation, writer: self.writer }
    }

    pub(super) fn follows(&self, previous: &FileId) -> bool {
        self.previous == previous
    }
}

impl Commit {
    pub(crate) fn new(stamp: Stamp, batch: Batch) -> Self {
        Self { generation: stamp.generation, writer: stamp.writer, batch }
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { generation: self.generation, writer: self.writer }
    }
}

/// Writes one frame.
pub(super) fn put(to: &mut impl Write, record: &impl Writeable) -> io::Result<()> {
    let bytes = Zeroizing::new(record.encode());
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| io::Error::other("a record is too long for the copy"))?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&bytes)
}

/// The frames of a file. A frame is read into the place of the one before it, which is wiped at the end.
pub(super) struct Frames<R> {
    from: R,
    frame: Zeroizing<Vec<u8>>,
    read: u64,
}

impl<R: Read> Frames<R> {
    pub(super) fn of(from: R) -> Self {
        Self { from, frame: Zeroizing::default(), read: 0 }
    }

    /// `None`: the file is over.
    pub(super) fn next<T: Readable>(&mut self) -> Result<Option<T>, CopyError> {
        let mut length = [0; 4];
        let mut filled = 0;
        while filled < length.len() {
            match self.from.read(&mut length[filled..])? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(CopyError::Damaged),
                read => filled += read,
            }
        }
        let length = u32::from_be_bytes(length);
        if length > LONGEST {
            return Err(CopyError::Damaged);
        }
        self.frame.clear();
        (&mut self.from).take(length.into()).read_to_end(&mut self.frame)?;
        if self.frame.len() != length as usize {
            return Err(CopyError::Damaged);
        }
        self.read += 4 + u64::from(length);
        let mut cursor = Cursor::new(self.frame.as_slice());
        T::read(&mut cursor).map(Some).map_err(|error| match error {
            DecodeError::UnknownRequiredFeature | DecodeError::UnknownVersion => CopyError::Newer,
            _ => CopyError::Damaged,
        })
    }

    /// All that follows, as it is.
    pub(super) fn rest(&mut self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut rest = Zeroizing::new(Vec::new());
        self.read += self.from.read_to_end(&mut rest)? as u64;
        Ok(rest)
    }

    /// Reads the rest and lets it go. What they were read from, and how many bytes that had.
    pub(super) fn end(mut self) -> io::Result<(R, u64)> {
        let rest = io::copy(&mut self.from, &mut io::sink())?;
        Ok((self.from, self.read + rest))
    }
}

impl_writeable_tlv_based!(Head, {
    (0, generation, required),
    (2, writer, required),
    (4, schema, required),
    (6, time_secs, required),
    (8, previous, required),
});
impl_writeable_tlv_based!(Commit, {
    (0, generation, required),
    (2, writer, required),
    (4, batch, required),
});
impl_writeable_tlv_based!(Batch, {
    (0, manager, option),
    (2, monitors, required_vec),
    (4, updates, required_vec),
    (6, archived, required_vec),
    (8, journal, required_vec),
    (10, attempts, required_vec),
    (12, changesets, required_vec),
    (14, outbox, required_vec),
    (16, outbox_done, required_vec),
    (18, kv, required_vec),
});
impl_writeable_tlv_based!(FullMonitor, {
    (0, key, required),
    (2, update_id, required),
    (4, bytes, required),
});
impl_writeable_tlv_based!(MonitorUpdate, {
    (0, key, required),
    (2, update_id, required),
    (4, bytes, required),
});
impl_writeable_tlv_based!(JournalRow, {
    (0, id, required),
    (2, direction, required),
    (4, hash, option),
    (6, status, required),
    (8, created_secs, required),
    (10, updated_secs, required),
    (12, body, required),
    (14, live, required),
    (16, listed, option),
    (18, keys, required_vec),
});
impl_writeable_tlv_based!(Listed, {
    (0, sat, required),
    (2, text, required),
});
impl_writeable_tlv_based!(JournalKey, {
    (0, kind, required),
    (2, key, required),
});
impl_writeable_tlv_based!(AttemptRow, {
    (0, payment, required),
    (2, number, required),
    (4, attempt_id, required),
    (6, started_secs, required),
});
impl_writeable_tlv_based!(OutboxRow, {
    (0, txid, required),
    (2, kind, required),
    (4, package, required),
    (6, created_secs, required),
});
impl_writeable_tlv_based!(KvWrite, {
    (0, primary, required),
    (2, secondary, required),
    (4, key, required),
    (6, value, option),
});
impl_writeable_tlv_based!(Row, {
    (0, table, required),
    (2, columns, required_vec),
    (4, values, required_vec),
});

impl Writeable for Value {
    fn write<W: Writer>(&self, writer: &mut W) -> Result<(), lightning::io::Error> {
        match self {
            Self::Null => 0_u8.write(writer),
            Self::Integer(number) => {
                1_u8.write(writer)?;
                u64::from_ne_bytes(number.to_ne_bytes()).write(writer)
            }
            Self::Text(text) => {
                2_u8.write(writer)?;
                text.write(writer)
            }
            Self::Blob(bytes) => {
                3_u8.write(writer)?;
                bytes.write(writer)
            }
        }
    }
}

impl Readable for Value {
    fn read<R: lightning::io::Read>(reader: &mut R) -> Result<Self, DecodeError> {
        match u8::read(reader)? {
            0 => Ok(Self::Null),
            1 => u64::read(reader)
                .map(|number| Self::Integer(i64::from_ne_bytes(number.to_ne_bytes()))),
            2 => String::read(reader).map(Self::Text),
            3 => Vec::read(reader).map(Self::Blob),
            _ => Err(DecodeError::InvalidValue),
        }
    }
}
