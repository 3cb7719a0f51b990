//! A person whose disk is lost, and what they have elsewhere: the words, and the stick with the living copy.

use super::ground::PASSWORD;
use super::person::Person;
use super::plan::Trigger;
use super::trace::under_strace;
use crate::CallError;
use fulmen_engine::Wallet;
use serde_json::json;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

/// So long a restore may take that nothing kills.
const UNCUT: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Clone)]
pub(crate) struct Elsewhere {
    pub(crate) words: String,
    /// The stick.
    pub(crate) folder: PathBuf,
}

impl Person {
    /// Writes the words down, and keeps a copy on a stick.
    pub(crate) async fn keep_elsewhere(&mut self) -> Result<(), CallError> {
        let words = self.caller().ask("words", PASSWORD).await?;
        let words = words.as_str().expect("words").to_owned();
        let folder = self.remote.dir().with_extension("stick");
        std::fs::create_dir(&folder).expect("a stick");
        self.caller().ask("copy", &folder.display().to_string()).await?;
        self.elsewhere = Some(Elsewhere { words, folder });
        Ok(())
    }

    /// Where the stick is once it was pulled out.
    pub(crate) fn pulled_to(&self) -> (PathBuf, PathBuf) {
        let from = self.elsewhere.as_ref().expect("it has a stick").folder.clone();
        let mut name = from.clone().into_os_string();
        name.push("-pulled");
        (from, name.into())
    }

    /// Nothing of its directory is left, nor of what the wallet keeps beside it.
    pub(crate) fn lose_disk(&mut self) {
        std::fs::remove_dir_all(self.remote.dir()).expect("gone");
        drop(std::fs::remove_file(self.remote.dir().with_extension("generation")));
        (self.read, self.generation) = (0, 0);
    }

    /// Restores, or opens what a restore that was killed has left.
    pub(crate) async fn restore(&mut self, alone: bool, believed: bool) -> Result<(), CallError> {
        self.remote.spawn(&[], &[]);
        if alone {
            self.caller().ask("alone", "yes").await?;
        }
        if Wallet::exists(self.remote.dir()) {
            return self.remote.open().await;
        }
        self.ask_to_restore(believed).await
    }

    async fn ask_to_restore(&self, believed: bool) -> Result<(), CallError> {
        let Elsewhere { words, folder } = self.elsewhere.clone().expect("it has a stick");
        let asked = json!({
            "password": PASSWORD,
            "words": words,
            "folder": folder.display().to_string(),
            "believed": believed,
        });
        self.caller().ask("restore", &asked.to_string()).await.map(drop)
    }

    /// Begins to restore, and is killed on the way. `Err`: it ended by itself, in another way.
    pub(crate) async fn restore_and_die(&mut self, trigger: Trigger) -> Result<(), String> {
        let limit = match trigger {
            Trigger::Syscall(name, n) => {
                self.remote.spawn(&under_strace(name, n), &[]);
                UNCUT
            }
            Trigger::After(time) => {
                self.remote.spawn(&[], &[]);
                time
            }
            Trigger::Point(point, n) => {
                self.remote.spawn(&[], &[format!("kill={point:?}:{n}")]);
                UNCUT
            }
        };
        let caller = self.caller();
        let restoring = async {
            drop(self.ask_to_restore(false).await);
            caller.gone().await;
        };
        drop(tokio::time::timeout(limit, restoring).await);
        let status = self.remote.end();
        match status.signal() {
            Some(9) => Ok(()),
            _ => Err(format!("{:?} ended by itself while it was restored: {status}", self.name)),
        }
    }
}
