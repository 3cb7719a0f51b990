//! Takes the window out of the way.

use std::time::Duration;
use tauri::{Runtime, WebviewWindow};

/// Until a hidden window is off the screen: compositors let it fade.
const HIDING: Duration = Duration::from_millis(250);

/// Hides the window while `work` looks at what is behind it.
pub(crate) async fn aside<R: Runtime, T>(
    window: &WebviewWindow<R>,
    work: impl Future<Output = T>,
) -> T {
    let place = window.outer_position();
    say("hide", window.hide());
    tokio::time::sleep(HIDING).await;
    let answer = work.await;
    say("show", window.show());
    // Some window managers choose a place for it anew.
    if let Ok(place) = place {
        say("place", window.set_position(place));
    }
    say("focus", window.set_focus());
    answer
}

fn say(what: &str, done: tauri::Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, what, "the window does not do as it is told");
    }
}
