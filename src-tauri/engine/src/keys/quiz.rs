//! Three of the words, asked for by their places: who can say them has them written down.

use super::secret::random;
use super::{Secret, Words};
use secrecy::ExposeSecret;
use std::sync::Mutex;

const ASKED: usize = 3;

/// The last question, until it is answered.
#[derive(Default)]
pub(crate) struct Quiz(Mutex<Option<Vec<(u32, Secret)>>>);

impl Quiz {
    /// Asks anew. Returns the places, from 1, in order.
    pub(crate) fn ask(&self, words: &Words) -> Vec<u32> {
        let mut all: Vec<(u32, &str)> = (1..).zip(words.iter()).collect();
        while all.len() > ASKED {
            let dice = usize::from(u16::from_be_bytes(*random()));
            all.remove(dice % all.len());
        }
        let places = all.iter().map(|(place, _)| *place).collect();
        let asked = all.into_iter().map(|(place, word)| (place, Secret::from(word)));
        *self.lock() = Some(asked.collect());
        places
    }

    /// The places whose words are wrong, as typed on any keyboard. If none is, the question is answered. `None`: nobody asked.
    pub(crate) fn wrong(&self, typed: &[String]) -> Option<Vec<u32>> {
        let mut open = self.lock();
        let asked = open.as_ref()?.iter().enumerate();
        let is_right = |index: usize, word: &Secret| {
            let given = typed.get(index).map(|word| word.trim().to_lowercase());
            given.as_deref() == Some(word.expose_secret())
        };
        let wrong = asked.filter(|(index, (_, word))| !is_right(*index, word));
        let wrong: Vec<u32> = wrong.map(|(_, (place, _))| *place).collect();
        if wrong.is_empty() {
            *open = None;
        }
        Some(wrong)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Vec<(u32, Secret)>>> {
        self.0.lock().expect("quiz lock is never poisoned")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const TEXT: &str =
        "legal winner thank year wave sausage worth useful legal winner thank yellow";

    fn word(place: u32) -> String {
        let at = usize::try_from(place).unwrap() - 1;
        TEXT.split(' ').nth(at).unwrap().to_owned()
    }

    #[test]
    fn three_places_in_order_and_each_of_them_at_some_time() {
        let (quiz, words) = (Quiz::default(), Words::parse(TEXT).unwrap());
        let mut seen = BTreeSet::new();
        for _ in 0..500 {
            let places = quiz.ask(&words);
            assert_eq!(places.len(), 3);
            assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
            seen.extend(places);
        }
        assert_eq!(seen, (1..=12).collect());
    }

    #[test]
    fn what_is_wrong_is_named_and_what_is_right_ends_it() {
        let (quiz, words) = (Quiz::default(), Words::parse(TEXT).unwrap());
        assert_eq!(quiz.wrong(&[]), None, "nobody asked");
        let places = quiz.ask(&words);
        assert_eq!(quiz.wrong(&[]), Some(places.clone()));
        let mut typed: Vec<String> = places.iter().map(|place| word(*place)).collect();
        typed[1].pop();
        assert_eq!(quiz.wrong(&typed), Some(vec![places[1]]), "only the whole word");
        typed[1] = format!(" {} ", word(places[1]).to_uppercase());
        assert_eq!(quiz.wrong(&typed), Some(vec![]));
        assert_eq!(quiz.wrong(&typed), None, "once");
    }
}
