//! What a process did to its files, in order, read from `strace -f -y -xx`. It must not guess: a call on the disk that it
//! does not know is an error, for a write that is overlooked would be a loss that is overlooked.

use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The calls to record. All that can change a file, and `lseek`, without which a `write` has no place.
pub(super) const CALLS: &str = "openat,?open,?creat,write,writev,pwrite64,pwritev,?pwritev2,lseek,ftruncate,truncate,?rename,?renameat,\
    ?renameat2,?unlink,unlinkat,?mkdir,mkdirat,?rmdir,?link,linkat,?symlink,symlinkat,fsync,fdatasync,?sync_file_range,\
    fallocate,?copy_file_range,sendfile,dup,?dup2,dup3";

/// A file, by the order in which it appeared.
pub(super) type Inode = usize;

/// One thing that was done, and the lines of the trace where it began and was done.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) begun: usize,
    pub(super) done: usize,
    pub(super) what: What,
}

/// See [`Step`]. Paths are below the root of the disk.
#[derive(Debug)]
pub(super) enum What {
    /// A name for a new file.
    Create {
        path: PathBuf,
        inode: Inode,
    },
    /// A name for a new directory.
    MakeDir {
        path: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
        inode: Inode,
    },
    Unlink {
        path: PathBuf,
    },
    Write {
        inode: Inode,
        at: u64,
        bytes: Arc<[u8]>,
    },
    Truncate {
        inode: Inode,
        len: u64,
    },
    SyncFile {
        inode: Inode,
    },
    SyncDir {
        path: PathBuf,
    },
    /// A line that the process printed: it reports durable state.
    Answer(Value),
}

/// Reads the traces of processes that ran one after the other.
pub(super) struct Reader {
    root: PathBuf,
    lines: usize,
    inodes: usize,
    names: HashMap<PathBuf, Inode>,
    open: HashMap<u32, Open>,
    /// The beginning of a line on standard output.
    said: Vec<u8>,
    pub(super) steps: Vec<Step>,
}

/// A file that is open: where the next `write` goes; `None` appends.
struct Open {
    inode: Inode,
    at: Option<u64>,
}

/// A call with its answer.
struct Call<'a> {
    name: &'a str,
    arguments: &'a str,
    result: i64,
    begun: usize,
    done: usize,
}

impl Reader {
    /// Only what happens below `root` is on the disk.
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            lines: 0,
            inodes: 0,
            names: HashMap::new(),
            open: HashMap::new(),
            said: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Reads one process's trace.
    pub(super) fn read(&mut self, text: &str) {
        self.open.clear();
        let mut unfinished: HashMap<&str, (usize, &str)> = HashMap::new();
        for line in text.lines() {
            self.lines += 1;
            let Some((thread, rest)) = line.split_once(' ') else { continue };
            let rest = rest.trim_start();
            if let Some(begin) = rest.strip_suffix(" <unfinished ...>") {
                unfinished.insert(thread, (self.lines, begin));
            } else if rest.starts_with("<... ") {
                let Some((begun, begin)) = unfinished.remove(thread) else { continue };
                let (_, end) = rest.split_once("resumed>").expect("strace's form");
                self.line(&format!("{begin}{end}"), begun);
            } else if !rest.starts_with(['+', '-']) {
                self.line(rest, self.lines);
            }
        }
    }

    fn line(&mut self, text: &str, begun: usize) {
        let Some((call, result)) = text.rsplit_once(" = ") else { return };
        let Some((name, arguments)) = call.split_once('(') else { return };
        let digits = result.split(|c: char| c != '-' && !c.is_ascii_digit()).next();
        let Some(result) = digits.and_then(|digits| digits.parse().ok()).filter(|n| *n >= 0) else {
            return;
        };
        let arguments = arguments.trim_end().trim_end_matches(')');
        self.call(&Call { name, arguments, result, begun, done: self.lines });
    }

    fn call(&mut self, call: &Call<'_>) {
        let parts: Vec<&str> = call.arguments.split(", ").collect();
        match call.name {
            "openat" => self.opened(call, &parts),
            "mkdir" => self.made_dir(call, parts[0]),
            "mkdirat" => self.made_dir(call, parts[1]),
            "rename" => self.renamed(call, parts[0], parts[1]),
            "renameat" | "renameat2" => self.renamed(call, parts[1], parts[3]),
            "unlink" => self.unlinked(call, parts[0]),
            "unlinkat" => self.unlinked(call, parts[1]),
            "lseek" => {
                if let Some(open) = self.file(parts[0])
                    && open.at.is_some()
                {
                    open.at = Some(unsigned(call.result));
                }
            }
            "write" => self.written(call, parts[0], parts[1]),
            "pwrite64" => {
                let at = parts[3].parse().expect("an offset");
                if let Some(inode) = self.file(parts[0]).map(|open| open.inode) {
                    self.push(call, What::Write { inode, at, bytes: data(parts[1], call.result) });
                }
            }
            "ftruncate" => {
                let len = parts[1].parse().expect("a length");
                if let Some(inode) = self.file(parts[0]).map(|open| open.inode) {
                    self.push(call, What::Truncate { inode, len });
                }
            }
            "fsync" | "fdatasync" => self.synced(call, parts[0]),
            other => {
                // None of the others may touch the disk unseen.
                let root = hex(self.root.to_str().expect("a plain path"));
                assert!(!call.arguments.contains(&root), "{other} is not understood");
            }
        }
    }

