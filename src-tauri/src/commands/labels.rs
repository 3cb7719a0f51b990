use super::shell::Shell;
use crate::error::{Answer, internal};
use crate::saving;
use fulmen_engine::view::{LabelsPreview, LabelsTaken};
use tauri::{AppHandle, Runtime};

/// What the saved file is called.
const NAME: &str = "Fulmen labels";

#[tauri::command]
pub(crate) async fn label_movement(shell: Shell<'_>, id: String, label: String) -> Answer<()> {
    Ok(shell.wallet()?.label_movement(&id, &label).await?)
}

/// Saves all of them as a file (BIP 329), and answers where.
#[tauri::command]
pub(crate) async fn save_labels<R: Runtime>(app: AppHandle<R>, shell: Shell<'_>) -> Answer<String> {
    let labels = shell.wallet()?.labels().await?;
    let saving =
        move || Ok(saving::file(&app, NAME, "jsonl", labels.as_bytes())?.display().to_string());
    tauri::async_runtime::spawn_blocking(saving).await.map_err(internal)?
}

#[tauri::command]
pub(crate) async fn preview_labels(shell: Shell<'_>, text: String) -> Answer<LabelsPreview> {
    let wallet = shell.wallet()?;
    let looking = move || Ok(wallet.preview_labels(&text)?);
    tauri::async_runtime::spawn_blocking(looking).await.map_err(internal)?
}

#[tauri::command]
pub(crate) async fn take_labels(shell: Shell<'_>, preview_id: String) -> Answer<LabelsTaken> {
    Ok(shell.wallet()?.take_labels(&preview_id).await?)
}
