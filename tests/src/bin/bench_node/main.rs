//! A wallet that pays and is paid by lines, with a watch in its hand: `bench-node DIR ESPLORA LISTEN [--imagined]`. Each line
//! is a verb and the rest; each answer is one line of JSON, `{"ok": …}` or `{"error": …}`. It ends with its input.

mod history;
mod pay;
mod receive;
mod restore;

use fulmen_engine::Wallet;
use fulmen_engine::amount::Sat;
use fulmen_engine::config::{Persistence, Settings};
use fulmen_engine::error::chain_of;
use fulmen_engine::keys::{DataKey, Password, seal};
use fulmen_engine::store::{Batch, Vault};
use receive::Received;
use serde_json::{Value, json};
use std::error::Error;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What the driver hears when something fails; it then gives up.
type Outcome = Result<Value, Box<dyn Error>>;

const USAGE: &str = "usage: bench-node DIR ESPLORA LISTEN [--imagined]";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect(USAGE);
    let (dir, url, listen) = (PathBuf::from(next()), next(), next());
    let imagined = arguments.next().is_some_and(|word| word == "--imagined");
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("warn"))
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    let mut settings = stories::leaf(dir, url);
    settings.listen = Some(listen.parse().expect(USAGE));
    if imagined {
        settings.tunables.persistence = Persistence::NoOp;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(serve(settings));
}

async fn serve(settings: Settings) {
    let received = Received::default();
    let mut open = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("text");
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match (&open, verb) {
            (None, "commits") => commits(&settings.dir, rest),
            (None, "history") => history::write(&settings.dir, rest),
            (None, "restore") => match restore::restore(settings.clone(), rest).await {
                Ok(restored) => Ok(json!(open.insert((restored, 0.0)).0.node_id())),
                Err(error) => Err(error),
            },
            (None, _) => match self::open(settings.clone(), &received).await {
                Ok(opened) => Ok(json!(open.insert(opened).0.node_id())),
                Err(error) => Err(error),
            },
            (Some((_, opened_ms)), "opened_ms") => Ok(json!(opened_ms)),
            (Some((wallet, _)), _) => {
                self::answer(wallet, &settings.dir, &received, verb, rest).await
            }
        };
        let answer = match answer {
            Ok(ok) => json!({ "ok": ok }),
            Err(error) => json!({ "error": chain_of(error.as_ref()) }),
        };
        writeln!(std::io::stdout(), "{answer}").expect("someone listens");
    }
    if let Some((wallet, _)) = open {
        wallet.stop().await;
    }
}

/// The wallet, made where there is none, and how long it took to open, in milliseconds.
async fn open(
    mut settings: Settings,
    received: &Received,
) -> Result<(Wallet, f64), Box<dyn Error>> {
    settings.tunables.probe = received.probe();
    let begun = Instant::now();
    let wallet = if Wallet::exists(&settings.dir) {
        Wallet::open(settings, Password::StoredBeside).await?
    } else {
        Wallet::create(settings, Password::StoredBeside).await?
    };
    let opened_ms = millis(begun.elapsed());
    wallet.sync().await;
    received.watch(&wallet);
    Ok((wallet, opened_ms))
}

async fn answer(
    wallet: &Wallet,
    dir: &Path,
    received: &Received,
    verb: &str,
    rest: &str,
) -> Outcome {
    match verb {
        "address" => Ok(json!(wallet.address().await?.to_string())),
        "sync" => {
            wallet.sync().await;
            Ok(Value::Null)
        }
        "channel" => {
            let (peer, amount) = rest.split_once(' ').ok_or("channel PEER SAT")?;
            let preview = wallet.preview_open(peer, Sat::new(amount.parse()?))?;
            wallet.open_channel(&preview.id).await?;
            Ok(Value::Null)
        }
        "ready" => Ok(json!(stories::ready_in(&wallet.snapshot()) > 0)),
        "invoices" => {
            let (count, amount) = rest.split_once(' ').ok_or("invoices COUNT SAT")?;
            receive::invoices(wallet, count.parse()?, Sat::new(amount.parse()?)).await
        }
        "copy" => {
            wallet.choose_copy_place(fulmen_engine::copy::Place::read(rest)).await?;
            Ok(json!(wallet.copy_now().await?))
        }
        "pay" => pay::all(wallet, serde_json::from_str(rest)?).await,
        "addresses" => history::addresses(dir, rest),
        "send_all" => history::send_all(wallet, rest).await,
        "words" => history::words(dir),
        "onchain" => Ok(json!(wallet.snapshot().balance.onchain.total_sat)),
        "rows" => restore::rows(wallet),
        "pages" => history::pages(wallet, rest.parse()?),
        "searches" => history::searches(wallet),
        "look" => history::look(wallet).await,
        "rss" => history::rss(),
        "received" => Ok(json!(received.take())),
        "manager_bytes" => manager_bytes(dir),
        other => panic!("unknown verb {other}"),
    }
}

/// The size of the node's state, most of what a commit writes.
fn manager_bytes(dir: &Path) -> Outcome {
    let secrets = seal::unseal(&dir.join(seal::SEALED), &Password::StoredBeside)?;
    let loaded = Vault::open(&dir.join("vault.db"), &secrets.data_key)?.load()?;
    Ok(json!(loaded.manager.ok_or("nothing is written yet")?.len()))
}

/// Commits of so many bytes into a vault that holds nothing else, each timed, in milliseconds.
fn commits(dir: &Path, rest: &str) -> Outcome {
    let (bytes, count) = rest.split_once(' ').ok_or("commits BYTES COUNT")?;
    let (bytes, count) = (bytes.parse()?, count.parse::<usize>()?);
    let place = tempfile::tempdir_in(dir.parent().ok_or("DIR is in a directory")?)?;
    let vault = Vault::create(&place.path().join("vault.db"), &DataKey::generate())?;
    let times = (0..count).map(|number| {
        // Another each time: what does not differ is not written.
        let manager = Some(vec![u8::try_from(number % 256).expect("a byte"); bytes]);
        let batch = Batch { manager, ..Batch::default() };
        let begun = Instant::now();
        vault.commit(&batch).map(|_| millis(begun.elapsed()))
    });
    Ok(json!(times.collect::<Result<Vec<f64>, _>>()?))
}

fn millis(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
