//! What crosses the border besides the engine's own views: requests of the page, the state of the app itself, errors.

use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::fiat::Currency;
use fulmen_engine::keys::AccountId;
use fulmen_engine::view::{
    BumpWish, CloseWay, FeeSpeed, Leaving, NetworkId, OfferNotice, OwnOfferView,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Every command's error. The page has words for each code; the message is for the log view.
#[derive(Debug, Serialize, TS)]
#[ts(export_to = "dto.ts")]
pub(crate) struct ApiError {
    pub(crate) code: Code,
    pub(crate) message: String,
    /// Belongs to the code: which word is wrong, from 1.
    pub(crate) detail: Option<u32>,
}

/// Where the app is.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum AppState {
    /// No wallet was made yet (on `network`): first start.
    FirstStart {
        network: NetworkId,
    },
    /// A wallet is there and wants its password.
    Locked {
        network: NetworkId,
        /// Only the screen is: the node runs on.
        running: bool,
    },
    /// Being opened.
    Opening {
        network: NetworkId,
    },
    Open {
        network: NetworkId,
    },
    /// It cannot run, and why. Nothing was touched.
    Refused {
        code: Code,
        message: String,
    },
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct CreateRequest {
    pub(crate) network: NetworkId,
    /// `null`: anyone at this computer can open it.
    pub(crate) password: Option<String>,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct RestoreRequest {
    pub(crate) network: NetworkId,
    pub(crate) words: String,
    pub(crate) passphrase: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) ask: AskRequest,
}

/// Words, to be looked at.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct WordsRequest {
    pub(crate) network: NetworkId,
    pub(crate) words: String,
    pub(crate) passphrase: Option<String>,
    pub(crate) ask: AskRequest,
}

/// Which peers may have channels of words that nothing else is left of.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct AskRequest {
    /// Where a `channels.age` lies; nothing: there is none.
    pub(crate) file: String,
    /// `node_id@host:port`, one a line.
    pub(crate) peers: String,
    /// Those that Fulmen suggests as well.
    pub(crate) suggested: bool,
}

/// Words, and the place of a living copy: a folder, or a server's address.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct CopySource {
    pub(crate) network: NetworkId,
    pub(crate) words: String,
    pub(crate) passphrase: Option<String>,
    pub(crate) place: String,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct RestoreCopyRequest {
    pub(crate) source: CopySource,
    /// Of this computer; `null`: anyone at it can open the wallet.
    pub(crate) password: Option<String>,
    /// `RestorePreview.generation`, as it was shown.
    #[ts(type = "number")]
    pub(crate) generation: u64,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct PreviewRequest {
    pub(crate) instruction_id: String,
    /// Where the payer chooses the amount.
    #[ts(type = "number | null")]
    pub(crate) amount_msat: Option<Msat>,
    /// On-chain.
    pub(crate) speed: Option<FeeSpeed>,
    pub(crate) everything: bool,
    /// The movement that failed, where this is the same once more.
    pub(crate) retries: Option<String>,
    /// To the payee, where it takes any.
    pub(crate) comment: Option<String>,
    /// What the payer gives of themselves, where the payee asks for it.
    pub(crate) payer_name: Option<String>,
    pub(crate) payer_email: Option<String>,
    /// How many, where several may be asked for.
    #[ts(type = "number | null")]
    pub(crate) quantity: Option<u64>,
    /// On-chain, with exactly these coins.
    pub(crate) coins: Option<Vec<String>>,
    /// Who else is paid, on-chain, with the same transaction.
    #[serde(default)]
    pub(crate) also: Vec<AlsoPaidRequest>,
}

/// Somebody who is paid with the same transaction.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct AlsoPaidRequest {
    pub(crate) instruction_id: String,
    /// Where the payer chooses the amount.
    #[ts(type = "number | null")]
    pub(crate) amount_msat: Option<Msat>,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct BumpRequest {
    /// Of the movement that waits for a block.
    pub(crate) id: String,
    pub(crate) wish: BumpWish,
    pub(crate) speed: FeeSpeed,
}

/// A PSBT that was signed here, and where it was saved.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct HandedPsbt {
    /// Base64.
    pub(crate) psbt: String,
    /// Nobody else has to sign: the transaction, in hex.
    pub(crate) transaction: Option<String>,
    pub(crate) path: String,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct WithdrawRequest {
    pub(crate) instruction_id: String,
    /// Where one may choose; else all of it.
    #[ts(type = "number | null")]
    pub(crate) amount_msat: Option<Msat>,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct ReceiveRequest {
    #[ts(type = "number | null")]
    pub(crate) amount_msat: Option<Msat>,
    pub(crate) note: Option<String>,
    pub(crate) expiry_secs: u32,
    /// The request that was shown while this one was typed.
    pub(crate) replaces: Option<String>,
}

/// A request with all that can be given out of it.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct ShownRequest {
    pub(crate) request: fulmen_engine::view::Request,
    /// All of it in one.
    pub(crate) both: ShownCode,
    /// The invoice alone, if it has one.
    pub(crate) lightning: Option<ShownCode>,
    /// The bare address.
    pub(crate) address: ShownCode,
}

/// A text to be given out, with its pictures.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct ShownCode {
    pub(crate) text: String,
    pub(crate) svg: CodePictures,
}

