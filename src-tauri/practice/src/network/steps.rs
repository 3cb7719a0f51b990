//! "What just happened?": facts in order. In memory; the last few hundred.

use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::time::Timestamp;
use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::sync::broadcast;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Timestamp,
    pub kind: StepKind,
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    BlockMined { height: u32, transactions: u32, fees: Sat },
    TransactionSeen { txid: String, fee: Sat },
    FaucetSent { amount: Sat },
    InvoiceMade { amount: Sat },
    ShopWasPaid { amount: Sat },
    ShopPaid { amount: Sat },
    HubForwarded { fee: Msat },
    HubOpenedChannel { amount: Sat },
}

const KEPT: usize = 300;

pub(super) struct Steps {
    kept: Mutex<VecDeque<Step>>,
    sender: broadcast::Sender<Step>,
}

impl Default for Steps {
    fn default() -> Self {
        Self { kept: Mutex::default(), sender: broadcast::Sender::new(KEPT) }
    }
}

impl Steps {
    pub(super) fn add(&self, kind: StepKind) {
        let step = Step { at: Timestamp::now(), kind };
        let mut kept = self.kept.lock().expect("steps lock is never poisoned");
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(step.clone());
        drop(kept);
        drop(self.sender.send(step));
    }

    pub(super) fn all(&self) -> Vec<Step> {
        self.kept.lock().expect("steps lock is never poisoned").iter().cloned().collect()
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Step> {
        self.sender.subscribe()
    }
}
