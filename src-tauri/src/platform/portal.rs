//! Screens of a Wayland session, through the Screenshot portal, which asks the person if it must.
//! <https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Screenshot.html>

use crate::dto::ApiError;
use fulmen_engine::error::Code;
use gio::glib::{self, MainContext, Priority, Variant, VariantDict};
use gio::prelude::*;
use gio::{BusType, Cancellable, DBusCallFlags, DBusConnection, DBusSignalFlags};
use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const NAME: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
/// A person may be asked.
const PATIENCE: Duration = Duration::from_secs(120);
const CALL_MS: i32 = 10_000;

/// All screens in one PNG.
pub(super) fn capture() -> Result<Vec<Vec<u8>>, ApiError> {
    let asked = MainContext::new();
    let answer = asked.with_thread_default(|| ask(&asked)).map_err(|error| unreadable(&error))?;
    let uri = answer.map_err(|error| unreadable(error.as_ref()))?;
    read(&uri).map(|png| vec![png]).map_err(|error| unreadable(error.as_ref()))
}

fn unreadable(error: &dyn Error) -> ApiError {
    ApiError::caused(Code::PictureUnreadable, error)
}

/// What the portal answers: a code (0 is yes) and the file's URI.
type Response = (u32, Option<String>);

/// Asks for a picture and waits for its URI.
fn ask(context: &MainContext) -> Result<String, Box<dyn Error>> {
    let bus = gio::bus_get_sync(BusType::Session, Cancellable::NONE)?;
    let token = format!("fulmen{}", std::process::id());
    let heard: Rc<Cell<Option<Response>>> = Rc::default();
    // Listening comes before asking, on the path the portal will use.
    let listening = listen(&bus, &request_path(&bus, &token)?, heard.clone());
    let options = VariantDict::new(None);
    options.insert("handle_token", &token);
    options.insert("interactive", false);
    let arguments = Variant::tuple_from_iter(["".to_variant(), options.end()]);
    let call = bus.call_sync(
        Some(NAME),
        PATH,
        "org.freedesktop.portal.Screenshot",
        "Screenshot",
        Some(&arguments),
        None,
        DBusCallFlags::NONE,
        CALL_MS,
        Cancellable::NONE,
    );
    let response = call.map(|_| wait(context, &heard));
    bus.signal_unsubscribe(listening);
    match response? {
        Some((0, Some(uri))) => Ok(uri),
        Some((1, _)) => Err("the picture of the screen was refused".into()),
        _ => Err("the portal gives no picture of the screen".into()),
    }
}

/// Where the answer to our request appears, by the portal's rule.
fn request_path(bus: &DBusConnection, token: &str) -> Result<String, &'static str> {
    let name = bus.unique_name().ok_or("the session bus gave us no name")?;
    let sender = name.trim_start_matches(':').replace('.', "_");
    Ok(format!("{PATH}/request/{sender}/{token}"))
}

fn listen(
    bus: &DBusConnection,
    path: &str,
    heard: Rc<Cell<Option<Response>>>,
) -> gio::SignalSubscriptionId {
    bus.signal_subscribe(
        Some(NAME),
        Some("org.freedesktop.portal.Request"),
        Some("Response"),
        Some(path),
        None,
        DBusSignalFlags::NONE,
        move |_, _, _, _, _, parameters| {
            let code = parameters.child_value(0).get::<u32>().unwrap_or(2);
            let results = VariantDict::new(Some(&parameters.child_value(1)));
            heard.set(Some((code, results.lookup::<String>("uri").ok().flatten())));
        },
    )
}

fn wait(context: &MainContext, heard: &Cell<Option<Response>>) -> Option<Response> {
    let over = Arc::new(AtomicBool::new(false));
    let ring = over.clone();
    let alarm = glib::timeout_source_new(PATIENCE, None, Priority::DEFAULT, move || {
        ring.store(true, Ordering::Relaxed);
        glib::ControlFlow::Break
    });
    alarm.attach(Some(context));
    let response = loop {
        if let Some(response) = heard.take() {
            break Some(response);
        }
        if over.load(Ordering::Relaxed) {
            break None;
        }
        context.iteration(true);
    };
    alarm.destroy();
    response
}

/// The portal leaves the picture in a file that nobody else needs: it is removed.
fn read(uri: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let (path, _) = glib::filename_from_uri(uri)?;
    let png = std::fs::read(&path)?;
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!(%error, "the picture of the screen stays on disk");
    }
    Ok(png)
}
