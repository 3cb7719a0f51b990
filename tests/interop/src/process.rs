//! A program that somebody else wrote, in a directory and a process of its own.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Ended with SIGKILL when it is dropped, and by the kernel when the stories end without that.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts `words[0]` with the rest. What it prints is added to `log` in its directory.
    pub(crate) fn start(dir: &Path, log: &str, words: &[String], env: &[(&str, String)]) -> Self {
        let mut command = Self::command(dir, log, words, env);
        Self { child: command.stdin(Stdio::null()).spawn().expect("the program starts") }
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

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed, or gone");
        self.child.wait().expect("gone");
    }

    /// Panics where it ended by itself.
    pub(crate) fn must_live(&mut self, name: &str) {
        let ended = self.child.try_wait().expect("a child of ours");
        assert!(ended.is_none(), "{name} ended: {ended:?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
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
