//! Finds instructions in a text that has more in it: quotes, brackets, a link, the message it came with.

use super::{Link, MAX_BYTES, ParseError, Parsed, bare, text, whole};
use crate::error::{Code, Coded};
use crate::view::NetworkId;

/// No more places are looked at in one text.
const MOST_PLACES: usize = 64;
/// An invoice is wrapped into no more lines.
const MOST_LINES: usize = 200;
/// So many further lines are tried in one text, whatever begins there: a text of beginnings alone would take a minute.
const MOST_FURTHER: usize = 2 * MOST_LINES;
/// So many characters are looked through for names and URIs, as if each place had the longest text: a text of brackets alone would
/// take seconds.
const MOST_READ: usize = MOST_PLACES * MAX_BYTES;
/// What is shorter and has no checksum that fits is a word, or an instruction shown shortened.
const WHOLE: usize = 26;
/// Schemes under which an instruction comes.
const SCHEMES: [&str; 9] = [
    "bitcoin:",
    "lightning:",
    "web+bitcoin:",
    "web+lightning:",
    "lnurl:",
    "lnurlp:",
    "lnurlw:",
    "lnurlc:",
    "keyauth:",
];
/// How invoices, addresses, offers and LNURLs begin.
const PREFIXES: [&str; 10] =
    ["lnbc", "lntb", "lnsb", "bc1", "tb1", "bcrt1", "lno1", "lni1", "lnr1", "lnurl1"];

/// What stands for a character in a web page's source; `&amp;` last.
const ENTITIES: [(&str, &str); 10] = [
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", " "),
    ("&#38;", "&"),
    ("&amp;", "&"),
];

/// What stands in a text, in order.
#[derive(Default)]
pub(super) struct Found {
    /// What can be used.
    pub good: Vec<Parsed>,
    /// What looks like an instruction, and why it is none for us.
    pub bad: Vec<ParseError>,
}

/// Looks at each place where an instruction can begin: never inside a word, nor inside another instruction.
pub(super) fn look(text: &str, network: NetworkId) -> Found {
    let text = ENTITIES.iter().fold(text.to_owned(), |text, (entity, c)| text.replace(entity, c));
    let seen = |c: &char| c.is_whitespace() || !text::is_blank(*c);
    let chars: Vec<char> = text.chars().filter(seen).map(half_width).collect();
    let mut found = Found::default();
    let mut search = Search::of(&chars, network);
    let (mut places, mut at) = (0, 0);
    while at < chars.len() && places < MOST_PLACES {
        let free = at == 0 || !chars[at - 1].is_alphanumeric();
        let Some((read, end)) = free.then(|| search.place(at)).flatten() else {
            at += 1;
            continue;
        };
        match read {
            Ok(read) => found.good.push(read),
            Err(error) => found.bad.push(error),
        }
        places += 1;
        at = end;
    }
    found.without_mere_names();
    found
}

impl Found {
    /// In a message that has an instruction too, `ada@example.com` is where its writer has mail.
    fn without_mere_names(&mut self) {
        let is_name = |one: &Parsed| matches!(one.link, Some(Link::Name(_)));
        if !self.bad.is_empty() || !self.good.iter().all(is_name) {
            self.good.retain(|one| !is_name(one));
        }
    }
}

/// The letters, digits and signs that East Asian keyboards make wide.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

type Read = Result<Parsed, ParseError>;

/// A text, and how much of it may still be tried.
struct Search<'a> {
    chars: &'a [char],
    /// Of each place, whether there is an `@` in the rest of its piece.
    before_at: Vec<bool>,
    network: NetworkId,
    further: usize,
    read: usize,
}

impl<'a> Search<'a> {
    fn of(chars: &'a [char], network: NetworkId) -> Self {
        let mut is_before = false;
        let backwards = chars.iter().rev().map(|&c| {
            is_before = !ends_piece(c) && (is_before || c == '@');
            is_before
        });
        let mut before_at: Vec<bool> = backwards.collect();
        before_at.reverse();
        Self { chars, before_at, network, further: MOST_FURTHER, read: MOST_READ }
    }

    /// What is read at this place, and where it ends.
    fn place(&mut self, at: usize) -> Option<(Read, usize)> {
        let (chars, rest, network) = (self.chars, &self.chars[at..], self.network);
        let begins = |prefix: &&&str| {
            rest.len() > prefix.len()
                && prefix.chars().zip(rest).all(|(a, b)| a == b.to_ascii_lowercase())
        };
        if SCHEMES.iter().find(begins).is_some() {
            return Some(uri(chars, at, network));
        }
        let run = rest.iter().take_while(|c| c.is_ascii_alphanumeric()).count();
        let word: String = rest[..run].iter().collect();
        if rest.get(run) == Some(&'?') && rest.get(run + 1).is_some_and(|c| c.is_ascii_alphabetic())
        {
            self.read = self.read.checked_sub(rest.len())?;
            let (read, end) = uri(chars, at, network);
            return worth_telling(&read, &word, None).then_some((read, end));
        }
        let (read, end) = if bare::is_node_id(&word) || self.is_name(at) {
            self.read = self.read.checked_sub(piece(rest).len())?;
            let end = at + token(rest);
            (bare::read(&chars[at..end].iter().collect::<String>(), network), end)
        } else if PREFIXES.iter().find(begins).is_some() {
            self.wrapped(at)
        } else if bare::looks_like_base58(&word) {
            (bare::read(&word, network), at + run)
        } else {
            return None;
        };
        worth_telling(&read, &word, chars.get(at + run).copied()).then_some((read, end))
    }

