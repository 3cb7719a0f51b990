//! The shell: window, commands, events. It decides nothing about money: a command parses, calls the engine, maps.

/// Which wallet is open.
mod app;
/// The window steps out of the way.
mod aside;
/// What the page may call.
mod commands;
/// What is agreed to outside of the page.
mod confirm;
/// The process ends by a panic.
mod crash;
/// What crosses the border.
mod dto;
/// Errors as the page sees them.
mod error;
/// From the engine's bus to the page.
mod forward;
/// When a person touched the window.
mod hands;
/// The log file.
mod log;
/// Opening a wallet with what it needs.
mod open;
/// Pictures dropped on the window.
mod picture;
/// What differs between systems.
mod platform;
/// The person's choices.
mod prefs;
/// QR codes.
mod qr;
/// A page whose process died.
mod revival;
/// Files saved for the person.
mod saving;
/// The practice shop's window.
mod shop;
/// Paying above the limit.
mod spending;
/// The window's life.
mod window;

use fulmen_engine::store::{LockError, ProcessLock};
use std::process::ExitCode;

/// What a second Fulmen on the same data ends with.
const ALREADY_RUNNING: u8 = 3;

/// What makes the window obey a WebDriver (`tauri-runtime-wry`): read a page, click, type. For tests and measurements.
const DRIVEN: &str = "TAURI_WEBVIEW_AUTOMATION";
const MAY_BE_DRIVEN: bool = cfg!(any(debug_assertions, feature = "automation"));

/// A program drives the window: what it does is what a person would.
fn is_driven() -> bool {
    MAY_BE_DRIVEN && std::env::var_os(DRIVEN).is_some()
}

/// Runs the app until its window is closed. The lock comes first: before a window, before any password work.
pub fn run() -> ExitCode {
    if !MAY_BE_DRIVEN && std::env::var_os(DRIVEN).is_some() {
        return refuse(
            &format!("Fulmen is not driven by other programs. Start it without {DRIVEN}."),
            ExitCode::FAILURE,
        );
    }
    let Some(dir) = platform::data_dir() else {
        return refuse(
            "Fulmen cannot find a place for its data. Set FULMEN_DATA_DIR.",
            ExitCode::FAILURE,
        );
    };
    let _lock = match ProcessLock::take(&dir) {
        Ok(lock) => lock,
        Err(LockError::AlreadyRunning) => {
            return refuse("Fulmen is already running.", ExitCode::from(ALREADY_RUNNING));
        }
        Err(error) => {
            let message = fulmen_engine::error::chain_of(&error);
            return refuse(
                &format!("Fulmen cannot use {}: {message}.", dir.display()),
                ExitCode::FAILURE,
            );
        }
    };
    if let Err(error) = log::start(&dir) {
        return refuse(&format!("Fulmen cannot write its log: {error}."), ExitCode::FAILURE);
    }
    platform::never_dump();
    crash::install_hook(&dir);
    if let Some(reason) = crash::last(&dir) {
        tracing::warn!(reason, "the last run ended by a panic");
    }
    match window::run(dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            refuse(&format!("Fulmen cannot open its window: {error}."), ExitCode::FAILURE)
        }
    }
}

fn refuse(sentence: &str, code: ExitCode) -> ExitCode {
    tracing::error!("{sentence}");
    eprintln!("{sentence}");
    code
}
