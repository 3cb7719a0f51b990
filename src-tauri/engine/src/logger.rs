//! LDK's log lines, handed to `tracing`. Below `info` they hold preimages and per-commitment secrets: whoever writes them to a
//! file leaves these out.

use lightning::util::logger::{Level, Logger, Record};

/// Forwards to `tracing` under the target `ldk`, with the peer and the channel that a line is about.
#[derive(Debug, Default)]
pub(crate) struct Log;

/// The level is a part of the place in the code, so it cannot be a value.
macro_rules! forward {
    ($level:ident, $record:ident) => {
        tracing::$level!(
            target: "ldk",
            peer = $record.peer_id.map(tracing::field::display),
            channel = $record.channel_id.map(tracing::field::display),
            "{} {}",
            $record.module_path,
            $record.args
        )
    };
}

impl Logger for Log {
    fn log(&self, record: Record) {
        match record.level {
            Level::Error => forward!(error, record),
            Level::Warn => forward!(warn, record),
            Level::Info => forward!(info, record),
            Level::Debug => forward!(debug, record),
            Level::Trace | Level::Gossip => forward!(trace, record),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
    use lightning::ln::types::ChannelId;
    use std::fmt::Write as _;
    use std::sync::{Arc, Mutex};
    use tracing::field::{Field, Visit};
    use tracing::{Event, Metadata, Subscriber, span};

    /// Keeps each line as `field=value` pairs.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<String>>);

    impl Visit for Kept {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            write!(self.0.lock().unwrap(), "{field}={value:?};").unwrap();
        }
    }

    impl Subscriber for Kept {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    fn logged(peer: Option<PublicKey>, channel: Option<ChannelId>) -> String {
        let kept = Kept::default();
        tracing::subscriber::with_default(kept.clone(), || {
            let (path, file) = ("lightning::ln", "channel.rs");
            let args = format_args!("a line");
            Log.log(Record::new(Level::Warn, peer, channel, args, path, file, 7, None));
        });
        let lines = kept.0.lock().unwrap();
        lines.clone()
    }

    #[test]
    fn a_line_names_its_peer_and_its_channel_where_ldk_knows_them() {
        let key = SecretKey::from_slice(&[3; 32]).unwrap();
        let peer = PublicKey::from_secret_key(&Secp256k1::new(), &key);
        let channel = ChannelId([5; 32]);
        let line = logged(Some(peer), Some(channel));
        assert!(line.contains("message=lightning::ln a line;"), "{line}");
        assert!(line.contains(&format!("peer={peer};")), "{line}");
        assert!(line.contains(&format!("channel={channel};")), "{line}");
        let line = logged(None, None);
        assert!(!line.contains("peer=") && !line.contains("channel="), "{line}");
    }
}
