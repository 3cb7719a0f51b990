//! What differs between systems: who may read our files, and how a rename becomes durable. Nothing else in the store asks
//! which system it runs on.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// The directory a file is in; "." for a bare name.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Makes the directory and those above it, durably, and closes it to others.
pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    create_dirs(dir)?;
    // Whoever made it may not have synced the directory above, without which a power cut takes the whole wallet.
    sync_dir(directory_of(dir))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

fn create_dirs(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = directory_of(dir);
    create_dirs(above)?;
    match std::fs::create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_dir(above),
    }
}

/// Options for a file that only we may read.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// So that opening neither follows a link nor waits for somebody at the other end of a pipe. Windows has no pipes in folders, and
/// makes links only for those who may do anything.
pub(crate) fn never_elsewhere(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    #[cfg(not(unix))]
    let _: &OpenOptions = options;
}

/// Makes renames and removals in this directory durable. Windows needs no such thing: it flushes them with the file.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let (_, _): (&Path, Option<File>) = (dir, None);
    Ok(())
}
