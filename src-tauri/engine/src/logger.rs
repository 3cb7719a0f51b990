//! LDK's log lines, handed to `tracing`. Below `info` they hold preimages and per-commitment secrets: whoever writes them to a
//! file leaves these out.

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
