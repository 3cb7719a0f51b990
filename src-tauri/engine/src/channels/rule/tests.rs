use super::*;
use crate::network::NetworkId;

const CAP: Sat = Sat::new(2_000_000);

const GOOD: Standing = Standing {
    safeguards: true,
    quarantined: false,
    stale: false,
    words_proven: true,
    copy: CopyStanding::Fresh,
    reserve: true,
    total: CAP,
    cap: CAP,
};

#[test]
fn everything_in_its_place_lets_a_channel_in() {
    assert_eq!(obstacle(&GOOD), None);
    assert_eq!(obstacle(&Standing { copy: CopyStanding::Waived, ..GOOD }), None);
}

#[test]
fn each_thing_that_is_missing_is_named() {
    let table = [
        (Standing { quarantined: true, ..GOOD }, Code::Quarantine),
        (Standing { stale: true, ..GOOD }, Code::ChannelStale),
        (Standing { words_proven: false, ..GOOD }, Code::WordsNotProven),
        (Standing { copy: CopyStanding::Missing, ..GOOD }, Code::CopyWanted),
        (Standing { copy: CopyStanding::Old, ..GOOD }, Code::CopyNotFresh),
        (Standing { reserve: false, ..GOOD }, Code::InsufficientBalance),
        (Standing { total: Sat::new(2_000_001), ..GOOD }, Code::ChannelCap),
    ];
    for (standing, code) in table {
        assert_eq!(obstacle(&standing), Some(code), "{standing:?}");
    }
}

#[test]
fn where_coins_are_worth_nothing_only_what_would_break_a_channel_counts() {
    let test = Standing {
        safeguards: false,
        stale: true,
        words_proven: false,
        copy: CopyStanding::Missing,
        total: Sat::new(u64::MAX),
        ..GOOD
    };
    assert_eq!(obstacle(&test), None);
    let quarantined = Standing { quarantined: true, ..test };
    assert_eq!(obstacle(&quarantined), Some(Code::Quarantine));
    assert_eq!(obstacle(&Standing { reserve: false, ..test }), Some(Code::InsufficientBalance));
}

#[test]
fn a_copy_is_fresh_for_a_minute_and_none_is_a_persons_word() {
    let copy = |state, lag_millis| CopyView {
        state,
        place: None,
        server: false,
        lag_millis,
        written_at_secs: Some(1),
    };
    for (view, waived, standing) in [
        (copy(CopyState::UpToDate, Some(20)), false, CopyStanding::Fresh),
        (copy(CopyState::CatchingUp, Some(60_000)), false, CopyStanding::Fresh),
        (copy(CopyState::CatchingUp, Some(60_001)), false, CopyStanding::Old),
        (copy(CopyState::Missing, Some(0)), true, CopyStanding::Old),
        (copy(CopyState::Ahead, None), false, CopyStanding::Old),
        (copy(CopyState::Off, None), false, CopyStanding::Missing),
        (copy(CopyState::Off, None), true, CopyStanding::Waived),
    ] {
        assert_eq!(CopyStanding::of(&view, waived), standing, "{view:?}");
    }
    let never = CopyView { written_at_secs: None, ..copy(CopyState::CatchingUp, Some(0)) };
    assert_eq!(CopyStanding::of(&never, false), CopyStanding::Old);
}

#[test]
fn real_money_alone_wants_all_of_it() {
    for network in NetworkId::ALL {
        let parameters = network.parameters();
        assert_eq!(parameters.channels.safeguards, parameters.is_real_money, "{network:?}");
    }
}
