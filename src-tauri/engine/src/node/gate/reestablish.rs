//! Reading a peer's `channel_reestablish` (BOLT 2) before LDK does. LDK panics when it proves that our state is old, and
//! closes with our commitment when its numbers make no sense; both would be wrong after a vault was put back. Pure.

use bitcoin::Transaction;
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use lightning::ln::chan_utils::{
    ChannelTransactionParameters, get_commitment_transaction_number_obscure_factor,
};
use lightning::ln::msgs::ChannelReestablish;

/// The first commitment number; they count down (BOLT 3).
pub(in crate::node) const INITIAL: u64 = (1 << 48) - 1;

/// What we said in our own `channel_reestablish` of this connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ours {
    /// The commitment we expect next; ours is one older.
    pub(crate) next_local: u64,
    /// The revocation we expect next.
    pub(crate) next_remote: u64,
}

impl Ours {
    /// Read from our own commitment: if LDK closed before the peer was there, it sends no `channel_reestablish`.
    pub(crate) fn of_commitment(
        commitment: &Transaction,
        parameters: &ChannelTransactionParameters,
    ) -> Option<Self> {
        let theirs = parameters.counterparty_parameters.as_ref()?.pubkeys.payment_point;
        let factor = get_commitment_transaction_number_obscure_factor(
            &parameters.holder_pubkeys.payment_point,
            &theirs,
            parameters.is_outbound_from_holder,
        );
        let low = |number: u32| u64::from(number & 0x00ff_ffff);
        let obscured = low(commitment.input.first()?.sequence.0) << 24
            | low(commitment.lock_time.to_consensus_u32());
        // What we signed last is not in it, so nothing is said about that.
        Some(Self { next_local: (obscured ^ factor) + 1, next_remote: INITIAL })
    }
}

/// How what a peer says first compares with a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The peer names the state that we have, or has yet to hear our last revocation of it (BOLT 2, retransmission).
    Same,
    /// It has one signature of ours more. The copy may hold that one, so that only the peer's revocation was lost; or it was
    /// given after the copy. Our numbers do not say which.
    OneMore,
    Other,
}

impl Ours {
    /// Compares them.
    pub(crate) fn step(&self, theirs: &ChannelReestablish) -> Step {
        let revoked = theirs.next_remote_commitment_number;
        let signed = theirs.next_local_commitment_number.checked_sub(self.next_remote);
        if ![1, 2].iter().any(|ahead| revoked.checked_add(*ahead) == Some(self.next_local)) {
            return Step::Other;
        }
        match signed {
            Some(1) => Step::Same,
            Some(2) => Step::OneMore,
            _ => Step::Other,
        }
    }
}

/// What the peer's message says of our state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assertion {
    /// Nothing newer than ours.
    Agrees,
    /// It knows a secret that we give away only with a newer state: ours is old.
    Proven,
    /// It says that it knows something newer and cannot prove it.
    Unproven,
    /// We have nothing to compare it with.
    Unread,
    /// It wants the channel closed (numbers that no channel can have, as some implementations send).
    Close,
}

