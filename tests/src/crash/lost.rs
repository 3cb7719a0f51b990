//! A person whose disk is lost, and what they have elsewhere: the words, and the living copy on a stick or
//! on a server.

use super::ground::PASSWORD;
use super::person::Person;
use super::plan::Trigger;
use super::trace::under_strace;
use crate::CallError;
use fulmen_engine::Wallet;
use fulmen_engine::copy::PretendVss;
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
    pub(crate) copy: Kept,
}

/// On what a copy is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Medium {
    #[default]
    Folder,
    /// In this process, which nobody kills.
    Vss,
}

impl Medium {
    /// From its name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "folder" => Some(Self::Folder),
            "vss" => Some(Self::Vss),
            _ => None,
        }
    }
}

/// The copy itself.
#[derive(Clone)]
pub(crate) enum Kept {
    Stick(PathBuf),
    Server(PretendVss),
}

impl Kept {
    fn new(medium: Medium, folder: PathBuf) -> Self {
        match medium {
            Medium::Folder => {
                std::fs::create_dir(&folder).expect("a stick");
                Self::Stick(folder)
            }
            Medium::Vss => Self::Server(PretendVss::start().expect("a server")),
        }
    }

    /// As a person says where it is.
    fn place(&self) -> String {
        match self {
            Self::Stick(folder) => folder.display().to_string(),
            Self::Server(server) => server.url(),
        }
    }

    /// The wallet does not reach it any more. A stick is somewhere else then; a server does not answer, or takes the question
    /// and is `silent`.
    pub(crate) fn out_of_reach(self, silent: bool) -> Self {
        match self {
            Self::Stick(from) => {
                let mut to = from.clone().into_os_string();
                to.push("-pulled");
                std::fs::rename(&from, &to).expect("pulled out");
                Self::Stick(to.into())
            }
            Self::Server(server) => {
                if silent {
                    server.falls_silent();
                } else {
                    server.goes();
                }
                Self::Server(server)
            }
        }
    }

    /// A restore finds it.
    pub(crate) fn in_reach(self) -> Self {
        if let Self::Server(server) = &self {
            server.comes_back();
        }
        self
    }
}

impl Person {
    /// Writes the words down, and keeps a copy.
    pub(crate) async fn keep_elsewhere(&mut self, medium: Medium) -> Result<(), CallError> {
        let words = self.caller().ask("words", PASSWORD).await?;
        let words = words.as_str().expect("words").to_owned();
        let copy = Kept::new(medium, self.remote.dir().with_extension("stick"));
        self.caller().ask("copy", &copy.place()).await?;
        self.elsewhere = Some(Elsewhere { words, copy });
        Ok(())
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
        let Elsewhere { words, copy } = self.elsewhere.clone().expect("it has a copy");
        let asked = json!({
            "password": PASSWORD,
            "words": words,
            "place": copy.place(),
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