/// A code in each [`CodeForm`]: complete SVG documents, dark on white, four modules of quiet zone.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct CodePictures {
    pub(crate) small: String,
    pub(crate) unchanged: String,
}

/// How a text is written in a code.
#[derive(Clone, Copy, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum CodeForm {
    /// In upper case as far as its format allows: the smallest code.
    Small,
    /// As it is: for scanners that know lower case alone.
    Unchanged,
}

/// An offer of ours that stays.
#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct OfferRequest {
    #[ts(type = "number | null")]
    pub(crate) amount_msat: Option<Msat>,
    pub(crate) description: Option<String>,
    pub(crate) label: Option<String>,
}

/// An offer with its pictures.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct ShownOffer {
    pub(crate) offer: OwnOfferView,
    pub(crate) code: ShownCode,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct ShownOffers {
    /// Whether one can be made now.
    pub(crate) notice: OfferNotice,
    pub(crate) offers: Vec<ShownOffer>,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct OpenRequest {
    /// `node_id@host:port`, or a bare node id of a peer we know.
    pub(crate) peer: String,
    #[ts(type = "number")]
    pub(crate) amount_sat: Sat,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct CloseRequest {
    pub(crate) channel_id: String,
    pub(crate) way: CloseWay,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct SweepPreviewRequest {
    pub(crate) from: SweepFrom,
    pub(crate) speed: FeeSpeed,
}

/// Where the money is: in an account of the words, or at a private key that was read.
#[derive(Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum SweepFrom {
    Account { account: AccountId },
    Key { instruction_id: String },
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct SweepRequest {
    pub(crate) preview_id: String,
    /// If the words sign: it opens them.
    pub(crate) password: Option<String>,
}

#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct SettingsView {
    pub(crate) network: NetworkId,
    pub(crate) unit: Unit,
    pub(crate) theme: Theme,
    /// Amounts stand behind dots, but for what a person is about to agree to.
    pub(crate) hide_amounts: bool,
    /// The chain servers that are asked, the best first. Without their passwords.
    pub(crate) source_urls: Vec<String>,
    /// What is used when none is set.
    pub(crate) default_source_urls: Vec<String>,
    pub(crate) has_password: bool,
    pub(crate) words_backed_up: bool,
    pub(crate) version: String,
    /// Why the last run ended, if it ended by a fault of the program and nobody has said that they have seen it.
    pub(crate) crashed: Option<String>,
    /// What a payment or a day may cost without being agreed to outside of the page.
    #[ts(type = "number")]
    pub(crate) spend_limit_sat: Sat,
    /// Whether coins of this network are worth something. Only then do the two that follow count.
    pub(crate) real_money: bool,
    /// The most that all channels may have together.
    #[ts(type = "number | null")]
    pub(crate) channel_cap_sat: Option<Sat>,
    /// A person typed that there shall be channels without a living copy.
    pub(crate) no_copy: bool,
    /// Without a person the screen locks after so long. 0: never.
    pub(crate) lock_after_minutes: u32,
    /// Networks with a wallet on this machine.
    pub(crate) wallets: Vec<NetworkId>,
    /// The currency that this wallet shows beside sats.
    #[ts(type = "string | null")]
    pub(crate) currency: Option<Currency>,
    /// Those that can be chosen. None where coins are worth nothing, and while no wallet is open.
    #[ts(type = "Array<string>")]
    pub(crate) currencies: Vec<Currency>,
    /// Who is asked what a bitcoin costs, once one is chosen.
    pub(crate) rate_hosts: Vec<String>,
    /// Who is asked for each name in the DNS. `None`: nobody on this network.
    pub(crate) resolver_host: Option<String>,
}

#[derive(Default, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export_to = "dto.ts")]
pub(crate) struct SettingsPatch {
    pub(crate) unit: Option<Unit>,
    pub(crate) theme: Option<Theme>,
    pub(crate) hide_amounts: Option<bool>,
    /// None of them: back to the default. A password that is in one goes into the vault.
    pub(crate) source_urls: Option<Vec<String>>,
    /// A higher one is agreed to outside of the page.
    #[ts(type = "number | null")]
    pub(crate) spend_limit_sat: Option<Sat>,
    #[ts(type = "number | null")]
    pub(crate) channel_cap_sat: Option<Sat>,
    pub(crate) no_copy: Option<bool>,
    pub(crate) lock_after_minutes: Option<u32>,
    /// The code of one of `SettingsView.currencies`. Empty text: none.
    pub(crate) currency: Option<String>,
    /// True: `SettingsView.crashed` was seen.
    pub(crate) crash_seen: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum Unit {
    #[default]
    Sat,
    Btc,
    /// Satoshis, written as whole bitcoins (BIP 177): `₿2 100`.
    Integer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// The one screen that shows words.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct Words {
    pub(crate) words: Vec<String>,
    /// The places that are asked for to see that they are written down, from 1.
    pub(crate) asked: Vec<u32>,
}

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct ChangePassword {
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
}

/// What a person is asked who quits while something depends on this computer.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct QuitQuestion {
    pub(crate) leaving: Leaving,
    /// It ends by itself as soon as no payment is under way.
    pub(crate) waiting: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum QuitChoice {
    Now,
    WhenSettled,
    Stay,
}

/// What the practice drawer can do.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum PracticeAction {
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

/// What the practice drawer shows.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct PracticeLog {
    /// Newest first.
    pub(crate) steps: Vec<PracticeStep>,
    pub(crate) books: PracticeAudit,
}

/// Who has what on the practice network. It adds up to `mined_sat`.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct PracticeAudit {
    #[ts(type = "number")]
    pub(crate) yours_msat: Msat,
    #[ts(type = "number")]
    pub(crate) hub_msat: Msat,
    #[ts(type = "number")]
    pub(crate) shop_msat: Msat,
    /// Blocks pay the faucet, miner fees included.
    #[ts(type = "number")]
    pub(crate) faucet_sat: Sat,
    /// On its way, left behind by closed channels, or a rest of a satoshi.
    #[ts(type = "number")]
    pub(crate) nobody_msat: Msat,
    /// The subsidies of all blocks.
    #[ts(type = "number")]
    pub(crate) mined_sat: Sat,
}

/// One line of "What just happened?".
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct PracticeStep {
    pub(crate) at_secs: u64,
    pub(crate) step: PracticeStepKind,
}

/// Facts; the words are the page's.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum PracticeStepKind {
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
#[ts(export_to = "dto.ts")]
pub(crate) struct Picture {
    /// PNG, base64.
    pub(crate) png_base64: String,
}

/// What is in the clipboard: text, else a picture.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) struct Clipboard {
    pub(crate) text: Option<String>,
    pub(crate) picture: Option<Picture>,
}

