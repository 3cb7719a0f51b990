//! Times into figures.

use serde::{Deserialize, Serialize};

/// What a node measured while it paid, in milliseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// One for each payment: from the call until the payer is notified.
    pub each_ms: Vec<f64>,
    /// From the first call to the last payment's end.
    pub all_ms: f64,
}

impl Measured {
    /// Another round of the same.
    pub fn add(&mut self, round: Self) {
        self.each_ms.extend(round.each_ms);
        self.all_ms += round.all_ms;
    }

    /// Payments in a second.
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.each_ms.len()).expect("few")) * 1000.0 / self.all_ms
    }
}

/// The smallest value that at least `percent` of all values do not exceed (nearest rank). Zero where there are none.
pub fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// To a thousandth: below that, a figure of a clock says nothing.
pub fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 50), 50.0);
        assert_eq!(percentile(&values, 95), 95.0);
        assert_eq!(percentile(&values, 100), 100.0);
        assert_eq!(percentile(&[3.0, 1.0, 2.0], 50), 2.0);
        assert_eq!(percentile(&[7.0], 1), 7.0);
        assert_eq!(percentile(&[], 50), 0.0);
    }

    #[test]
    fn rounds_of_a_crowd_are_one_figure() {
        let mut all = Measured { each_ms: vec![1.0; 30], all_ms: 100.0 };
        all.add(Measured { each_ms: vec![1.0; 10], all_ms: 300.0 });
        assert_eq!(all.per_second(), 100.0);
        assert_eq!(rounded(1.234_56), 1.235);
    }
}
