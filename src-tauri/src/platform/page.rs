//! The page lives in a process of the system's web view, which may die while ours goes on; a camera in WebKitGTK is known to
//! take it along. Left alone, the window would stay empty.

use std::sync::Arc;
use tauri::{Builder, Webview, Wry};

/// Calls `died` when the process of a window's page has ended by itself. On Windows WebView2 shows a page of its own then.
#[cfg(target_os = "linux")]
pub(crate) fn on_death(
    builder: Builder<Wry>,
    died: impl Fn(&Webview<Wry>) + Send + Sync + 'static,
) -> Builder<Wry> {
    use webkit2gtk::WebViewExt;
    let died = Arc::new(died);
    let watch = move |webview: Webview<Wry>| {
        let (died, window) = (died.clone(), webview.clone());
        let connect = move |view: tauri::webview::PlatformWebview| {
            view.inner().connect_web_process_terminated(move |_, reason| {
                tracing::error!(?reason, window = window.label(), "the page's process ended");
                died(&window);
            });
        };
        if let Err(error) = webview.with_webview(connect) {
            tracing::error!(%error, "nobody watches the page's process");
        }
    };
    builder.plugin(tauri::plugin::Builder::<Wry>::new("page").on_webview_ready(watch).build())
}

/// See above.
#[cfg(target_os = "macos")]
pub(crate) fn on_death(
    builder: Builder<Wry>,
    died: impl Fn(&Webview<Wry>) + Send + Sync + 'static,
) -> Builder<Wry> {
    builder.on_web_content_process_terminate(move |webview| {
        tracing::error!(window = webview.label(), "the page's process ended");
        died(webview);
    })
}

/// See above.
#[cfg(windows)]
pub(crate) fn on_death(
    builder: Builder<Wry>,
    _died: impl Fn(&Webview<Wry>) + Send + Sync + 'static,
) -> Builder<Wry> {
    builder
}