/// The one event channel, `wallet`.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export_to = "dto.ts")]
pub(crate) enum ShellEvent {
    Wallet {
        event: fulmen_engine::view::Event,
    },
    App {
        state: AppState,
    },
    /// A picture was dropped on the window: PNG or JPEG, base64.
    Dropped {
        picture_base64: String,
    },
    /// A file with a PSBT was: base64.
    DroppedPsbt {
        psbt: String,
    },
    /// The window was closed: to be asked, or `null` for no longer.
    Quitting {
        question: Option<QuitQuestion>,
    },
    /// Something happened on the practice network.
    Practice {
        step: PracticeStep,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes `ui/src/lib/ipc/gen/dto.ts`. One by one: exporting their parts too would write half of the engine's file.
    #[test]
    fn the_page_knows_these_types() {
        let config = ts_rs::Config::from_env();
        ApiError::export(&config).unwrap();
        AppState::export(&config).unwrap();
        CreateRequest::export(&config).unwrap();
        RestoreRequest::export(&config).unwrap();
        WordsRequest::export(&config).unwrap();
        AskRequest::export(&config).unwrap();
        CopySource::export(&config).unwrap();
        RestoreCopyRequest::export(&config).unwrap();
        PreviewRequest::export(&config).unwrap();
        AlsoPaidRequest::export(&config).unwrap();
        BumpRequest::export(&config).unwrap();
        WithdrawRequest::export(&config).unwrap();
        HandedPsbt::export(&config).unwrap();
        ReceiveRequest::export(&config).unwrap();
        ShownRequest::export(&config).unwrap();
        ShownCode::export(&config).unwrap();
        CodePictures::export(&config).unwrap();
        CodeForm::export(&config).unwrap();
        OfferRequest::export(&config).unwrap();
        ShownOffer::export(&config).unwrap();
        ShownOffers::export(&config).unwrap();
        OpenRequest::export(&config).unwrap();
        CloseRequest::export(&config).unwrap();
        SweepPreviewRequest::export(&config).unwrap();
        SweepFrom::export(&config).unwrap();
        SweepRequest::export(&config).unwrap();
        SettingsView::export(&config).unwrap();
        SettingsPatch::export(&config).unwrap();
        Unit::export(&config).unwrap();
        Theme::export(&config).unwrap();
        Words::export(&config).unwrap();
        ChangePassword::export(&config).unwrap();
        QuitQuestion::export(&config).unwrap();
        QuitChoice::export(&config).unwrap();
        PracticeAction::export(&config).unwrap();
        PracticeLog::export(&config).unwrap();
        PracticeAudit::export(&config).unwrap();
        PracticeStep::export(&config).unwrap();
        PracticeStepKind::export(&config).unwrap();
        Clipboard::export(&config).unwrap();
        Picture::export(&config).unwrap();
        ShellEvent::export(&config).unwrap();
    }
}
