//! LDK's log lines, handed to `tracing`. Never holds a preimage or a key: LDK does not log them at these levels.

use lightning::util::logger::{Level, Logger, Record};

/// Forwards to `tracing` under the target `ldk`.
#[derive(Debug, Default)]
pub(crate) struct Log;

impl Logger for Log {
    fn log(&self, record: Record) {
        match record.level {
            Level::Error => {
                tracing::error!(target: "ldk", "{} {}", record.module_path, record.args)
            }
            Level::Warn => tracing::warn!(target: "ldk", "{} {}", record.module_path, record.args),
            Level::Info => tracing::info!(target: "ldk", "{} {}", record.module_path, record.args),
            Level::Debug => {
                tracing::debug!(target: "ldk", "{} {}", record.module_path, record.args)
            }
            Level::Trace | Level::Gossip => {
                tracing::trace!(target: "ldk", "{} {}", record.module_path, record.args)
            }
        }
    }
}
