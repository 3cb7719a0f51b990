//! A small file system of its own, and faults of the real system calls: both are taken away again, whatever happens.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A file system in memory that can be full or read only.
pub(super) struct Ground {
    dir: TempDir,
}

impl Ground {
    /// `None`, and the reason is said, where this machine cannot: only root mounts and looks into other processes.
    pub(super) fn new(story: &str) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        let ground = Self { dir };
        let made = run("mount", &["-t", "tmpfs", "-o", "size=24m", "tmpfs", &ground.at()]);
        let traced = run("strace", &["-o", "/dev/null", "true"]);
        if made && traced {
            return Some(ground);
        }
        let why = if made { "strace does not work here" } else { "this machine cannot mount" };
        // Past the capture of a passing test's output, in the form in which cargo reports a test that did not run.
        writeln!(std::io::stdout(), "\ntest disk::{story} ... ignored, {why}").expect("a terminal");
        None
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    fn at(&self) -> String {
        self.path().display().to_string()
    }

    /// Not a byte is left.
    pub(super) fn fill(&self) {
        let mut file = std::fs::File::create(self.filler()).expect("there is room");
        // In large pieces first, then in small ones.
        for size in [1 << 16, 1] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
    }

    /// Room again.
    pub(super) fn make_room(&self) {
        std::fs::remove_file(self.filler()).expect("it was full");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Nothing can be written, or everything again.
    pub(super) fn set_read_only(&self, read_only: bool) {
        let how = if read_only { "remount,ro" } else { "remount,rw" };
        assert!(run("mount", &["-o", how, &self.at()]), "{how}");
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        run("umount", &["-l", &self.at()]);
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let done = Command::new(program).args(arguments).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// System calls of a running process that fail or take long, until it is dropped.
pub(super) struct Fault {
    strace: Child,
}

impl Fault {
    /// `what` in strace's words, such as `fdatasync:error=EIO`. Returns when the process is in its hands.
    pub(super) fn on(process: u32, what: &str) -> Self {
        let calls = what.split(':').next().expect("the calls come first");
        let mut strace = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-e", &format!("trace={calls}")])
            .args(["-e", &format!("inject={what}"), "-p", &process.to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace");
        let mut said = BufReader::new(strace.stderr.take().expect("piped")).lines();
        let attached = said.any(|line| line.is_ok_and(|line| line.contains("attached")));
        assert!(attached, "strace did not take hold of the process");
        // It goes on talking of threads that come and go.
        std::thread::spawn(move || said.for_each(drop));
        Self { strace }
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        run("kill", &["-INT", &self.strace.id().to_string()]);
        drop(self.strace.wait());
    }
}
