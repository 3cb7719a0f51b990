//! The window's life: what it may do, what it hears, and ending in order.

use crate::app::App;
use crate::dto::ShellEvent;
use crate::forward::Emit;
use crate::hands::Hands;
use crate::platform::Hand;
use crate::revival::Revivals;
use crate::{commands, confirm, picture, platform, shop};
use fulmen_engine::STOP_PATIENCE;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tauri::webview::{PermissionKind, PermissionResponse};
use tauri::{
    AppHandle, Builder, DragDropEvent, Emitter, Manager, RunEvent, Runtime, Url, Webview, Window,
    WindowEvent, Wry,
};

/// The wallet's window.
pub(crate) const MAIN: &str = "main";
/// How often an idle screen is looked at.
const IDLE_LOOK: Duration = Duration::from_secs(5);
/// The one event channel.
const CHANNEL: &str = "wallet";
/// Opens the window and stays until it is closed.
pub(crate) fn run(dir: PathBuf) -> tauri::Result<()> {
    let revivals = Revivals::default();
    let builder = with_doors(tauri::Builder::default());
    let builder = platform::watch_hands(builder, touched);
    let app = platform::on_page_death(builder, move |webview| revivals.revive(webview))
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri::plugin::Builder::<Wry>::new("places").on_navigation(stays).build())
        .register_uri_scheme_protocol(confirm::LABEL, |context, request| {
            confirm::serve(context.app_handle(), context.webview_label(), &request)
        })
        .register_uri_scheme_protocol(shop::LABEL, |context, _| {
            shop::serve(context.app_handle(), context.webview_label())
        })
        .on_permission_request(|webview, kind| match kind {
            PermissionKind::Camera if webview.label() == MAIN => PermissionResponse::Allow,
            _ => PermissionResponse::Deny,
        })
        .on_window_event(on_window_event)
        .setup(move |app| {
            let handle = app.handle().clone();
            let app = manage(&handle, dir);
            platform::on_terminate(move || end(&handle))?;
            let (locks, sleeps) = (app.clone(), app.clone());
            platform::on_sleep(move || {
                let app = sleeps.clone();
                spawn(async move { app.lock_if_guarded().await });
            });
            spawn(async move { lock_when_idle(&locks).await });
            spawn(async move { app.start().await });
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|handle, event| {
        // The system asks us to go (not our own exit, which has a code).
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
            close(handle);
        }
    });
    Ok(())
}

/// The commands, for the wallet's window alone. Commands of our own need no capability, so this is the lock on that door.
pub(crate) fn with_doors<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    let handler = commands::handler();
    builder.invoke_handler(move |invoke| {
        if invoke.message.webview_ref().label() == MAIN {
            return handler(invoke);
        }
        invoke.resolver.reject("this window has no commands");
        true
    })
}

/// Windows stay where they are: what a page shows is ours, and what it knows goes nowhere.
fn stays(webview: &Webview<Wry>, url: &Url) -> bool {
    let stays = may_show(webview.label(), url);
    if !stays {
        tracing::warn!(
            window = webview.label(),
            to = url.scheme(),
            "a page wanted to go elsewhere"
        );
    }
    stays
}

/// The page and the frame that its calls pass; each other window has a scheme of its own. Windows has schemes as hosts.
fn may_show(label: &str, url: &Url) -> bool {
    let is = |name: &str| {
        url.scheme() == name || url.host_str() == Some(format!("{name}.localhost").as_str())
    };
    let isolation = || {
        let host = url.host_str().unwrap_or_default();
        url.scheme().starts_with("isolation")
            || host.starts_with("isolation") && host.ends_with(".localhost")
    };
    let developing =
        || tauri::is_dev() && url.host_str() == Some("localhost") && url.scheme() == "http";
    match label {
        MAIN => is("tauri") || isolation() || developing() || url.as_str() == "about:blank",
        label => is(label),
    }
}

fn touched(webview: &Webview<Wry>, hand: Hand) {
    if webview.label() != MAIN {
        return;
    }
    let app = webview.state::<Arc<App>>();
    match hand {
        Hand::Press => app.hands.pressed(Instant::now()),
        Hand::Move => app.hands.moved(Instant::now()),
    }
}

