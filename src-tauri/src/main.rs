//! The Fulmen wallet.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    fulmen_lib::run()
}
