use super::Shell;
use crate::dto::{ReceiveRequest, ShownRequest};
use crate::error::Answer;
use crate::qr;

#[tauri::command]
pub(crate) async fn receive(shell: Shell<'_>, request: ReceiveRequest) -> Answer<ShownRequest> {
    let ReceiveRequest { amount_msat, note, expiry_secs } = request;
    let request = shell.wallet()?.receive(amount_msat, note, expiry_secs).await?;
    Ok(ShownRequest { qr_svg: qr::svg(&request.uri)?, request })
}
