//! Agreeing on the fee of a close (BOLT 2, `closing_signed`). LDK answers a disagreement with a close by force: at once if
//! the peer's figure is out of its range, and after two ticks of its clock (it counts them over reconnections). A few sat
//! are never worth that. So LDK hears no figure that it would answer so, and its clock stands still for a channel that is at it.
//!
//! A peer that knows no fee ranges (LND) begins with what it thinks right and comes towards us by a tenth with each message.
//! It is told our last offer again until it takes that: LDK's offer goes to the end of our range at once, and the end is
//! the most that a person was shown. If a peer comes no closer, both sides begin anew, with the fees of then.

use bitcoin::Amount;
use lightning::ln::msgs::{ClosingSigned, ClosingSignedFeeRange};

/// What LDK offered last in this connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    fee: u64,
    least: u64,
    most: u64,
    message: ClosingSigned,
    /// How far off the peer's last figure was, of those that LDK must not hear.
    distance: Option<u64>,
}

impl Offer {
    pub(crate) fn of(ours: &ClosingSigned) -> Option<Self> {
        let range = ours.fee_range.as_ref()?;
        let (least, most) = (range.min_fee_satoshis, range.max_fee_satoshis);
        let message = ours.clone();
        Some(Self { fee: ours.fee_satoshis, least, most, message, distance: None })
    }

    /// The offer again, for a figure that LDK must not hear, if the peer comes closer step by step.
    pub(crate) fn again(&mut self, theirs: &ClosingSigned) -> Option<ClosingSigned> {
        let distance = theirs.fee_satoshis.abs_diff(self.fee);
        let comes_closer = self.distance.is_none_or(|before| distance < before);
        self.distance = Some(distance);
        (comes_closer && theirs.fee_range.is_none()).then(|| self.message.clone())
    }
}

/// Whether LDK would close by force over this (`FundedChannel::closing_signed`). `we_pay`: we opened the channel.
pub(crate) fn answered_by_force(
    theirs: &ClosingSigned,
    ours: Option<&Offer>,
    we_pay: bool,
) -> bool {
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
        // LDK only warns if the ranges do not meet.
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

    /// 170 of a range up to 2,000.
    fn ours() -> Offer {
        Offer::of(&theirs(170, Some((170, 2_000)))).expect("a range")
    }

    fn at_the_top() -> Offer {
        Offer::of(&theirs(2_000, Some((170, 2_000)))).expect("a range")
    }

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
        let ours = Some(ours());
        for (fee, range, ours, we_pay) in [
            // The opener's first word, with a range and without.
            (138, None, &None, false),
            (690, Some((138, 900)), &None, false),
            // What we offered, whatever stands around it.
            (170, None, &ours, true),
            (170, Some((1, 2)), &ours, true),
            // Within our range.
            (690, None, &ours, true),
            (690, Some((500, 900)), &ours, true),
            (2_000, Some((500, 3_000)), &ours, true),
            // Ranges that do not meet are a warning, not an end.
            (5_000, Some((4_000, 6_000)), &ours, true),
            (100, Some((90, 110)), &ours, false),
            // Above our range, and we have not gone to its top yet.
            (5_000, None, &ours, true),
            // The peer pays: it may pay what it likes.
            (5_000, Some((100, 9_000)), &ours, false),
        ] {
            let message = theirs(fee, range);
            assert!(
                !answered_by_force(&message, ours.as_ref(), we_pay),
                "{fee} {range:?} {ours:?} {we_pay}"
            );
        }
    }

    #[test]
    fn a_figure_that_would_close_by_force_does_not() {
        let (ours, at_the_top) = (Some(ours()), Some(at_the_top()));
        for (fee, range, ours, we_pay) in [
            // 1 sat/vB of a close with one output, said twice: below 253 per 1000 weight of one with two.
            (138, None, &ours, false),
            (168, None, &ours, true),
            (2_500, None, &at_the_top, true),
            (2_000_001, Some((500, 3_000_000)), &ours, true),
            (169, Some((100, 3_000)), &ours, true),
            // Out of its own range.
            (400, Some((500, 900)), &ours, false),
            (400, Some((500, 900)), &None, false),
            // The opener speaks first, and we are it.
            (400, None, &None, true),
            (u64::MAX, None, &None, false),
        ] {
            let message = theirs(fee, range);
            assert!(
                answered_by_force(&message, ours.as_ref(), we_pay),
                "{fee} {range:?} {ours:?} {we_pay}"
            );
        }
    }

    /// LND on a chain that says nothing of fees: it wants 25 sat/vB, takes what is within three tenths of its last figure,
    /// and comes down by a tenth otherwise (`calcCompromiseFee`).
    #[test]
    fn a_peer_that_comes_closer_hears_our_offer_until_it_takes_it() {
        let mut ours = at_the_top();
        let mut figure = 4_525;
        let mut rounds = 0;
        while ours.fee < figure - figure * 3 / 10 {
            let message = theirs(figure, None);
            assert!(answered_by_force(&message, Some(&ours), true), "{figure}");
            assert_eq!(ours.again(&message).map(|again| again.fee_satoshis), Some(2_000));
            figure -= figure / 10;
            rounds += 1;
        }
        assert!(rounds > 3, "{rounds}");
        assert!(!answered_by_force(&theirs(ours.fee, None), Some(&ours), true), "LDK takes it");
    }

    #[test]
    fn a_peer_that_comes_no_closer_is_asked_anew() {
        let mut ours = at_the_top();
        assert!(ours.again(&theirs(4_000, None)).is_some());
        assert!(ours.again(&theirs(4_000, None)).is_none(), "the same again");
        assert!(ours.again(&theirs(3_999, None)).is_some());
        assert!(ours.again(&theirs(5_000, None)).is_none());
        // Who names a range had its say with the first figure.
        assert!(ours.again(&theirs(3_000, Some((2_500, 5_000)))).is_none());
        // A peer that pays and wants to pay less than enters a mempool.
        let mut ours = self::ours();
        assert!(ours.again(&theirs(100, None)).is_some());
        assert!(ours.again(&theirs(110, None)).is_some());
        assert!(ours.again(&theirs(90, None)).is_none());
    }
}
