use super::*;
use bitcoin::BlockHash;
use bitcoin::hashes::Hash;

fn round(onchain: bool, channels: bool) -> chain::Round {
    let failed = || SourceError::TooSlow;
    chain::Round {
        tip: chain::Tip {
            height: 7,
            hash: BlockHash::all_zeros(),
            time: Timestamp::from_secs(1_000_000),
        },
        behind: 0,
        onchain: onchain.then(Vec::new).ok_or_else(failed),
        channels: channels.then_some(()).ok_or_else(failed),
    }
}

#[test]
fn what_was_read_counts_for_an_hour_each_ledger_by_itself() {
    let (status, bus) = (Status::new(Tip::default(), false, false), Bus::new());
    let at = |secs: u64| Timestamp::from_secs(1_000_000 + secs);
    let current =
        |secs| (status.onchain_is_current(at(secs)), status.channels_are_current(at(secs)));
    assert_eq!(current(0), (false, false));
    status.looked(&round(false, true), NetworkId::Practice, at(0), &bus);
    assert_eq!(current(3600), (false, true));
    assert!(status.has_followed());
    assert_eq!(status.last_good(), None);
    assert!(matches!(status.sync(), SyncStatus::Offline { .. }));
    assert_eq!(status.tip().height, 0);
    status.looked(&round(true, true), NetworkId::Practice, at(1800), &bus);
    assert_eq!((status.sync(), status.tip().height), (SyncStatus::Ready, 7));
    assert_eq!(current(1800 + 3600), (true, true));
    assert_eq!(current(1800 + 3601), (false, false), "an hour without a look");
    status.looked(&round(true, false), NetworkId::Practice, at(9000), &bus);
    assert_eq!(status.troubles(), (None, Some(SourceTrouble::TooSlow)));
    assert_eq!(current(9000), (true, false));
}

#[test]
fn a_fault_of_ours_is_not_told_as_somebody_elses_doing() {
    use crate::store::StoreError;
    let of = |error: StoreError| DiskTrouble::of(&error);
    assert_eq!(of(StoreError::OlderMonitor { key: "ab".into() }), DiskTrouble::Fault);
    assert_eq!(of(StoreError::ForeignWrite { expected: 1, found: 2 }), DiskTrouble::Changed);
    assert_eq!(of(StoreError::Shut), DiskTrouble::Refuses);
    assert!(!DiskTrouble::Fault.is_passing() && DiskTrouble::Refuses.is_passing());
}
