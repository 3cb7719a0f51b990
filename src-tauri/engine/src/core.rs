//! The wallet's inside: every part once, shared by the loop, the tasks and the wallet's methods.

use crate::amount::{Msat, Sat};
use crate::chain::{Fees, SourceInUse};
use crate::channels::ChannelError;
use crate::channels::claims::FrozenBalances;
use crate::channels::fundings::Fundings;
use crate::channels::openings::Openings;
use crate::channels::safeguards::Safeguards;
use crate::config::Settings;
use crate::contacts::kept::Contacts;
use crate::copy::Copying;
use crate::event::Bus;
use crate::keys::{Keys, Quiz};
use crate::lnurl::Links;
use crate::locked::Locked;
use crate::lost_channels::kept::LostChannels;
use crate::node::money::{ChannelParts, parts_of};
use crate::node::record::ChannelStore;
use crate::node::{Node, Wake};
use crate::onchain::labels::OutputLabels;
use crate::onchain::purpose::Purposes;
use crate::onchain::{Onchain, reserve_for};
use crate::other_accounts::OtherAccounts;
use crate::payment::{StoredDirection, StoredStatus};
use crate::payments::Journal;
use crate::payments::own_offers::OwnOffers;
use crate::peers::addresses::Addresses;
use crate::peers::needed::Needed;
use crate::previews::Previews;
use crate::rates::{RateSources, Rates};
use crate::status::Status;
use crate::store::channels_file::Recovery;
use crate::store::{Freshness, StagedKv, Vault};
use crate::view::FeeSpeed;
use bitcoin::FeeRate;
use lightning::chain::chaininterface::{ConfirmationTarget, FeeEstimator};
use lightning::ln::channel_state::ChannelDetails;
use lightning::util::persist::KVStoreSync;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// See the module.
pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) network: bitcoin::Network,
    pub(crate) vault: Arc<Vault>,
    pub(crate) kv: Arc<StagedKv>,
    pub(crate) signer: Arc<Keys>,
    /// Where that is.
    pub(crate) _signer_locked: Locked,
    pub(crate) journal: Journal,
    pub(crate) records: Arc<ChannelStore>,
    pub(crate) purposes: Arc<Purposes>,
    pub(crate) output_labels: OutputLabels,
    pub(crate) own_offers: OwnOffers,
    pub(crate) contacts: Contacts,
    pub(crate) freshness: Arc<Freshness>,
    pub(crate) recovery: Recovery,
    pub(crate) copying: Arc<Copying>,
    pub(crate) onchain: Arc<Onchain>,
    pub(crate) source: Arc<SourceInUse>,
    pub(crate) fees: Arc<Fees>,
    pub(crate) node: Node,
    pub(crate) addresses: Addresses,
    pub(crate) needed: Needed,
    pub(crate) bus: Bus,
    pub(crate) wake: Wake,
    pub(crate) status: Status,
    pub(crate) previews: Previews,
    pub(crate) links: Links,
    pub(crate) rates: Arc<Rates>,
    pub(crate) rate_sources: RateSources,
    pub(crate) openings: Openings,
    pub(crate) frozen: FrozenBalances,
    pub(crate) other_accounts: OtherAccounts,
    pub(crate) lost: LostChannels,
    pub(crate) fundings: Fundings,
    pub(crate) safeguards: Safeguards,
    pub(crate) quiz: Quiz,
    /// Here and not asked of the vault: it may be shut while the disk fails.
    pub(crate) backed_up: AtomicBool,
    /// Monitors that are long over are due to be archived. The loop does it, once LDK has heard all that they have to say.
    pub(crate) archive: AtomicBool,
    /// Someone wants a channel closed whose peer must be asked.
    pub(crate) wishes: tokio::sync::Notify,
    /// Serialises paying from check to staged row, so that two requests for one invoice make one payment.
    pub(crate) paying: tokio::sync::Mutex<()>,
    /// Held while the copy is tried out: one at a time has the place for it.
    pub(crate) proving: tokio::sync::Mutex<()>,
    /// Held while things are staged that one commit must take together, and while it takes them.
    pub(crate) staging: std::sync::Mutex<()>,
}

