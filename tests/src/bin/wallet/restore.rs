//! A fresh directory, restored as a person would: words, the place of the copy or whom to ask, a look at what comes back, and yes.

use crate::answers::{Refused, refused};
use fulmen_engine::config::Settings;
use fulmen_engine::copy::Place;
use fulmen_engine::keys::{Password, Secret, Words};
use fulmen_engine::{Ask, FromCopy, Wallet};
use serde_json::{Value, json};
use std::path::Path;

/// `{"password": …, "words": …, "place": …, "believed": …}`, or without a place `"listed"` or `"filed"`: whom the words ask. Words
/// and password come by the pipe alone. What was shown before comes back too.
pub(crate) async fn restore(settings: &Settings, asked: &str) -> Result<(Wallet, Value), Refused> {
    let asked: Value = serde_json::from_str(asked).expect("JSON");
    let text = |name: &str| asked[name].as_str().expect("a text");
    let words = Words::parse(text("words")).map_err(refused)?;
    let password = Password::Given(Secret::from(text("password").to_owned()));
    let place = asked["place"].as_str();
    let (wallet, shown) = match place {
        Some(place) if asked["believed"] == true => {
            stories::believe(settings, &words, &password, Path::new(place));
            let opened = Wallet::open(settings.clone(), password).await;
            (opened.map_err(refused)?, Value::Null)
        }
        Some(place) => from_copy(settings, words, password, Place::read(place)).await?,
        None => alone(settings, words, password, whom(&asked)).await?,
    };
    wallet.sync().await;
    Ok((wallet, shown))
}

async fn from_copy(
    settings: &Settings,
    words: Words,
    password: Password,
    place: Place,
) -> Result<(Wallet, Value), Refused> {
    let from = FromCopy { words, passphrase: None, place };
    let tried = Wallet::try_copy(settings.clone(), from).await.map_err(refused)?;
    let shown = tried.seen().clone();
    let to = settings.clone();
    let restored = Wallet::restore_from_copy(to, tried, password, shown.generation).await;
    Ok((restored.map_err(refused)?, json!(shown)))
}

async fn alone(
    settings: &Settings,
    words: Words,
    password: Password,
    ask: Ask,
) -> Result<(Wallet, Value), Refused> {
    let to = || settings.clone();
    let shown = Wallet::preview_words(to(), words.clone(), None, ask.clone()).await;
    let shown = json!(shown.map_err(refused)?);
    let restored = Wallet::restore_asking(to(), words, None, password, ask).await;
    Ok((restored.map_err(refused)?, shown))
}

fn whom(asked: &Value) -> Ask {
    let filed = asked["filed"].as_str();
    let file = filed.map(|path| Ask::read_file(Path::new(path)).expect("a file"));
    let peers = asked["listed"].as_str().unwrap_or_default().to_owned();
    Ask { file, peers, ..Ask::default() }
}
