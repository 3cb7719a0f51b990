//! Characters: which may be dropped from what is read, and which must never reach a screen.

/// White space, and the invisible characters that copying brings along.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// No width, no meaning for the eye.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Characters that reorder or annotate what stands beside them, so that a text reads differently from what it is.
fn is_trick(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text without blanks around it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// The text without any blanks: a wrapped invoice in one piece. Only for what a checksum or a fixed length guards.
pub(super) fn compact(text: &str) -> String {
    text.chars().filter(|&c| !is_blank(c)).collect()
}

/// What follows the two slashes that some put behind a scheme, wherever the line broke.
pub(super) fn after_slashes(rest: &str) -> &str {
    let slash = |text: &'_ str| text.trim_start_matches(is_blank).strip_prefix('/').map(str::len);
    match slash(rest).and_then(|left| slash(&rest[rest.len() - left..])) {
        Some(left) => &rest[rest.len() - left..],
        None => rest,
    }
}

/// Untrusted words made fit for a screen: one line, no control characters, no tricks. `None` where nothing is left.
pub(super) fn plain(text: &str) -> Option<String> {
    let line: String = text
        .chars()
        .filter(|&c| !is_invisible(c) && !is_trick(c))
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
