//! Kills at system calls, with `strace`: a signal as a thread enters its n-th call of a name.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// `strace`, attached to a process that runs. It ends with that process.
pub(crate) struct Tracer(Child);

impl Tracer {
    /// Returns when calls are being counted. `None`: there is no `strace`, or the system forbids it.
    pub(crate) fn attach(pid: u32, name: &str, n: u32) -> Option<Self> {
        let child = Command::new("strace")
            .args(["-f", "-p", &pid.to_string(), "-o", "/dev/null"])
            .args(inject(name, n))
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.ok()?;
        let mut said = String::new();
        BufReader::new(child.stderr.take().expect("piped")).read_line(&mut said).ok()?;
        let tracer = Self(child);
        said.contains("attached").then_some(tracer)
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What runs a process so that it ends at a call. As a grandchild, so that the wallet stays our own child.
pub(crate) fn under_strace(name: &str, n: u32) -> Vec<String> {
    let words = ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null"];
    words.into_iter().map(str::to_owned).chain(inject(name, n)).collect()
}

fn inject(name: &str, n: u32) -> [String; 4] {
    [
        "-e".into(),
        format!("trace={name}"),
        "-e".into(),
        format!("inject={name}:signal=SIGKILL:when={n}"),
    ]
}

/// True where a process can be traced here.
pub(crate) fn strace_works() -> bool {
    let mut waiting = match Command::new("cat").stdin(Stdio::piped()).spawn() {
        Ok(waiting) => waiting,
        Err(_) => return false,
    };
    let works = Tracer::attach(waiting.id(), "fsync", 1).is_some();
    drop(waiting.kill());
    drop(waiting.wait());
    works
}
