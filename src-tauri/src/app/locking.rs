//! Locking the screen: the page sees and can do nothing until the password is given, and the node runs on.

use super::App;
use crate::dto::AppState;
use crate::error::Answer;
use crate::open::Keys;
use fulmen_engine::keys::{Password, seal};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl App {
    pub(crate) async fn lock(&self) -> Answer<AppState> {
        let _changing = self.changing.lock().await;
        if self.running().is_err() {
            return Ok(self.state());
        }
        self.screen_locked.store(true, Ordering::SeqCst);
        Ok(self.show(AppState::Locked { network: self.network(), running: true }))
    }

    /// Locks if there is a password to open it with, and something to lock.
    pub(crate) async fn lock_if_guarded(&self) {
        let open = self.running().is_ok() && !self.is_screen_locked();
        if open && self.has_password() && self.lock().await.is_err() {
            tracing::error!("the screen is not locked");
        }
    }

    /// Locks if nobody was seen for as long as was chosen.
    pub(crate) async fn lock_if_idle(&self, now: Instant) {
        if is_due(self.prefs().lock_after_minutes, self.hands.idle(now)) {
            self.lock_if_guarded().await;
        }
    }

    pub(crate) async fn unlock(&self, password: Password) -> Answer<AppState> {
        let _changing = self.changing.lock().await;
        let network = self.network();
        let Ok(running) = self.running() else {
            return self.open(network, Keys::Sealed, password).await;
        };
        if self.is_screen_locked() {
            drop(running.wallet.words(password).await?);
            self.screen_locked.store(false, Ordering::SeqCst);
            self.hands.moved(Instant::now());
        }
        Ok(self.show(AppState::Open { network }))
    }

    pub(super) fn is_screen_locked(&self) -> bool {
        self.screen_locked.load(Ordering::SeqCst)
    }

    /// Of the chosen network's wallet.
    pub(crate) fn has_password(&self) -> bool {
        seal::has_password(&self.wallet_dir(self.network())).unwrap_or(false)
    }
}

/// `minutes`: none is never.
fn is_due(minutes: u32, idle: Duration) -> bool {
    minutes > 0 && idle >= Duration::from_secs(60) * minutes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_screen_is_locked_after_the_minutes_that_were_chosen() {
        let idle = Duration::from_secs;
        assert!(!is_due(5, idle(299)));
        assert!(is_due(5, idle(300)));
        assert!(!is_due(0, idle(1_000_000)));
    }
}
