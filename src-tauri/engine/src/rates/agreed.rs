//! What several servers say together. Pure.

/// Two that are no further apart than this, in hundredths of the lower one, agree. Markets differ by less than one; more than
/// five is a mistake or a lie.
const MOST_APART: u128 = 5;

/// What they agree on: of two their middle, rounded down; of three the one in the middle if another is near it. `None`: there is
/// too few of them, or they contradict each other.
pub(super) fn agreed(said: &[u64]) -> Option<u64> {
    let mut said = said.to_vec();
    said.sort_unstable();
    match said[..] {
        [low, high] if are_near(low, high) => Some(low + (high - low) / 2),
        [low, middle, high] if are_near(low, middle) || are_near(middle, high) => Some(middle),
        _ => None,
    }
}

fn are_near(low: u64, high: u64) -> bool {
    u128::from(high - low) * 100 <= u128::from(low) * MOST_APART
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nobody_is_believed_alone() {
        assert_eq!(agreed(&[]), None);
        assert_eq!(agreed(&[100]), None);
        assert_eq!(agreed(&[100, 200]), None);
        assert_eq!(agreed(&[100, 200, 300]), None, "all three apart");
    }

    #[test]
    fn of_two_it_is_their_middle_and_of_three_the_one_between() {
        assert_eq!(agreed(&[10_000, 10_001]), Some(10_000), "down");
        assert_eq!(agreed(&[105, 100]), Some(102), "just near enough");
        assert_eq!(agreed(&[106, 100]), None);
        assert_eq!(agreed(&[103, 100, 101]), Some(101));
        assert_eq!(agreed(&[1, 100, 101]), Some(100), "one lies");
        assert_eq!(agreed(&[100, u64::MAX, 101]), Some(101), "one lies");
    }

    proptest! {
        /// Whatever a third one says, it moves what two that agree say by no more than they are apart.
        #[test]
        fn a_liar_moves_nothing(low in 1..=crate::fiat::MOST_PER_BTC, liar in 1..=u64::MAX) {
            let high = low + low / 25;
            let rate = agreed(&[high, liar, low]);
            prop_assert!(rate.is_some_and(|rate| (low..=high).contains(&rate)));
        }
    }
}
