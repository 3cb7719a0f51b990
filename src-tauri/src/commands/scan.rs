use crate::dto::Picture;
use crate::error::Answer;
use crate::{aside, picture, platform};
use tauri::{Runtime, WebviewWindow};

/// A picture of each monitor, or one of all of them where the system gives no other. Our own window is not on it.
#[tauri::command]
pub(crate) async fn scan_screen<R: Runtime>(window: WebviewWindow<R>) -> Answer<Vec<Picture>> {
    let screens = aside::aside(&window, platform::screens()).await?;
    Ok(screens.iter().map(|png| Picture { png_base64: picture::encode(png) }).collect())
}
