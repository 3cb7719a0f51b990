use super::shell::Shell;
use crate::error::Answer;
use fulmen_engine::view::CopyView;
use std::path::PathBuf;

#[tauri::command]
pub(crate) async fn choose_copy_folder(shell: Shell<'_>, folder: String) -> Answer<CopyView> {
    Ok(shell.wallet()?.choose_copy_folder(PathBuf::from(folder)).await?)
}

#[tauri::command]
pub(crate) async fn copy_now(shell: Shell<'_>) -> Answer<CopyView> {
    Ok(shell.wallet()?.copy_now().await?)
}

#[tauri::command]
pub(crate) async fn turn_copy_off(shell: Shell<'_>) -> Answer<CopyView> {
    Ok(shell.wallet()?.turn_copy_off().await?)
}
