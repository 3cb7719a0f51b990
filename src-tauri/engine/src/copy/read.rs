//! The copy as it is read: the newest base that opens, and what follows it without a gap. Everything else that is there is
//! left alone and said.

use super::record::{Commit, Frames, Head};
use super::seal::{FileId, Opening};
use super::{CopyError, Name, Place, Seal, Target};
use crate::keys::DataKey;
use crate::store::{Rebuilding, Row, Stamp};
use crate::time::Timestamp;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// What a copy is good for.
pub struct Found {
    /// The base, and the segments that follow it.
    pub files: Vec<Name>,
    /// The last commit in it.
    pub stamp: Stamp,
    /// When that was written.
    pub written: Timestamp,
    /// Nothing newer is there that does not open or does not follow.
    pub whole: bool,
    /// Of the last file.
    pub(super) id: FileId,
    pub(super) schema: u64,
    /// The highest number of a file that was sealed with the words, of use or not.
    pub(super) sequence: u64,
    /// What the base holds, and what the segments do.
    pub(super) bytes: (u64, u64),
}

/// One file that opened to its end.
struct File {
    head: Head,
    id: FileId,
    bytes: u64,
}

/// A copy that was read, and the vault that it became, if one is made.
struct Walked {
    found: Found,
    vault: Option<Rebuilding>,
}

/// Looks at all of a copy. Nothing is written.
///
/// # Errors
/// [`CopyError::Empty`] if there is none; [`CopyError::Foreign`], [`CopyError::Newer`], [`CopyError::Damaged`] if no base
/// opens; [`CopyError::Missing`], [`CopyError::Io`].
pub fn find(target: &mut dyn Target, seal: &Seal) -> Result<Found, CopyError> {
    Ok(walk(target, seal, None)?.found)
}

/// Makes a vault of a copy: the one that was copied, row for row, as it was after one of its commits. The key is the new
/// vault's own.
///
/// # Errors
/// As [`find`]; [`CopyError::Vault`] if the vault cannot be made, or is there already.
pub fn rebuild(
    target: &mut dyn Target,
    seal: &Seal,
    path: &Path,
    key: &DataKey,
) -> Result<Found, CopyError> {
    let Walked { found, vault } = walk(target, seal, Some((path, key)))?;
    vault.ok_or(CopyError::Empty)?.finish()?;
    Ok(found)
}

/// The same from a person's place.
///
/// # Errors
/// As [`rebuild`].
pub(crate) fn rebuild_from(
    place: &Place,
    seal: &Seal,
    path: &Path,
    key: &DataKey,
) -> Result<Found, CopyError> {
    rebuild(place.at(seal)?.as_mut(), seal, path, key)
}

/// Whether nothing was written there since it was read.
pub(super) fn is_last(
    target: &mut dyn Target,
    seal: &Seal,
    read: &Found,
) -> Result<bool, CopyError> {
    if !read.whole {
        // What did not open may have been written over since.
        return Ok(find(target, seal)?.id == read.id);
    }
    let names = target.list()?;
    let (Some(newest), Some(&last)) = (names.last(), read.files.last()) else { return Ok(false) };
    if newest.sequence() != last.sequence() || !names.contains(&last) {
        return Ok(false);
    }
    // Two computers may have written the same number.
    Ok(seal.opening(last, target.read(last)?)?.id() == read.id)
}

