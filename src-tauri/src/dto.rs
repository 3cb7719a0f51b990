//! What crosses the border besides the engine's own views: requests of the page, the state of the app itself, errors.

use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::view::{CloseWay, FeeSpeed, NetworkId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Every command's error. The page has words for each code; the message is for the log view.
#[derive(Debug, Serialize, TS)]
#[ts(export, export_to = "dto.ts")]
pub struct ApiError {
    pub code: Code,
    pub message: String,
    /// Belongs to the code: which word is wrong, from 1.
    pub detail: Option<u32>,
}

/// Where the app is.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub enum AppState {
    /// No wallet was made yet (on `network`): first start.
    FirstStart { network: NetworkId },
    /// A wallet is there and wants its password.
    Locked { network: NetworkId },
    /// Being opened.
    Opening { network: NetworkId },
    Open { network: NetworkId },
    /// It cannot run, and why. Nothing was touched.
    Refused { code: Code, message: String },
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct CreateRequest {
    pub network: NetworkId,
    /// `null`: anyone at this computer can open it.
    pub password: Option<String>,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct RestoreRequest {
    pub network: NetworkId,
    pub words: String,
    pub passphrase: Option<String>,
    pub password: Option<String>,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct PreviewRequest {
    pub instruction_id: String,
    /// Where the payer chooses the amount.
    #[ts(type = "number | null")]
    pub amount_msat: Option<Msat>,
    /// On-chain.
    pub speed: Option<FeeSpeed>,
    pub everything: bool,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct ReceiveRequest {
    #[ts(type = "number | null")]
    pub amount_msat: Option<Msat>,
    pub note: Option<String>,
    pub expiry_secs: u32,
}

/// A request with its picture.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct ShownRequest {
    pub request: fulmen_engine::view::Request,
    /// A complete SVG document: dark on white, four modules of quiet zone.
    pub qr_svg: String,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct OpenRequest {
    /// `node_id@host:port`, or a bare node id of a peer we know.
    pub peer: String,
    #[ts(type = "number")]
    pub amount_sat: Sat,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct CloseRequest {
    pub channel_id: String,
    pub way: CloseWay,
}

#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct SettingsView {
    pub network: NetworkId,
    pub unit: Unit,
    pub theme: Theme,
    /// The source in use.
    pub esplora_url: Option<String>,
    /// What is used when none is set.
    pub default_esplora_urls: Vec<String>,
    pub has_password: bool,
    pub words_backed_up: bool,
    pub version: String,
    /// Networks with a wallet on this machine.
    pub wallets: Vec<NetworkId>,
}

#[derive(Default, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "dto.ts")]
pub struct SettingsPatch {
    pub unit: Option<Unit>,
    pub theme: Option<Theme>,
    /// Empty text: back to the default.
    pub esplora_url: Option<String>,
    pub words_backed_up: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub enum Unit {
    #[default]
    Sat,
    Btc,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// The one screen that shows words.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct Words {
    pub words: Vec<String>,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct ChangePassword {
    pub old: Option<String>,
    pub new: Option<String>,
}

/// What the practice drawer can do.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub enum PracticeAction {
    /// Send 1 000 000 sat from the faucet to a fresh address of the wallet (not yet mined).
    Faucet,
    /// Mine blocks now.
    Mine { blocks: u32 },
    /// Hub opens a channel of 500 000 sat to you.
    HubOpens,
    /// Opens the shop's own window with an invoice of 2 100 sat as a QR code.
    OrderCoffee,
    /// The shop scans your request and pays it.
    ShopPays { text: String },
}

/// One line of "What just happened?".
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct PracticeStep {
    pub at_secs: u64,
    pub step: PracticeStepKind,
}

/// Facts; the words are the page's.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub enum PracticeStepKind {
    BlockMined { height: u32, transactions: u32, fees_sat: u32 },
    TransactionSeen { txid: String, fee_sat: u32 },
    FaucetSent { amount_sat: u32 },
    InvoiceMade { amount_sat: u32 },
    ShopWasPaid { amount_sat: u32 },
    ShopPaid { amount_sat: u32 },
    HubForwarded { fee_msat: u32 },
    HubOpenedChannel { amount_sat: u32 },
}

/// A picture, as pixels: what the page's reader wants.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub struct Picture {
    /// PNG, base64.
    pub png_base64: String,
}

/// The one event channel, `wallet`.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "dto.ts")]
pub enum ShellEvent {
    Wallet { event: fulmen_engine::view::Event },
    App { state: AppState },
    /// A picture was dropped on the window: PNG or JPEG, base64.
    Dropped { picture_base64: String },
    /// Something happened on the practice network.
    Practice { step: PracticeStep },
}
