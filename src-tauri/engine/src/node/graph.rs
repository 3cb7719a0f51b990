//! The network's graph, read once, behind the start: only what needs it waits. Today's network takes a third of a second, and a
//! person who wants to see a balance needs no route.

use crate::logger::Log;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

pub(crate) type NetworkGraph = lightning::routing::gossip::NetworkGraph<Arc<Log>>;

/// Cheap to clone. To look into it is to wait until it is read.
#[derive(Clone)]
pub(crate) struct Graph(Arc<Behind>);

struct Behind {
    read: Box<dyn Fn() -> NetworkGraph + Send + Sync>,
    graph: OnceLock<NetworkGraph>,
}

impl Graph {
    /// Whoever needs it first calls `read`.
    pub(crate) fn read_by(read: impl Fn() -> NetworkGraph + Send + Sync + 'static) -> Self {
        Self(Arc::new(Behind { read: Box::new(read), graph: OnceLock::new() }))
    }

    /// For a look that can do without. `None` until it is read.
    pub(crate) fn if_read(&self) -> Option<&NetworkGraph> {
        self.0.graph.get()
    }
}

impl Deref for Graph {
    type Target = NetworkGraph;

    fn deref(&self) -> &NetworkGraph {
        self.0.graph.get_or_init(&self.0.read)
    }
}

impl From<NetworkGraph> for Graph {
    fn from(graph: NetworkGraph) -> Self {
        let read = Self::read_by(|| unreachable!("it is there"));
        drop(read.0.graph.set(graph));
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::Network;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    #[test]
    fn it_is_read_once_and_whoever_needs_it_waits() {
        let (reads, (go, gone)) = (Arc::new(AtomicUsize::new(0)), mpsc::channel::<()>());
        let (counted, gone) = (reads.clone(), std::sync::Mutex::new(gone));
        let graph = Graph::read_by(move || {
            gone.lock().unwrap().recv().unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            NetworkGraph::new(Network::Regtest, Arc::new(Log))
        });
        let users: Vec<_> = (0..3)
            .map(|_| {
                let graph = graph.clone();
                std::thread::spawn(move || graph.read_only().channels().len())
            })
            .collect();
        assert!(graph.if_read().is_none(), "a look does not wait");
        go.send(()).unwrap();
        for user in users {
            assert_eq!(user.join().unwrap(), 0);
        }
        assert_eq!(reads.load(Ordering::SeqCst), 1);
        assert!(graph.if_read().is_some());
    }
}
