use super::shell::Shell;
use crate::dto::{ChangePassword, SettingsPatch, SettingsView, Words};
use crate::error::Answer;
use crate::open;
use crate::spending;
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
    if patch.source_url.is_some() {
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
    Ok(fulmen_engine::chain::try_source(&url, shell.network()).await)
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
    let words = shell.wallet()?.words(open::password(password)).await?;
    Ok(Words { words: words.iter().map(str::to_owned).collect() })
}
