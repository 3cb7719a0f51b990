//! What the interop stories ask beyond the bench.

use crate::{Outcome, Peer};
use ldk_node::PendingSweepBalance;
use ldk_node::bitcoin::hashes::{Hash, sha256};
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning::offers::offer::Offer;
use ldk_node::lightning::offers::refund::Refund;
use ldk_node::lightning::types::payment::{PaymentHash, PaymentPreimage};
use ldk_node::lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescription, Description};
use ldk_node::payment::{PaymentDetails, PaymentDirection, PaymentKind, PaymentStatus};
use serde_json::{Value, json};
use std::collections::HashSet;

/// How long an invoice holds, in seconds.
const HOUR: u32 = 3600;

impl Peer {
    /// `rest` has the words that the verb needs.
    pub(crate) fn told(&self, verb: &str, rest: &str) -> Outcome {
        let node = &self.node;
        let words: Vec<&str> = rest.split(' ').collect();
        let word = |place: usize| words.get(place).copied().ok_or(format!("{verb}: words"));
        let description = Bolt11InvoiceDescription::Direct(Description::empty());
        let bolt11 = node.bolt11_payment();
        match verb {
            "height" => Ok(json!(node.status().current_best_block.height)),
            "sees" => {
                let peer: PublicKey = word(0)?.parse()?;
                let mut peers = node.list_peers().into_iter();
                Ok(json!(peers.any(|one| one.node_id == peer && one.is_connected)))
            }
            "push" => {
                let (peer, amount, pushed) =
                    (word(0)?.parse()?, word(1)?.parse()?, word(2)?.parse()?);
                // It is connected: nobody looks there.
                let nowhere = "127.0.0.1:9".parse().map_err(|_| "an address")?;
                node.open_channel(peer, nowhere, amount, Some(pushed), None)?;
                Ok(Value::Null)
            }
            "usable" => {
                Ok(json!(node.list_channels().iter().filter(|channel| channel.is_usable).count()))
            }
            "receive" => {
                let invoice = match word(0)? {
                    "any" => bolt11.receive_variable_amount(&description, HOUR)?,
                    msat => bolt11.receive(msat.parse()?, &description, HOUR)?,
                };
                Ok(json!(invoice.to_string()))
            }
            "hold" => {
                let (hash, msat) = (hash(word(0)?)?, word(1)?.parse()?);
                let invoice = bolt11.receive_for_hash(msat, &description, HOUR, hash)?;
                Ok(json!(invoice.to_string()))
            }
            "holds" => {
                let claimable = self.claimable.lock().map_err(|_| "poisoned")?;
                Ok(json!(claimable.contains(word(0)?)))
            }
            "claim" => {
                let preimage = PaymentPreimage(bytes(word(0)?)?);
                let hash = PaymentHash(sha256::Hash::hash(&preimage.0).to_byte_array());
                bolt11.claim_for_hash(hash, word(1)?.parse()?, preimage)?;
                Ok(Value::Null)
            }
            "fail" => {
                bolt11.fail_for_hash(hash(word(0)?)?)?;
                Ok(Value::Null)
            }
            "send" => {
                let invoice: Bolt11Invoice = word(0)?.parse().map_err(|_| "not an invoice")?;
                let id = match words.get(1) {
                    Some(msat) => bolt11.send_using_amount(&invoice, msat.parse()?, None)?,
                    None => bolt11.send(&invoice, None)?,
                };
                Ok(json!(id.to_string()))
            }
            "keysend" => {
                let (peer, msat): (PublicKey, u64) = (word(0)?.parse()?, word(1)?.parse()?);
                Ok(json!(node.spontaneous_payment().send(msat, peer, None)?.to_string()))
            }
            "offer" => {
                let offer = match word(0)? {
                    "any" => node.bolt12_payment().receive_variable_amount("tea", None)?,
                    msat => node.bolt12_payment().receive(msat.parse()?, "tea", None, None)?,
                };
                Ok(json!(offer.to_string()))
            }
            "send_offer" => {
                let offer: Offer = word(0)?.parse().map_err(|_| "not an offer")?;
                let bolt12 = node.bolt12_payment();
                let id = match words.get(1) {
                    Some(msat) => {
                        bolt12.send_using_amount(&offer, msat.parse()?, None, None, None)?
                    }
                    None => bolt12.send(&offer, None, None, None)?,
                };
                Ok(json!(id.to_string()))
            }
            "refund" => self.refund(word(0)?.parse()?),
            "collect" => {
                let refund: Refund = word(0)?.parse().map_err(|_| "not a refund")?;
                let invoice = node.bolt12_payment().request_refund_payment(&refund)?;
                Ok(json!(PaymentId(invoice.payment_hash().0).to_string()))
            }
            "payment" => self.payment(PaymentId(bytes(word(0)?)?)),
            "close" => self.close(word(0)?.parse()?, word(1)? == "force"),
            "balances" => {
                let all = node.list_balances();
                // Swept ones are remembered for weeks.
                let is_swept = |sweep: &&PendingSweepBalance| {
                    matches!(sweep, PendingSweepBalance::AwaitingThresholdConfirmations { .. })
                };
                let sweeps = &all.pending_balances_from_channel_closures;
                let waits = all.lightning_balances.len() + sweeps.len()
                    - sweeps.iter().filter(is_swept).count();
                let unconfirmed = all.total_onchain_balance_sats
                    - all.spendable_onchain_balance_sats
                    - all
                        .total_anchor_channels_reserve_sats
                        .min(all.total_onchain_balance_sats - all.spendable_onchain_balance_sats);
                Ok(json!({
                    "onchain": all.total_onchain_balance_sats,
                    "waits": waits,
                    "unconfirmed": unconfirmed,
                    "channels": node.list_channels().len(),
                }))
            }
            other => Err(format!("unknown verb {other}").into()),
        }
    }

