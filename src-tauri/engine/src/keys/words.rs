//! The words (BIP 39, English list) a person writes down. 12 are made; 12 or 24 are accepted.

use super::secret::{Secret, random};
use crate::error::{Code, Coded};
use bip39::{Language, Mnemonic};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

const MOST_WORDS: usize = 24;
/// Of the English list.
const LONGEST_WORD: usize = 8;
/// So many letters name a word of the list.
const ENOUGH_LETTERS: usize = 4;

/// What copying brings along and nobody sees; and the dot that lower case leaves of a Turkish capital i.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{307}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// A letter as the list writes it. What is no letter of the list stays as it is, and is in no word.
fn push_letters(word: &mut String, c: char) {
    match c {
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
            let narrow = char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c);
            word.push(narrow.to_ascii_lowercase());
        }
        // Turkish keyboards.
        '\u{130}' | '\u{131}' => word.push('i'),
        // A printed page's ligatures.
        '\u{fb00}' => word.push_str("ff"),
        '\u{fb01}' => word.push_str("fi"),
        '\u{fb02}' => word.push_str("fl"),
        '\u{fb03}' => word.push_str("ffi"),
        '\u{fb04}' => word.push_str("ffl"),
        _ => word.push(c.to_ascii_lowercase()),
    }
}

/// The word of the list, given whole or by its first letters.
fn whole_word(letters: &str) -> Option<&'static str> {
    let list = Language::English.word_list();
    let at = list.partition_point(|word| *word < letters);
    let word = *list.get(at)?;
    let enough = letters.len() >= ENOUGH_LETTERS && word.starts_with(letters);
    (word == letters || enough).then_some(word)
}

/// Valid words. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Words(Mnemonic);

/// Why a text is not a wallet's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Neither 12 nor 24.
    #[error("{found} words where 12 or 24 are needed")]
    WordCount {
        /// How many there are.
        found: usize,
    },
    /// Not a word of the list.
    #[error("word {place} is not in the list")]
    UnknownWord {
        /// Which one, from 1.
        place: u32,
    },
    /// All are words of the list, but one is wrong or the order is.
    #[error("the words do not belong together")]
    Checksum,
}

impl Coded for WordsError {
    fn code(&self) -> Code {
        match self {
            Self::WordCount { .. } => Code::WordCount,
            Self::UnknownWord { .. } => Code::UnknownWord,
            Self::Checksum => Code::WordsChecksum,
        }
    }

    fn detail(&self) -> Option<u32> {
        match self {
            Self::UnknownWord { place } => Some(*place),
            Self::WordCount { .. } | Self::Checksum => None,
        }
    }
}

impl Words {
    /// 12 new words.
    pub fn generate() -> Self {
        let entropy = random::<16>();
        Self(
            Mnemonic::from_entropy_in(Language::English, entropy.as_slice())
                .expect("16 bytes make 12 words"),
        )
    }

