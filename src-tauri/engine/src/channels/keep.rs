//! Keeps `channels.age` written (see [`crate::store::channels_file`]): never in quarantine, and what this vault does not know of
//! is kept.

use crate::core::Core;
use crate::error::chain_of;
use crate::event::Event;
use crate::files::{read_own, write_atomic};
use crate::node::record::ChannelRecord;
use crate::store::channels_file::{
    ChannelsFile, FILE, KeptChannel, RecoveryError, VERSION, open, seal,
};
use std::io;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Writes the file if it would change.
pub(crate) async fn write(core: &Core) -> Result<(), RecoveryError> {
    if core.freshness.is_quarantined() {
        return Ok(());
    }
    let mut last = core.recovery.last.lock().await;
    let path = core.settings.dir.join(FILE);
    let known = match &*last {
        Some(known) => Some(known.clone()),
        None => match read_own(&path) {
            Ok(sealed) => open(&core.signer, &sealed)
                .inspect_err(|error| tracing::warn!(error = chain_of(error), "a new one is made"))
                .ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        },
    };
    let content = content(core, known.as_ref());
    if known.as_ref() != Some(&content) {
        let sealed = seal(&core.signer, &content)?;
        let writing = tokio::task::spawn_blocking(move || write_atomic(&path, &sealed));
        writing.await.map_err(io::Error::other)??;
    }
    *last = Some(content);
    Ok(())
}

/// The same if the failure cannot be reported; the next change retries it.
pub(crate) async fn write_or_warn(core: &Core) {
    if let Err(error) = write(core).await {
        tracing::error!(error = chain_of(&error), "cannot keep the file of channels");
    }
}

/// Keeps the file up to date: peers open and close channels too.
pub(crate) async fn keep_written(core: Arc<Core>) {
    core.freshness.trusted().await;
    let mut events = core.bus.subscribe();
    loop {
        write_or_warn(&core).await;
        loop {
            match events.recv().await {
                Ok(Event::Channels(_)) | Err(RecvError::Lagged(_)) => break,
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn content(core: &Core, before: Option<&ChannelsFile>) -> ChannelsFile {
    let records = core.records.all();
    let known = |channel: &KeptChannel| {
        records.iter().any(|record| record.channel_id.as_ref() == Some(&channel.channel_id))
    };
    let unknown = before.map(|file| file.channels.as_slice()).unwrap_or_default();
    let unknown = unknown.iter().filter(|channel| !known(channel)).cloned();
    let mut channels: Vec<_> =
        records.iter().filter_map(|record| kept(core, record)).chain(unknown).collect();
    channels.sort_by(|a, b| a.channel_id.cmp(&b.channel_id));
    ChannelsFile { version: VERSION, network: core.network, channels }
}

fn kept(core: &Core, record: &ChannelRecord) -> Option<KeptChannel> {
    let ending = record.ending.as_ref();
    if ending.is_some_and(|ending| ending.resolved) {
        return None;
    }
    let peer = record.peer.parse().ok();
    let addresses = peer.map(|peer| {
        core.addresses.all(&peer, &core.records, &core.settings, &core.node.routing_state)
    });
    Some(KeptChannel {
        channel_id: record.channel_id.clone()?,
        funding: record.funding?,
        value_sat: record.amount_sat,
        peer: record.peer.clone(),
        addresses: addresses.unwrap_or_default(),
        opened_by_us: record.ours,
        keys_id: record.keys_id,
        closing: ending.is_some() || record.stale,
    })
}
