//! What `story-wallet` is asked, and does.

use crate::Open;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::copy::Place;
use fulmen_engine::error::{Code, Coded, chain_of};
use fulmen_engine::event::Event;
use fulmen_engine::keys::{AccountId, Password, Secret};
use fulmen_engine::view::{
    Channel, ChannelState, CloseWay, FeeSpeed, LostChannel, LostChannelState, LostPeer,
    LostPeerState, OpenPreview,
};
use fulmen_engine::{Choice, Wallet};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;

/// A refusal, as a screen would see it.
pub(crate) type Refused = (Code, String);

pub(crate) async fn answer(open: &Open, verb: &str, rest: &str) -> Result<Value, Refused> {
    let wallet = &open.wallet;
    match verb {
        "snapshot" => Ok(json!(wallet.snapshot())),
        "event" => {
            // The engine looks at least once a second; a missed hint costs no more than this. What is told of the wallet's
            // own state is the answer.
            let mut events = open.events.lock().await;
            let told = tokio::time::timeout(Duration::from_millis(250), events.recv()).await;
            Ok(match told {
                Ok(Ok(Event::Sync(sync, _))) => json!({ "sync": sync }),
                Ok(_) => json!({}),
                Err(_) => Value::Null,
            })
        }
        "sync" => {
            wallet.sync().await;
            Ok(Value::Null)
        }
        "durable" => {
            wallet.durable().await;
            Ok(Value::Null)
        }
        "acknowledge" => Ok(acknowledge(wallet).await),
        "words" => words(wallet, rest).await,
        "copy" => copy(wallet, rest).await,
        "password" => change_password(wallet, rest).await,
        "backed_up" => {
            wallet.set_words_backed_up(rest == "true");
            Ok(Value::Null)
        }
        "stop" => {
            wallet.stop().await;
            Ok(Value::Null)
        }
        "quit" => std::process::exit(0),
        "connected" => Ok(json!(wallet.is_connected(rest))),
        "health" => Ok(json!(wallet.health())),
        "detail" => Ok(json!(wallet.detail(rest).expect("rows"))),
        "rows" => Ok(json!(wallet.activity(Some(rest), None).expect("rows"))),
        "weigh" => Ok(json!(stories::weigh(wallet))),
        "decided" | "usable" | "knows" => {
            wait(wallet, verb, rest).await;
            Ok(Value::Null)
        }
        "address" => address(wallet).await,
        "channel" => open_channel(wallet, rest).await,
        "announced" => open_announced(wallet, rest).await,
        "announce" => {
            wallet.announce();
            Ok(Value::Null)
        }
        "close" => close_channel(wallet, rest, CloseWay::Cooperative).await,
        "force" => close_channel(wallet, rest, CloseWay::Force).await,
        "pay" => pay(wallet, rest).await,
        "receive" => receive(wallet, rest).await,
        "collect" => collect(wallet, rest).await,
        "lost" => Ok(json!({ "lost": wallet.lost_channels(), "found": wallet.other_accounts() })),
        "gather" => Ok(json!(gather(wallet, rest).await)),
        other => panic!("unknown verb {other}"),
    }
}

/// Until it is so.
async fn wait(wallet: &Wallet, verb: &str, rest: &str) {
    match verb {
        "decided" => stories::decided(wallet, rest).await,
        "usable" => stories::usable(wallet).await,
        _ => stories::knows_channels(wallet, rest.parse().expect("a number")).await,
    }
}

/// What is durable for certain: read first, then made durable. The balance is that of the generation only where it rests:
/// nothing in flight, no channel closing (until its transaction is seen, its fee is what LDK expected), and the same before
/// and after.
async fn acknowledge(wallet: &Wallet) -> Value {
    let (rows, before) = (wallet.activity(None, None).expect("rows"), wallet.snapshot());
    wallet.durable().await;
    let generation = wallet.health().generation;
    let after = wallet.snapshot();
    let is_quiet = |channel: &Channel| {
        let closing = matches!(
            channel.state,
            ChannelState::ClosingCooperatively | ChannelState::ClosingByForce { .. }
        );
        !closing && channel.in_flight_msat == Msat::ZERO
    };
    let rests = before.balance == after.balance
        && after.balance.closing.is_empty()
        && before.channels.list.iter().chain(&after.channels.list).all(is_quiet);
    let total = rests.then_some(after.balance.total_msat);
    let channels = before.channels.list;
    json!({ "acknowledged": { "generation": generation, "rows": rows, "channels": channels, "totalMsat": total } })
}

/// Keeps a living copy there.
async fn copy(wallet: &Wallet, folder: &str) -> Result<Value, Refused> {
    wallet.choose_copy_place(Place::read(folder)).await.map(|copy| json!(copy)).map_err(refused)
}

