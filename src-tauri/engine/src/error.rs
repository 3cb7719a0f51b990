//! What can go wrong, as a screen sees it. Each operation has its own typed error that keeps its cause; a [`Code`] is added
//! only if a screen does something different for it. The words for codes live in the page.

use serde::Serialize;
use ts_rs::TS;

/// What a screen distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export, export_to = "view.ts")]
pub enum Code {
    // Reading a pasted or scanned text.
    /// Nothing but white space.
    NothingToRead,
    /// Longer than anything payable.
    TooLong,
    /// Two payments or more in one text.
    SeveralInstructions,
    /// Nothing we know.
    NotUnderstood,
    /// It looks right but a character is wrong (checksum, length).
    Damaged,
    /// Valid, for another network.
    WrongNetwork,
    /// BOLT 12: an invoice alone, or a refund beside something to pay.
    UnsupportedOffer,
    /// BOLT 12: priced in another currency than bitcoin.
    UnsupportedCurrency,
    /// LNURL.
    UnsupportedLnurl,
    /// A payment method or a required feature we do not know.
    UnsupportedMethod,

    // Asking the host of an LNURL or a name.
    /// It would be asked in the clear, or is no address on the web.
    LinkNotEncrypted,
    /// Only Tor reaches it.
    LinkOnion,
    /// It leads to this computer or a private network.
    LinkPrivate,
    /// It does not answer, or not in time.
    LinkUnreachable,
    /// It sends from place to place.
    LinkRedirects,
    /// It answers more than any payee has to say.
    LinkTooLarge,
    /// What it answers is not what an LNURL answers.
    LinkNonsense,
    /// It says no.
    LinkRefused,
    /// Nobody of that name is there.
    NameUnknown,
    /// The resolver does not answer, or not as one does.
    ResolverAway,
    /// The resolver says that nothing of the name's domain is signed.
    NameUnsigned,
    /// What is signed for a name is no payment instruction.
    NameBadRecord,
    /// What the DNS has at a name is not signed by whom it should be.
    NameForged,
    /// The signatures of a name are of another time.
    NameOutOfDate,
    /// A name has several records, or one that sends on.
    NameUnclear,
    /// A kind of LNURL that we do not know.
    LinkUnknown,
    /// It insists on more of who pays than a person could type.
    PayerDataWanted,
    /// It insists on a name or an address for mail, and none was given.
    PayerDataMissing,
    /// The comment is longer than the payee takes.
    CommentTooLong,
    /// The invoice asks for another amount than was asked for.
    LinkAmountDiffers,
    /// The invoice is for something else than was shown.
    LinkHashDiffers,
    /// What the payee wants to show afterwards is on another host.
    LinkSuccessElsewhere,
    /// What the payee wants to show afterwards is of a kind that we do not know.
    LinkSuccessUnknown,
    /// The invoice is none, or none for this network.
    LinkBadInvoice,
    /// There is nothing to withdraw.
    NothingToWithdraw,
    /// No channel can take it in now.
    CannotReceive,
    /// BOLT 12: the refund's time is over.
    RefundExpired,
    /// BOLT 12: the refund was collected; its row is in Activity.
    RefundCollected,
    /// BOLT 12: the refund is more than one channel can take in now.
    RefundTooLarge,
    /// BOLT 12: the refund was made by this wallet.
    OwnRefund,

    // Paying.
    /// The invoice's time is over.
    Expired,
    /// Our own invoice.
    OwnInvoice,
    /// An address of this wallet.
    OwnAddress,
    /// Two of those who are paid have the same address.
    SameAddress,
    /// There is no address in it, which is what an on-chain payment needs.
    NoAddress,
    /// More than can be paid with one transaction.
    TooManyRecipients,
    /// Paid before; the receipt is in Activity.
    AlreadyPaid,
    /// For one payment: whoever it is can't be paid again by it.
    PaidOnce,
    /// Being paid right now.
    InFlight,
    /// Paid on-chain, in no block yet.
    WaitsForBlock,
    /// Below the least that can be sent.
    AmountTooSmall,
    /// Above the most that can be sent.
    AmountTooLarge,
    /// The payee leaves the amount to the payer.
    AmountNeeded,
    /// Not enough that can be used now.
    InsufficientBalance,
    /// Not enough in the coins that the payer chose.
    ChosenCoinsShort,
    /// The channel peers that could send it are not connected.
    PeersAway,
    /// No way to the payee within the fee limit.
    NoRoute,
    /// The payee (or a node on the way) refused.
    Rejected,
    /// BOLT 12: the payee did not answer with an invoice.
    NoAnswer,
    /// BOLT 12: the payee refuses to answer with an invoice.
    InvoiceRefused,
    /// BOLT 12: the invoice that the payee answered with is not for this payment.
    InvoiceWrong,
    /// BOLT 12: so many are not offered at once.
    QuantityNotOffered,
    /// No peer is there that relays messages to the payee.
    NoRelay,
    /// It was tried until the time for trying was over.
    RetriesExhausted,
    /// Another transaction took its place, or nobody has it any more.
    Replaced,
    /// The app ended before it was sent.
    NeverSent,
    /// It was on its way in a state that was old, and its channel was closed with a later one: nobody here knows what became
    /// of it.
    OutcomeUnknown,
    /// A person took it back before it was sent.
    TakenBack,
    /// A person wanted no further try, and what had left came back.
    Abandoned,
    /// A person called it off before it was in a block: it came back.
    CalledOff,
    /// What was shown is no longer what would be done; look again.
    Stale,

