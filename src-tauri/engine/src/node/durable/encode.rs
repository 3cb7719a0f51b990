//! Monitors and their updates as the vault stores them.

use crate::node::types::Monitor;
use crate::store::{Batch, FullMonitor, MonitorUpdate};
use lightning::chain::channelmonitor::ChannelMonitorUpdate;
use lightning::ln::types::ChannelId;
use lightning::util::ser::Writeable;

/// One thing waiting to become durable.
pub(crate) enum Operation {
    /// A new channel's first monitor.
    New(ChannelId, Box<Monitor>),
    /// A monitor's next update.
    Update(ChannelId, Box<ChannelMonitorUpdate>),
}

/// An operation as the vault stores it.
pub(crate) enum Encoded {
    Full { channel: ChannelId, update_id: u64, bytes: Vec<u8> },
    Update { channel: ChannelId, update_id: u64, bytes: Vec<u8> },
}

/// What LDK's own `encode` gives. That one writes everything twice, the first time for its length, and a manager keeps
/// everyone waiting for as long as it is written.
pub(crate) fn encoded(object: &impl Writeable) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 << 10);
    object.write(&mut bytes).expect("a vector takes everything");
    bytes
}

pub(crate) fn encode(operation: &Operation) -> Encoded {
    match operation {
        Operation::New(channel, monitor) => Encoded::Full {
            channel: *channel,
            update_id: monitor.get_latest_update_id(),
            bytes: encoded(&**monitor),
        },
        Operation::Update(channel, update) => Encoded::Update {
            channel: *channel,
            update_id: update.update_id,
            bytes: encoded(&**update),
        },
    }
}

/// Monitors and updates become rows.
pub(crate) fn add_operations(batch: &mut Batch, operations: Vec<Encoded>) {
    for operation in operations {
        match operation {
            Encoded::Full { channel, update_id, bytes } => {
                batch.monitors.push(FullMonitor { key: channel.to_string(), update_id, bytes });
            }
            Encoded::Update { channel, update_id, bytes } => {
                batch.updates.push(MonitorUpdate { key: channel.to_string(), update_id, bytes });
            }
        }
    }
}
