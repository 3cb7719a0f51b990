use super::shell::Shell;
use crate::dto::{Clipboard, Picture};
use crate::error::{Answer, internal};
use crate::{aside, picture, platform};
use std::time::Instant;
use tauri::{AppHandle, Runtime, WebviewWindow};
use tauri_plugin_clipboard_manager::ClipboardExt;

/// A picture of each monitor, or one of all of them if the system gives no other. Our own window is not on it.
#[tauri::command]
pub(crate) async fn scan_screen<R: Runtime>(
    window: WebviewWindow<R>,
    shell: Shell<'_>,
) -> Answer<Vec<Picture>> {
    shell.hands.just_now(Instant::now())?;
    let screens = aside::aside(&window, platform::screens()).await?;
    Ok(screens.iter().map(|png| Picture { png_base64: picture::encode(png) }).collect())
}

/// What another program put into the clipboard.
#[tauri::command]
pub(crate) async fn read_clipboard<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
) -> Answer<Clipboard> {
    shell.hands.just_now(Instant::now())?;
    let reading = move || {
        // The clipboard refuses what is not there.
        let text = app.clipboard().read_text().ok().filter(|text| !text.trim().is_empty());
        let image = if text.is_none() { app.clipboard().read_image().ok() } else { None };
        let png = image.map(|image| {
            picture::png(image.width(), image.height(), png::ColorType::Rgba, image.rgba())
        });
        let png = png.transpose().map_err(internal)?;
        let picture = png.map(|png| Picture { png_base64: picture::encode(&png) });
        Ok(Clipboard { text, picture })
    };
    tauri::async_runtime::spawn_blocking(reading).await.map_err(internal)?
}
