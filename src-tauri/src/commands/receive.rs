use super::shell::Shell;
use crate::dto::{ReceiveRequest, ShownRequest};
use crate::error::{Answer, internal};
use crate::{qr, saving};
use fulmen_engine::RequestParameters;
use tauri::{AppHandle, Runtime};

/// What a saved picture is called.
const NAME: &str = "Fulmen request";

#[tauri::command]
pub(crate) async fn receive(shell: Shell<'_>, request: ReceiveRequest) -> Answer<ShownRequest> {
    let ReceiveRequest { amount_msat, note, expiry_secs, replaces } = request;
    let parameters = RequestParameters { amount: amount_msat, note, expiry_secs, replaces };
    let request = shell.wallet()?.receive_as(parameters).await?;
    Ok(ShownRequest { qr_svg: qr::svg(&request.uri)?, request })
}

/// Saves a request's code as a picture, and answers where.
#[tauri::command]
pub(crate) async fn save_request<R: Runtime>(app: AppHandle<R>, uri: String) -> Answer<String> {
    let saving = move || Ok(saving::picture(&app, NAME, &qr::png(&uri)?)?.display().to_string());
    tauri::async_runtime::spawn_blocking(saving).await.map_err(internal)?
}
