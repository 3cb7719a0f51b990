//! Paying and being paid, at the door.

use super::Wallet;
use crate::amount::Msat;
use crate::ledger::{addresses, worth};
use crate::links::{self, LinkError};
use crate::payments::instruction::{self, Choice};
use crate::payments::receive_offer;
use crate::payments::recipients;
use crate::payments::{
    self, JournalError, OfferParameters, Payment, PaymentId, ReceiveError, RefundParameters,
    RequestParameters, SendError, receive, refund, refund_given, send,
};
use crate::previews::Outlay;
use crate::time::Timestamp;
use crate::view;

impl Wallet {
    /// Reads a pasted or scanned text.
    pub fn read(&self, text: &str) -> Result<view::Instruction, SendError> {
        instruction::read(self.core(), text, Timestamp::now())
    }

    /// Reads who is to be paid on-chain with one transaction: one instruction, or a line `address amount` for each.
    pub fn read_recipients(&self, text: &str) -> Result<Vec<view::Instruction>, SendError> {
        recipients::read(self.core(), text, Timestamp::now())
    }

    /// The quote for an instruction.
    pub async fn preview(&self, choice: Choice) -> Result<view::Quote, SendError> {
        let (core, now) = (self.core(), Timestamp::now());
        let quote = links::preview(core.clone(), choice, now).await?;
        Ok(worth::with_worth(core, quote, now))
    }

    /// Asks the host of an instruction of the kind [`view::InstructionKind::Name`] or `Lnurl` what it is.
    pub async fn look_up(&self, instruction: &str) -> Result<view::Instruction, LinkError> {
        links::look_up(self.core(), instruction, Timestamp::now()).await
    }

    /// Has the host of a withdraw link pay: the amount, or all that it pays.
    pub async fn withdraw(
        &self,
        instruction: &str,
        amount: Option<Msat>,
    ) -> Result<view::Request, LinkError> {
        links::withdraw(self.core(), instruction, amount, Timestamp::now()).await
    }

    /// Sends the issuer of a refund ([`view::InstructionKind::Refund`]) an invoice of ours. Its row becomes `Paid` once it is
    /// here.
    pub async fn collect(&self, instruction: &str) -> Result<view::Collecting, SendError> {
        refund::collect(self.core(), instruction, Timestamp::now()).await
    }

    /// Gives a refund: a text that whoever answers it first is paid by, and the row of that payment.
    pub async fn give_refund(
        &self,
        parameters: RefundParameters,
    ) -> Result<(PaymentId, String), SendError> {
        refund_given::give(self.core(), parameters, Timestamp::now()).await
    }

    /// Signs in to the site of an instruction of the kind [`view::InstructionKind::LnurlAuth`].
    pub async fn sign_in(&self, instruction: &str) -> Result<(), LinkError> {
        links::sign_in(self.core(), instruction).await
    }

    /// Pays what a quote showed. Returns at once; the outcome comes on the bus.
    pub async fn pay(&self, quote: &str) -> Result<Payment, SendError> {
        send::pay(self.core(), quote, Timestamp::now()).await
    }

    /// A quote as it was shown, while it can be paid.
    pub fn quoted(&self, quote: &str) -> Option<view::Quote> {
        self.core().previews.quote(quote)
    }

    /// What confirming a channel's or a higher fee's preview takes from the coins, while it can be confirmed.
    pub fn outlay(&self, preview: &str) -> Option<Outlay> {
        self.core().previews.outlay(preview)
    }

    /// All that was paid from this time on, or is on its way, with its fees.
    ///
    /// # Errors
    /// If the vault does not say.
    pub fn spent_since(&self, since: Timestamp) -> Result<Msat, JournalError> {
        payments::spent::spent_since(&self.core().journal, since)
    }

    /// Takes back an on-chain payment of which nothing has left this computer.
    pub async fn take_back(&self, id: &str) -> Result<(), SendError> {
        let id = PaymentId::parse(id).ok_or(SendError::Stale)?;
        payments::take_back(self.core(), &id, Timestamp::now()).await
    }

    /// Gives up further tries of a payment that is on its way. What has left arrives or comes back all the same.
    pub async fn abandon_payment(&self, id: &str) -> Result<(), SendError> {
        let id = PaymentId::parse(id).ok_or(SendError::Stale)?;
        payments::abandon(self.core(), &id, Timestamp::now()).await
    }

    /// What hurrying a transaction that waits for a block would cost, or calling it off.
    pub fn preview_bump(
        &self,
        id: &str,
        wish: view::BumpWish,
        speed: view::FeeSpeed,
    ) -> Result<view::BumpQuote, SendError> {
        let id = PaymentId::parse(id).ok_or(SendError::Stale)?;
        let (core, now) = (self.core(), Timestamp::now());
        let quote = payments::fee_bump::preview(core, &id, wish, speed, now)?;
        Ok(worth::with_worth(core, quote, now))
    }

    /// Does it. Returns the row that tells of it: the payment's own, or one beside it.
    pub async fn bump(&self, quote: &str) -> Result<Payment, SendError> {
        payments::fee_bump::confirm(self.core(), quote, Timestamp::now()).await
    }

    /// A request for money.
    pub async fn receive(
        &self,
        amount: Option<Msat>,
        note: Option<String>,
        expiry_secs: u32,
    ) -> Result<view::Request, ReceiveError> {
        self.receive_as(RequestParameters { amount, note, expiry_secs, replaces: None }).await
    }

    /// The same, if the request may take the place of one that is being written.
    pub async fn receive_as(
        &self,
        parameters: RequestParameters,
    ) -> Result<view::Request, ReceiveError> {
        receive::request(self.core(), parameters, Timestamp::now()).await
    }

    /// Makes an offer of ours (BOLT 12) that stays.
    pub async fn make_offer(
        &self,
        parameters: OfferParameters,
    ) -> Result<view::OwnOfferView, ReceiveError> {
        receive_offer::make(self.core(), parameters, Timestamp::now()).await
    }

    /// Our offers, newest first, with what they brought.
    ///
    /// # Errors
    /// If the vault does not say.
    pub fn offers(&self) -> Result<Vec<view::OwnOfferView>, JournalError> {
        receive_offer::all(self.core())
    }

    /// Whether an offer made now could be paid.
    pub fn offer_notice(&self) -> view::OfferNotice {
        receive_offer::notice(self.core(), None)
    }

    /// The on-chain addresses that somebody has, newest first, with what came to each.
    ///
    /// # Errors
    /// If the vault does not say.
    pub fn addresses(&self) -> Result<Vec<view::OwnAddress>, JournalError> {
        addresses::addresses(self.core())
    }

    /// A fresh on-chain address, durable before it is returned.
    pub async fn address(&self) -> Result<bitcoin::Address, ReceiveError> {
        if self.core().freshness.is_quarantined() {
            return Err(ReceiveError::Quarantine);
        }
        self.core().status.disk().map_err(ReceiveError::Disk)?;
        let taken = payments::address::taken(self.core());
        let address = self.core().onchain.fresh_address(&taken);
        self.core().wake.durable().await.map_err(|_| ReceiveError::Storage)?;
        Ok(address)
    }
}
