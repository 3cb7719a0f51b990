//! What was shown and may be confirmed. A confirmation names a preview by its id and is bound to what the engine held then;
//! no raw field comes back from a page. In memory only; the oldest go first.

use crate::amount::{Msat, Sat};
use crate::channels::openings::FundingTerms;
use crate::lnurl::{PayLink, WithdrawLink};
use crate::onchain::{BumpPlan, ProvenPsbt, SendPlan, Way};
use crate::other_accounts::plan::SweepPlan;
use crate::payment::{Payee, PaymentId};
use crate::payments::debt::Debt;
use crate::time::Timestamp;
use crate::uri::Parsed;
use crate::view::{BumpWish, CloseWay, PaidBefore, PsbtQuote, Quote};
use bitcoin::secp256k1::PublicKey;
use bitcoin::{OutPoint, Txid};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;

/// Something that can be confirmed or built upon.
#[derive(Clone)]
pub(crate) enum Preview {
    Instruction(Box<Parsed>),
    /// Its host was asked, and makes invoices.
    PayLink(Box<PayLink>),
    /// Its host was asked, and pays one.
    WithdrawLink(Box<WithdrawLink>),
    Lightning(Box<LightningQuote>),
    Offer(Box<OfferQuote>),
    Spontaneous(Box<SpontaneousQuote>),
    Onchain(Box<OnchainQuote>),
    Open {
        peer: PublicKey,
        address: Option<String>,
        amount: Sat,
        terms: FundingTerms,
        /// When it was shown.
        at: Timestamp,
    },
    Close {
        channel_id: String,
        way: CloseWay,
    },
    Sweep(Box<SweepPlan>),
    Bump(Box<BumpPreview>),
    Psbt(Box<PsbtPreview>),
    Labels(Box<LabelsPlan>),
}

/// A Lightning payment as it was shown.
#[derive(Clone)]
pub(crate) struct LightningQuote {
    pub(crate) shown: Quote,
    pub(crate) invoice: lightning_invoice::Bolt11Invoice,
    pub(crate) debt: Debt,
    /// The name or the LNURL that was looked up for it.
    pub(crate) looked_up: Option<Payee>,
    pub(crate) amount: Msat,
    pub(crate) fee_limit: Msat,
}

/// The payment of an offer as it was shown.
#[derive(Clone)]
pub(crate) struct OfferQuote {
    pub(crate) shown: Quote,
    pub(crate) offer: lightning::offers::offer::Offer,
    pub(crate) debt: Debt,
    /// The name or the LNURL that was looked up for it.
    pub(crate) looked_up: Option<Payee>,
    pub(crate) amount: Msat,
    pub(crate) fee_limit: Msat,
    pub(crate) quantity: Option<u64>,
    pub(crate) payer_note: Option<String>,
}

/// A payment to a node that did not ask for it, as it was shown.
#[derive(Clone)]
pub(crate) struct SpontaneousQuote {
    pub(crate) shown: Quote,
    pub(crate) node: PublicKey,
    pub(crate) amount: Msat,
    pub(crate) fee_limit: Msat,
}

/// An on-chain payment as it was shown.
#[derive(Clone)]
pub(crate) struct OnchainQuote {
    pub(crate) shown: Quote,
    pub(crate) plan: SendPlan,
    /// One, or several.
    pub(crate) payees: Vec<OnchainPayee>,
    /// When it was shown.
    pub(crate) at: Timestamp,
}

/// Who is paid on-chain, as it was shown.
#[derive(Clone)]
pub(crate) struct OnchainPayee {
    pub(crate) address: bitcoin::Address,
    pub(crate) amount: Sat,
    pub(crate) note: Option<String>,
    pub(crate) debt: Debt,
    pub(crate) paid_before: Option<PaidBefore>,
    /// The name or the LNURL that was looked up for it.
    pub(crate) looked_up: Option<Payee>,
}

/// The hurrying or the calling off of a payment, as it was shown.
#[derive(Clone)]
pub(crate) struct BumpPreview {
    pub(crate) row: PaymentId,
    pub(crate) plan: BumpPlan,
    pub(crate) wish: BumpWish,
    pub(crate) way: Way,
    /// When it was shown.
    pub(crate) at: Timestamp,
}

/// The signing of a PSBT, as it was shown.
#[derive(Clone)]
pub(crate) struct PsbtPreview {
    pub(crate) shown: PsbtQuote,
    pub(crate) proven: ProvenPsbt,
    /// Of the payment that it is, if that was shown here.
    pub(crate) payees: Vec<OnchainPayee>,
}

