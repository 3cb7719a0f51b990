//! A program that somebody else wrote, in a directory and a process of its own. Each is watched: see [`one_ended`].

use crate::looks;
use std::cell::RefCell;
use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// Where each writes what it says.
pub(crate) const LOG: &str = "out.log";
/// How much of that is shown of one that ended.
const LAST_LINES: usize = 15;

/// Ended with SIGKILL when it is dropped, and by the kernel when the stories end without that.
pub(crate) struct Process(Option<Arc<Mutex<Running>>>);

struct Running {
    name: &'static str,
    log: PathBuf,
    child: Child,
}

thread_local! {
    /// Those of the story that this thread tells.
    static STARTED: RefCell<Vec<Weak<Mutex<Running>>>> = RefCell::default();
}

impl Process {
    /// Starts `words[0]` with the rest. What it prints is added to a log in its directory.
    pub(crate) fn start(
        name: &'static str,
        dir: &Path,
        words: &[String],
        env: &[(&str, String)],
    ) -> Self {
        let mut command = Self::command(dir, LOG, words, env);
        let child = command.stdin(Stdio::null()).spawn().expect("the program starts");
        let running = Arc::new(Mutex::new(Running { name, log: dir.join(LOG), child }));
        STARTED.with_borrow_mut(|started| started.push(Arc::downgrade(&running)));
        Self(Some(running))
    }

    /// The same with its input and output left to the caller.
    pub(crate) fn command(
        dir: &Path,
        log: &str,
        words: &[String],
        env: &[(&str, String)],
    ) -> Command {
        std::fs::create_dir_all(dir).expect("a directory");
        let log = File::options().create(true).append(true).open(dir.join(log)).expect("a log");
        // In the same process: the program keeps the number of its child.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).args(words).current_dir(dir);
        command.envs(env.iter().map(|(name, value)| (*name, value)));
        let again = log.try_clone().expect("a second handle");
        command.stdout(log).stderr(again);
        command
    }

    /// SIGKILL, and waits until it is gone: nobody watches it any more.
    pub(crate) fn kill(&mut self) {
        self.0 = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(status) = self.ended() {
            let (name, last) = (self.name, last_of(&self.log));
            let report =
                format!("{name} ended by itself ({status}); the last of its log:\n{last}\n");
            std::io::stderr().write_all(report.as_bytes()).expect("someone reads");
        }
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Running {
    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }
}

/// The last lines of a log.
pub(crate) fn last_of(log: &Path) -> String {
    let log = std::fs::read(log).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// Waits until a program that nobody ended has ended; which. A story that goes on without it would blame somebody else.
pub(crate) async fn one_ended() -> &'static str {
    let mut looks = looks();
    loop {
        looks.tick().await;
        let ended = STARTED.with_borrow_mut(|started| {
            started.retain(|one| one.strong_count() > 0);
            started.iter().filter_map(Weak::upgrade).find_map(|one| {
                let mut running = one.lock().expect("never poisoned");
                running.ended().map(|_| running.name)
            })
        });
        if let Some(name) = ended {
            return name;
        }
    }
}

/// A port that nobody listens on, below those that the kernel gives to connections: what it is for starts a little later.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        // Several runs at once begin at different places.
        let number =
            std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(10_000 + number % 22_000).expect("below 32 000");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// A program of the tree that Debian's packages were unpacked into, with that tree's loader and libraries.
pub(crate) fn in_tree(tree: &Path, program: &str) -> Vec<String> {
    let libraries = tree.join("usr/lib/x86_64-linux-gnu");
    let words: [PathBuf; 4] = [
        libraries.join("ld-linux-x86-64.so.2"),
        "--library-path".into(),
        libraries,
        tree.join("usr/bin").join(program),
    ];
    words.iter().map(|word| word.display().to_string()).collect()
}
