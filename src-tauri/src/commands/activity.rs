use super::shell::Shell;
use crate::dto::ApiError;
use crate::error::Answer;
use fulmen_engine::error::Code;
use fulmen_engine::view::{Movement, MovementDetail};

#[tauri::command]
pub(crate) async fn activity(
    shell: Shell<'_>,
    query: Option<String>,
    before_id: Option<String>,
) -> Answer<Vec<Movement>> {
    shell.wallet()?.activity(query.as_deref(), before_id.as_deref()).map_err(Into::into)
}

#[tauri::command]
pub(crate) async fn movement(shell: Shell<'_>, id: String) -> Answer<MovementDetail> {
    let found = shell.wallet()?.detail(&id)?;
    found.ok_or_else(|| ApiError::new(Code::Stale, "there is no movement with this id"))
}