/// Whether a file was sealed with the words, as far as its beginning says. Anybody can give a file a name.
///
/// # Errors
/// [`CopyError::Newer`], [`CopyError::Missing`], [`CopyError::Io`].
pub(super) fn opens(target: &mut dyn Target, seal: &Seal, name: Name) -> Result<bool, CopyError> {
    match begun(target, seal, name) {
        Ok(_) => Ok(true),
        Err(CopyError::Damaged | CopyError::Foreign) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The highest number that a file of ours has, if it is above this one. Whoever can write there could name any other.
pub(super) fn highest(target: &mut dyn Target, seal: &Seal, names: &[Name], least: u64) -> u64 {
    let above = names.iter().rev().take_while(|name| name.sequence() > least);
    let ours = above.copied().find(|name| matches!(opens(target, seal, *name), Ok(true)));
    ours.map_or(least, Name::sequence)
}

/// Reads each file once, from the newest base that opens on. A vault of a base that does not open to its end is begun anew with
/// the next one.
fn walk(
    target: &mut dyn Target,
    seal: &Seal,
    to: Option<(&Path, &DataKey)>,
) -> Result<Walked, CopyError> {
    let names = target.list()?;
    let mut refused = CopyError::Empty;
    for &base in names.iter().rev().filter(|name| matches!(name, Name::Base(_))) {
        match whole_base(target, seal, base, to) {
            Ok((file, vault)) => return follow(target, seal, &names, base, file, vault),
            // A later Fulmen wrote here: what an older base says is not what it would say. A vault that cannot be made of this one
            // cannot be made.
            Err(error @ (CopyError::Newer | CopyError::Vault(_))) => return Err(error),
            Err(error) => refused = error,
        }
    }
    match (refused, names.is_empty()) {
        (CopyError::Empty, false) => Err(CopyError::Damaged),
        (refused, _) => Err(refused),
    }
}

fn follow(
    target: &mut dyn Target,
    seal: &Seal,
    names: &[Name],
    base: Name,
    file: File,
    mut vault: Option<Rebuilding>,
) -> Result<Walked, CopyError> {
    let mut files = vec![base];
    let (base_bytes, mut segment_bytes) = (file.bytes, 0);
    let mut last = file;
    loop {
        let number = base.sequence().checked_add(files.len() as u64);
        let Some(name) = number.map(Name::Segment).filter(|name| names.contains(name)) else {
            break;
        };
        let Ok((file, content)) = whole_segment(target, seal, name, vault.is_some()) else { break };
        if !file.head.follows(&last.id) {
            break;
        }
        if let Some(vault) = &mut vault
            && commits(&content, vault, last.head.stamp())? != file.head.stamp()
        {
            return Err(CopyError::Damaged);
        }
        segment_bytes += file.bytes;
        files.push(name);
        last = file;
    }
    let end = files.last().map_or(0, |name| name.sequence());
    let found = Found {
        stamp: last.head.stamp(),
        written: Timestamp::from_secs(last.head.time_secs),
        whole: names.last().is_some_and(|newest| newest.sequence() == end),
        id: last.id,
        schema: last.head.schema,
        sequence: highest(target, seal, names, end),
        bytes: (base_bytes, segment_bytes),
        files,
    };
    Ok(Walked { found, vault })
}

type Sealed = Frames<Opening<Box<dyn Read + Send>>>;

fn begun(target: &mut dyn Target, seal: &Seal, name: Name) -> Result<(Head, Sealed), CopyError> {
    let mut frames = Frames::of(seal.opening(name, target.read(name)?)?);
    let head = frames.next()?.ok_or(CopyError::Damaged)?;
    Ok((head, frames))
}

/// Reads a file to its end: before that nothing is known of it.
fn ended(head: Head, frames: Sealed) -> Result<File, CopyError> {
    let (opening, bytes) = frames.end()?;
    Ok(File { head, id: opening.id(), bytes })
}

fn whole_base(
    target: &mut dyn Target,
    seal: &Seal,
    name: Name,
    to: Option<(&Path, &DataKey)>,
) -> Result<(File, Option<Rebuilding>), CopyError> {
    let (head, mut frames) = begun(target, seal, name)?;
    let Some((path, key)) = to else { return Ok((ended(head, frames)?, None)) };
    let version = i64::try_from(head.schema).map_err(|_| CopyError::Newer)?;
    let mut vault = Rebuilding::begin(path, key, version)?;
    while let Some(row) = frames.next::<Row>()? {
        vault.row(&row)?;
    }
    vault.rows_end()?;
    Ok((ended(head, frames)?, Some(vault)))
}

/// A segment, and all that follows its head, if that is `wanted`: commits, as many as are written at once.
fn whole_segment(
    target: &mut dyn Target,
    seal: &Seal,
    name: Name,
    wanted: bool,
) -> Result<(File, Zeroizing<Vec<u8>>), CopyError> {
    let (head, mut frames) = begun(target, seal, name)?;
    let content = if wanted { frames.rest()? } else { Zeroizing::default() };
    Ok((ended(head, frames)?, content))
}

/// Each follows the one before it. Gives back the last one.
fn commits(content: &[u8], vault: &mut Rebuilding, mut last: Stamp) -> Result<Stamp, CopyError> {
    let mut frames = Frames::of(content);
    while let Some(commit) = frames.next::<Commit>()? {
        if last.generation.checked_add(1) != Some(commit.stamp().generation) {
            return Err(CopyError::Damaged);
        }
        last = commit.stamp();
        vault.commit(&commit.batch, last)?;
    }
    Ok(last)
}
