use crate::dto::Picture;
use crate::error::Answer;
use crate::{picture, platform};

#[tauri::command]
pub(crate) async fn scan_screen() -> Answer<Vec<Picture>> {
    let screens = platform::screens().await?;
    Ok(screens.iter().map(|png| Picture { png_base64: picture::encode(png) }).collect())
}
