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
    /// LDK ended a wallet of the synchronous mode by an assertion that only a debug build has.
    Asserted,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Findings {
    /// The wallets write their state as stock LDK does, monitors before the manager.
    pub(crate) sync: bool,
    all: Vec<(Kind, String)>,
}

impl Findings {
    /// Told at once, with the kill it belongs to.
    pub(crate) fn add(&mut self, kind: Kind, when: &str, what: &str) {
        eprintln!("{kind:?} at {when}: {what}");
        self.all.push((kind, what.to_owned()));
    }

    /// A wallet ended by itself; `words` is what its log says since the last kill. That order leaves monitors ahead of the
    /// manager, which LDK's debug assertions do not expect (a release build has none): in that mode they are counted apart.
    pub(crate) fn broke(&mut self, when: &str, what: &str, words: &str) {
        let asserted = |line: &str| line.contains("panicked at") && line.contains("/lightning-0.");
        let kind =
            if self.sync && words.lines().any(asserted) { Kind::Asserted } else { Kind::Lost };
        self.add(kind, when, &format!("{what}\n{words}"));
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.all.iter().filter(|(found, _)| *found == kind).count()
    }
}
