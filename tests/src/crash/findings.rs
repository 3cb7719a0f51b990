//! What the oracles found, in sentences and numbers.

/// What must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Money, a payment or an acknowledged row is gone, or a wallet broke.
    Lost,
    /// Something happened twice.
    Doubled,
    /// A channel was closed by a commitment that nobody asked for.
    Closed,
    /// Something is not decided a minute after everyone is back.
    Stuck,
    /// A commitment raced an agreed close.
    Raced,
    /// A wallet handed in a commitment that it had revoked.
    Stale,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Findings {
    all: Vec<(Kind, String)>,
}

impl Findings {
    /// Told at once, with the kill it belongs to.
    pub(crate) fn add(&mut self, kind: Kind, when: &str, what: &str) {
        eprintln!("{kind:?} at {when}: {what}");
        self.all.push((kind, what.to_owned()));
    }

    /// A wallet ended by itself; `words` is what its log says since the last kill.
    pub(crate) fn broke(&mut self, when: &str, what: &str, words: &str) {
        self.add(Kind::Lost, when, &format!("{what}\n{words}"));
    }

    /// All of them.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.all.iter().filter(|(found, _)| *found == kind).count()
    }
}
