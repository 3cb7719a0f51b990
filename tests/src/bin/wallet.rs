//! A wallet that is driven by lines and can be killed: `story-wallet DIR ESPLORA HUB`. Each line is a verb and the rest; each
//! answer is one line of JSON, `{"ok": …}` or `{"code": …}`. The password comes with `open`, never as an argument. What
//! the engine and LDK log, down to the last detail, goes to `log.txt` in the directory.

use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Role, Settings};
use fulmen_engine::error::{Code, Coded, chain_of};
use fulmen_engine::event::Event;
use fulmen_engine::keys::{Password, Secret};
use fulmen_engine::view::{CloseWay, NetworkId, SuggestedPeer};
use fulmen_engine::{Choice, Wallet};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// A refusal, as a screen would see it.
type Refused = (Code, String);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("usage: story-wallet DIR ESPLORA HUB");
    let (dir, url, hub) = (PathBuf::from(next()), next(), next());
    std::fs::create_dir_all(&dir).expect("a directory");
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(dir.join("log.txt"))
        .expect("a log");
    let filter =
        tracing_subscriber::EnvFilter::new("warn,ldk=trace,fulmen_engine=trace,lightning=trace");
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(log))
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(serve(settings(dir, url, hub)));
}

fn settings(dir: PathBuf, url: String, hub: String) -> Settings {
    Settings {
        network: NetworkId::Practice,
        dir,
        esplora_urls: vec![url],
        rgs_url: None,
        listen: None,
        role: Role::Leaf,
        alias: None,
        suggested_peers: vec![SuggestedPeer { name: "Hub".into(), uri: hub }],
        tunables: stories::quick(),
    }
}

async fn serve(settings: Settings) {
    let mut open: Option<(Wallet, Receiver<Event>)> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match (&mut open, verb) {
            (None, "open") => make_or_open(&settings, rest).await.map(|wallet| {
                let events = wallet.bus().subscribe();
                open = Some((wallet, events));
                Value::Null
            }),
            (Some((wallet, events)), _) => answer(wallet, events, verb, rest).await,
            (None, _) => Err((Code::NoWallet, "open comes first".into())),
        };
        let answer = match answer {
            Ok(ok) => json!({ "ok": ok }),
            Err((code, said)) => {
                tracing::warn!(verb, ?code, said, "refused");
                json!({ "code": code, "said": said })
            }
        };
        writeln!(std::io::stdout(), "{answer}").expect("someone listens");
    }
}

async fn make_or_open(settings: &Settings, password: &str) -> Result<Wallet, Refused> {
    let password = Password::Given(Secret::from(password.to_owned()));
    let wallet = if Wallet::exists(&settings.dir) {
        Wallet::open(settings.clone(), password).await
    } else {
        Wallet::create(settings.clone(), password).await
    };
    let wallet = wallet.map_err(refused)?;
    wallet.sync().await;
    Ok(wallet)
}

async fn answer(
    wallet: &Wallet,
    events: &mut Receiver<Event>,
    verb: &str,
    rest: &str,
) -> Result<Value, Refused> {
    match verb {
        "snapshot" => Ok(json!(wallet.snapshot())),
        "event" => {
            // The engine looks at least once a second; a missed hint costs no more than this.
            drop(tokio::time::timeout(Duration::from_millis(250), events.recv()).await);
            Ok(Value::Null)
        }
        "sync" => {
            wallet.sync().await;
            Ok(Value::Null)
        }
        "durable" => {
            wallet.durable().await;
            Ok(Value::Null)
        }
        "connected" => Ok(json!(wallet.is_connected(rest))),
        "health" => Ok(json!(wallet.health())),
        "detail" => Ok(json!(wallet.detail(rest))),
        "address" => {
            wallet.address().await.map(|address| json!(address.to_string())).map_err(refused)
        }
        "channel" => open_channel(wallet, rest).await,
        "close" => close_channel(wallet, rest).await,
        "pay" => pay(wallet, rest).await,
        "receive" => {
            let amount = Msat::from_sat(Sat::new(rest.parse().expect("an amount"))).expect("small");
            let request = wallet.receive(Some(amount), Some("for the cake".into()), 3600).await;
            request.map(|request| json!(request)).map_err(refused)
        }
        other => panic!("unknown verb {other}"),
    }
}

async fn open_channel(wallet: &Wallet, amount: &str) -> Result<Value, Refused> {
    let hub = wallet.snapshot().channels.suggestions[0].uri.clone();
    let preview =
        wallet.preview_open(&hub, Sat::new(amount.parse().expect("an amount"))).map_err(refused)?;
    wallet.open_channel(&preview.id).await.map_err(refused)?;
    Ok(Value::Null)
}

async fn close_channel(wallet: &Wallet, channel: &str) -> Result<Value, Refused> {
    let preview = wallet.preview_close(channel, CloseWay::Together).map_err(refused)?;
    wallet.close_channel(&preview.id).await.map_err(refused)?;
    Ok(Value::Null)
}

async fn pay(wallet: &Wallet, text: &str) -> Result<Value, Refused> {
    let instruction = wallet.read(text).map_err(refused)?;
    let choice =
        Choice { instruction: instruction.id, amount: None, speed: None, everything: false };
    let cheque = wallet.preview(choice).await.map_err(refused)?;
    let row = wallet.pay(&cheque.id).await.map_err(refused)?;
    Ok(json!(wallet.movement(&row)))
}

fn refused(error: impl Coded) -> Refused {
    (error.code(), chain_of(&error))
}
