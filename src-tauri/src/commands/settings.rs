use super::shell::Shell;
use crate::dto::{ApiError, ChangePassword, SettingsPatch, SettingsView, Words};
use crate::error::Answer;
use crate::open;
use crate::spending;
use fulmen_engine::chain::{Address, try_source};
use fulmen_engine::error::Code;
use fulmen_engine::view::SourceTest;
use std::time::Instant;
use tauri::{AppHandle, Runtime};

#[tauri::command]
pub(crate) async fn settings(shell: Shell<'_>) -> Answer<SettingsView> {
    Ok(shell.settings())
}

#[tauri::command]
pub(crate) async fn update_settings<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
    patch: SettingsPatch,
) -> Answer<SettingsView> {
    // Both have servers asked.
    if patch.source_urls.is_some() || patch.currency.is_some() {
        shell.hands.just_now(Instant::now())?;
    }
    if let Some(limit) = patch.spend_limit_sat {
        spending::agree_to_limit(&app, &shell, limit).await?;
    }
    shell.update_settings(patch).await
}

#[tauri::command]
pub(crate) async fn test_source(shell: Shell<'_>, url: String) -> Answer<SourceTest> {
    shell.hands.just_now(Instant::now())?;
    Ok(match shell.wallet() {
        Ok(wallet) => wallet.try_source(&url).await,
        Err(_) => try_source(&Address::read(&url), shell.network()).await,
    })
}

#[tauri::command]
pub(crate) async fn change_password(
    shell: Shell<'_>,
    request: ChangePassword,
) -> Answer<SettingsView> {
    shell
        .wallet()?
        .change_password(open::password(request.old), open::password(request.new))
        .await?;
    Ok(shell.settings())
}

#[tauri::command]
pub(crate) async fn show_words(shell: Shell<'_>, password: Option<String>) -> Answer<Words> {
    let wallet = shell.wallet()?;
    let (words, asked) = wallet.words_to_write_down(open::password(password)).await?;
    Ok(Words { words: words.iter().map(str::to_owned).collect(), asked })
}

/// Three of the words, for the places that came with them. Gives back the places of those that are wrong.
#[tauri::command]
pub(crate) async fn prove_words(shell: Shell<'_>, typed: Vec<String>) -> Answer<Vec<u32>> {
    let wrong = shell.wallet()?.prove_words(&typed);
    wrong.ok_or_else(|| ApiError::new(Code::Stale, "the words were not shown"))
}
