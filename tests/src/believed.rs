//! A negative control of every restore: a copy that is believed.

use fulmen_engine::config::Settings;
use fulmen_engine::copy::{Folder, Seal, rebuild};
use fulmen_engine::keys::{DataKey, Keys, Password, WalletSecrets, Words, seal};
use std::path::Path;

/// Makes a wallet of the words and the copy in `folder` as if nothing could have come after it: no channel is doubted.
pub fn believe(settings: &Settings, words: &Words, password: &Password, folder: &Path) {
    let (dir, network) = (&settings.dir, settings.network);
    let keys = Keys::derive(words, None, network.chain());
    let data_key = DataKey::generate();
    let opener = Seal::new(&keys, network);
    let mut folder = Folder::at(folder);
    rebuild(&mut folder, &opener, &dir.join("vault.db"), &data_key).expect("a copy");
    let words = words.clone();
    let secrets =
        WalletSecrets { words, passphrase: None, data_key, network: Some(network.chain()) };
    seal::seal(&dir.join(seal::SEALED), &secrets, password, 2).expect("sealed");
}