    /// Reads 12 or 24 words as people keep them: in any case, numbered, with any marks and blanks between them, by their
    /// first four letters (BIP 39: they identify a word of the English list).
    ///
    /// # Errors
    /// The count is looked at first, then each word in turn, then the checksum.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let read = Self::read(text, false);
        // What cannot be seen belongs to no word; but it may be all that stands between two.
        if read.is_err() && text.contains(is_invisible) {
            return Self::read(text, true).or(read);
        }
        read
    }

    fn read(text: &str, invisible_parts: bool) -> Result<Self, WordsError> {
        // One allocation each: growing would leave copies behind.
        let mut clean = Zeroizing::new(String::with_capacity(MOST_WORDS * (LONGEST_WORD + 1)));
        let mut word = Zeroizing::new(String::with_capacity(3 * text.len() + 1));
        let (mut found, mut unknown) = (0, None);
        for c in text.chars().chain([' ']) {
            if is_invisible(c) && !invisible_parts {
                continue;
            }
            if c.is_alphanumeric() {
                push_letters(&mut word, c);
                continue;
            }
            // Numbers in front and behind are the list's, not the word's.
            let letters = word.trim_matches(|c: char| c.is_numeric());
            if !letters.is_empty() {
                found += 1;
                match whole_word(letters) {
                    Some(whole) if found <= MOST_WORDS => {
                        if found > 1 {
                            clean.push(' ');
                        }
                        clean.push_str(whole);
                    }
                    Some(_) => {}
                    None => unknown = unknown.or(Some(found)),
                }
            }
            word.zeroize();
        }
        match (found, unknown) {
            (12 | 24, None) => {}
            (12 | 24, Some(place)) => {
                return Err(WordsError::UnknownWord {
                    place: u32::try_from(place).unwrap_or(u32::MAX),
                });
            }
            _ => return Err(WordsError::WordCount { found }),
        }
        Mnemonic::parse_in_normalized(Language::English, &clean)
            .map(Self)
            .map_err(|_| WordsError::Checksum)
    }

    /// The words in order, for the one screen that shows them.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.words()
    }

    /// All words with a space between them.
    pub fn text(&self) -> Secret {
        // One allocation of exactly this size: growing or shrinking it would leave copies behind.
        let length = self.iter().map(|word| word.len() + 1).sum::<usize>() - 1;
        let mut text = String::with_capacity(length);
        for word in self.iter() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        Secret::from(text)
    }

    /// The BIP 39 seed.
    pub(super) fn seed(&self, passphrase: &str) -> Zeroizing<[u8; 64]> {
        Zeroizing::new(self.0.to_seed(passphrase))
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({} <redacted>)", self.0.word_count())
    }
}

#[cfg(test)]
mod spelling;

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    const ABOUT: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn any_case_and_any_white_space() {
        let words =
            Words::parse(&format!("  {}\n", ABOUT.to_uppercase().replace(' ', "\t \r\n"))).unwrap();
        assert_eq!(words.text().expose_secret(), ABOUT);
        assert_eq!(words, Words::parse(ABOUT).unwrap());
    }

    #[test]
    fn new_words_are_twelve_and_never_the_same() {
        let words = Words::generate();
        assert_eq!(words.iter().count(), 12);
        assert_eq!(Words::parse(words.text().expose_secret()).unwrap(), words);
        assert_ne!(Words::generate(), words);
    }

    #[test]
    fn twenty_four_are_accepted() {
        assert!(Words::parse(&("abandon ".repeat(23) + "art")).is_ok());
    }

    #[test]
    fn each_mistake_has_its_name() {
        let count = |n: usize| Words::parse(&vec!["abandon"; n].join(" ")).unwrap_err();
        for n in [0, 1, 11, 13, 15, 18, 21, 23, 25] {
            assert_eq!(count(n), WordsError::WordCount { found: n });
        }
        assert_eq!(count(12), WordsError::Checksum);
        assert_eq!(count(24), WordsError::Checksum);
        for place in 1..=12 {
            let mut words: Vec<_> = ABOUT.split(' ').collect();
            words[place - 1] = "lightning";
            let error = Words::parse(&words.join(" ")).unwrap_err();
            assert_eq!(error.code(), Code::UnknownWord);
            assert_eq!(error.detail(), Some(u32::try_from(place).unwrap()));
        }
        assert_eq!(WordsError::Checksum.code(), Code::WordsChecksum);
        assert_eq!(count(11).code(), Code::WordCount);
        // Another language's letters are unknown words, never a panic.
        assert_eq!(
            Words::parse(&"猫 ".repeat(12)).unwrap_err(),
            WordsError::UnknownWord { place: 1 }
        );
    }

    #[test]
    fn debug_shows_no_word() {
        assert_eq!(format!("{:?}", Words::parse(ABOUT).unwrap()), "Words(12 <redacted>)");
    }
}