async fn lock_when_idle(app: &App) {
    let mut look = tokio::time::interval(IDLE_LOOK);
    loop {
        look.tick().await;
        app.lock_if_idle(Instant::now()).await;
    }
}

/// The state that commands find.
pub(crate) fn manage<R: Runtime>(handle: &AppHandle<R>, dir: PathBuf) -> Arc<App> {
    let emitter = handle.clone();
    let emit: Emit = Arc::new(move |event| tell(&emitter, &event));
    let leaver = handle.clone();
    let hands = Hands::new(platform::TELLS_OF_HANDS && !crate::is_driven(), Instant::now());
    let app = Arc::new(App::new(dir, emit, Arc::new(move || end(&leaver)), hands));
    handle.manage(confirm::Confirmations::default());
    handle.manage(app.clone());
    handle.manage(shop::Counter::default());
    app
}

fn tell<R: Runtime>(handle: &AppHandle<R>, event: &ShellEvent) {
    if let Err(error) = handle.emit_to(MAIN, CHANNEL, event) {
        tracing::error!(%error, "cannot tell the page");
    }
}

fn on_window_event(window: &Window<Wry>, event: &WindowEvent) {
    if window.label() != MAIN {
        if let (confirm::LABEL, WindowEvent::Destroyed) = (window.label(), event) {
            confirm::end(window.app_handle());
        }
        return;
    }
    match event {
        WindowEvent::Focused(true) => {
            window.state::<Arc<App>>().hands.moved(Instant::now());
        }
        WindowEvent::CloseRequested { api, .. } => {
            api.prevent_close();
            close(window.app_handle());
        }
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            if let Some(path) = paths.first() {
                dropped(window.app_handle().clone(), path.clone());
            }
        }
        _ => {}
    }
}

/// Reads a dropped file away from the window's thread. What is neither is left alone: nothing was asked.
fn dropped(handle: AppHandle, path: PathBuf) {
    drop(tauri::async_runtime::spawn_blocking(move || match picture::dropped(Path::new(&path)) {
        Ok(event) => tell(&handle, &event),
        Err(error) => tracing::info!(%error, "a dropped file is not passed on"),
    }));
}

/// A person wants to go. A window that is gone asks nothing.
fn close<R: Runtime>(handle: &AppHandle<R>) {
    let asks = handle.state::<Arc<App>>().asks_before_quitting();
    if !asks || handle.get_webview_window(MAIN).is_none() {
        end(handle);
    }
}

/// Stops the wallet in order, then ends the process; the second call finds nothing to stop.
fn end<R: Runtime>(handle: &AppHandle<R>) {
    let (handle, app) = (handle.clone(), handle.state::<Arc<App>>().inner().clone());
    spawn(async move {
        if tokio::time::timeout(STOP_PATIENCE, app.close()).await.is_err() {
            tracing::error!("ending with the wallet still stopping");
        }
        tracing::info!("ended");
        handle.exit(0);
    });
}

#[expect(clippy::disallowed_methods, reason = "these end the process or begin it")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    drop(tauri::async_runtime::spawn(work));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_nowhere_else() {
        let may = |label: &str, url: &str| may_show(label, &Url::parse(url).unwrap());
        assert!(may(MAIN, "tauri://localhost/index.html"));
        assert!(may(MAIN, "isolation-7f://localhost"));
        assert!(may(shop::LABEL, "shop://localhost/3"));
        assert!(may(confirm::LABEL, "confirm://localhost/1/yes"));
        for url in [
            "https://thief.example/?words=abandon",
            "http://tauri.localhost.thief.example/",
            "https://isolation.thief.example/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
            "confirm://localhost/1/yes",
            "shop://localhost/1",
        ] {
            assert!(!may(MAIN, url), "{url}");
        }
        assert!(!may(shop::LABEL, "tauri://localhost"));
        assert!(!may(confirm::LABEL, "https://thief.example"));
    }
}