    fn opened(&mut self, call: &Call<'_>, parts: &[&str]) {
        let fd = u32::try_from(call.result).expect("a descriptor");
        self.open.remove(&fd);
        let Some(path) = self.below(&text(parts[1])) else { return };
        let flags = parts[2];
        let known = self.names.get(&path).copied();
        let inode = match known {
            Some(inode) => inode,
            None if flags.contains("O_CREAT") => {
                self.inodes += 1;
                self.names.insert(path.clone(), self.inodes);
                self.push(call, What::Create { path, inode: self.inodes });
                self.inodes
            }
            // A directory, opened to be synced.
            None => return,
        };
        if known.is_some() && flags.contains("O_TRUNC") {
            self.push(call, What::Truncate { inode, len: 0 });
        }
        let at = (!flags.contains("O_APPEND")).then_some(0);
        self.open.insert(fd, Open { inode, at });
    }

    fn made_dir(&mut self, call: &Call<'_>, path: &str) {
        if let Some(path) = self.below(&text(path)) {
            self.push(call, What::MakeDir { path });
        }
    }

    fn renamed(&mut self, call: &Call<'_>, from: &str, to: &str) {
        let (Some(from), Some(to)) = (self.below(&text(from)), self.below(&text(to))) else {
            return;
        };
        assert_eq!(from.parent(), to.parent(), "a file moves to another directory");
        let inode = self.names.remove(&from).expect("a file that was made below the root");
        self.names.insert(to.clone(), inode);
        self.push(call, What::Rename { from, to, inode });
    }

    fn unlinked(&mut self, call: &Call<'_>, path: &str) {
        if let Some(path) = self.below(&text(path)) {
            self.names.remove(&path);
            self.push(call, What::Unlink { path });
        }
    }

    fn written(&mut self, call: &Call<'_>, file: &str, bytes: &str) {
        if descriptor(file) == Some(1) {
            self.said.extend_from_slice(&data(bytes, call.result));
            while let Some(end) = self.said.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.said.drain(..=end).collect();
                let answer = serde_json::from_slice(&line).expect("answers are JSON");
                self.push(call, What::Answer(answer));
            }
            return;
        }
        let Some(open) = self.file(file) else { return };
        let (inode, at) = (open.inode, open.at.expect("nobody appends to the wallet's files"));
        open.at = Some(at + unsigned(call.result));
        self.push(call, What::Write { inode, at, bytes: data(bytes, call.result) });
    }

    fn synced(&mut self, call: &Call<'_>, file: &str) {
        if let Some(inode) = self.file(file).map(|open| open.inode) {
            self.push(call, What::SyncFile { inode });
        } else if let Some(path) = path_of(file).and_then(|path| self.below(&path)) {
            self.push(call, What::SyncDir { path });
        }
    }

    /// The open file on the disk that a descriptor like `3</a/b>` stands for. A socket or a pipe may have the number of a
    /// file that was closed, but has no path.
    fn file(&mut self, shown: &str) -> Option<&mut Open> {
        self.below(&path_of(shown)?)?;
        self.open.get_mut(&descriptor(shown)?)
    }

    /// The path below the root; the child's log is no part of the wallet.
    fn below(&self, path: &Path) -> Option<PathBuf> {
        let path = path.strip_prefix(&self.root).ok()?;
        (!path.ends_with("log.txt")).then(|| path.to_owned())
    }

    fn push(&mut self, call: &Call<'_>, what: What) {
        self.steps.push(Step { begun: call.begun, done: call.done, what });
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).expect("failures are left out")
}

fn descriptor(shown: &str) -> Option<u32> {
    shown.split('<').next()?.parse().ok()
}

fn path_of(shown: &str) -> Option<PathBuf> {
    let (_, rest) = shown.split_once('<')?;
    let path = String::from_utf8(bytes_of(rest.split('>').next()?)).ok()?;
    path.starts_with('/').then(|| path.into())
}

/// A quoted path.
fn text(quoted: &str) -> PathBuf {
    String::from_utf8(bytes_of(quoted.trim_matches('"'))).expect("plain paths").into()
}

/// Quoted bytes, as many as were really written.
fn data(quoted: &str, written: i64) -> Arc<[u8]> {
    assert!(quoted.ends_with('"'), "strace cut a write short");
    let mut bytes = bytes_of(quoted.trim_matches('"'));
    bytes.truncate(usize::try_from(written).expect("a length"));
    bytes.into()
}

/// `\x61\x62` → `ab`.
fn bytes_of(hex: &str) -> Vec<u8> {
    let nibble =
        |digit: u8| (digit as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let chunks = hex.as_bytes().chunks_exact(4);
    chunks.filter_map(|four| Some(nibble(four[2])? << 4 | nibble(four[3])?)).collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

impl What {
    /// For a person who looks for what went wrong.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Create { path, .. } => format!("create {}", path.display()),
            Self::MakeDir { path } => format!("make {}", path.display()),
            Self::Rename { from, to, .. } => format!("rename {} {}", from.display(), to.display()),
            Self::Unlink { path } => format!("unlink {}", path.display()),
            Self::Write { inode, at, bytes } => format!("write {} to {inode} at {at}", bytes.len()),
            Self::Truncate { inode, len } => format!("truncate {inode} to {len}"),
            Self::SyncFile { inode } => format!("sync {inode}"),
            Self::SyncDir { path } => format!("sync {}", path.display()),
            Self::Answer(_) => "answer".into(),
        }
    }
}
