//! A host that pays an invoice of ours (LUD-03).

use super::LnurlError;
use crate::amount::Msat;
use crate::view::{AmountRule, LinkView};
use reqwest::Url;

/// What it said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WithdrawLink {
    pub(crate) callback: Url,
    pub(crate) k1: String,
    pub(crate) min: Msat,
    pub(crate) max: Msat,
    pub(crate) text: Option<String>,
    /// Who was asked.
    pub(crate) host: String,
}

impl WithdrawLink {
    pub(crate) fn amount(&self) -> AmountRule {
        AmountRule::within(self.min, self.max)
    }

    pub(crate) fn view(&self) -> LinkView {
        LinkView { host: self.host.clone(), ..LinkView::default() }
    }

    /// The amount that is asked for, if it is one that the host pays.
    pub(crate) fn check(&self, amount: Msat) -> Result<(), LnurlError> {
        if amount < self.min {
            Err(LnurlError::TooSmall(self.min))
        } else if amount > self.max {
            Err(LnurlError::TooLarge(self.max))
        } else {
            Ok(())
        }
    }

    /// Where it is told our invoice.
    pub(crate) fn ask(&self, invoice: &str) -> Url {
        let mut url = self.callback.clone();
        url.query_pairs_mut().append_pair("k1", &self.k1).append_pair("pr", invoice);
        url
    }
}
