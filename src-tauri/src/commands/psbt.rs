use super::shell::Shell;
use crate::dto::HandedPsbt;
use crate::error::{Answer, internal};
use crate::{saving, spending};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fulmen_engine::view::{Descriptors, Movement, PsbtQuote};
use tauri::{AppHandle, Runtime};

/// What a wallet that only watches needs to know.
#[tauri::command]
pub(crate) async fn descriptors(shell: Shell<'_>) -> Answer<Descriptors> {
    Ok(shell.wallet()?.descriptors())
}

/// A previewed payment without signatures, in base64.
#[tauri::command]
pub(crate) async fn unsigned_psbt(shell: Shell<'_>, quote_id: String) -> Answer<String> {
    Ok(shell.wallet()?.unsigned_psbt(&quote_id).await?)
}

/// The same as a file, and answers where.
#[tauri::command]
pub(crate) async fn save_unsigned_psbt<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
    quote_id: String,
) -> Answer<String> {
    let psbt = shell.wallet()?.unsigned_psbt(&quote_id).await?;
    save(app, "Fulmen payment", &psbt).await
}

#[tauri::command]
pub(crate) async fn psbt_preview(shell: Shell<'_>, instruction_id: String) -> Answer<PsbtQuote> {
    let wallet = shell.wallet()?;
    let looking = move || Ok(wallet.preview_psbt(&instruction_id)?);
    tauri::async_runtime::spawn_blocking(looking).await.map_err(internal)?
}

/// Signs and sends what was shown.
#[tauri::command]
pub(crate) async fn send_psbt<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
    quote_id: String,
) -> Answer<Movement> {
    let wallet = shell.wallet()?;
    let _one = shell.spending.lock().await;
    spending::agree_to_outlay(&app, &shell, &wallet, &quote_id).await?;
    let row = wallet.send_psbt(&quote_id).await?;
    Ok(wallet.movement(&row))
}

/// Signs what was shown, and saves it to be handed on.
#[tauri::command]
pub(crate) async fn sign_psbt<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
    quote_id: String,
) -> Answer<HandedPsbt> {
    let wallet = shell.wallet()?;
    let _one = shell.spending.lock().await;
    spending::agree_to_signature(&app, &shell, &wallet, &quote_id).await?;
    let signed = wallet.sign_psbt(&quote_id).await?;
    let path = save(app, "Fulmen signed", &signed.psbt).await?;
    Ok(HandedPsbt { psbt: signed.psbt, transaction: signed.transaction, path })
}

/// As other programs save it: the bytes themselves.
async fn save<R: Runtime>(app: AppHandle<R>, name: &'static str, psbt: &str) -> Answer<String> {
    let bytes = STANDARD.decode(psbt).map_err(internal)?;
    let saving = move || Ok(saving::file(&app, name, "psbt", &bytes)?.display().to_string());
    tauri::async_runtime::spawn_blocking(saving).await.map_err(internal)?
}
