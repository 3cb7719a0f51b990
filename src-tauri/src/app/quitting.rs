//! Quitting: the page asks first while something depends on this computer. Whoever closes the window once more has answered, so
//! a page that does not show keeps nobody.

use super::{App, Quitting};
use crate::dto::{QuitChoice, QuitQuestion, ShellEvent};
use fulmen_engine::view::Leaving;
use tokio::sync::broadcast::error::RecvError;

impl App {
    /// The window is to close. True if the page asks the person first.
    pub(crate) fn asks_before_quitting(&self) -> bool {
        if *self.quitting.borrow() != Quitting::No {
            return false;
        }
        let Ok(leaving) = self.running().map(|open| open.wallet.leaving()) else { return false };
        if leaving == Leaving::default() {
            return false;
        }
        self.quitting.send_replace(Quitting::Asked);
        self.show_question(Some(QuitQuestion { leaving, waiting: false }));
        true
    }

    /// What the person chose. Waiting returns when it was taken back, or not at all.
    pub(crate) async fn quit(&self, choice: QuitChoice) {
        match choice {
            QuitChoice::Now => (self.leave)(),
            QuitChoice::Stay => {
                self.quitting.send_replace(Quitting::No);
                self.show_question(None);
            }
            QuitChoice::WhenSettled => {
                self.quitting.send_replace(Quitting::Waiting);
                self.wait_and_leave().await;
            }
        }
    }

    /// Holds no wallet while it waits: one that is closed must be gone.
    async fn wait_and_leave(&self) {
        let mut chosen = self.quitting.subscribe();
        let mut shown = None;
        let Ok(mut bus) = self.running().map(|open| open.wallet.bus().subscribe()) else {
            return (self.leave)();
        };
        while *chosen.borrow_and_update() == Quitting::Waiting {
            let leaving = self.running().map(|open| open.wallet.leaving()).unwrap_or_default();
            if leaving.payments == 0 {
                return (self.leave)();
            }
            if shown.replace(leaving) != Some(leaving) {
                self.show_question(Some(QuitQuestion { leaving, waiting: true }));
            }
            tokio::select! {
                changed = chosen.changed() => if changed.is_err() { return },
                event = bus.recv() => if matches!(event, Err(RecvError::Closed)) {
                    return (self.leave)();
                },
            }
        }
    }

    fn show_question(&self, question: Option<QuitQuestion>) {
        (self.emit)(ShellEvent::Quitting { question });
    }
}
