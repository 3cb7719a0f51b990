//! What holds of every answer of a chain server, of any kind, for [`crate::fuzz`].

/// A block that is known, and what is not in it.
pub(super) mod known;
/// Answers over HTTP.
pub(super) mod served;

pub(crate) use super::bitcoind::fuzz::answers as bitcoind;
pub(crate) use super::electrum::fuzz::lines as electrum;
pub(crate) use super::esplora::fuzz::answers as esplora;
pub(crate) use super::headers::fuzz::branches as headers;

use super::clock::Clock;
use super::{Address, Fees, Tip};
use crate::http;
use crate::time::Timestamp;
use crate::view::{ClockOffset, FeeSpeed, NetworkId};
use bitcoin::BlockHash;
use bitcoin::hashes::Hash as _;
use lightning::chain::chaininterface::{ConfirmationTarget, FeeEstimator as _};
use std::collections::HashMap;

/// When it is.
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Where a server is, as a person typed it: the password is never shown.
pub(crate) fn address(data: &[u8]) {
    use secrecy::ExposeSecret as _;
    let text = String::from_utf8_lossy(data);
    let address = Address::read(&text);
    assert!(!format!("{address:?}").contains("Some(\""));
    let Some(password) = address.password() else { return };
    // What is nowhere else in the text, and long enough to be told from it.
    let secret = password.expose_secret();
    if secret.len() < 8 || text.matches(secret).count() != 1 {
        return;
    }
    let shown = |address: &Address| {
        let log = std::sync::Arc::new(crate::logger::Log);
        let source = super::Source::new(address, NetworkId::Mainnet, log)
            .map_or_else(|error| format!("{error} {error:?}"), |source| source.url().to_owned());
        format!("{address:?} {source}")
    };
    // It may be a piece of what is shown anyway: then it is there with another password, or with none.
    let others = [text.replace(secret, "other"), address.url().to_owned()];
    let anyway = others.iter().any(|other| shown(&Address::read(other)).contains(secret));
    assert!(!shown(&address).contains(secret) || anyway);
}

/// Estimates, one answer a line, ten minutes apart: what comes of them is between floor and ceiling, and waiting costs no more.
pub(crate) fn fees(data: &[u8]) {
    let network = NetworkId::Mainnet;
    let limits = &network.parameters().fees;
    let mut fees = Fees::new(network);
    let mut before: Option<(u64, u32)> = None;
    for (turn, line) in (1_u64..).zip(data.split(|byte| *byte == b'\n').take(64)) {
        if let Ok(kept) = Fees::from_bytes(network, line) {
            fees = kept;
            before = None;
        }
        let Ok(listed) = serde_json::from_slice::<HashMap<u16, f64>>(line) else { continue };
        if fees.update(&listed, NOW.after(600 * turn)).is_ok() {
            let now = fees.get_est_sat_per_1000_weight(ConfirmationTarget::UrgentOnChainSweep);
            assert!((limits.floor..=limits.ceiling).contains(&now), "{now}");
            if let Some((at, before)) = before.replace((turn, now)) {
                // A factor for this hour, and one for each that lay between.
                let hours = u32::try_from((turn - at) / 6).expect("64 turns");
                let factor = 4_u32.saturating_pow(hours + 1);
                let most = before.saturating_mul(factor);
                assert!(now <= most && now >= before / factor, "{before}, {now}");
            }
        }
        let speeds = [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow];
        let rates = speeds.map(|speed| fees.sat_per_vb(speed));
        assert!(rates[0] >= rates[1] && rates[1] >= rates[2] && rates[2] > 0, "{rates:?}");
        let again = Fees::from_bytes(network, &fees.to_bytes()).expect("what was written");
        assert_eq!(again.to_bytes(), fees.to_bytes());
    }
}

/// What servers and blocks say the time is, one a line: `host|date` as in a `Date`, or `secs` of a block.
pub(crate) fn clock(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut clock = Clock::default();
    for (turn, line) in (0_u8..64).zip(text.lines()) {
        let now = NOW.after(60 * u64::from(turn));
        if let Some((host, date)) = line.split_once('|') {
            if let Some(said) = http::time_of(date) {
                clock.hears(host, said, now);
            }
        } else if let Ok(secs) = line.parse::<u32>() {
            let hash = BlockHash::from_byte_array([turn; 32]);
            let tip = Tip { height: turn.into(), hash, time: Timestamp::from_secs(secs.into()) };
            clock.sees(tip, now);
        }
        if let Some(ClockOffset::Ahead { secs, .. } | ClockOffset::Behind { secs, .. }) =
            clock.offset()
        {
            assert!(secs > 600, "{secs}");
        }
    }
}
