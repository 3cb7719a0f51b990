//! Named tasks with an owner: cancelled and joined in `stop`. A task that panics ends the process (see the shell's hook).

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The tasks of one wallet.
pub(crate) struct Tasks {
    token: CancellationToken,
    running: Mutex<Vec<(&'static str, JoinHandle<()>)>>,
}

/// How long one task may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

impl Tasks {
    pub(crate) fn new() -> Self {
        Self { token: CancellationToken::new(), running: Mutex::new(Vec::new()) }
    }

    /// A token that is cancelled at stop.
    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Runs until it ends or `stop` cancels it.
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    pub(crate) fn spawn(
        &self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        let token = self.token.clone();
        let handle = tokio::spawn(async move {
            tokio::select! {
                () = work => tracing::debug!(task = name, "ended"),
                () = token.cancelled() => {}
            }
        });
        let mut running = self.running.lock().expect("tasks lock is never poisoned");
        running.retain(|(_, handle)| !handle.is_finished());
        running.push((name, handle));
    }

    /// Cancels and joins all.
    pub(crate) async fn stop(&self) {
        self.token.cancel();
        let running =
            std::mem::take(&mut *self.running.lock().expect("tasks lock is never poisoned"));
        for (name, handle) in running {
            if tokio::time::timeout(PATIENCE, handle).await.is_err() {
                tracing::warn!(task = name, "did not end in time");
            }
        }
    }
}

/// Work that would stall the runtime: scrypt, route finding, joining a thread. It begins now, not when it is awaited.
pub(crate) fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = std::io::Result<T>> {
    let work = tokio::task::spawn_blocking(work);
    async { work.await.map_err(std::io::Error::other) }
}
