use super::shell::Shell;
use crate::error::Answer;
use fulmen_engine::view::ContactTotals;

/// With what they were paid.
#[tauri::command]
pub(crate) async fn contacts(shell: Shell<'_>) -> Answer<Vec<ContactTotals>> {
    Ok(shell.wallet()?.contact_totals()?)
}

/// Names whoever a text pays, or names them anew.
#[tauri::command]
pub(crate) async fn save_contact(
    shell: Shell<'_>,
    text: String,
    name: String,
) -> Answer<Vec<ContactTotals>> {
    let wallet = shell.wallet()?;
    wallet.save_contact(&text, &name).await?;
    Ok(wallet.contact_totals()?)
}

#[tauri::command]
pub(crate) async fn forget_contact(shell: Shell<'_>, id: String) -> Answer<Vec<ContactTotals>> {
    let wallet = shell.wallet()?;
    wallet.forget_contact(&id).await?;
    Ok(wallet.contact_totals()?)
}
