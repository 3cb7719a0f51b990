//! Files saved for the person, where a browser would put them: the Downloads folder. Nothing that is there is written over,
//! and the page names neither folder nor file.

use fulmen_engine::error::{Code, Coded};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tauri::path::PathResolver;
use tauri::{Manager, Runtime};

/// More of one name than anyone keeps.
const MOST: u32 = 1000;

/// Why a file is not saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    #[error("there is no folder for downloads")]
    NoFolder(#[from] tauri::Error),
    #[error("cannot write the file")]
    Io(#[from] io::Error),
}

impl Coded for SaveError {
    fn code(&self) -> Code {
        Code::NotSaved
    }
}

/// Saves `bytes` as `NAME.KIND`, or `NAME 2.KIND`, and so on. Returns where.
pub(crate) fn file<R: Runtime>(
    app: &impl Manager<R>,
    name: &str,
    kind: &str,
    bytes: &[u8],
) -> Result<PathBuf, SaveError> {
    let folder = downloads(app.path())?;
    fs::create_dir_all(&folder)?;
    Ok(save(&folder, name, kind, bytes)?)
}

/// A system without such a folder (a bare Linux) gets the usual one.
fn downloads<R: Runtime>(paths: &PathResolver<R>) -> Result<PathBuf, tauri::Error> {
    paths.download_dir().or_else(|_| paths.home_dir().map(|home| home.join("Downloads")))
}

fn save(folder: &Path, name: &str, kind: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let (path, mut file) = create(folder, name, kind)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a file is none.
        fs::remove_file(&path)?;
        return Err(error);
    }
    Ok(path)
}

fn create(folder: &Path, name: &str, kind: &str) -> io::Result<(PathBuf, File)> {
    for number in 1..MOST {
        let count = if number == 1 { String::new() } else { format!(" {number}") };
        let path = folder.join(format!("{name}{count}.{kind}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return Ok((path, opened?)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let first = save(dir.path(), "Fulmen request", "png", b"one").unwrap();
        let second = save(dir.path(), "Fulmen request", "png", b"two").unwrap();
        assert_eq!(first.file_name().unwrap(), "Fulmen request.png");
        assert_eq!(second.file_name().unwrap(), "Fulmen request 2.png");
        assert_eq!(
            (fs::read(first).unwrap(), fs::read(second).unwrap()),
            (b"one".into(), b"two".into())
        );
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = save(dir.path(), "file", "png", b"").unwrap();
        let refused = SaveError::from(save(&file, "Fulmen request", "png", b"one").unwrap_err());
        assert_eq!(refused.code(), Code::NotSaved);
    }
}
