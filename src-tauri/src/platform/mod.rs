//! What differs between systems.

mod hands;
mod memory;
#[cfg(any(target_os = "macos", windows))]
mod monitors;
mod page;
#[cfg(target_os = "linux")]
mod portal;
mod sleep;
#[cfg(target_os = "linux")]
mod x11;

pub(crate) use hands::{Hand, TELLS_OF_HANDS, watch as watch_hands};
pub(crate) use memory::never_dump;
pub(crate) use page::on_death as on_page_death;
pub(crate) use sleep::on_sleep;

use crate::dto::ApiError;
use fulmen_engine::error::Code;
use std::path::PathBuf;

/// Where everything is kept, if not where the system keeps such things.
const DATA_DIR: &str = "FULMEN_DATA_DIR";

/// The data directory: `FULMEN_DATA_DIR`, else the system's place for an app's data.
pub(crate) fn data_dir() -> Option<PathBuf> {
    match std::env::var_os(DATA_DIR) {
        Some(dir) if !dir.is_empty() => Some(dir.into()),
        _ => system_data_dir().map(|dir| dir.join("fulmen")),
    }
}

#[cfg(target_os = "linux")]
fn system_data_dir() -> Option<PathBuf> {
    let set = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    set.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")))
}

#[cfg(target_os = "macos")]
fn system_data_dir() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join("Library/Application Support"))
}

#[cfg(windows)]
fn system_data_dir() -> Option<PathBuf> {
    std::env::var_os("APPDATA").map(PathBuf::from)
}

/// Calls `end` when the system asks the process to go; the second time the process goes at once.
#[cfg(unix)]
pub(crate) fn on_terminate(end: impl Fn() + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGINT])?;
    let listen = move || {
        for (count, signal) in signals.forever().enumerate() {
            tracing::info!(signal, "asked to end");
            if count > 0 {
                std::process::exit(1);
            }
            end();
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(listen).map(drop)
}

/// Windows closes the window instead.
#[cfg(not(unix))]
pub(crate) fn on_terminate(_end: impl Fn() + Send + 'static) -> std::io::Result<()> {
    Ok(())
}

/// All screens as PNG.
///
/// # Errors
/// [`Code::PictureUnreadable`] if the system does not give them.
pub(crate) async fn screens() -> Result<Vec<Vec<u8>>, ApiError> {
    let looking = tauri::async_runtime::spawn_blocking(capture);
    looking.await.map_err(|error| ApiError::caused(Code::PictureUnreadable, &error))?
}

#[cfg(target_os = "linux")]
fn capture() -> Result<Vec<Vec<u8>>, ApiError> {
    let wayland = std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty());
    if wayland { portal::capture() } else { x11::capture() }
}

#[cfg(any(target_os = "macos", windows))]
fn capture() -> Result<Vec<Vec<u8>>, ApiError> {
    monitors::capture()
}