    /// The refund, and by what its payment is known: the store alone says that.
    fn refund(&self, msat: u64) -> Outcome {
        let is_given = |payment: &&PaymentDetails| {
            matches!(payment.kind, PaymentKind::Bolt12Refund { .. })
                && payment.direction == PaymentDirection::Outbound
        };
        let given = || {
            let all = self.node.list_payments_with_filter(is_given).into_iter();
            all.map(|payment| payment.id).collect::<HashSet<PaymentId>>()
        };
        let before = given();
        let bolt12 = self.node.bolt12_payment();
        let refund = bolt12.initiate_refund(msat, HOUR, None, None, None)?;
        let after = given();
        let payment = after.difference(&before).next().ok_or("no payment for the refund")?;
        Ok(json!({ "text": refund.to_string(), "payment": payment.to_string() }))
    }

    fn payment(&self, id: PaymentId) -> Outcome {
        let payment = self.node.payment(&id).ok_or("no such payment")?;
        let status = match payment.status {
            PaymentStatus::Pending => "pending",
            PaymentStatus::Succeeded => "succeeded",
            PaymentStatus::Failed => "failed",
        };
        Ok(json!({ "status": status, "msat": payment.amount_msat }))
    }

    fn close(&self, peer: PublicKey, force: bool) -> Outcome {
        let channels = self.node.list_channels();
        let channel = channels.iter().find(|channel| channel.counterparty_node_id == peer);
        let id = &channel.ok_or("no channel with it")?.user_channel_id;
        if force {
            self.node.force_close_channel(id, peer, None)?;
        } else {
            self.node.close_channel(id, peer)?;
        }
        Ok(Value::Null)
    }
}

fn hash(text: &str) -> Result<PaymentHash, String> {
    bytes(text).map(PaymentHash)
}

fn bytes(text: &str) -> Result<[u8; 32], String> {
    let hash: sha256::Hash = text.parse().map_err(|_| format!("not 32 bytes: {text}"))?;
    Ok(hash.to_byte_array())
}
