//! The source in use, which changes while the wallet runs: a person chooses another, or it is left for the next one of those that
//! a person listed. What LDK watches is remembered here, because a client does not expose it: the next one is given all of it, as
//! after a restart.

use super::{Address, Headers, Servers, Source};
use crate::time::Timestamp;
use bitcoin::{Script, ScriptBuf, Txid};
use lightning::chain::{Filter, WatchedOutput};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

/// See the module.
pub(crate) struct SourceInUse {
    source: RwLock<Arc<Source>>,
    servers: Mutex<Servers>,
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
    /// `listed`: all that may be asked, the one in use among them.
    pub(crate) fn new(source: Source, listed: Vec<Address>, headers: Arc<Headers>) -> Self {
        let servers = Mutex::new(Servers::new(listed, source.address()));
        let source = RwLock::new(Arc::new(source.on(headers.clone())));
        Self { source, servers, headers, watched: Mutex::default() }
    }

    fn servers(&self) -> MutexGuard<'_, Servers> {
        self.servers.lock().expect("servers lock is never poisoned")
    }

    /// As [`Servers::watcher`].
    pub(crate) fn watcher(&self) -> Option<Address> {
        self.servers().watcher().cloned()
    }

    /// As [`Servers::looked`].
    pub(crate) fn looked(&self, was_good: bool, now: Timestamp) -> Vec<Address> {
        self.servers().looked(was_good, now)
    }

    /// As [`Servers::is_in_doubt`].
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.servers().is_in_doubt()
    }

    /// A person listed others.
    pub(crate) fn choose(&self, source: Source, listed: Vec<Address>) {
        *self.servers() = Servers::new(listed, source.address());
        self.change(source);
    }

    /// Another one of those that are listed.
    pub(crate) fn moves(&self, source: Source, now: Timestamp) {
        self.servers().moved(source.address(), now);
        self.change(source);
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
