use super::PreviewFiat;
use crate::amount::Sat;
use crate::fiat::Fiat;
use serde::Serialize;
use ts_rs::TS;

/// What signing a PSBT would do, before it is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct PsbtQuote {
    pub id: String,
    pub txid: String,
    pub outputs: Vec<PsbtOutput>,
    /// Of its inputs, those that are this wallet's, and what they are worth by its own records.
    pub own_inputs: u32,
    #[ts(type = "number")]
    pub own_sat: Sat,
    /// Those that are not, and what the transactions they come from are said to have paid to them.
    pub other_inputs: u32,
    #[ts(type = "number")]
    pub other_sat: Sat,
    /// What comes back to this wallet.
    #[ts(type = "number")]
    pub back_sat: Sat,
    /// What this wallet has less of afterwards: payments and fee.
    #[ts(type = "number")]
    pub leaves_sat: Sat,
    /// What this wallet has more of afterwards, if others pay it more than it puts in.
    #[ts(type = "number")]
    pub gains_sat: Sat,
    /// What the miners get of all of them.
    #[ts(type = "number")]
    pub fee_sat: Sat,
    /// Rounded up.
    pub sat_per_vb: u32,
    /// Half of what leaves this wallet or more goes to the miners.
    pub large_fee: bool,
    /// So many inputs of others are not signed yet.
    pub unsigned: u32,
    /// It may not be in the next block, or not for some time.
    pub time_locked: bool,
    /// It can be sent from here once it is signed.
    pub can_send: bool,
    /// It is exactly what was shown here as a payment not long ago.
    pub previewed: bool,
    /// What leaves this wallet or what it gains, and the fee.
    pub fiat: Option<PreviewFiat>,
}

/// Who gets what of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct PsbtOutput {
    /// `None`: a script that has no address, such as data.
    pub address: Option<String>,
    #[ts(type = "number")]
    pub amount_sat: Sat,
    /// Its script is derived from this wallet's keys, whatever the PSBT says.
    pub own: bool,
    /// What that is worth now.
    pub fiat: Option<Fiat>,
}

/// A PSBT with the signatures of this wallet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct SignedPsbt {
    /// Base64.
    pub psbt: String,
    /// Nobody else has to sign: the transaction, in hex.
    pub transaction: Option<String>,
}

/// What a wallet that only watches needs to know (BIP 380), with checksums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Descriptors {
    /// Of addresses for others.
    pub external: String,
    /// Of change.
    pub internal: String,
}
