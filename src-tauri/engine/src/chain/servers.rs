//! The servers that a person listed, in their order: one is asked, and left for the next when it is of no use. Another one
//! watches it, if there is one: of two servers, one that hides blocks is found out by the other.

use super::Address;
use crate::time::Timestamp;

/// Looks in a row that a server may fail. One may be the network's fault, or a restart's.
const MOST_FAILED: u32 = 2;
/// A server that was left is tried again after so long: it comes before the present one.
const BACK_AFTER_SECS: u64 = 60 * 60;
/// Blocks that another server may be ahead. One is still on its way to this one.
pub(crate) const AHEAD: u32 = 2;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    listed: Vec<Address>,
    /// Of those, the one that is asked.
    present: usize,
    failed: u32,
    /// When a better one was last looked for.
    looked: Option<Timestamp>,
}

impl Servers {
    /// `present`: the address of the one that is asked.
    pub(crate) fn new(listed: Vec<Address>, present: &Address) -> Self {
        let place = listed.iter().position(|one| one.url() == present.url()).unwrap_or_default();
        Self { listed, present: place, failed: 0, looked: None }
    }

    /// Who watches the present one.
    pub(crate) fn watcher(&self) -> Option<&Address> {
        self.after().next()
    }

    /// A look at the chain is over: whom to ask from now on, the best first, if one of them answers.
    pub(crate) fn looked(&mut self, was_good: bool, now: Timestamp) -> Vec<Address> {
        self.failed = if was_good { 0 } else { self.failed.saturating_add(1) };
        if self.failed >= MOST_FAILED {
            return self.after().cloned().collect();
        }
        let since = *self.looked.get_or_insert(now);
        if self.failed > 0 || self.present == 0 || now < since.after(BACK_AFTER_SECS) {
            return Vec::new();
        }
        self.looked = Some(now);
        self.listed[..self.present].to_vec()
    }

    /// Whether a look that failed is worth another one at once: somebody else could be asked after it.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.failed > 0 && self.failed < MOST_FAILED && self.listed.len() > 1
    }

    pub(crate) fn moved(&mut self, to: &Address, now: Timestamp) {
        let place = self.listed.iter().position(|one| one.url() == to.url());
        (self.present, self.failed) = (place.unwrap_or(self.present), 0);
        self.looked = Some(now);
    }

    /// All others, those behind the present one first.
    fn after(&self) -> impl Iterator<Item = &Address> {
        let (before, from) = self.listed.split_at(self.present.min(self.listed.len()));
        from.iter().skip(1).chain(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(present: usize) -> Servers {
        let listed: Vec<Address> = ["a", "b", "c"].map(Address::read).to_vec();
        let present = listed[present].clone();
        Servers::new(listed, &present)
    }

    fn urls(addresses: &[Address]) -> Vec<&str> {
        addresses.iter().map(Address::url).collect()
    }

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    #[test]
    fn one_that_fails_twice_is_left_for_the_next() {
        let mut servers = servers(1);
        assert!(urls(&servers.looked(false, NOW)).is_empty());
        assert!(servers.is_in_doubt());
        assert!(urls(&servers.looked(true, NOW)).is_empty(), "once is nothing");
        assert!(urls(&servers.looked(false, NOW)).is_empty());
        assert_eq!(urls(&servers.looked(false, NOW)), ["c", "a"]);
        assert_eq!(urls(&servers.looked(false, NOW)), ["c", "a"], "none answered");
        assert!(!servers.is_in_doubt());
        servers.moved(&Address::read("c"), NOW);
        assert_eq!(servers.watcher().map(Address::url), Some("a"));
    }

    #[test]
    fn an_earlier_one_is_tried_again_after_an_hour() {
        let mut servers = servers(0);
        assert!(servers.looked(true, NOW.after(BACK_AFTER_SECS * 2)).is_empty(), "it is the first");
        servers.moved(&Address::read("c"), NOW);
        assert!(servers.looked(true, NOW.after(BACK_AFTER_SECS - 1)).is_empty());
        let later = NOW.after(BACK_AFTER_SECS);
        assert_eq!(urls(&servers.looked(true, later)), ["a", "b"]);
        assert!(servers.looked(true, later).is_empty(), "once an hour");
    }

    #[test]
    fn one_alone_is_never_left() {
        let only = Address::read("a");
        let mut servers = Servers::new(vec![only.clone()], &only);
        for _ in 0..5 {
            assert!(servers.looked(false, NOW).is_empty());
            assert!(!servers.is_in_doubt());
        }
        assert!(servers.watcher().is_none());
    }
}
