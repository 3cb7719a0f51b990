use super::shell::Shell;
use crate::error::Answer;
use crate::open;
use fulmen_engine::copy::Place;
use fulmen_engine::view::CopyProof;

// How the copy is then is told by events alone: an answer on its way may be older than they are.

#[tauri::command]
pub(crate) async fn choose_copy_place(shell: Shell<'_>, place: String) -> Answer<()> {
    shell.wallet()?.choose_copy_place(Place::read(&place)).await?;
    Ok(())
}

#[tauri::command]
pub(crate) async fn copy_now(shell: Shell<'_>) -> Answer<()> {
    shell.wallet()?.copy_now().await?;
    Ok(())
}

#[tauri::command]
pub(crate) async fn turn_copy_off(shell: Shell<'_>) -> Answer<()> {
    shell.wallet()?.turn_copy_off().await?;
    Ok(())
}

/// What the copy would bring back now.
#[tauri::command]
pub(crate) async fn prove_copy(shell: Shell<'_>, password: Option<String>) -> Answer<CopyProof> {
    Ok(shell.wallet()?.prove_copy(open::password(password)).await?)
}
