//! Wakes the commit loop, and lets others wait until what they staged is durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Notify, watch};

/// Cheap to clone. `urgent` asks for a commit now, `soon` for one within the lazy time.
#[derive(Clone, Debug)]
pub(crate) struct Wake {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    notify: Notify,
    urgent: AtomicBool,
    dirty: AtomicBool,
    asked: watch::Sender<u64>,
    done: watch::Sender<u64>,
}

/// The loop is gone: nothing staged from now on becomes durable.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the wallet is stopping")]
pub(crate) struct Stopped;

impl Wake {
    pub(crate) fn new() -> Self {
        let inner = Inner {
            notify: Notify::new(),
            urgent: AtomicBool::new(false),
            dirty: AtomicBool::new(false),
            asked: watch::Sender::new(0),
            done: watch::Sender::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Something is staged that nobody waits for.
    pub(crate) fn soon(&self) {
        self.inner.dirty.store(true, Ordering::SeqCst);
        self.inner.notify.notify_one();
    }

    /// Something is staged that holds up a message or a person.
    pub(crate) fn urgent(&self) {
        self.inner.urgent.store(true, Ordering::SeqCst);
        self.inner.notify.notify_one();
    }

    /// Returns once everything staged before this call is on disk.
    pub(crate) async fn durable(&self) -> Result<(), Stopped> {
        let mine = self.ask();
        self.urgent();
        self.done(mine).await
    }

    /// The same for when a commit comes anyway: with that one, or within the lazy time.
    pub(crate) async fn durable_soon(&self) -> Result<(), Stopped> {
        let mine = self.ask();
        self.soon();
        self.done(mine).await
    }

    fn ask(&self) -> u64 {
        let mut mine = 0;
        self.inner.asked.send_modify(|asked| {
            *asked += 1;
            mine = *asked;
        });
        mine
    }

    async fn done(&self, mine: u64) -> Result<(), Stopped> {
        let mut done = self.inner.done.subscribe();
        let reached = done.wait_for(|done| *done >= mine).await.map_err(|_| Stopped)?;
        if *reached == u64::MAX { Err(Stopped) } else { Ok(()) }
    }

    /// Waits for either kind of wake-up.
    pub(crate) async fn woken(&self) {
        self.inner.notify.notified().await;
    }

    /// What was asked for since the last call: (urgent, dirty).
    pub(crate) fn take(&self) -> (bool, bool) {
        (
            self.inner.urgent.swap(false, Ordering::SeqCst),
            self.inner.dirty.swap(false, Ordering::SeqCst),
        )
    }

    /// The number of requests so far. Read before staging is collected; see [`Wake::reached`].
    pub(crate) fn asked(&self) -> u64 {
        *self.inner.asked.borrow()
    }

    /// All requests up to this number are durable.
    pub(crate) fn reached(&self, number: u64) {
        self.inner.done.send_modify(|done| *done = (*done).max(number));
    }

    /// Nothing more will be made durable: whoever waits is told.
    pub(crate) fn stopped(&self) {
        self.reached(u64::MAX);
    }
}
