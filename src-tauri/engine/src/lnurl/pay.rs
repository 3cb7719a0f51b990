//! A host that makes invoices (LUD-06). What it makes is held against what a person was shown and chose.

use super::{LnurlError, PayerData, SuccessAction, payer, wire};
use crate::amount::Msat;
use crate::uri::{Link, ParseError, Parsed, parse};
use crate::view::{AmountRule, LinkView, NetworkId, PayerWant};
use bitcoin::hashes::{Hash as _, sha256};
use lightning_invoice::Bolt11InvoiceDescriptionRef;
use reqwest::Url;

/// What it said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PayLink {
    pub(crate) callback: Url,
    pub(crate) min: Msat,
    pub(crate) max: Msat,
    /// As it came: invoices may be bound to its hash.
    pub(crate) metadata: String,
    pub(crate) text: Option<String>,
    pub(crate) details: Option<String>,
    pub(crate) longest_comment: u16,
    /// What it asks to know of the payer.
    pub(crate) wants: Vec<PayerWant>,
    /// Who was asked.
    pub(crate) asked: Link,
}

impl PayLink {
    pub(crate) fn amount(&self) -> AmountRule {
        AmountRule::within(self.min, self.max)
    }

    pub(crate) fn view(&self) -> LinkView {
        LinkView {
            host: self.asked.host(),
            name: self.name(),
            details: self.details.clone(),
            longest_comment: self.longest_comment,
            wants: self.wants.clone(),
            ..LinkView::default()
        }
    }

    /// Who is paid: the name that was handed, or the host.
    pub(crate) fn payee(&self) -> String {
        self.name().unwrap_or_else(|| self.asked.host())
    }

    fn name(&self) -> Option<String> {
        match &self.asked {
            Link::Name(name) => Some(name.to_string()),
            Link::Lnurl(_) | Link::Auth(_) => None,
        }
    }

    /// Where an invoice for this amount is, and what is told of the payer there.
    ///
    /// # Errors
    /// If the amount or the comment is not one that the host takes, or it insists on what the payer does not give.
    pub(crate) fn ask(
        &self,
        amount: Msat,
        comment: Option<&str>,
        payer: &PayerData,
    ) -> Result<(Url, Option<String>), LnurlError> {
        if amount < self.min {
            return Err(LnurlError::TooSmall(self.min));
        }
        if amount > self.max {
            return Err(LnurlError::TooLarge(self.max));
        }
        let mut url = self.callback.clone();
        url.query_pairs_mut().append_pair("amount", &amount.get().to_string());
        if let Some(comment) = comment {
            if comment.chars().count() > usize::from(self.longest_comment) {
                return Err(LnurlError::CommentTooLong(self.longest_comment));
            }
            url.query_pairs_mut().append_pair("comment", comment);
        }
        let told = payer::written(&self.wants, payer)?;
        if let Some(told) = &told {
            url.query_pairs_mut().append_pair("payerdata", told);
        }
        Ok((url, told))
    }

    /// The invoice for this amount, as an instruction of its own, and what is to be shown once it is paid. `told`: what was told of
    /// the payer.
    ///
    /// # Errors
    /// If it is not what was asked for. LUD-06 wants the hash of the metadata in each invoice, and LUD-18 that of the metadata
    /// and what was told of the payer; many hosts write the description itself instead, which binds as much. Another hash is
    /// another thing.
    pub(crate) fn invoice(
        &self,
        bytes: &[u8],
        (amount, told): (Msat, Option<&str>),
        network: NetworkId,
    ) -> Result<(Parsed, Option<SuccessAction>), LnurlError> {
        let (text, action) = wire::invoice(bytes)?;
        let read = parse(&text, network).map_err(LnurlError::BadInvoice)?;
        let Some(invoice) = read.lightning.filter(|_| read.onchain.is_none()) else {
            return Err(LnurlError::BadInvoice(ParseError::NotUnderstood));
        };
        let found = invoice.amount_milli_satoshis();
        if found != Some(amount.get()) {
            return Err(LnurlError::AmountDiffers { asked: amount, found });
        }
        if let Bolt11InvoiceDescriptionRef::Hash(hash) = invoice.description()
            && hash.0 != self.bound(told)
        {
            return Err(LnurlError::HashDiffers);
        }
        let action =
            action.map(|action| SuccessAction::read(action, &self.callback)).transpose()?;
        let parsed = Parsed {
            lightning: Some(invoice),
            amount: Some(amount),
            payee: Some(self.payee()),
            looked_up: Some(self.asked.clone()),
            message: self.text.clone(),
            link_message: self.text.clone(),
            ..Parsed::default()
        };
        Ok((parsed, action))
    }

    /// What an invoice is bound to.
    fn bound(&self, told: Option<&str>) -> sha256::Hash {
        sha256::Hash::hash(format!("{}{}", self.metadata, told.unwrap_or_default()).as_bytes())
    }
}
