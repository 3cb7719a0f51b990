use super::shell::Shell;
use crate::dto::{SweepFrom, SweepPreviewRequest, SweepRequest};
use crate::error::Answer;
use crate::open;
use fulmen_engine::view::{Movement, OtherAccounts, SweepPreview};

#[tauri::command]
pub(crate) async fn other_accounts(shell: Shell<'_>) -> Answer<OtherAccounts> {
    Ok(shell.wallet()?.other_accounts())
}

#[tauri::command]
pub(crate) async fn look_for_other_accounts(shell: Shell<'_>) -> Answer<OtherAccounts> {
    Ok(shell.wallet()?.look_for_other_accounts().await?)
}

#[tauri::command]
pub(crate) async fn sweep_preview(
    shell: Shell<'_>,
    request: SweepPreviewRequest,
) -> Answer<SweepPreview> {
    let (wallet, speed) = (shell.wallet()?, request.speed);
    Ok(match request.from {
        SweepFrom::Account { account } => wallet.preview_sweep(account, speed).await?,
        SweepFrom::Key { instruction_id } => {
            wallet.preview_key_sweep(&instruction_id, speed).await?
        }
    })
}

#[tauri::command]
pub(crate) async fn sweep(shell: Shell<'_>, request: SweepRequest) -> Answer<Movement> {
    let wallet = shell.wallet()?;
    let row = wallet.sweep(&request.preview_id, open::password(request.password)).await?;
    Ok(wallet.movement(&row))
}
