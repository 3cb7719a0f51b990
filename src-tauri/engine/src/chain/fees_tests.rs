use super::*;
use proptest::prelude::*;

const ALL: [ConfirmationTarget; 8] = [
    ConfirmationTarget::MaximumFeeEstimate,
    ConfirmationTarget::UrgentOnChainSweep,
    ConfirmationTarget::MinAllowedAnchorChannelRemoteFee,
    ConfirmationTarget::MinAllowedNonAnchorChannelRemoteFee,
    ConfirmationTarget::AnchorChannelFee,
    ConfirmationTarget::NonAnchorChannelFee,
    ConfirmationTarget::ChannelCloseMinimum,
    ConfirmationTarget::OutputSpendingFee,
];

fn told(listed: &[(u16, f64)]) -> Fees {
    let fees = Fees::new(NetworkId::Mainnet);
    fees.update(&listed.iter().copied().collect(), Timestamp::from_secs(1)).unwrap();
    fees
}

#[test]
fn before_any_server_spoke_the_fallback_table_holds() {
    let fees = Fees::new(NetworkId::Mainnet);
    assert!(!fees.known());
    assert_eq!(
        ALL.map(|target| fees.get_est_sat_per_1000_weight(target)),
        [8000, 5000, 253, 253, 500, 1000, 253, 1000]
    );
}

#[test]
fn each_target_reads_its_own_number_of_blocks() {
    let fees = told(&[(1, 100.0), (6, 50.0), (12, 40.0), (24, 20.0), (144, 10.0), (1008, 2.0)]);
    assert!(fees.known());
    let asked = ALL.map(|target| fees.get_est_sat_per_1000_weight(target));
    assert_eq!(asked, [30_000, 12_500, 253, 2250, 500, 10_000, 253, 10_000]);
    assert_eq!(
        [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow].map(|speed| fees.sat_per_vb(speed)),
        [100, 50, 20]
    );
}

#[test]
fn one_sat_per_vbyte_is_one_for_a_person_and_the_floor_for_ldk() {
    let fees = told(&[(1, 1.0)]);
    assert_eq!(fees.sat_per_vb(FeeSpeed::Fast), 1);
    assert_eq!(fees.get_est_sat_per_1000_weight(ConfirmationTarget::OutputSpendingFee), 253);
    assert_eq!(fees.get_est_sat_per_1000_weight(ConfirmationTarget::MaximumFeeEstimate), 8000);
    assert_eq!(fees.rate(FeeSpeed::Custom { sat_per_vb: 0 }), FeeRate::from_sat_per_vb_u32(1));
}

#[test]
fn a_gap_in_the_list_takes_the_next_sooner_estimate_and_fractions_round_up() {
    let fees = told(&[(2, 9.1), (25, 3.0)]);
    assert_eq!(fees.sat_per_vb(FeeSpeed::Fast), 10);
    assert_eq!(fees.sat_per_vb(FeeSpeed::Slow), 10);
    let asked = ConfirmationTarget::MinAllowedNonAnchorChannelRemoteFee;
    assert_eq!(fees.get_est_sat_per_1000_weight(asked), 750 - 250);
}

/// A peer whose rate is below these is closed by force, or not agreed with.
#[test]
fn what_is_accepted_of_a_peer_does_not_rise_with_the_market() {
    for rate in [1.0, 20.0, 200.0, 2000.0] {
        let fees = told(&[(1, rate)]);
        for accepted in [
            ConfirmationTarget::MinAllowedAnchorChannelRemoteFee,
            ConfirmationTarget::ChannelCloseMinimum,
        ] {
            assert_eq!(fees.get_est_sat_per_1000_weight(accepted), FEERATE_FLOOR_SATS_PER_KW);
        }
    }
}

#[test]
fn an_empty_or_senseless_list_leaves_the_last_good_one() {
    let fees = told(&[(1, 8.0)]);
    let before = fees.to_bytes();
    for bad in
        [HashMap::new(), HashMap::from([(1, f64::NAN), (2, 0.0), (3, -4.0), (4, f64::INFINITY)])]
    {
        assert!(matches!(fees.update(&bad, Timestamp::from_secs(9)), Err(FeesError::None)));
    }
    assert_eq!(fees.sat_per_vb(FeeSpeed::Fast), 8);
    assert_eq!(fees.to_bytes(), before);
}

#[test]
fn an_estimate_doubles_in_ten_minutes_and_in_a_story_moves_by_ten_an_answer() {
    let dear = HashMap::from([(1, 1900.0)]);
    let fees = told(&[(1, 2.0)]);
    for secs in [2, 47, 92] {
        fees.update(&dear, Timestamp::from_secs(secs)).unwrap();
        assert_eq!(fees.sat_per_vb(FeeSpeed::Fast), 4, "after {secs} s");
    }
    let bump = ConfirmationTarget::UrgentOnChainSweep;
    assert_eq!(fees.get_est_sat_per_1000_weight(bump), 1000, "LDK pays no more either");
    let kept = Fees::from_bytes(NetworkId::Mainnet, &fees.to_bytes()).unwrap();
    kept.update(&dear, Timestamp::from_secs(137)).unwrap();
    assert_eq!(kept.sat_per_vb(FeeSpeed::Fast), 4, "a restart is no new hour");
    for (minutes, rate) in [(20, 8), (40, 8), (60, 32)] {
        kept.update(&dear, Timestamp::from_secs(minutes * 60)).unwrap();
        assert_eq!(kept.sat_per_vb(FeeSpeed::Fast), rate, "after {minutes} minutes");
    }

    let fees = told(&[(1, 2.0)]).paced(Duration::ZERO);
    fees.update(&dear, Timestamp::from_secs(2)).unwrap();
    assert_eq!(fees.sat_per_vb(FeeSpeed::Fast), 20);
}

proptest! {
    #[test]
    fn no_list_makes_a_zero_a_monster_or_a_slower_that_costs_more(
        lists in prop::collection::vec(prop::collection::hash_map(any::<u16>(), any::<f64>(), 0..8), 0..5)
    ) {
        let fees = Fees::new(NetworkId::Mainnet);
        for list in &lists {
            let usable = list.values().any(|rate| rate.is_finite() && *rate > 0.0);
            prop_assert_eq!(fees.update(list, Timestamp::from_secs(1)).is_ok(), usable);
        }
        for target in ALL {
            let rate = fees.get_est_sat_per_1000_weight(target);
            prop_assert!((253..=500_000 + 50_000 + 2500).contains(&rate));
        }
        let [fast, normal, slow] = [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow].map(|speed| fees.sat_per_vb(speed));
        prop_assert!(fast >= normal && normal >= slow && slow >= 1);
    }

    #[test]
    fn kept_estimates_come_back_as_they_were(rates in prop::collection::hash_map(any::<u16>(), 0.1f64..3000.0, 1..8)) {
        let fees = Fees::new(NetworkId::Mainnet);
        fees.update(&rates, Timestamp::from_secs(77)).unwrap();
        let back = Fees::from_bytes(NetworkId::Mainnet, &fees.to_bytes()).unwrap();
        prop_assert_eq!(back.read(), fees.read());
    }
}
