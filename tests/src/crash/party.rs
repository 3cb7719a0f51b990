//! Whoever pays or is paid, in whichever process.

use crate::{CallError, Caller};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::{Coded, chain_of};
use fulmen_engine::{Choice, Wallet};
use serde_json::{Value, json};

/// See the module.
#[derive(Clone)]
pub(crate) enum Party {
    /// A person.
    Remote(Caller),
    /// The shop, in this process.
    Local(Wallet),
}

/// One row of a journal.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) note: String,
    pub(crate) out: bool,
    pub(crate) status: String,
    pub(crate) amount: Msat,
    /// Amount and fee of what went out.
    pub(crate) total: Option<Msat>,
}

impl Party {
    /// A request for an amount; the text to pay.
    pub(crate) async fn receive(&self, amount: Sat, note: &str) -> Result<String, CallError> {
        let request = match self {
            Self::Remote(caller) => {
                caller.ask("receive", &format!("{} {note}", amount.get())).await?
            }
            Self::Local(wallet) => {
                let amount = Msat::from_sat(amount);
                let request = wallet.receive(amount, Some(note.to_owned()), 3600).await;
                json!(request.map_err(refused)?)
            }
        };
        let missing = || CallError::Refused { code: "no_invoice".into(), said: String::new() };
        request["invoice"].as_str().map(str::to_owned).ok_or_else(missing)
    }

    /// Pays; returns when the payment is durable and on its way.
    pub(crate) async fn pay(&self, text: &str) -> Result<(), CallError> {
        match self {
            Self::Remote(caller) => caller.ask("pay", text).await.map(drop),
            Self::Local(wallet) => pay(wallet, text).await,
        }
    }

    /// Waits until nothing outgoing that mentions `note` is on its way.
    pub(crate) async fn decided(&self, note: &str) -> Result<(), CallError> {
        match self {
            Self::Remote(caller) => caller.ask("decided", note).await.map(drop),
            Self::Local(wallet) => {
                crate::decided(wallet, note).await;
                Ok(())
            }
        }
    }

    /// The rows that mention `note`.
    pub(crate) async fn rows(&self, note: &str) -> Result<Vec<Row>, CallError> {
        let rows = match self {
            Self::Remote(caller) => caller.ask("rows", note).await?,
            Self::Local(wallet) => {
                json!(wallet.activity(Some(note), None).expect("rows"))
            }
        };
        Ok(rows.as_array().expect("a list").iter().map(row).collect())
    }

    /// What it owns.
    pub(crate) async fn total(&self) -> Result<Msat, CallError> {
        let now = match self {
            Self::Remote(caller) => caller.ask("snapshot", "").await?,
            Self::Local(wallet) => json!(wallet.snapshot()),
        };
        Ok(Msat::new(now["balance"]["totalMsat"].as_u64().expect("msat")))
    }
}

async fn pay(wallet: &Wallet, text: &str) -> Result<(), CallError> {
    let instruction = wallet.read(text).map_err(refused)?;
    let choice = Choice {
        instruction: instruction.id,
        amount: None,
        speed: None,
        everything: false,
        ..Choice::default()
    };
    let quote = wallet.preview(choice).await.map_err(refused)?;
    wallet.pay(&quote.id).await.map_err(refused)?;
    Ok(())
}

pub(crate) fn refused(error: impl Coded) -> CallError {
    CallError::Refused { code: format!("{:?}", error.code()), said: chain_of(&error) }
}

fn row(row: &Value) -> Row {
    Row {
        note: row["note"].as_str().unwrap_or_default().to_owned(),
        out: row["direction"] == "out",
        status: row["status"].as_str().expect("a status").to_owned(),
        amount: Msat::new(row["amountMsat"].as_u64().expect("msat")),
        total: row["totalMsat"].as_u64().map(Msat::new),
    }
}
