use super::shell::Shell;
use crate::dto::PreviewRequest;
use crate::error::Answer;
use fulmen_engine::Choice;
use fulmen_engine::view::{Instruction, Movement, Quote};

#[tauri::command]
pub(crate) async fn read_text(shell: Shell<'_>, text: String) -> Answer<Instruction> {
    Ok(shell.wallet()?.read(&text)?)
}

#[tauri::command]
pub(crate) async fn preview(shell: Shell<'_>, request: PreviewRequest) -> Answer<Quote> {
    let PreviewRequest { instruction_id, amount_msat, speed, everything } = request;
    let choice = Choice { instruction: instruction_id, amount: amount_msat, speed, everything };
    Ok(shell.wallet()?.preview(choice).await?)
}

/// An on-chain payment of which nothing has left this computer.
#[tauri::command]
pub(crate) async fn take_back(shell: Shell<'_>, id: String) -> Answer<()> {
    Ok(shell.wallet()?.take_back(&id).await?)
}

#[tauri::command]
pub(crate) async fn pay(shell: Shell<'_>, quote_id: String) -> Answer<Movement> {
    let wallet = shell.wallet()?;
    let row = wallet.pay(&quote_id).await?;
    Ok(wallet.movement(&row))
}
