use super::shell::Shell;
use crate::dto::ApiError;
use crate::error::{Answer, internal};
use crate::saving;
use fulmen_engine::error::Code;
use fulmen_engine::view::{ActivityFilter, Movement, MovementDetail};
use tauri::{AppHandle, Runtime};

/// What the saved table is called.
const NAME: &str = "Fulmen activity";
/// What a saved receipt is called.
const RECEIPT: &str = "Fulmen receipt";

#[tauri::command]
pub(crate) async fn activity(
    shell: Shell<'_>,
    filter: ActivityFilter,
    before_id: Option<String>,
) -> Answer<Vec<Movement>> {
    shell.wallet()?.find(&filter, before_id.as_deref()).map_err(Into::into)
}

/// Saves all of it as a table, and answers where.
#[tauri::command]
pub(crate) async fn save_table<R: Runtime>(app: AppHandle<R>, shell: Shell<'_>) -> Answer<String> {
    let wallet = shell.wallet()?;
    let saving = move || {
        let table = wallet.csv()?;
        Ok(saving::file(&app, NAME, "csv", table.as_bytes())?.display().to_string())
    };
    tauri::async_runtime::spawn_blocking(saving).await.map_err(internal)?
}

#[tauri::command]
pub(crate) async fn movement(shell: Shell<'_>, id: String) -> Answer<MovementDetail> {
    let found = shell.wallet()?.detail(&id)?;
    found.ok_or_else(|| ApiError::new(Code::Stale, "there is no movement with this id"))
}

/// A receipt longer than this is none.
const LONGEST_RECEIPT: usize = 256 * 1024;

/// Saves the page of one payment, and answers where.
#[tauri::command]
pub(crate) async fn save_receipt<R: Runtime>(app: AppHandle<R>, html: String) -> Answer<String> {
    if html.len() > LONGEST_RECEIPT {
        return Err(ApiError::new(Code::TooLong, "too long for a receipt"));
    }
    let saving =
        move || Ok(saving::file(&app, RECEIPT, "html", html.as_bytes())?.display().to_string());
    tauri::async_runtime::spawn_blocking(saving).await.map_err(internal)?
}
