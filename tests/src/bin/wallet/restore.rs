//! A fresh directory, restored as a person would: words, the place of the copy, a look at what comes back, and yes.

use crate::answers::{Refused, refused};
use fulmen_engine::config::Settings;
use fulmen_engine::copy::Place;
use fulmen_engine::keys::{Password, Secret, Words};
use fulmen_engine::{FromCopy, Wallet};
use serde_json::Value;
use std::path::Path;

/// `{"password": …, "words": …, "place": …, "believed": …}`. Words and password come by the pipe alone.
pub(crate) async fn restore(settings: &Settings, asked: &str) -> Result<Wallet, Refused> {
    let asked: Value = serde_json::from_str(asked).expect("JSON");
    let text = |name: &str| asked[name].as_str().expect("a text");
    let words = Words::parse(text("words")).map_err(refused)?;
    let password = || Password::Given(Secret::from(text("password").to_owned()));
    let place = text("place");
    let wallet = if asked["believed"] == true {
        stories::believe(settings, &words, &password(), Path::new(place));
        Wallet::open(settings.clone(), password()).await.map_err(refused)?
    } else {
        let from =
            || FromCopy { words: words.clone(), passphrase: None, place: Place::read(place) };
        let shown = Wallet::preview_restore(settings.clone(), from()).await.map_err(refused)?;
        let to = settings.clone();
        Wallet::restore_from_copy(to, from(), password(), shown.generation)
            .await
            .map_err(refused)?
    };
    wallet.sync().await;
    Ok(wallet)
}
