//! Bringing the chain of headers to a server's newest block: page by page, so many of them a look, and where it ends the next
//! look goes on.

use super::headers::Offered;
use super::plausible::{self, Newest};
use super::{Source, SourceError, Tip};
use crate::time::Timestamp;
use bdk_wallet::chain::BlockId;
use std::time::{Duration, Instant};

/// Pages that one look asks for. A public Esplora server names ten blocks a page.
const MOST_PAGES: u32 = 200;
/// And for how long: a server may take its time for each.
const LONGEST: Duration = Duration::from_secs(60);
/// What is asked for at a time below a branch that leaves the chain.
const BELOW: u32 = 10;
/// A branch that leaves the chain so far below its tip is not looked for.
const DEEPEST: u32 = 2_016;

/// How far the chain was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Advance {
    /// The newest block that is checked.
    pub(crate) tip: Tip,
    /// How many blocks the server names above it.
    pub(crate) behind: u32,
    /// The server's newest block is in the checked chain.
    pub(crate) agrees: bool,
}

impl Advance {
    /// # Errors
    /// [`SourceError::NotChecked`], if the server's newest block is not in the checked chain.
    pub(crate) fn whole(self) -> Result<Tip, SourceError> {
        match self.agrees {
            true => Ok(self.tip),
            false => Err(SourceError::NotChecked { behind: self.behind }),
        }
    }
}

impl Source {
    /// Checks what the server names as its newest blocks, and all between them and what is checked already. If they are next
    /// to it, nothing more is asked.
    ///
    /// # Errors
    /// As [`Source::check`]; [`SourceError::Nonsense`] if a header cannot be where it is, [`SourceError::FromTheFuture`].
    pub(crate) async fn advance(&self, now: Timestamp) -> Result<Advance, SourceError> {
        let newest = self.server.newest().await?;
        plausible::in_time(newest.tip, now)?;
        let first = newest.first();
        if let Some(header) = newest.headers.first()
            && let Some(height) = first.checked_sub(1)
        {
            self.headers.begin_above(BlockId { height, hash: header.prev_blockhash });
        }
        let mut pages = Pages::of(newest.tip, now);
        while self.checked_height().saturating_add(1) < first && pages.take() {
            let above = self.page(self.checked_height().saturating_add(1), &pages).await?;
            self.consider(above, &mut pages).await?;
        }
        let claimed = newest.tip;
        if self.checked_height().saturating_add(1) >= first {
            self.consider(newest, &mut pages).await?;
        }
        let tip = self.headers.tip().ok_or_else(|| nonsense("it lists no blocks"))?;
        Ok(Advance {
            // The block that the chain begins above is known by its hash alone.
            tip: if tip.hash == claimed.hash { claimed } else { tip },
            behind: claimed.height.saturating_sub(tip.height),
            agrees: self.headers.hash(claimed.height) == Some(claimed.hash),
        })
    }

    /// Takes blocks into the chain. If they leave it below its tip, what is between is asked for.
    async fn consider(&self, mut run: Newest, pages: &mut Pages) -> Result<(), SourceError> {
        let begins = self.headers.begins_above().map_or(0, |block| block.height);
        let lowest = self.checked_height().saturating_sub(DEEPEST).max(begins.saturating_add(1));
        loop {
            let wrong = |error| SourceError::Nonsense(Box::new(error));
            let claimed = pages.claimed;
            match self.headers.offer(run.first(), &run.headers).map_err(wrong)? {
                Offered::Known | Offered::Taken { .. } => return Ok(()),
                Offered::Lighter => {
                    if run.tip.height >= claimed.height || !pages.take() {
                        return Ok(());
                    }
                    let above = self.page(run.tip.height.saturating_add(1), pages).await?;
                    run = run
                        .and(above)
                        .ok_or_else(|| nonsense("its blocks do not hang together"))?;
                }
                Offered::Apart => {
                    if run.first() <= lowest {
                        return Err(nonsense("its blocks are of another chain"));
                    }
                    if !pages.take() {
                        return Ok(());
                    }
                    let below = run.first().saturating_sub(BELOW).max(lowest);
                    let page = self.page(below, pages).await?;
                    let page = page.up_to(run.first().saturating_sub(1));
                    let longer = page.and_then(|page| page.and(run));
                    run = longer.ok_or_else(|| nonsense("its blocks do not hang together"))?;
                }
            }
        }
    }

    /// The blocks from this height on, as many as come at once.
    async fn page(&self, first: u32, pages: &Pages) -> Result<Newest, SourceError> {
        let page = self.server.blocks_from(first, pages.claimed.height).await?;
        if page.first() != first || page.tip.height > pages.claimed.height {
            return Err(nonsense("other blocks than were asked for"));
        }
        plausible::in_time(page.tip, pages.now)?;
        Ok(page)
    }

    pub(crate) fn checked_height(&self) -> u32 {
        self.headers.tip().map_or(0, |tip| tip.height)
    }
}

/// Pages that may still be asked for.
struct Pages {
    left: u32,
    end: Instant,
    /// The server's newest block.
    claimed: Tip,
    now: Timestamp,
}

impl Pages {
    fn of(claimed: Tip, now: Timestamp) -> Self {
        Self { left: MOST_PAGES, end: Instant::now() + LONGEST, claimed, now }
    }

    fn take(&mut self) -> bool {
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or_default();
        left.is_some() && Instant::now() < self.end
    }
}

fn nonsense(what: &'static str) -> SourceError {
    SourceError::Nonsense(what.into())
}

#[cfg(test)]
mod tests;
