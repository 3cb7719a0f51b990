use serde::Serialize;
use ts_rs::TS;

/// What taking a file's labels (BIP 329) would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct LabelsPreview {
    pub id: String,
    /// What has none here, and gets the file's.
    pub labels: u32,
    /// Coins that the file says are not to be spent, and that can be here.
    pub freezes: u32,
    /// They are here already.
    pub same: u32,
    /// Another one is here, and stays.
    pub differ: u32,
    /// Of transactions, addresses, coins and payments that are not in this wallet.
    pub foreign: u32,
    /// Of kinds that Fulmen has no place for.
    pub other_types: u32,
    /// Lines that are no record.
    pub unreadable: u32,
    /// Of all of them: labels that are too long, and are cut.
    pub cut: u32,
}

/// What was taken of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct LabelsTaken {
    pub labels: u32,
    pub frozen: u32,
    /// Coins that closing channels needs, or that are promised to something.
    pub not_frozen: u32,
}
