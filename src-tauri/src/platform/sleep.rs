//! The computer is about to sleep.

/// Calls `asleep` just before. systemd-logind tells; if there is none, nobody does.
/// <https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html>
#[cfg(target_os = "linux")]
pub(crate) fn on_sleep(asleep: impl Fn() + Send + Sync + 'static) {
    use gio::{BusType, Cancellable, DBusSignalFlags};
    let bus = match gio::bus_get_sync(BusType::System, Cancellable::NONE) {
        Ok(bus) => bus,
        Err(error) => return tracing::info!(%error, "nobody tells when this computer sleeps"),
    };
    let listening = bus.signal_subscribe(
        Some("org.freedesktop.login1"),
        Some("org.freedesktop.login1.Manager"),
        Some("PrepareForSleep"),
        Some("/org/freedesktop/login1"),
        None,
        DBusSignalFlags::NONE,
        move |_, _, _, _, _, arguments| {
            // False: it woke up.
            if arguments.try_child_get::<bool>(0).is_ok_and(|going| going == Some(true)) {
                asleep();
            }
        },
    );
    tracing::debug!(?listening, "hears when this computer sleeps");
    // As long as the process: the bus would forget us with its last reference.
    std::mem::forget(bus);
}

/// Nobody tells.
#[cfg(not(target_os = "linux"))]
pub(crate) fn on_sleep(_asleep: impl Fn() + Send + Sync + 'static) {}
