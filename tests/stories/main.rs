//! The stories of what can go wrong, and of the ways to pay. Real nodes, real HTTP, real TCP; everything waits on events.
//! After each one the books are right to the sat. `story.rs` beside this folder has the main story.

mod accounts;
mod activity;
mod addresses;
mod away;
mod bitcoind;
mod clock;
mod closing;
mod coins;
mod contacts;
mod copy;
mod dear_days;
#[cfg(target_os = "linux")]
mod disk;
mod disputed;
mod electrum;
mod fiat;
mod force_close;
mod from_copy;
mod gossip;
mod hold;
mod hosts;
mod kill;
mod labels;
mod ledger;
mod lie;
mod lies;
mod links;
mod lock;
mod lost;
mod offers;
mod offline;
mod onchain;
mod one_debt;
mod opening;
mod other_server;
mod paying;
mod psbt;
mod refunds;
mod refusals;
mod reorg;
mod replaced;
mod restored;
mod rule;
mod secrets;
mod several;
mod silence;
mod sources;
mod speed_up;
mod spontaneous;
mod stale;
mod start_order;
mod told;
mod truth;
mod unsent;
mod versions;
mod witness;

use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::{Code, Coded};
use fulmen_engine::view::{AmountRule, FeeSpeed, Quote};
use fulmen_engine::{Choice, SendError, Wallet};

/// This crate's wallet in a process of its own.
const WALLET: &str = env!("CARGO_BIN_EXE_story-wallet");

/// The code of a refusal; panics where it was not refused.
#[track_caller]
fn code<T, E: Coded>(outcome: Result<T, E>) -> Code {
    match outcome {
        Ok(_) => panic!("not refused"),
        Err(error) => error.code(),
    }
}

/// The quote for a text, with the amount where the payee leaves it open.
async fn quote(wallet: &Wallet, text: &str, amount: Option<Msat>) -> Result<Quote, SendError> {
    let instruction = wallet.read(text)?;
    let amount = amount.filter(|_| instruction.amount == AmountRule::Open);
    wallet
        .preview(Choice {
            instruction: instruction.id,
            amount,
            speed: None,
            everything: false,
            ..Choice::default()
        })
        .await
}

/// The quote for an on-chain payment.
async fn onchain_quote(
    wallet: &Wallet,
    address: &str,
    amount: Option<Sat>,
    speed: FeeSpeed,
) -> Result<Quote, SendError> {
    let instruction = wallet.read(address)?;
    let everything = amount.is_none();
    let amount = amount.and_then(Msat::from_sat);
    wallet
        .preview(Choice {
            instruction: instruction.id,
            amount,
            speed: Some(speed),
            everything,
            ..Choice::default()
        })
        .await
}
