use serde::Serialize;
use ts_rs::TS;

/// The living copy of the wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct CopyView {
    pub state: CopyState,
    /// Where it is, as the person chose it.
    pub place: Option<String>,
    /// It is on a server, not in a folder.
    pub server: bool,
    /// How old the copy is: how long a commit has been missing in it. Where none is, how long the last one took to get there.
    #[ts(type = "number | null")]
    pub lag_millis: Option<u64>,
    /// When something was last written there, since the start.
    #[ts(type = "number | null")]
    pub written_at_secs: Option<u64>,
}

/// How the copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum CopyState {
    /// None was chosen.
    Off,
    /// It has everything but the last moment.
    UpToDate,
    /// It is being brought up to date.
    CatchingUp,
    /// The place takes long to answer.
    Waiting,
    /// The folder is not there.
    Missing,
    /// The server does not answer, or not as such a server does.
    Away,
    /// The server does not admit us: another login, or one of the two clocks is wrong.
    NotAdmitted,
    /// The place cannot be written: full, read only, failing.
    Refused,
    /// Another wallet's copy is there.
    Foreign,
    /// The copy is newer than this wallet, or another computer writes it. It is left alone.
    Ahead,
    /// A newer Fulmen wrote it. It is left alone.
    Newer,
    /// This wallet is in quarantine: what was put back must not take the place of what is newer.
    Paused,
}
