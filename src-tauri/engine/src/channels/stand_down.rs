//! Another computer has restored this wallet from its living copy and goes on with it. Two that act on the same channels lose
//! them, so this one stops: it is in quarantine from then on (see [`crate::store::Freshness`]).

use crate::core::Core;
use std::sync::Arc;

/// Waits for it, and stands down.
pub(crate) async fn where_moved(core: Arc<Core>) {
    core.copying.moved().await;
    tracing::error!(
        "this wallet was restored from its copy on another computer; it stands still here"
    );
    // In this order: nothing leaves, then nobody is there, then it is written down.
    core.node.staleness.begin_quarantine();
    core.node.peers.disconnect_all_peers();
    if let Err(error) = core.freshness.begin_quarantine(&core.kv) {
        tracing::error!(%error, "cannot stage the quarantine");
    }
    core.status.doubted(&core.bus);
    if core.wake.durable().await.is_err() {
        tracing::warn!("the quarantine was not written; the next start looks at the copy again");
    }
}