    /// `name@domain`, from the beginning of a word on.
    fn is_name(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| self.chars[before]);
        let first =
            before.is_none_or(|c| c.is_whitespace() || matches!(c, '<' | '(' | '"' | '\'' | ':'));
        first && self.before_at[at]
    }

    /// One piece, or as many of the following ones as make it whole, while any may be tried.
    fn wrapped(&mut self, at: usize) -> (Read, usize) {
        let chars = self.chars;
        let mut text = String::new();
        let mut end = at;
        let mut first: Option<(Read, usize)> = None;
        for line in 0..MOST_LINES {
            if line > 0 {
                let Some(left) = self.further.checked_sub(1) else { break };
                self.further = left;
            }
            let piece =
                chars[end..].iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '+').count();
            if piece == 0 {
                break;
            }
            text.extend(&chars[end..end + piece]);
            end += piece;
            let read = bare::read(&text, self.network);
            if !matches!(&read, Err(error) if matches!(error.code(), Code::Damaged | Code::NotUnderstood))
            {
                return (read, end);
            }
            first.get_or_insert((read, end));
            end += chars[end..].iter().take_while(|c| c.is_whitespace()).count();
        }
        first.unwrap_or((Err(ParseError::NotUnderstood), at + 1))
    }
}

/// Reports a mistake only in a text that is as long as an instruction and was not shortened on purpose.
fn worth_telling(read: &Read, word: &str, next: Option<char>) -> bool {
    match read {
        Ok(_) => true,
        Err(ParseError::NotUnderstood) => false,
        Err(error) if error.is_damage() => word.len() >= WHOLE && next != Some('…'),
        Err(_) => true,
    }
}

/// A URI: as far as no blank or quote ends it, and at least as far as its last parameter (a badly encoded message has blanks).
fn uri(chars: &[char], at: usize, network: NetworkId) -> (Read, usize) {
    let mut end = at + token(&chars[at..]);
    let mut look = end;
    while look < chars.len() && !SCHEMES.iter().any(|scheme| starts(&chars[look..], scheme)) {
        if is_param(&chars[look..]) {
            end = look + token(&chars[look..]);
            look = end;
        } else {
            look += 1;
        }
    }
    (whole::read(&chars[at..end].iter().collect::<String>(), network), end)
}

fn starts(chars: &[char], with: &str) -> bool {
    chars.len() >= with.len() && with.chars().zip(chars).all(|(a, b)| a == b.to_ascii_lowercase())
}

/// `&key=`.
fn is_param(chars: &[char]) -> bool {
    let key = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ';');
    chars.first() == Some(&'&')
        && chars.get(1 + chars[1..].iter().take_while(key).count()) == Some(&'=')
}

/// An unbroken piece.
fn piece(chars: &[char]) -> &[char] {
    let end = chars.iter().position(|&c| ends_piece(c));
    &chars[..end.unwrap_or(chars.len())]
}

fn ends_piece(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '"' | '<' | '>' | '`' | '{' | '}' | '|' | '\\' | '^')
        || is_foreign_mark(c)
}

/// How long it is without the punctuation behind it.
fn token(chars: &[char]) -> usize {
    let piece = piece(chars);
    let count = |c: char| piece.iter().filter(|&&other| other == c).count();
    let (mut round, mut square) = ((count('('), count(')')), (count('['), count(']')));
    let mut end = piece.len();
    while end > 0 {
        match piece[end - 1] {
            // The last of a pair belongs to the piece.
            ')' if round.1 > round.0 => round.1 -= 1,
            ']' if square.1 > square.0 => square.1 -= 1,
            '(' => round.0 -= 1,
            '[' => square.0 -= 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => {}
            _ => break,
        }
        end -= 1;
    }
    end
}

/// Quotes, brackets and punctuation of any language that no URI contains as they are.
fn is_foreign_mark(c: char) -> bool {
    matches!(c, '´' | '«' | '»' | '\u{2010}'..='\u{203f}' | '\u{2045}'..='\u{205e}' | '\u{2308}'..='\u{230b}'
        | '\u{2329}' | '\u{232a}' | '\u{275b}'..='\u{2775}' | '\u{27e6}'..='\u{27ef}' | '\u{2983}'..='\u{2998}'
        | '\u{2e00}'..='\u{2e7f}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{301f}' | '\u{fe10}'..='\u{fe1f}'
        | '\u{fe30}'..='\u{fe6f}' | '\u{ff5f}'..='\u{ff65}' | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{6d4}' | '\u{964}')
}

#[cfg(test)]
mod tests;