/// Reads it. `point` gives our own per-commitment point of a number; `None` if we cannot derive it.
pub(crate) fn read(
    theirs: &ChannelReestablish,
    ours: Option<Ours>,
    point: impl Fn(u64) -> Option<PublicKey>,
) -> Assertion {
    let (local, remote) =
        (theirs.next_local_commitment_number, theirs.next_remote_commitment_number);
    if local == 0 || local >= INITIAL || remote >= INITIAL {
        return Assertion::Close;
    }
    // Without a message of ours in this connection nothing can be compared, and LDK must not try.
    let Some(ours) = ours else { return Assertion::Unread };
    if remote > 0 {
        let Ok(secret) = SecretKey::from_slice(&theirs.your_last_per_commitment_secret) else {
            return Assertion::Unproven;
        };
        let given = PublicKey::from_secret_key(&Secp256k1::signing_only(), &secret);
        match point(INITIAL - remote + 1) {
            Some(expected) if expected == given => {}
            // A channel of an older Fulmen, whose keys are not recorded. Nothing newer: LDK looks itself.
            None if remote < ours.next_local => {}
            Some(_) | None => return Assertion::Unproven,
        }
        if remote >= ours.next_local {
            return Assertion::Proven;
        }
    }
    // We may have signed one commitment that is not revoked yet; more than that we have forgotten. It cannot be proven.
    if local > ours.next_remote + 2 { Assertion::Unproven } else { Assertion::Agrees }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Ours = Ours { next_local: 11, next_remote: 10 };

    fn secret(number: u64) -> SecretKey {
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        SecretKey::from_slice(&bytes).unwrap()
    }

    fn point(number: u64) -> Option<PublicKey> {
        Some(PublicKey::from_secret_key(&Secp256k1::new(), &secret(number)))
    }

    fn theirs(local: u64, remote: u64, secret: [u8; 32]) -> ChannelReestablish {
        ChannelReestablish {
            channel_id: lightning::ln::types::ChannelId([1; 32]),
            next_local_commitment_number: local,
            next_remote_commitment_number: remote,
            your_last_per_commitment_secret: secret,
            my_current_per_commitment_point: point(1).unwrap(),
            next_funding: None,
            my_current_funding_locked: None,
        }
    }

    fn told(local: u64, remote: u64, shows: u64) -> Assertion {
        let shown = secret(INITIAL - shows + 1).secret_bytes();
        read(&theirs(local, remote, shown), Some(OURS), point)
    }

    #[test]
    fn equal_or_older_is_fine() {
        assert_eq!(told(11, 10, 10), Assertion::Agrees);
        assert_eq!(told(12, 10, 10), Assertion::Agrees, "our last signature is not revoked yet");
        assert_eq!(told(3, 2, 2), Assertion::Agrees, "the peer forgot, which is its own trouble");
        assert_eq!(read(&theirs(1, 0, [0; 32]), Some(OURS), point), Assertion::Agrees);
    }

    #[test]
    fn newer_with_its_secret_is_proven_however_much_newer() {
        assert_eq!(told(12, 11, 11), Assertion::Proven);
        assert_eq!(told(111, 110, 110), Assertion::Proven);
    }

    #[test]
    fn newer_without_its_secret_is_a_lie() {
        assert_eq!(told(12, 11, 10), Assertion::Unproven);
        assert_eq!(read(&theirs(12, 11, [0; 32]), Some(OURS), point), Assertion::Unproven);
        assert_eq!(read(&theirs(12, 11, [255; 32]), Some(OURS), point), Assertion::Unproven);
        assert_eq!(told(11, 10, 9), Assertion::Unproven, "a wrong secret for what we know, too");
        assert_eq!(told(13, 10, 10), Assertion::Unproven, "signatures that we do not remember");
        assert_eq!(told(11, 10, 10), Assertion::Agrees);
    }

    #[test]
    fn what_cannot_be_compared_is_not_believed() {
        let shown = secret(INITIAL - 11 + 1).secret_bytes();
        assert_eq!(read(&theirs(11, 11, shown), None, point), Assertion::Unread);
        assert_eq!(read(&theirs(12, 11, shown), Some(OURS), |_| None), Assertion::Unproven);
        assert_eq!(read(&theirs(11, 10, shown), Some(OURS), |_| None), Assertion::Agrees);
    }

    #[test]
    fn only_the_same_state_is_in_step() {
        let step = |local, remote| OURS.step(&theirs(local, remote, [1; 32]));
        assert_eq!(step(11, 10), Step::Same);
        assert_eq!(step(11, 9), Step::Same, "our last revocation did not arrive");
        assert_eq!(step(12, 10), Step::OneMore, "a signature that we may have forgotten");
        assert_eq!(step(12, 9), Step::OneMore);
        for (local, remote) in [(10, 10), (11, 8), (12, 8)] {
            assert_eq!(step(local, remote), Step::Other, "older than what we have");
        }
        for (local, remote) in [(11, 11), (12, 11), (13, 10), (u64::MAX, u64::MAX - 2)] {
            assert_eq!(step(local, remote), Step::Other, "newer");
        }
    }

    #[test]
    fn impossible_numbers_ask_for_a_close() {
        assert_eq!(read(&theirs(0, 0, [1; 32]), Some(OURS), point), Assertion::Close);
        assert_eq!(read(&theirs(INITIAL, 1, [1; 32]), Some(OURS), point), Assertion::Close);
        assert_eq!(read(&theirs(1, INITIAL, [1; 32]), Some(OURS), point), Assertion::Close);
    }
}
