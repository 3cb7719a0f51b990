//! A wallet that is driven by lines and can be killed: `story-wallet DIR ESPLORA HUB [name=value …]`. Each line is a number,
//! a verb and the rest, and is worked on at once; each answer is one line of JSON with that number, `{"ok": …}` or
//! `{"code": …}`. The password comes with `open`, never as an argument. What the engine and LDK log, down to the last
//! detail or as `log=` says, goes to `log.txt` in the directory.

mod answers;
mod arguments;
mod restore;

use answers::Refused;
use arguments::Arguments;
use fulmen_engine::Wallet;
use fulmen_engine::config::Settings;
use fulmen_engine::error::Code;
use fulmen_engine::event::Event;
use fulmen_engine::keys::{Password, Secret};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast::Receiver;

fn main() {
    let arguments = Arguments::read(std::env::args().skip(1));
    std::fs::create_dir_all(&arguments.settings.dir).expect("a directory");
    log_to(&arguments.settings.dir.join("log.txt"), &arguments.log);
    // A panic ends the process, wherever it happens: half a wallet would be worse than none.
    std::panic::set_hook(Box::new(|panic| {
        tracing::error!(%panic, "panicked");
        std::process::abort();
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(serve(arguments));
}

fn log_to(path: &Path, filter: &str) {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a log");
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_ansi(false)
        .with_writer(Mutex::new(log))
        .init();
}

/// An open wallet and its events.
struct Open {
    wallet: Wallet,
    events: tokio::sync::Mutex<Receiver<Event>>,
}

async fn serve(arguments: Arguments) {
    let mut open: Option<Arc<Open>> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        let (number, line) = line.split_once(' ').expect("a number comes first");
        let number: u64 = number.parse().expect("a number comes first");
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (&open, verb) {
            (_, "arm") => {
                arguments.trap.arm(rest);
                say(number, verb, Ok(Value::Null));
            }
            (_, "trust") => {
                // `yes` or `no`, and whom if not Hub.
                let (trusts, whom) = rest.split_once(' ').unwrap_or((rest, ""));
                let peer = whom.parse().unwrap_or(arguments.hub);
                arguments.settings.tunables.trusted.set(peer, trusts == "yes");
                say(number, verb, Ok(Value::Null));
            }
            (_, "alone") => {
                arguments.alone.store(rest == "yes", Ordering::SeqCst);
                say(number, verb, Ok(Value::Null));
            }
            (None, "open" | "restore") => {
                let opened = match verb {
                    "open" => make_or_open(&arguments.settings, rest).await,
                    _ => restore::restore(&arguments.settings, rest).await,
                };
                say(
                    number,
                    verb,
                    opened.map(|(wallet, shown)| {
                        let events = tokio::sync::Mutex::new(wallet.bus().subscribe());
                        open = Some(Arc::new(Open { wallet, events }));
                        shown
                    }),
                );
            }
            (Some(open), _) => {
                let (open, verb, rest) = (open.clone(), verb.to_owned(), rest.to_owned());
                tokio::spawn(async move {
                    let answer = answers::answer(&open, &verb, &rest).await;
                    say(number, &verb, answer);
                });
            }
            (None, _) => say(number, verb, Err((Code::NoWallet, "open comes first".into()))),
        }
    }
}

fn say(number: u64, verb: &str, answer: Result<Value, Refused>) {
    let answer = match answer {
        Ok(ok) => json!({ "number": number, "ok": ok }),
        Err((code, said)) => {
            tracing::warn!(verb, ?code, said, "refused");
            json!({ "number": number, "code": code, "said": said })
        }
    };
    writeln!(std::io::stdout(), "{answer}").expect("someone listens");
}

async fn make_or_open(settings: &Settings, password: &str) -> Result<(Wallet, Value), Refused> {
    let password = Password::Given(Secret::from(password.to_owned()));
    let wallet = if Wallet::exists(&settings.dir) {
        Wallet::open(settings.clone(), password).await
    } else {
        Wallet::create(settings.clone(), password).await
    };
    let wallet = wallet.map_err(answers::refused)?;
    wallet.sync().await;
    Ok((wallet, Value::Null))
}