/// What a file of labels would bring, as it was shown.
#[derive(Clone, Default)]
pub(crate) struct LabelsPlan {
    pub(crate) rows: HashMap<PaymentId, String>,
    pub(crate) outputs: HashMap<OutPoint, String>,
    pub(crate) frozen: HashSet<OutPoint>,
}

/// What confirming a preview that is no payment takes from the coins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlay {
    /// A channel: the money in it stays the wallet's, and its peer has a say in when it comes back.
    Channel {
        /// The peer's node id.
        peer: String,
        /// Where it is reached, if that was said.
        address: Option<String>,
        amount: Sat,
        fee: Sat,
    },
    /// More of a fee than now.
    Fee { extra: Sat },
    /// What others made.
    Psbt {
        /// Who gets what; `None`: a script without an address.
        to: Vec<(Option<String>, Sat)>,
        /// The fee is in it.
        leaves: Sat,
        fee: Sat,
    },
}

impl PsbtPreview {
    fn outlay(&self) -> Outlay {
        let payees = self.shown.outputs.iter().filter(|output| !output.own);
        Outlay::Psbt {
            to: payees.map(|output| (output.address.clone(), output.amount_sat)).collect(),
            leaves: self.shown.leaves_sat,
            fee: self.shown.fee_sat,
        }
    }
}

/// For how long the fee of something on-chain counts: about a block.
const LIFE_SECS: u64 = 600;

/// Shown so long ago that its fee may not be today's.
pub(crate) fn is_old(shown: Timestamp, now: Timestamp) -> bool {
    now.secs().abs_diff(shown.secs()) > LIFE_SECS
}

/// More than any person has open.
const KEPT: usize = 512;

/// See the module.
#[derive(Default)]
pub(crate) struct Previews {
    state: Mutex<(HashMap<String, Preview>, VecDeque<String>)>,
}

impl Previews {
    /// Keeps a preview and names it.
    pub(crate) fn put(&self, make: impl FnOnce(&str) -> Preview) -> String {
        let id = PaymentId::random().to_string();
        let preview = make(&id);
        let mut state = self.state.lock().expect("previews lock is never poisoned");
        let (kept, order) = &mut *state;
        kept.insert(id.clone(), preview);
        order.push_back(id.clone());
        if order.len() > KEPT
            && let Some(oldest) = order.pop_front()
        {
            kept.remove(&oldest);
        }
        id
    }

    /// The preview of that name; stays.
    pub(crate) fn get(&self, id: &str) -> Option<Preview> {
        self.state.lock().expect("previews lock is never poisoned").0.get(id).cloned()
    }

    /// The quote of that name, as it was shown.
    pub(crate) fn quote(&self, id: &str) -> Option<Quote> {
        match self.get(id)? {
            Preview::Lightning(quote) => Some(quote.shown),
            Preview::Offer(quote) => Some(quote.shown),
            Preview::Spontaneous(quote) => Some(quote.shown),
            Preview::Onchain(quote) => Some(quote.shown),
            Preview::Instruction(_)
            | Preview::PayLink(_)
            | Preview::WithdrawLink(_)
            | Preview::Open { .. }
            | Preview::Close { .. }
            | Preview::Sweep(_)
            | Preview::Bump(_)
            | Preview::Psbt(_)
            | Preview::Labels(_) => None,
        }
    }

    /// The payment on-chain that was shown and is this transaction.
    pub(crate) fn onchain_of(&self, txid: &Txid) -> Option<OnchainQuote> {
        let state = self.state.lock().expect("previews lock is never poisoned");
        state.0.values().find_map(|preview| match preview {
            Preview::Onchain(quote) if quote.plan.txid() == *txid => Some((**quote).clone()),
            _ => None,
        })
    }

    /// What the preview of that name takes from the coins, if it is no payment.
    pub(crate) fn outlay(&self, id: &str) -> Option<Outlay> {
        match self.get(id)? {
            Preview::Open { peer, address, amount, terms, .. } => {
                Some(Outlay::Channel { peer: peer.to_string(), address, amount, fee: terms.fee })
            }
            Preview::Bump(bump) => Some(Outlay::Fee { extra: bump.plan.extra }),
            Preview::Psbt(psbt) => Some(psbt.outlay()),
            _ => None,
        }
    }

    /// The preview of that name, which can be confirmed only once.
    pub(crate) fn take(&self, id: &str) -> Option<Preview> {
        self.state.lock().expect("previews lock is never poisoned").0.remove(id)
    }
}
