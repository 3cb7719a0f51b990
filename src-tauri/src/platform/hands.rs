//! What a person does with the window, as its toolkit hears it, before the page does.

/// Whether [`watch`] tells.
pub(crate) const TELLS_OF_HANDS: bool = cfg!(target_os = "linux");

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    /// A click or a key.
    Press,
    Move,
}

#[cfg(target_os = "linux")]
mod watching {
    use super::Hand;
    use gio::glib::prelude::{ObjectExt, ToValue};
    use std::sync::Arc;
    use tauri::{Builder, Webview, Wry};

    const SIGNALS: [(&str, Hand); 5] = [
        ("button-press-event", Hand::Press),
        ("key-press-event", Hand::Press),
        ("touch-event", Hand::Press),
        ("motion-notify-event", Hand::Move),
        ("scroll-event", Hand::Move),
    ];

    /// Calls `seen` for each window.
    pub(crate) fn watch(
        builder: Builder<Wry>,
        seen: impl Fn(&Webview<Wry>, Hand) + Send + Sync + 'static,
    ) -> Builder<Wry> {
        let seen = Arc::new(seen);
        let ready = move |webview: Webview<Wry>| {
            let (seen, window) = (seen.clone(), webview.clone());
            let connect = move |view: tauri::webview::PlatformWebview| {
                for (signal, hand) in SIGNALS {
                    let (seen, window) = (seen.clone(), window.clone());
                    view.inner().connect(signal, false, move |_| {
                        seen(&window, hand);
                        // The page hears it as well.
                        Some(false.to_value())
                    });
                }
            };
            if let Err(error) = webview.with_webview(connect) {
                tracing::error!(%error, "nobody sees a person's clicks");
            }
        };
        builder.plugin(tauri::plugin::Builder::<Wry>::new("hands").on_webview_ready(ready).build())
    }
}

/// macOS and Windows give a program no events of its web view.
#[cfg(not(target_os = "linux"))]
mod watching {
    use super::Hand;
    use tauri::{Builder, Webview, Wry};

    pub(crate) fn watch(
        builder: Builder<Wry>,
        _seen: impl Fn(&Webview<Wry>, Hand) + Send + Sync + 'static,
    ) -> Builder<Wry> {
        builder
    }
}

pub(crate) use watching::watch;
