use super::*;
use lightning::chain::channelmonitor::BalanceSource;
use lightning::types::payment::{PaymentHash, PaymentPreimage};

const TIP: Tip = Tip { height: 800_000, time_secs: 1_700_000_000 };

fn inbound(cltv_expiry: u32) -> InboundHTLCDetails {
    InboundHTLCDetails {
        htlc_id: 0,
        amount_msat: 1,
        cltv_expiry,
        payment_hash: PaymentHash([1; 32]),
        state: None,
        is_dust: false,
    }
}

fn outbound(cltv_expiry: u32) -> OutboundHTLCDetails {
    OutboundHTLCDetails {
        htlc_id: None,
        amount_msat: 1,
        cltv_expiry,
        payment_hash: PaymentHash([2; 32]),
        state: None,
        skimmed_fee_msat: None,
        is_dust: false,
    }
}

fn open(inbound: &[InboundHTLCDetails], outbound: &[OutboundHTLCDetails]) -> (u32, OffRisk) {
    let found = earliest(TIP, of_open(TIP, inbound, outbound).into_iter()).unwrap();
    assert_eq!(found.until_secs, TIP.time_secs + u64::from(found.blocks) * 540);
    (found.blocks, found.risk)
}

fn closed(claims: &[Claimable]) -> Option<(u32, OffRisk)> {
    let deadlines = claims.iter().filter_map(|claim| of_closed(TIP, claim));
    earliest(TIP, deadlines).map(|found| (found.blocks, found.risk))
}

#[test]
fn without_channels_a_computer_may_be_off_for_ever() {
    assert_eq!(closed(&[]), None);
}

#[test]
fn there_is_no_date_before_a_block_has_its_time() {
    let tip = Tip { time_secs: 0, ..TIP };
    assert_eq!(earliest(tip, of_open(tip, &[], &[]).into_iter()), None);
}

#[test]
fn an_open_channel_wants_a_look_within_the_peers_delay() {
    assert_eq!(open(&[], &[]), (702, OffRisk::OldState));
}

#[test]
fn a_payment_under_way_wants_one_before_it_expires() {
    let near = TIP.height + 100;
    assert_eq!(open(&[inbound(near)], &[]), (82, OffRisk::IncomingPayment));
    assert_eq!(open(&[], &[outbound(near)]), (82, OffRisk::OutgoingPayment));
    assert_eq!(open(&[inbound(near)], &[outbound(near - 1)]), (81, OffRisk::OutgoingPayment));
    // At the same block, the one that can lose money.
    assert_eq!(open(&[inbound(near)], &[outbound(near)]), (82, OffRisk::IncomingPayment));
    // Far off, the peer's delay comes first.
    assert_eq!(open(&[], &[outbound(TIP.height + 2016)]), (702, OffRisk::OldState));
    // Over already: now.
    assert_eq!(open(&[inbound(TIP.height - 5)], &[]), (0, OffRisk::IncomingPayment));
}

#[test]
fn a_close_wants_one_for_what_others_can_take() {
    let (payment_hash, amount_satoshis) = (PaymentHash([1; 32]), 1);
    let waits = Claimable::ClaimableAwaitingConfirmations {
        amount_satoshis,
        confirmation_height: TIP.height + 3,
        source: BalanceSource::HolderForceClosed,
    };
    let contested = Claimable::ContentiousClaimable {
        amount_satoshis,
        timeout_height: TIP.height + 40,
        payment_hash,
        payment_preimage: PaymentPreimage([0; 32]),
    };
    let ours = |outbound_payment| Claimable::MaybeTimeoutClaimableHTLC {
        amount_satoshis,
        claimable_height: TIP.height + 30,
        payment_hash,
        outbound_payment,
    };
    let penalty = Claimable::CounterpartyRevokedOutputClaimable { amount_satoshis };
    let theirs = Claimable::MaybePreimageClaimableHTLC {
        amount_satoshis,
        expiry_height: TIP.height + 2,
        payment_hash,
    };
    assert_eq!(closed(&[waits.clone(), ours(true), theirs.clone()]), None);
    assert_eq!(closed(&[waits.clone(), contested.clone()]), Some((22, OffRisk::ContestedPayment)));
    assert_eq!(closed(&[contested.clone(), ours(false)]), Some((12, OffRisk::ContestedPayment)));
    assert_eq!(closed(&[contested, penalty, waits]), Some((0, OffRisk::Penalty)));
    let unconfirmed = Claimable::ClaimableOnChannelClose {
        balance_candidates: Vec::new(),
        confirmed_balance_candidate_index: 0,
        outbound_payment_htlc_rounded_msat: 0,
        outbound_forwarded_htlc_rounded_msat: 0,
        inbound_claiming_htlc_rounded_msat: 0,
        inbound_htlc_rounded_msat: 0,
    };
    assert_eq!(closed(&[unconfirmed]), Some((702, OffRisk::OldState)));
}
