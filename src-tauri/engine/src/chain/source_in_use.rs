//! The source in use, which a person may change while the wallet runs. What LDK watches is remembered here, because a
//! client does not expose it: the next one is given all of it, as after a restart.

use super::{Headers, Source};
use bitcoin::{Script, ScriptBuf, Txid};
use lightning::chain::{Filter, WatchedOutput};
use std::sync::{Arc, Mutex, RwLock};

/// See the module.
pub(crate) struct SourceInUse {
    source: RwLock<Arc<Source>>,
    /// One chain for all of them.
    headers: Arc<Headers>,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    transactions: Vec<(Txid, ScriptBuf)>,
    outputs: Vec<WatchedOutput>,
}

impl SourceInUse {
    pub(crate) fn new(source: Source, headers: Arc<Headers>) -> Self {
        let source = RwLock::new(Arc::new(source.on(headers.clone())));
        Self { source, headers, watched: Mutex::default() }
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Whoever does more than one thing with it keeps it for all of them.
    pub(crate) fn source(&self) -> Arc<Source> {
        self.source.read().expect("source lock is never poisoned").clone()
    }

    /// From now on this one. What is under way ends with the one before.
    pub(crate) fn change(&self, source: Source) {
        let watched = self.watched.lock().expect("watched lock is never poisoned");
        let filter = source.filter();
        for (txid, script) in &watched.transactions {
            filter.register_tx(txid, script);
        }
        for output in &watched.outputs {
            filter.register_output(output.clone());
        }
        let source = Arc::new(source.on(self.headers.clone()));
        *self.source.write().expect("source lock is never poisoned") = source;
    }
}

impl Filter for SourceInUse {
    fn register_tx(&self, txid: &Txid, script: &Script) {
        let mut watched = self.watched.lock().expect("watched lock is never poisoned");
        watched.transactions.push((*txid, script.to_owned()));
        self.source().filter().register_tx(txid, script);
    }

    fn register_output(&self, output: WatchedOutput) {
        let mut watched = self.watched.lock().expect("watched lock is never poisoned");
        watched.outputs.push(output.clone());
        self.source().filter().register_output(output);
    }
}
