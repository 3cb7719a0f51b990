//! Amounts that know their unit. No `+`, no floats, no silent rounding: arithmetic is checked and every rounding has a
//! name. `Msat` is Lightning's unit, `Sat` the chain's.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The largest integer a page can hold exactly (2^53 − 1). Larger amounts are refused at the border, never rounded.
pub(crate) const MAX_EXACT: u64 = (1 << 53) - 1;

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, $unit:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// An amount of exactly this many units.
            pub const fn new(units: u64) -> Self {
                Self(units)
            }

            /// The bare number of units.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The sum, or `None` if it does not fit.
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// The difference, or `None` if it would be negative.
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }

            /// The difference, or nothing if it would be negative. For figures that are shown, not for transfers.
            pub fn minus_or_zero(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// The sum of many, or `None` if it does not fit.
            pub fn sum(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
                parts.into_iter().try_fold(Self::ZERO, Self::checked_add)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", self.0, $unit)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if self.0 > MAX_EXACT {
                    return Err(serde::ser::Error::custom(concat!("amount too large for the page, in ", $unit)));
                }
                serializer.serialize_u64(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let units = u64::deserialize(deserializer)?;
                if units > MAX_EXACT {
                    return Err(serde::de::Error::custom(concat!("amount too large, in ", $unit)));
                }
                Ok(Self(units))
            }
        }
    };
}

amount!(
    /// Millisatoshi: a thousandth of a satoshi, the unit of Lightning (BOLT 2).
    Msat,
    "msat"
);
amount!(
    /// Satoshi: the smallest unit of the chain.
    Sat,
    "sat"
);

impl Msat {
    /// The most that is asked for or paid at once: whole satoshi that a page can hold, some 90,071 bitcoin.
    pub(crate) const MOST: Self = Self(MAX_EXACT / 1000 * 1000);

    /// The same amount in msat, or `None` if it does not fit.
    pub fn from_sat(sat: Sat) -> Option<Self> {
        sat.0.checked_mul(1000).map(Self)
    }

    /// Whole satoshi, the rest dropped.
    pub fn to_sat_floor(self) -> Sat {
        Sat(self.0 / 1000)
    }

    /// Whole satoshi, a rest counted as one more.
    pub fn to_sat_ceil(self) -> Sat {
        Sat(self.0.div_ceil(1000))
    }
}

impl From<bitcoin::Amount> for Sat {
    fn from(amount: bitcoin::Amount) -> Self {
        Self(amount.to_sat())
    }
}

impl From<Sat> for bitcoin::Amount {
    fn from(sat: Sat) -> Self {
        Self::from_sat(sat.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rounding_down_and_up_differ_by_at_most_one(units in any::<u64>()) {
            let amount = Msat::new(units);
            let (floor, ceil) = (amount.to_sat_floor().get(), amount.to_sat_ceil().get());
            prop_assert!(ceil - floor <= 1);
            prop_assert_eq!(ceil == floor, units % 1000 == 0);
        }

        #[test]
        fn sums_never_wrap(a in any::<u64>(), b in any::<u64>()) {
            prop_assert_eq!(Sat::new(a).checked_add(Sat::new(b)).map(Sat::get), a.checked_add(b));
        }

        #[test]
        fn the_page_gets_exact_integers_or_nothing(units in any::<u64>()) {
            let json = serde_json::to_string(&Msat::new(units));
            prop_assert_eq!(json.is_ok(), units <= MAX_EXACT);
            if let Ok(text) = json {
                prop_assert_eq!(serde_json::from_str::<Msat>(&text).ok(), Some(Msat::new(units)));
            }
        }
    }
}
