//! A person whose disk is lost, and what they have elsewhere: the words, and the living copy on a stick or on a server, or what
//! names their peers.

use super::ground::PASSWORD;
use super::person::Person;
use super::plan::Trigger;
use super::trace::under_strace;
use crate::CallError;
use fulmen_engine::Wallet;
use fulmen_engine::copy::PretendVss;
use fulmen_engine::store::channels_file;
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

/// So long a restore may take that nothing kills.
const UNCUT: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Clone)]
pub(crate) struct Elsewhere {
    pub(crate) words: String,
    /// `None`: the words are all.
    pub(crate) copy: Option<Kept>,
}

/// Whom the words alone are to ask.
#[derive(Clone, Debug)]
pub(crate) enum Peers {
    /// As a person wrote it down.
    Listed(String),
    /// A `channels.age` that a person kept.
    Filed(PathBuf),
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

/// What a restore is made from, besides [`Elsewhere`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Restoring {
    /// Whom the words alone ask.
    pub(crate) peers: Option<Peers>,
    /// Nothing in the copy is doubted.
    pub(crate) believed: bool,
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
    pub(crate) async fn keep_elsewhere(&mut self, medium: Option<Medium>) -> Result<(), CallError> {
        let words = self.caller().ask("words", PASSWORD).await?;
        let words = words.as_str().expect("words").to_owned();
        let copy =
            medium.map(|medium| Kept::new(medium, self.remote.dir().with_extension("stick")));
        if let Some(copy) = &copy {
            self.caller().ask("copy", &copy.place()).await?;
        }
        self.elsewhere = Some(Elsewhere { words, copy });
        Ok(())
    }

    /// Nothing of its directory is left, nor of what the wallet keeps beside it.
    pub(crate) fn lose_disk(&mut self) {
        std::fs::remove_dir_all(self.remote.dir()).expect("gone");
        drop(std::fs::remove_file(self.remote.dir().with_extension("generation")));
        (self.read, self.generation) = (0, 0);
    }

    /// A `channels.age` of now, out of the reach of what comes.
    pub(crate) fn file_channels(&self) -> Peers {
        let kept = self.remote.dir().with_extension("age");
        std::fs::copy(self.remote.dir().join(channels_file::FILE), &kept).expect("it has one");
        Peers::Filed(kept)
    }

    /// Restores, or opens what a restore that was killed has left. What was shown before, where it was restored now.
    pub(crate) async fn restore(
        &mut self,
        alone: bool,
        from: &Restoring,
    ) -> Result<Option<Value>, CallError> {
        self.remote.spawn(&[], &[]);
        if alone {
            self.caller().ask("alone", "yes").await?;
        }
        if Wallet::exists(self.remote.dir()) {
            self.remote.open().await?;
            return Ok(None);
        }
        self.ask_to_restore(from).await.map(Some)
    }

    async fn ask_to_restore(&self, from: &Restoring) -> Result<Value, CallError> {
        let Elsewhere { words, copy } = self.elsewhere.clone().expect("it has the words");
        let (listed, filed) = match &from.peers {
            Some(Peers::Listed(list)) => (Some(list), None),
            Some(Peers::Filed(path)) => (None, Some(path)),
            None => (None, None),
        };
        let asked = json!({
            "password": PASSWORD,
            "words": words,
            "place": copy.map(|copy| copy.place()),
            "believed": from.believed,
            "listed": listed,
            "filed": filed,
        });
        self.caller().ask("restore", &asked.to_string()).await
    }

    /// Begins to restore, and is killed on the way. `Err`: it ended by itself, in another way.
    pub(crate) async fn restore_and_die(
        &mut self,
        trigger: Trigger,
        from: &Restoring,
    ) -> Result<(), String> {
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
            drop(self.ask_to_restore(from).await);
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
