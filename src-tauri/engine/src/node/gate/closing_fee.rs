//! Agreeing on the fee of a close (BOLT 2, `closing_signed`). LDK answers a disagreement with a close by force: at once where
//! the peer's figure is out of its range, and after two ticks of its clock (it counts them over reconnections). A few sat
//! are never worth that. So LDK hears no figure that it would answer so, its clock stands still for a channel that is at it,
//! and both sides begin anew, with the fees of then.

use bitcoin::Amount;
use lightning::ln::msgs::{ClosingSigned, ClosingSignedFeeRange};

/// What LDK offered last in this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    fee: u64,
    least: u64,
    most: u64,
}

impl Offer {
    pub(crate) fn of(ours: &ClosingSigned) -> Option<Self> {
        let range = ours.fee_range.as_ref()?;
        let (least, most) = (range.min_fee_satoshis, range.max_fee_satoshis);
        Some(Self { fee: ours.fee_satoshis, least, most })
    }
}

/// Whether LDK would close by force over this (`FundedChannel::closing_signed`). `we_pay`: we opened the channel.
pub(crate) fn answered_by_force(theirs: &ClosingSigned, ours: Option<Offer>, we_pay: bool) -> bool {
    let fee = theirs.fee_satoshis;
    if fee > Amount::MAX_MONEY.to_sat() {
        return true;
    }
    let Some(ours) = ours else {
        return we_pay || theirs.fee_range.as_ref().is_some_and(|range| !holds(range, fee));
    };
    if fee == ours.fee {
        return false;
    }
    match &theirs.fee_range {
        Some(range) if !holds(range, fee) => true,
        // LDK only warns where the ranges do not meet.
        Some(range)
            if range.max_fee_satoshis < ours.least || range.min_fee_satoshis > ours.most =>
        {
            false
        }
        Some(_) => we_pay && !(ours.least..=ours.most).contains(&fee),
        // Step by step, as before there were ranges, until we are at an end of ours.
        None if fee > ours.fee => fee >= ours.most && ours.fee >= ours.most,
        None => fee <= ours.least && ours.fee <= ours.least,
    }
}

fn holds(range: &ClosingSignedFeeRange, fee: u64) -> bool {
    (range.min_fee_satoshis..=range.max_fee_satoshis).contains(&fee)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
    use lightning::ln::types::ChannelId;

    const OURS: Option<Offer> = Some(Offer { fee: 170, least: 170, most: 2_000 });

    fn theirs(fee_satoshis: u64, range: Option<(u64, u64)>) -> ClosingSigned {
        let key = SecretKey::from_slice(&[7; 32]).unwrap();
        ClosingSigned {
            channel_id: ChannelId([7; 32]),
            fee_satoshis,
            signature: Secp256k1::new().sign_ecdsa(&Message::from_digest([1; 32]), &key),
            fee_range: range.map(|(min_fee_satoshis, max_fee_satoshis)| ClosingSignedFeeRange {
                min_fee_satoshis,
                max_fee_satoshis,
            }),
        }
    }

    #[test]
    fn a_figure_that_ldk_takes_or_answers_reaches_it() {
        for (fee, range, ours, we_pay) in [
            // The opener's first word, with a range and without.
            (138, None, None, false),
            (690, Some((138, 900)), None, false),
            // What we offered, whatever stands around it.
            (170, None, OURS, true),
            (170, Some((1, 2)), OURS, true),
            // Within our range.
            (690, None, OURS, true),
            (690, Some((500, 900)), OURS, true),
            (2_000, Some((500, 3_000)), OURS, true),
            // Ranges that do not meet are a warning, not an end.
            (5_000, Some((4_000, 6_000)), OURS, true),
            (100, Some((90, 110)), OURS, false),
            // Above our range, and we have not gone to its top yet.
            (5_000, None, OURS, true),
            // The peer pays: it may pay what it likes.
            (5_000, Some((100, 9_000)), OURS, false),
        ] {
            let message = theirs(fee, range);
            assert!(
                !answered_by_force(&message, ours, we_pay),
                "{fee} {range:?} {ours:?} {we_pay}"
            );
        }
    }

    #[test]
    fn a_figure_that_would_close_by_force_does_not() {
        let at_the_top = Some(Offer { fee: 2_000, least: 170, most: 2_000 });
        for (fee, range, ours, we_pay) in [
            // 1 sat/vB of a close with one output, said twice: below 253 per 1000 weight of one with two.
            (138, None, OURS, false),
            (168, None, OURS, true),
            (2_500, None, at_the_top, true),
            (2_000_001, Some((500, 3_000_000)), OURS, true),
            (169, Some((100, 3_000)), OURS, true),
            // Out of its own range.
            (400, Some((500, 900)), OURS, false),
            (400, Some((500, 900)), None, false),
            // The opener speaks first, and we are it.
            (400, None, None, true),
            (u64::MAX, None, None, false),
        ] {
            let message = theirs(fee, range);
            assert!(answered_by_force(&message, ours, we_pay), "{fee} {range:?} {ours:?} {we_pay}");
        }
    }
}
