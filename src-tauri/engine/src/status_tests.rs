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
    let (status, bus) = (Status::new(Tip::default(), false, false, None), Bus::new());
    let at = |secs: u64| Timestamp::from_secs(1_000_000 + secs);
    let current =
        |secs| (status.onchain_is_current(at(secs)), status.channels_are_current(at(secs)));
    assert_eq!(current(0), (false, false));
    status.looked(&round(false, true), at(0), &bus);
    assert_eq!(current(3600), (false, true));
    assert!(status.has_followed());
    assert_eq!(status.last_good(), None);
    assert!(matches!(status.sync(), SyncStatus::Offline { .. }));
    assert_eq!(status.tip().height, 0);
    status.looked(&round(true, true), at(1800), &bus);
    assert_eq!((status.sync(), status.tip().height), (SyncStatus::Ready, 7));
    assert_eq!(current(1800 + 3600), (true, true));
    assert_eq!(current(1800 + 3601), (false, false), "an hour without a look");
    status.looked(&round(true, false), at(9000), &bus);
    assert_eq!(status.troubles(), (None, Some(SourceTrouble::TooSlow)));
    assert_eq!(current(9000), (true, false));
}

/// A server that stands still answers every look.
#[test]
fn a_silence_is_said_before_servers_speak_of_the_clock_and_after_blocks_do() {
    let every = Some(Duration::from_secs(600));
    let (status, bus) = (Status::new(Tip::default(), false, false, every), Bus::new());
    let at = |secs: u64| Timestamp::from_secs(1_000_000 + secs);
    let line = |secs| {
        status.looked(&round(true, true), at(secs), &bus);
        assert!(status.channels_are_current(at(secs)), "it answers");
        status.sync()
    };
    let silent = |pauses| SyncStatus::NoBlocks { since_secs: 1_000_000, pauses };
    assert_eq!(line(3_600), SyncStatus::Ready);
    assert_eq!((line(3_601), status.blocks_come(at(3_601))), (silent(false), Ok(())));
    let heard = Heard { host: "a.example".into(), said: at(0), at: at(7_200) };
    status.hears(&heard, &bus);
    assert_eq!(line(7_200), silent(false), "who stands still may say anything of the time");
    assert_eq!((line(7_201), status.blocks_come(at(7_201))), (silent(true), Err(BlocksStayAway)));

    let mut newer = round(true, true);
    newer.tip.hash = BlockHash::from_byte_array([8; 32]);
    status.looked(&newer, at(7_246), &bus);
    assert!(matches!(
        status.sync(),
        SyncStatus::ClockWrong { offset: ClockOffset::Ahead { by: ClockWitness::Blocks, .. } }
    ));
    status.hears(&Heard { said: at(7_280), at: at(7_280), ..heard }, &bus);
    newer.tip.time = at(7_280);
    newer.tip.hash = BlockHash::from_byte_array([9; 32]);
    status.looked(&newer, at(7_290), &bus);
    assert_eq!((status.sync(), status.blocks_come(at(7_290))), (SyncStatus::Ready, Ok(())));
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
