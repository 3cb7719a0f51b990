use crate::app::App;
use std::sync::Arc;
use tauri::State;

/// What every command is given.
pub(super) type Shell<'a> = State<'a, Arc<App>>;
