//! Under what an instruction comes.

use super::text;

#[derive(Clone, Copy)]
pub(super) enum Scheme {
    None,
    Bitcoin,
    Lightning,
}

/// Takes off what says how to read the rest. Some write it twice, or both.
pub(super) fn without_schemes(text: &str) -> (Scheme, &str) {
    let (mut found, mut rest) = (Scheme::None, text);
    while let Some((before, after)) = rest.split_once([':', '=']) {
        found = match (scheme_of(before).as_str(), found) {
            ("bitcoin" | "web+bitcoin", _) => Scheme::Bitcoin,
            ("lightning" | "web+lightning", Scheme::None) => Scheme::Lightning,
            ("lightning" | "web+lightning", before) => before,
            _ => break,
        };
        rest = text::after_slashes(after);
    }
    (found, rest)
}

pub(super) fn scheme_of(text: &str) -> String {
    text::compact(text).to_ascii_lowercase()
}
