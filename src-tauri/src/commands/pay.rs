use super::shell::Shell;
use crate::dto::{AlsoPaidRequest, BumpRequest, PreviewRequest, WithdrawRequest};
use crate::error::Answer;
use crate::spending;
use fulmen_engine::view::{BumpQuote, Collecting, Instruction, Movement, Quote, Request};
use fulmen_engine::{AlsoPaid, Choice, PayerData};
use tauri::{AppHandle, Runtime};

#[tauri::command]
pub(crate) async fn read_text(shell: Shell<'_>, text: String) -> Answer<Instruction> {
    Ok(shell.wallet()?.read(&text)?)
}

/// Who is to be paid with one transaction: one instruction, or a line for each.
#[tauri::command]
pub(crate) async fn read_recipients(shell: Shell<'_>, text: String) -> Answer<Vec<Instruction>> {
    Ok(shell.wallet()?.read_recipients(&text)?)
}

#[tauri::command]
pub(crate) async fn preview(shell: Shell<'_>, request: PreviewRequest) -> Answer<Quote> {
    let also = request.also.into_iter();
    let also = also.map(|AlsoPaidRequest { instruction_id, amount_msat }| AlsoPaid {
        instruction: instruction_id,
        amount: amount_msat,
    });
    let choice = Choice {
        instruction: request.instruction_id,
        amount: request.amount_msat,
        speed: request.speed,
        everything: request.everything,
        quantity: request.quantity,
        coins: request.coins,
        comment: request.comment,
        payer: PayerData { name: request.payer_name, email: request.payer_email },
        retries: request.retries,
        also: also.collect(),
    };
    Ok(shell.wallet()?.preview(choice).await?)
}

/// Asks the host of an LNURL or a name what it is.
#[tauri::command]
pub(crate) async fn look_up(shell: Shell<'_>, instruction_id: String) -> Answer<Instruction> {
    Ok(shell.wallet()?.look_up(&instruction_id).await?)
}

/// Has the host of a withdraw link pay.
#[tauri::command]
pub(crate) async fn withdraw(shell: Shell<'_>, request: WithdrawRequest) -> Answer<Request> {
    let WithdrawRequest { instruction_id, amount_msat } = request;
    Ok(shell.wallet()?.withdraw(&instruction_id, amount_msat).await?)
}

/// Sends whoever gave a refund an invoice of ours.
#[tauri::command]
pub(crate) async fn collect_refund(shell: Shell<'_>, instruction_id: String) -> Answer<Collecting> {
    Ok(shell.wallet()?.collect(&instruction_id).await?)
}

/// Signs in to a site.
#[tauri::command]
pub(crate) async fn sign_in(shell: Shell<'_>, instruction_id: String) -> Answer<()> {
    Ok(shell.wallet()?.sign_in(&instruction_id).await?)
}

/// A payment of which no money has left.
#[tauri::command]
pub(crate) async fn take_back(shell: Shell<'_>, id: String) -> Answer<()> {
    Ok(shell.wallet()?.take_back(&id).await?)
}

/// Gives up further tries of a payment that is on its way.
#[tauri::command]
pub(crate) async fn abandon_payment(shell: Shell<'_>, id: String) -> Answer<()> {
    Ok(shell.wallet()?.abandon_payment(&id).await?)
}

/// What hurrying a transaction that waits for a block would cost, or calling it off.
#[tauri::command]
pub(crate) async fn bump_preview(shell: Shell<'_>, request: BumpRequest) -> Answer<BumpQuote> {
    Ok(shell.wallet()?.preview_bump(&request.id, request.wish, request.speed)?)
}

#[tauri::command]
pub(crate) async fn bump<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
    quote_id: String,
) -> Answer<Movement> {
    let wallet = shell.wallet()?;
    let _one = shell.spending.lock().await;
    spending::agree_to_outlay(&app, &shell, &wallet, &quote_id).await?;
    let row = wallet.bump(&quote_id).await?;
    Ok(wallet.movement(&row))
}

#[tauri::command]
pub(crate) async fn pay<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
    quote_id: String,
) -> Answer<Movement> {
    let wallet = shell.wallet()?;
    let _one = shell.spending.lock().await;
    spending::agree(&app, &shell, &wallet, &quote_id).await?;
    let row = wallet.pay(&quote_id).await?;
    Ok(wallet.movement(&row))
}
