//! What happens between a node and its peer, as bytes say it.

/// One thing that happens.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// The peer, or somebody else, says a message.
    Says { stranger: bool, kind: u16, message: &'a [u8] },
    /// Somebody says something about an offer.
    Offers { kind: u16, message: &'a [u8] },
    /// What waits becomes durable.
    Commits,
    /// The connection ends, and another begins.
    Reconnects,
    /// The peer gives back what a newer copy of this wallet gave it.
    ShowsNewer,
    /// Nothing becomes durable any more.
    Stops,
    /// We close by force.
    Closes,
}

impl<'a> Step<'a> {
    /// Cuts the next one off. The first byte says what it is.
    pub(super) fn next(bytes: &mut &'a [u8]) -> Option<Self> {
        let (letter, rest) = bytes.split_first()?;
        *bytes = rest;
        Some(match letter {
            b'm' | b'x' => {
                let (kind, message) = said(bytes)?;
                Self::Says { stranger: *letter == b'x', kind, message }
            }
            b'o' => {
                let (kind, message) = said(bytes)?;
                Self::Offers { kind, message }
            }
            b'r' => Self::Reconnects,
            b'n' => Self::ShowsNewer,
            b's' => Self::Stops,
            b'f' => Self::Closes,
            _ => Self::Commits,
        })
    }
}

/// A message after its length and its number.
fn said<'a>(bytes: &mut &'a [u8]) -> Option<(u16, &'a [u8])> {
    let whole: &'a [u8] = bytes;
    let ([a, b, c, d], rest) = whole.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes([*a, *b])).min(rest.len());
    let (message, rest) = rest.split_at(length);
    *bytes = rest;
    Some((u16::from_be_bytes([*c, *d]), message))
}
