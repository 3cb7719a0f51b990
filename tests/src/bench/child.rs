//! A process that is driven by lines: each line is a verb and the rest, each answer one line of JSON, `{"ok": …}` or
//! `{"error": …}`.

use serde_json::Value;
use std::io::{BufRead, BufReader, Error, Result, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// See the module. Dropping it ends the process.
pub struct Lines {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Lines {
    /// Starts it with pipes.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().expect("piped");
        Ok(Self { stdin: child.stdin.take(), stdout: BufReader::new(stdout), child })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// What it says when it refuses, or that it is gone.
    pub fn ask(&mut self, verb: &str, rest: &str) -> Result<Value> {
        let stdin = self.stdin.as_mut().expect("open until the end");
        writeln!(stdin, "{verb} {rest}")?;
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let said = |what: &str| Error::other(format!("{verb}: {what}"));
        let mut answer: Value =
            serde_json::from_str(&line).map_err(|error| said(&format!("{error}: {line:?}")))?;
        match answer.get("error") {
            Some(error) => Err(said(&error.to_string())),
            None => Ok(answer["ok"].take()),
        }
    }

    /// The most of it that was in memory at once, in megabytes.
    ///
    /// # Errors
    /// Where the system does not say it: Linux does.
    pub fn peak_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        megabytes(&status, "VmHWM:").ok_or_else(|| Error::other("Linux only"))
    }

    /// Closes its input, upon which it ends, and waits for that.
    ///
    /// # Errors
    /// Where it ended badly.
    pub fn end(mut self) -> Result<()> {
        drop(self.stdin.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(Error::other(format!("a node: {status}"))) }
    }
}

/// A line of a process's status, in megabytes.
pub fn megabytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some((kib / 102.4).round() / 10.0)
}

impl Drop for Lines {
    fn drop(&mut self) {
        // After `end` it is gone already. A bench that failed leaves no process behind.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