/// What a person writes down. `rest` is the password.
async fn words(wallet: &Wallet, rest: &str) -> Result<Value, Refused> {
    let words = wallet.words(Password::Given(Secret::from(rest.to_owned()))).await;
    words.map(|words| json!(words.text().expose_secret())).map_err(refused)
}

/// `old/new`.
async fn change_password(wallet: &Wallet, both: &str) -> Result<Value, Refused> {
    let (old, new) = both.split_once('/').expect("two passwords");
    let given = |text: &str| Password::Given(Secret::from(text.to_owned()));
    wallet.change_password(given(old), given(new)).await.map_err(refused)?;
    Ok(json!({ "passwordChanged": true }))
}

async fn address(wallet: &Wallet) -> Result<Value, Refused> {
    wallet.address().await.map(|address| json!(address.to_string())).map_err(refused)
}

/// To Hub, or to whoever is named after the amount.
async fn open_channel(wallet: &Wallet, rest: &str) -> Result<Value, Refused> {
    let preview = preview_open(wallet, rest)?;
    wallet.open_channel(&preview.id).await.map_err(refused)?;
    Ok(Value::Null)
}

async fn open_announced(wallet: &Wallet, rest: &str) -> Result<Value, Refused> {
    let preview = preview_open(wallet, rest)?;
    wallet.open_announced_channel(&preview.id).await.map_err(refused)?;
    Ok(Value::Null)
}

fn preview_open(wallet: &Wallet, rest: &str) -> Result<OpenPreview, Refused> {
    let (amount, peer) = rest.split_once(' ').unwrap_or((rest, ""));
    let hub = || wallet.snapshot().channels.suggestions[0].uri.clone();
    let peer = if peer.is_empty() { hub() } else { peer.to_owned() };
    let amount = Sat::new(amount.parse().expect("an amount"));
    wallet.preview_open(&peer, amount).map_err(refused)
}

async fn close_channel(wallet: &Wallet, channel: &str, way: CloseWay) -> Result<Value, Refused> {
    let preview = wallet.preview_close(channel, way).map_err(refused)?;
    wallet.close_channel(&preview.id).await.map_err(refused)?;
    Ok(Value::Null)
}

async fn receive(wallet: &Wallet, rest: &str) -> Result<Value, Refused> {
    let (amount, note) = rest.split_once(' ').unwrap_or((rest, "for the cake"));
    let amount = Msat::from_sat(Sat::new(amount.parse().expect("an amount")));
    let request = wallet.receive(amount, Some(note.into()), 3600).await;
    request.map(|request| json!(request)).map_err(refused)
}

/// Moves what peers paid out to the words into the wallet. The channels that are still to come, by their ids; null while more may be
/// named, or waits to be moved. `rest` is the password.
async fn gather(wallet: &Wallet, rest: &str) -> Value {
    wallet.sync().await;
    let lost = wallet.lost_channels();
    let found = wallet.other_accounts().found;
    let is_paid_out = found.iter().any(|one| one.account == AccountId::CLOSED);
    if is_paid_out
        && let Ok(preview) = wallet.preview_sweep(AccountId::CLOSED, FeeSpeed::Normal).await
    {
        let password = Password::Given(Secret::from(rest.to_owned()));
        drop(wallet.sweep(&preview.id, password).await);
    }
    // It names all of its channels at once, or was there for a while and named none.
    let has_named =
        |peer: &LostPeer| !peer.channels.is_empty() || peer.state == LostPeerState::HasNone;
    if is_paid_out || lost.peers.is_empty() || !lost.peers.iter().all(has_named) {
        return Value::Null;
    }
    let to_come = |one: &&LostChannel| !matches!(one.state, LostChannelState::Back { .. });
    let all = lost.peers.iter().flat_map(|peer| peer.channels.iter().filter(to_come));
    json!(all.map(|one| &one.id).collect::<Vec<_>>())
}

/// A refund.
async fn collect(wallet: &Wallet, text: &str) -> Result<Value, Refused> {
    let instruction = wallet.read(text).map_err(refused)?;
    let asked = wallet.collect(&instruction.id).await;
    asked.map(|asked| json!(asked)).map_err(refused)
}

async fn pay(wallet: &Wallet, text: &str) -> Result<Value, Refused> {
    let instruction = wallet.read(text).map_err(refused)?;
    let choice = Choice {
        instruction: instruction.id,
        amount: None,
        speed: None,
        everything: false,
        ..Choice::default()
    };
    let quote = wallet.preview(choice).await.map_err(refused)?;
    let row = wallet.pay(&quote.id).await.map_err(refused)?;
    Ok(json!(wallet.movement(&row)))
}

pub(crate) fn refused(error: impl Coded) -> Refused {
    (error.code(), chain_of(&error))
}
