//! What was read.

use super::Link;
use crate::amount::Msat;
use crate::keys::WifKey;
use crate::view::InstructionKind;
use bitcoin::secp256k1::PublicKey;
use lightning::offers::offer::Offer;
use lightning::offers::refund::Refund;
use lightning_invoice::Bolt11Invoice;
use std::fmt;

/// What a text asks for. At least one of `lightning`, `offer`, `onchain`, `node`, `refund`, `link`, `key` and `psbt` is there; the
/// last five only alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// For our network, rightly signed, and with no required feature we do not know. It may have expired.
    pub lightning: Option<Bolt11Invoice>,
    /// BOLT 12. For our network, priced in bitcoin or not at all, with no required feature we do not know. It may have expired.
    pub offer: Option<Offer>,
    /// For our network. Never a witness version that has no rules yet, nor an anchor anyone can spend.
    pub onchain: Option<bitcoin::Address>,
    /// BOLT 12: money for us. For our network, with no required feature we do not know. It may have expired.
    pub refund: Option<Refund>,
    /// A peer to open a channel to.
    pub node: Option<NodeUri>,
    /// Who has to be asked what it is.
    pub link: Option<Link>,
    /// Who could be asked, if the invoice beside it has expired.
    pub or_ask: Option<Link>,
    /// The invoice that stood beside the offer or the link, and has expired: the same debt.
    pub instead_of: Option<Bolt11Invoice>,
    /// A private key: whoever holds it can collect what was paid to its addresses.
    pub key: Option<WifKey>,
    /// A transaction that others made and that is to be signed. Nothing that it claims is proven.
    pub psbt: Option<Box<bitcoin::Psbt>>,
    /// Who is paid, if that was looked up: the name or the host that gave the invoice, over TLS.
    pub payee: Option<String>,
    /// What was looked up for it.
    pub looked_up: Option<Link>,
    /// The invoice's, the offer's or the refund's amount, else the URI's; never zero. `None` leaves it to the payer.
    pub amount: Option<Msat>,
    /// The payee's name for itself. Untrusted text, without control and direction characters.
    pub label: Option<String>,
    /// What it is for: the URI's message, else the invoice's description. Untrusted text, cleaned like `label`.
    pub message: Option<String>,
    /// The URI's own message, whatever its invoice says.
    pub link_message: Option<String>,
}

impl Parsed {
    /// What kind of thing was read.
    pub fn kind(&self) -> InstructionKind {
        if let Some(link) = &self.link {
            return link.kind();
        }
        if self.key.is_some() {
            return InstructionKind::PrivateKey;
        }
        if self.psbt.is_some() {
            return InstructionKind::Psbt;
        }
        if self.refund.is_some() {
            return InstructionKind::Refund;
        }
        let lightning = self.lightning.is_some() || self.offer.is_some();
        match (lightning, &self.onchain) {
            (true, Some(_)) => InstructionKind::Unified,
            (true, None) if self.lightning.is_none() => InstructionKind::Offer,
            (true, None) => InstructionKind::Lightning,
            (false, Some(_)) => InstructionKind::Onchain,
            (false, None) => InstructionKind::Node,
        }
    }

    /// Whether this says all that the other does, and nothing against it.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let payee = |node: &NodeUri| {
            node.host.is_none()
                && self
                    .lightning
                    .as_ref()
                    .is_some_and(|one| one.recover_payee_pub_key() == node.node_id)
        };
        let same_amount = match (self.amount, other.amount) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(one), Some(other)) => one.get().abs_diff(other.get()) < 1000,
        };
        (other.lightning.is_none() || other.lightning == self.lightning)
            && (other.offer.is_none() || other.offer == self.offer)
            && (other.refund.is_none() || other.refund == self.refund)
            && (other.onchain.is_none() || other.onchain == self.onchain)
            && (other.or_ask.is_none() || other.or_ask == self.or_ask)
            && (other.link.is_none() || other.link == self.link)
            && (other.key.is_none() || other.key == self.key)
            && (other.psbt.is_none() || other.psbt == self.psbt)
            && (other.node.is_none()
                || other.node == self.node
                || other.node.as_ref().is_some_and(payee))
            && same_amount
    }
}

/// A node of the Lightning network and, if given, where it listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeUri {
    /// Who it is.
    pub node_id: PublicKey,
    /// Name or IP address in lower case; IPv6 without brackets. Not resolved.
    pub host: Option<String>,
    /// 9735 if none was given.
    pub port: u16,
}

impl NodeUri {
    /// Where it listens, as `host:port`.
    pub fn place(&self) -> Option<String> {
        let host = self.host.as_ref()?;
        Some(if host.contains(':') {
            format!("[{host}]:{}", self.port)
        } else {
            format!("{host}:{}", self.port)
        })
    }
}

impl fmt::Display for NodeUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            None => write!(f, "{}", self.node_id),
            Some(place) => write!(f, "{}@{place}", self.node_id),
        }
    }
}
