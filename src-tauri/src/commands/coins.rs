use super::shell::Shell;
use crate::error::Answer;
use fulmen_engine::view::Coin;

#[tauri::command]
pub(crate) async fn coins(shell: Shell<'_>) -> Answer<Vec<Coin>> {
    Ok(shell.wallet()?.coins())
}

#[tauri::command]
pub(crate) async fn freeze_coin(
    shell: Shell<'_>,
    outpoint: String,
    frozen: bool,
) -> Answer<Vec<Coin>> {
    let wallet = shell.wallet()?;
    wallet.freeze_coin(&outpoint, frozen).await?;
    Ok(wallet.coins())
}

#[tauri::command]
pub(crate) async fn label_coin(
    shell: Shell<'_>,
    outpoint: String,
    label: String,
) -> Answer<Vec<Coin>> {
    let wallet = shell.wallet()?;
    wallet.label_coin(&outpoint, &label).await?;
    Ok(wallet.coins())
}