/// Our own small facts in the vault.
const PRIMARY: &str = "fulmen";
const FACTS: &str = "facts";
const WORDS_BACKED_UP: &str = "words_backed_up";

/// What the vault says about it.
pub(crate) fn stored_backed_up(kv: &StagedKv) -> bool {
    kv.read(PRIMARY, FACTS, WORDS_BACKED_UP).is_ok()
}

impl Core {
    /// See [`ChannelParts`].
    pub(crate) fn channel_parts(&self, details: &ChannelDetails) -> ChannelParts {
        let parts = parts_of(details, |htlc| {
            let direction = if htlc.incoming { StoredDirection::In } else { StoredDirection::Out };
            let row = self.journal.by_hash(direction, &htlc.hash);
            row.is_ok_and(|row| row.is_some_and(|row| row.status == StoredStatus::Paid))
        });
        if self.fundings.is_spent(&details.channel_id) { parts.unusable() } else { parts }
    }

    /// What can be paid over Lightning now.
    pub(crate) fn can_send(&self) -> Msat {
        let channels = self.node.manager.list_channels();
        let can_send = channels.iter().map(|channel| self.channel_parts(channel).can_send);
        Msat::sum(can_send).unwrap_or_default()
    }

    /// Kept on-chain so that every channel, and `more` than there are now, can be closed by force.
    pub(crate) fn reserve_with(&self, more: usize) -> Sat {
        let channels = self.node.channels_that_need_coins();
        reserve_for(channels + more, self.settings.tunables.reserve_per_channel)
    }

    /// What a channel's funding pays to miners.
    pub(crate) fn funding_rate(&self) -> FeeRate {
        self.fees.rate(FeeSpeed::Normal)
    }

    /// The rate of a commitment transaction as we set it, sat per 1000 weight.
    pub(crate) fn commitment_sat_per_kw(&self) -> u64 {
        u64::from(self.fees.get_est_sat_per_1000_weight(ConfirmationTarget::AnchorChannelFee))
    }

    /// The rate at which we close cooperatively, sat per 1000 weight. LDK lets the peer choose up to this (BOLT 2,
    /// `closing_signed` fee range), and peers of its kind do.
    pub(crate) fn closing_sat_per_kw(&self) -> u64 {
        u64::from(self.fees.get_est_sat_per_1000_weight(ConfirmationTarget::NonAnchorChannelFee))
    }

    /// The person has written the words down and proven it.
    pub(crate) fn words_are_backed_up(&self) -> bool {
        self.backed_up.load(Ordering::SeqCst)
    }

    /// Remembers it, with the next commit.
    pub(crate) fn set_words_backed_up(&self, backed_up: bool) {
        self.backed_up.store(backed_up, Ordering::SeqCst);
        let result = if backed_up {
            self.kv.write(PRIMARY, FACTS, WORDS_BACKED_UP, vec![1])
        } else {
            self.kv.remove(PRIMARY, FACTS, WORDS_BACKED_UP, false)
        };
        if let Err(error) = result {
            tracing::error!(%error, "cannot stage a fact");
        }
        self.status.money_moved();
    }

    /// A channel that never came to be: its record goes, and its scripts may be given out again.
    pub(crate) fn forget_opening(&self, user_id: u128) {
        if let Some(record) = self.records.drop_unfunded(user_id) {
            self.onchain.take_back(&record.places);
        }
    }

    /// A channel that someone waits for did not come to be.
    pub(crate) fn channel_failed(&self, user_id: u128, why: ChannelError) {
        self.openings.decided(user_id, Err(why));
        self.status.channels_changed();
    }
}
