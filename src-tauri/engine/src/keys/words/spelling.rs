//! Words as people write, print, stamp and copy them.

use super::*;
use proptest::prelude::*;

const ABOUT: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const WINNER: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
const OTHERS: &str = "act zoo finger flag index ability wolf zone actress filter office wage";

/// What stands before and behind each word; `1` is its number.
const AROUND: [(&str, &str); 16] = [
    ("1. ", "\n"),
    ("1) ", " "),
    ("1", " "),
    ("#1 ", "\t"),
    ("01:", "|"),
    ("", " (1)\n"),
    ("", "1, "),
    ("\"", "\","),
    ("“", "” "),
    ("«", "» "),
    ("'", "' "),
    ("- ", "\n"),
    ("• ", "\r\n"),
    ("[ ] ", "\n"),
    ("\u{200b}", " "),
    ("", " \u{200b}"),
];
/// What stands between two words.
const BETWEEN: [&str; 27] = [
    ",", ", ", ".", ". ", "-", " - ", "–", "—", "_", "/", ";", ":", "|", "·", "•", "\u{a0}",
    "\u{202f}", "\u{2009}", "\u{3000}", "、", "，", "\u{200b}", "\u{feff}", "\n", "\r\n", "\t",
    "\u{2028}",
];

fn wide(text: &str) -> String {
    let wide = |c: char| match c {
        ' ' => '\u{3000}',
        c => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
    };
    text.chars().map(wide).collect()
}

fn dressed(plain: &str) -> impl Iterator<Item = String> {
    let numbered = move |(before, after): (&str, &str)| {
        let one = |(at, word): (usize, &str)| {
            let number = (at + 1).to_string();
            format!("{}{word}{}", before.replace('1', &number), after.replace('1', &number))
        };
        plain.split(' ').enumerate().map(one).collect::<String>()
    };
    AROUND.into_iter().map(numbered).chain(BETWEEN.map(|mark| plain.replace(' ', mark)))
}

fn spelled(plain: &str) -> Vec<String> {
    let first = |letters: usize| {
        plain
            .split(' ')
            .map(|word| format!("{} ", &word[..word.len().min(letters)]))
            .collect::<String>()
    };
    let turkish = plain.to_uppercase().replace('I', "\u{130}");
    vec![
        first(4),
        first(4).to_uppercase(),
        first(5),
        format!("\u{feff}{plain}"),
        format!("{plain}."),
        format!("[\"{plain}\"]"),
        format!("\u{202a}{plain}\u{202c}"),
        plain.to_uppercase(),
        wide(plain),
        wide(&plain.to_uppercase()),
        plain.replace('i', "\u{131}"),
        turkish.to_lowercase(),
        turkish,
        plain.replace('a', "a\u{ad}"),
        plain.replace('a', "\u{200b}a"),
        plain.replace('e', "e\u{2060}"),
    ]
}

#[test]
fn words_as_people_keep_them() {
    for plain in [ABOUT, WINNER] {
        let words = Words::parse(plain).unwrap();
        for text in dressed(plain).chain(spelled(plain)) {
            assert_eq!(Words::parse(&text), Ok(words.clone()), "{text:?}");
        }
    }
}

#[test]
fn four_letters_name_a_word_and_fewer_do_not() {
    for word in Language::English.word_list() {
        for letters in 1..=word.len() {
            let found = whole_word(&word[..letters]);
            if letters >= 4 {
                assert_eq!(found, Some(*word));
            } else {
                assert!(found.is_none_or(|found| found == &word[..letters]));
            }
        }
    }
    assert_eq!(whole_word("zzzz"), None);
    let printed =
        OTHERS.replace("ffi", "\u{fb03}").replace("fi", "\u{fb01}").replace("fl", "\u{fb02}");
    assert_eq!(
        [Words::parse(OTHERS), Words::parse(&printed)],
        [Err(WordsError::Checksum), Err(WordsError::Checksum)]
    );
}

#[test]
fn what_is_no_word_is_named_by_its_place() {
    for wrong in ["ab", "aband0n", "абандон", "ab4ndon", "abandonn"] {
        let text = ABOUT.replacen("abandon", wrong, 1);
        assert_eq!(Words::parse(&text), Err(WordsError::UnknownWord { place: 1 }), "{wrong}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), at in 0_usize..12) {
        drop(Words::parse(&text));
        let mut words: Vec<&str> = ABOUT.split(' ').collect();
        words[at] = &text;
        if let Ok(read) = Words::parse(&words.join(" ")) {
            prop_assert_eq!(read.iter().count(), 12);
        }
    }
}
