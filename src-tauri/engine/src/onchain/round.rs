//! One look at the chain, in the order that is safe.

use super::Onchain;
use crate::chain::{Advance, Fees, Following, Round, Source, SourceError};
use crate::error::chain_of;
use crate::time::Timestamp;

impl Source {
    /// The chain of headers, fees, then the on-chain wallet, then the channels, which are followed though a
    /// step before them failed: a spend that they do not see costs money.
    ///
    /// # Errors
    /// If the server has no tip that can be.
    pub async fn sync_round(
        &self,
        fees: &Fees,
        onchain: &Onchain,
        following: Following<'_>,
        now: Timestamp,
    ) -> Result<Round, SourceError> {
        let advance = self.advance(now).await?;
        let estimates = self.update_fees(fees, now).await.or_else(|error| {
            tracing::warn!(error = chain_of(&error), "keeping the last fee estimates");
            if fees.known() { Ok(()) } else { Err(error) }
        });
        let onchain = self.sync_onchain(onchain, now).await;
        let channels = match advance.whole() {
            Ok(_) => self.follow(following, now).await,
            Err(error) => Err(error),
        };
        let Advance { tip, behind, .. } = advance;
        Ok(Round { tip, behind, onchain: estimates.and(onchain), channels })
    }
}
