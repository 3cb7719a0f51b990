use super::shell::Shell;
use crate::dto::{CloseRequest, OpenRequest};
use crate::error::Answer;
use crate::spending;
use fulmen_engine::view::{ClosePreview, OpenPreview};
use tauri::{AppHandle, Runtime};

#[tauri::command]
pub(crate) async fn open_preview(shell: Shell<'_>, request: OpenRequest) -> Answer<OpenPreview> {
    Ok(shell.wallet()?.preview_open(&request.peer, request.amount_sat)?)
}

#[tauri::command]
pub(crate) async fn open_channel<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
    preview_id: String,
) -> Answer<()> {
    let wallet = shell.wallet()?;
    let _one = shell.spending.lock().await;
    spending::agree_to_outlay(&app, &shell, &wallet, &preview_id).await?;
    Ok(wallet.open_channel(&preview_id).await?)
}

#[tauri::command]
pub(crate) async fn close_preview(shell: Shell<'_>, request: CloseRequest) -> Answer<ClosePreview> {
    Ok(shell.wallet()?.preview_close(&request.channel_id, request.way)?)
}

#[tauri::command]
pub(crate) async fn give_up_channels(shell: Shell<'_>) -> Answer<()> {
    shell.wallet()?.give_up_channels().await?;
    Ok(())
}

/// Takes a close back that the peer has not heard of yet.
#[tauri::command]
pub(crate) async fn keep_channel_open(shell: Shell<'_>, channel_id: String) -> Answer<()> {
    Ok(shell.wallet()?.keep_open(&channel_id).await?)
}

/// Where a peer that is away lives now.
#[tauri::command]
pub(crate) async fn connect_peer(shell: Shell<'_>, node_id: String, place: String) -> Answer<()> {
    Ok(shell.wallet()?.connect_at(&node_id, &place).await?)
}

#[tauri::command]
pub(crate) async fn close_channel(shell: Shell<'_>, preview_id: String) -> Answer<()> {
    Ok(shell.wallet()?.close_channel(&preview_id).await?)
}