    // Signing a transaction that others made (PSBT).
    /// It cannot be decoded, contradicts itself, or spends more than it has.
    PsbtDamaged,
    /// Larger than any that is signed here.
    PsbtTooLong,
    /// None of its inputs is a coin of this wallet.
    PsbtNothingOurs,
    /// What it says of a coin of this wallet is not so.
    PsbtCoinDiffers,
    /// It wants a signature that leaves parts of the transaction open.
    PsbtSighash,
    /// It does not prove what the others' coins are worth, so that nobody knows what it pays the miners.
    PsbtFeeUnproven,
    /// It pays the miners more than any transaction should.
    PsbtFeeAbsurd,
    /// A coin of this wallet in it is spent, perhaps by a payment that waits for a block.
    PsbtCoinSpent,
    /// A coin of this wallet in it is frozen.
    PsbtCoinFrozen,
    /// A coin of this wallet in it is promised to a channel or a fee.
    PsbtCoinPromised,
    /// A coin of this wallet in it is not in a block yet, and came from others.
    PsbtCoinUnconfirmed,
    /// A signature of the others is missing or wrong.
    PsbtUnfinished,

    // Channels.
    /// The peer cannot be reached.
    PeerUnreachable,
    /// The peer said no.
    PeerRefused,
    /// The peer takes no channels with anchor outputs, and there are no others.
    NoAnchors,
    /// Below the smallest or above the largest channel.
    ChannelSize,
    /// Already closing, or gone.
    ChannelGone,
    /// The state of a channel is old; its peer must close it first.
    ChannelStale,
    /// Nobody has shown that the words are written down.
    WordsNotProven,
    /// There is no living copy, and nobody said that there shall be none.
    CopyWanted,
    /// The living copy is not up to date.
    CopyNotFresh,
    /// All channels together would be larger than was agreed to.
    ChannelCap,
    /// Too little would stay to close channels with.
    NeededForClosing,

    // The wallet itself.
    /// The password does not open the wallet.
    WrongPassword,
    /// Not a word of the list; `detail` is its place, from 1.
    UnknownWord,
    /// Not 12 or 24 words.
    WordCount,
    /// All words known, but together they are not a wallet (checksum).
    WordsChecksum,
    /// There already is a wallet on this network.
    WalletExists,
    /// No wallet is open.
    NoWallet,
    /// Only soon after a click or a key in the window.
    NoClick,
    /// A person did not agree in the window that asked.
    NotConfirmed,
    /// Another Fulmen is running.
    AlreadyRunning,
    /// Made by a newer Fulmen.
    NewerVault,
    /// The vault was changed by someone else, or is damaged.
    VaultDamaged,
    /// The disk refuses to write.
    Storage,
    /// The disk takes very long to write.
    DiskSlow,
    /// The chain source cannot be reached.
    Offline,
    /// The chain source is on another network.
    ServerElsewhere,
    /// Not now: still synchronising.
    NotReady,
    /// No block came for so long that nothing is begun which hangs on the next ones.
    NoBlocks,
    /// This computer's clock is far beside the time of blocks or servers.
    ClockWrong,
    /// This copy of the wallet is older than what was known of it.
    Quarantine,
    /// Only on the practice network.
    OnlyPractice,
    /// The screen, camera or picture could not be read.
    PictureUnreadable,
    /// Longer than any file of labels.
    LabelsTooLong,
    /// A file for the person could not be written.
    NotSaved,
    /// The place of the copy is not there.
    CopyMissing,
    /// Another wallet's copy is there.
    CopyForeign,
    /// The copy is newer than this wallet, or another computer writes it.
    CopyAhead,
    /// The place of the copy is within the wallet's own directory.
    CopyWithin,
    /// The place of the copy cannot be written or read.
    CopyRefused,
    /// Nothing of the copy can be read.
    CopyDamaged,
    /// The server of the copy does not answer, or not as such a server does.
    CopyServerAway,
    /// The server of the copy does not admit us: another login, or one of the two clocks is wrong.
    CopyNotAdmitted,
    /// The server of the copy would be asked in the clear.
    CopyNotEncrypted,
    /// Something we did not foresee. The message has the cause.
    Internal,
}

/// Anything that carries a [`Code`].
pub trait Coded: std::error::Error {
    /// What a screen distinguishes.
    fn code(&self) -> Code;

    /// A number that belongs to the code: which word is wrong, for instance.
    fn detail(&self) -> Option<u32> {
        None
    }
}

/// As many characters of a message are kept: some of them are another computer's words.
const LONGEST_MESSAGE: usize = 1000;

/// The message with all its causes, for the log. Some causes are another computer's words: what moves a cursor or reorders
/// a line is replaced, and a long text cut off.
pub fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text.chars().take(LONGEST_MESSAGE).map(harmless).collect()
}

fn harmless(c: char) -> char {
    let reorders = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    if c.is_control() || reorders { '\u{fffd}' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_computers_words_cannot_disguise_a_line() {
        let said = "Get it at \u{202e}moc.live\u{1b}[2K\r\n2026-01-01 ERROR forged";
        let told = chain_of(&std::io::Error::other(said));
        assert_eq!(
            told,
            "Get it at \u{fffd}moc.live\u{fffd}[2K\u{fffd}\u{fffd}2026-01-01 ERROR forged"
        );
        let long = "a".repeat(50_000);
        assert_eq!(chain_of(&std::io::Error::other(long)).len(), LONGEST_MESSAGE);
    }
}
