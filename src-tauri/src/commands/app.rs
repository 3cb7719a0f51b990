use super::shell::Shell;
use crate::dto::{
    AppState, AskRequest, CopySource, CreateRequest, QuitChoice, RestoreCopyRequest,
    RestoreRequest, WordsRequest,
};
use crate::error::Answer;
use crate::open::{Keys, ask, from_copy, password};
use fulmen_engine::keys::{Secret, Words};
use fulmen_engine::view::{
    Health, LostChannels, NetworkId, RestorePreview, Snapshot, WordsPreview,
};
use secrecy::ExposeSecret;

#[tauri::command]
pub(crate) async fn app_state(shell: Shell<'_>) -> Answer<AppState> {
    Ok(shell.state())
}

#[tauri::command]
pub(crate) async fn choose_network(shell: Shell<'_>, network: NetworkId) -> Answer<AppState> {
    shell.choose_network(network).await
}

#[tauri::command]
pub(crate) async fn create(shell: Shell<'_>, request: CreateRequest) -> Answer<AppState> {
    shell.make(request.network, Keys::New, password(request.password)).await
}

#[tauri::command]
pub(crate) async fn restore(shell: Shell<'_>, request: RestoreRequest) -> Answer<AppState> {
    let words = Words::parse(Secret::from(request.words).expose_secret())?;
    let (passphrase, ask) = (request.passphrase.map(Secret::from), ask(request.ask).await?);
    let keys = Keys::Words { words, passphrase, ask };
    shell.make(request.network, keys, password(request.password)).await
}

/// What the words alone would bring back. The chain's server is asked, no peer is, and nothing stays.
#[tauri::command]
pub(crate) async fn preview_words(shell: Shell<'_>, request: WordsRequest) -> Answer<WordsPreview> {
    let words = Words::parse(Secret::from(request.words).expose_secret())?;
    let (passphrase, ask) = (request.passphrase.map(Secret::from), ask(request.ask).await?);
    shell.preview_words(request.network, words, passphrase, ask).await
}

/// Asks more peers for channels of the words.
#[tauri::command]
pub(crate) async fn ask_peers(shell: Shell<'_>, request: AskRequest) -> Answer<LostChannels> {
    let wallet = shell.wallet()?;
    Ok(wallet.ask_peers(&ask(request).await?).await?)
}

/// What a living copy would bring back. Nothing is asked of anyone, and nothing of it can be read once the app is gone.
#[tauri::command]
pub(crate) async fn preview_restore(
    shell: Shell<'_>,
    source: CopySource,
) -> Answer<RestorePreview> {
    shell.preview_restore(source.network, from_copy(source)?).await
}

#[tauri::command]
pub(crate) async fn restore_copy(
    shell: Shell<'_>,
    request: RestoreCopyRequest,
) -> Answer<AppState> {
    let network = request.source.network;
    let (from, generation) = (from_copy(request.source)?, request.generation);
    shell.restore_copy(network, from, generation, password(request.password)).await
}

#[tauri::command]
pub(crate) async fn unlock(shell: Shell<'_>, password: Option<String>) -> Answer<AppState> {
    shell.unlock(crate::open::password(password)).await
}

#[tauri::command]
pub(crate) async fn lock(shell: Shell<'_>) -> Answer<AppState> {
    shell.lock().await
}

/// Ends a safe start.
#[tauri::command]
pub(crate) async fn go_online(shell: Shell<'_>) -> Answer<()> {
    shell.wallet()?.go_online();
    Ok(())
}

/// Answers `ShellEvent::Quitting`.
#[tauri::command]
pub(crate) async fn quit(shell: Shell<'_>, choice: QuitChoice) -> Answer<()> {
    shell.quit(choice).await;
    Ok(())
}

#[tauri::command]
pub(crate) async fn snapshot(shell: Shell<'_>) -> Answer<Snapshot> {
    Ok(shell.wallet()?.snapshot())
}

#[tauri::command]
pub(crate) async fn health(shell: Shell<'_>) -> Answer<Health> {
    Ok(shell.wallet()?.health())
}
