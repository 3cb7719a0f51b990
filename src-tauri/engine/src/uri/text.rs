//! Characters: which may be dropped from what is read, and which must never reach a screen.

/// White space, and what is invisible: neither belongs to an instruction.
pub(super) fn is_blank(c: char) -> bool {
    (c.is_whitespace() || is_invisible(c) || is_joining(c)) && !OVERRIDES.contains(&c)
}

/// A text with one of these is shown otherwise than it is read.
pub(super) const OVERRIDES: [char; 2] = ['\u{202d}', '\u{202e}'];

/// No width and no meaning for the eye, or made to reorder and annotate what stands beside it, so that a text reads
/// differently from what it is. Source: Unicode, `Default_Ignorable_Code_Point`, and the blanks it does not name.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e001f}' | '\u{e0080}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Invisible too, but part of how some scripts and joined emoji are written.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
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

/// The eye does not see it, whatever a program makes of it.
pub(crate) fn is_unseen(c: char) -> bool {
    is_invisible(c) || is_joining(c) || c.is_control() || c.is_whitespace()
}

/// Untrusted words made fit for a screen: one line, no control characters, no tricks. `None` if nothing is left.
pub(crate) fn plain(text: &str) -> Option<String> {
    let visible: Vec<char> = text
        .chars()
        .filter(|&c| !is_invisible(c))
        .map(|c| if c.is_control() || c.is_whitespace() || c == '\u{2800}' { ' ' } else { c })
        .collect();
    let mut line = String::with_capacity(text.len());
    let mut before = None;
    let mut at = 0;
    while let Some(&c) = visible.get(at) {
        let end = at + 1 + if c == BLACK_FLAG { flag_tags(&visible[at + 1..]) } else { 0 };
        if !is_joining(c) || joins(before, c, visible.get(end).copied()) {
            line.extend(&visible[at..end]);
            before = Some(visible[end - 1]);
        }
        at = end;
    }
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// Some flags are written as this one and the tags of a region.
const BLACK_FLAG: char = '\u{1f3f4}';
const END_OF_TAGS: char = '\u{e007f}';

/// How many tags make one flag with the black one before them. Any others would be hidden words.
fn flag_tags(after: &[char]) -> usize {
    let tags = after.iter().take(6).take_while(|c| matches!(c, '\u{e0030}'..='\u{e007a}')).count();
    if tags > 1 && after.get(tags) == Some(&END_OF_TAGS) { tags + 1 } else { 0 }
}

/// Whether an invisible character does its work where it stands: nowhere else may it stay.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    match c {
        // Emoji made of several; the forms of letters (Persian, Hindi …).
        '\u{200d}' => {
            (is_emoji(before) && after.is_some_and(is_pictograph)) || between_letters(before, after)
        }
        '\u{200c}' => between_letters(before, after),
        // As a picture or as text.
        '\u{fe0e}' | '\u{fe0f}' => is_pictograph(before) || matches!(before, '0'..='9' | '#' | '*'),
        // Forms of Mongolian letters; forms of Chinese characters in names.
        '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(before, '\u{1820}'..='\u{18aa}'),
        '\u{e0100}'..='\u{e01ef}' => {
            matches!(before, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        }
        _ => false,
    }
}

/// Letters and marks of the scripts in which the joiners change how letters are drawn (RFC 5892, appendix A).
fn between_letters(before: char, after: Option<char>) -> bool {
    let shaped = |c: char| {
        matches!(c, '\u{620}'..='\u{65f}' | '\u{66e}'..='\u{6d3}' | '\u{6d5}' | '\u{6e5}'..='\u{6e8}' | '\u{6ee}'..='\u{6ef}'
            | '\u{6fa}'..='\u{7ff}' | '\u{840}'..='\u{8ff}' | '\u{900}'..='\u{963}' | '\u{971}'..='\u{9e3}'
            | '\u{a01}'..='\u{ddf}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17d3}' | '\u{1820}'..='\u{18aa}')
    };
    shaped(before) && after.is_some_and(shaped)
}

/// A picture, or what belongs to the one before it.
fn is_emoji(c: char) -> bool {
    is_pictograph(c) || matches!(c, '\u{fe0f}' | '\u{20e3}' | END_OF_TAGS)
}

fn is_pictograph(c: char) -> bool {
    matches!(c, '©' | '®' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}
