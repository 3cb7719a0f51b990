//! Time as a type. The engine is told what time it is; only [`Timestamp::now`] reads the clock, at the engine's edge.

/// Average time between blocks, for dates.
pub(crate) const BLOCK_SECS: u64 = 600;

/// Unix seconds.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The end of the year 9999. Some invoices name times beyond any calendar, and beyond what a page can count.
    pub const LAST: Self = Self(253_402_300_799);

    /// The machine's clock. Called at the edge and passed in from there.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self(since.map_or(0, |elapsed| elapsed.as_secs()))
    }

    /// From unix seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Unix seconds.
    pub const fn secs(self) -> u64 {
        self.0
    }

    /// This long after.
    pub const fn after(self, secs: u64) -> Self {
        Self(self.0.saturating_add(secs))
    }
}
