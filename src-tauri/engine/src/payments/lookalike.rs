//! Addresses that only look like one that was paid before. Who swaps an address counts on a person comparing its ends.

use super::JournalError;
use super::index::Sought;
use crate::core::Core;
use crate::payment::Payment;

/// So many characters at either end are what people compare.
const COMPARED: usize = 4;

/// An address that was paid before and that this one looks like, without being it.
pub(super) fn looks_like(core: &Core, address: &str) -> Result<Option<String>, JournalError> {
    let Some((head, _)) = ends(address) else { return Ok(None) };
    let alike = |row: &Payment| {
        let mut paid = row.paid_addresses();
        paid.find(|paid| are_alike(paid, address)).map(str::to_owned)
    };
    let is_alike = |row: &Payment| alike(row).is_some();
    let found = core.journal.page_of(Some(&Sought::whole(head)), None, 1, is_alike)?;
    Ok(found.iter().find_map(alike))
}

/// They have the same ends and are two.
pub(super) fn are_alike(one: &str, other: &str) -> bool {
    one != other && ends(one).is_some_and(|ours| ends(other) == Some(ours))
}

/// The first characters that differ from address to address, with those before them that do not; and the last ones.
fn ends(address: &str) -> Option<(&str, &str)> {
    let is_bech32 = !address.chars().any(|letter| letter.is_ascii_uppercase());
    // Behind the separator stands the version.
    let fixed = address.find('1').filter(|_| is_bech32).map_or(1, |separator| separator + 2);
    let head = address.get(..fixed + COMPARED)?;
    let tail = address.get(address.len().checked_sub(COMPARED)?..)?;
    Some((head, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_same_ends_and_is_another() {
        let paid = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
        let forged = "bcrt1qw508aaaaaaaaaaaaaaaaaaaaaaaaaaaaaat080";
        assert!(are_alike(paid, forged));
        assert!(!are_alike(paid, paid), "that is the one");
        assert!(!are_alike(paid, "bcrt1qw507d6qejxtdg4y5r3zarvary0c5xw7kygt080"), "another head");
        assert!(!are_alike(paid, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081"), "another tail");
        assert!(!are_alike(paid, "bcrt1pw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"), "another kind");
        assert!(are_alike(
            "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
            "mipcBxxxxxxxxxxxxxxxxxxxxxxxxxJRfn"
        ));
        assert!(!are_alike(
            "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
            "mipcXxxxxxxxxxxxxxxxxxxxxxxxxxJRfn"
        ));
        assert_eq!(ends("1"), None);
    }
}
