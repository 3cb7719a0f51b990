//! Trying a server before it is used, for the settings: whether it is on the right chain, has all of it, and serves what the wallet
//! needs. What only makes things better (estimates, packages) is told, and decides nothing.

use super::source::LdkLogger;
use super::{Address, Fees, Source, SourceError, Tip};
use crate::error::chain_of;
use crate::time::Timestamp;
use crate::view::{NetworkId, SourceTest};
use bdk_wallet::KeychainKind;
use bdk_wallet::chain::spk_client::SyncRequest;
use bitcoin::hashes::Hash as _;
use bitcoin::{ScriptBuf, WPubkeyHash};
use std::time::Instant;

/// Two blocks that follow each other are never so far apart.
const NEWEST_IS_OLDER: u64 = 24 * 60 * 60;

impl Source {
    /// Tries a server. Every failure is a fact in the answer, not an error.
    pub async fn test(address: &Address, network: NetworkId, logger: LdkLogger) -> SourceTest {
        let begun = Instant::now();
        let mut test = SourceTest {
            reached: false,
            right_network: false,
            works: false,
            height: None,
            millis: 0,
            has_fees: false,
            relays_packages: None,
            trouble: None,
        };
        if let Err(error) = Self::try_out(address, network, logger, &mut test).await {
            tracing::info!(error = chain_of(&error), "a tried server is of no use");
            test.reached |= error.is_its_answer();
            test.trouble = Some(error.trouble());
        }
        test.millis = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        test
    }

    async fn try_out(
        address: &Address,
        network: NetworkId,
        logger: LdkLogger,
        test: &mut SourceTest,
    ) -> Result<(), SourceError> {
        let source = Self::new(address, network, logger)?;
        let tip = source.check().await?;
        (test.reached, test.right_network, test.height) = (true, true, Some(tip.height));
        let now = Timestamp::now();
        if is_behind(network, tip, now) {
            return Err(SourceError::Behind);
        }
        source.serves(tip, now).await?;
        test.works = true;
        test.relays_packages = source.relays_packages().await;
        let listed = source.server.estimates().await.unwrap_or_default();
        test.has_fees = Fees::new(network).update(&listed, tip.time).is_ok();
        Ok(())
    }

    /// What a wallet asks with each look: what happened to a script, which is nobody's here; or the newest block, of a server
    /// that keeps no index.
    async fn serves(&self, tip: Tip, now: Timestamp) -> Result<(), SourceError> {
        if let Some(blocks) = self.blocks() {
            return blocks.block(tip.hash).await.map(drop);
        }
        let mut nobody = [0; 20];
        getrandom::fill(&mut nobody).expect("the operating system gives random bytes");
        let script = ScriptBuf::new_p2wpkh(&WPubkeyHash::from_byte_array(nobody));
        let request = SyncRequest::builder_at(now.secs())
            .spks_with_indexes([((KeychainKind::External, 0), script)])
            .build();
        self.server.sync(request).await.map(drop)
    }
}

/// The server reads the chain still. Without real money a chain may stand still, or begin today.
fn is_behind(network: NetworkId, tip: Tip, now: Timestamp) -> bool {
    let is_below = network.checkpoint().is_some_and(|(height, ..)| tip.height < height);
    let is_old = now.secs().saturating_sub(tip.time.secs()) > NEWEST_IS_OLDER;
    network.parameters().is_real_money && (is_below || is_old)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::lying::{Reply, Server};
    use crate::logger::Log;
    use crate::view::SourceTrouble;
    use bitcoin::BlockHash;
    use bitcoin::block::Header;
    use bitcoin::constants::genesis_block;
    use serde_json::json;
    use std::sync::Arc;

    const REGTEST: NetworkId = NetworkId::Regtest;

    async fn tried(url: &str, network: NetworkId) -> SourceTest {
        Source::test(&Address::read(url), network, Arc::new(Log)).await
    }

    /// An Esplora server that has the first block; of some paths it answers otherwise.
    async fn esplora(
        network: NetworkId,
        otherwise: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
    ) -> Server {
        let header: Header = genesis_block(network.chain()).header;
        let hash = header.block_hash();
        let block = json!([{
            "id": hash, "height": 0, "version": header.version, "timestamp": header.time,
            "tx_count": 1, "size": 285, "weight": 816, "merkle_root": header.merkle_root,
            "previousblockhash": null, "mediantime": header.time, "nonce": header.nonce,
            "bits": header.bits, "difficulty": 1.0,
        }])
        .to_string();
        let usual = move |path: &str| match path {
            "/block-height/0" => Server::ok(hash.to_string().as_bytes()),
            "/blocks" => Server::ok(block.as_bytes()),
            "/fee-estimates" => Server::ok(b"{\"2\":7.0,\"6\":5.0,\"144\":1.0}"),
            path if path.contains("/scripthash/") => Server::ok(b"[]"),
            _ => Server::status(404),
        };
        Server::start(move |path| otherwise(path).unwrap_or_else(|| usual(path))).await
    }

    #[tokio::test]
    async fn a_server_works_that_serves_what_the_wallet_needs() {
        let server = esplora(REGTEST, |_| None).await;
        let test = tried(&server.url(""), REGTEST).await;
        assert!(test.reached && test.right_network && test.works && test.has_fees, "{test:?}");
        assert_eq!((test.height, test.trouble), (Some(0), None));
    }

    #[tokio::test]
    async fn a_server_without_estimates_works() {
        for answer in [Server::ok(b"{}"), Server::status(404)] {
            let none = move |path: &str| (path == "/fee-estimates").then(|| answer.clone());
            let server = esplora(REGTEST, none).await;
            let test = tried(&server.url(""), REGTEST).await;
            assert!(test.works && !test.has_fees && test.trouble.is_none(), "{test:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_has_no_histories_does_not_work() {
        for (answer, trouble) in [
            (Server::status(401), SourceTrouble::NotAllowed),
            (Server::status(404), SourceTrouble::Answers { status: 404 }),
            (Server::ok(b"<html>"), SourceTrouble::Nonsense),
        ] {
            let none = move |path: &str| path.contains("/scripthash/").then(|| answer.clone());
            let server = esplora(REGTEST, none).await;
            let test = tried(&server.url(""), REGTEST).await;
            assert!(test.reached && test.right_network && !test.works, "{test:?}");
            assert_eq!(test.trouble, Some(trouble));
        }
    }

    #[tokio::test]
    async fn a_bitcoind_that_does_not_give_its_newest_block_does_not_work() {
        let hash = genesis_block(REGTEST.chain()).block_hash();
        let header =
            bitcoin::consensus::encode::serialize_hex(&genesis_block(REGTEST.chain()).header);
        let pruned = json!({ "code": -1, "message": "Block not available (pruned data)" });
        let one = |name: &str, what: serde_json::Value| json!([{ "id": 0, name: what }]);
        // The landmark, the height, its name, its header, and the block.
        let answers = [
            one("result", json!(hash)),
            one("result", json!(0)),
            one("result", json!(hash)),
            one("result", json!(header)),
            one("error", pruned),
        ];
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let server = Server::start(move |_| {
            let turn = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Server::ok(answers[turn.min(4)].to_string().as_bytes())
        })
        .await;
        let test = tried(&server.url("").replace("http://", "bitcoind://"), REGTEST).await;
        assert!(test.reached && test.right_network && !test.works, "{test:?}");
        assert_eq!(test.trouble, Some(SourceTrouble::Pruned));
    }

    /// Each with what is wrong with it, and none with a network that nobody looked at.
    #[tokio::test]
    async fn what_is_wrong_is_told_and_who_was_not_asked_did_not_answer() {
        for (answer, trouble) in [
            (Server::status(401), SourceTrouble::NotAllowed),
            (Server::busy("120"), SourceTrouble::Busy),
            (Server::ok(b"<html>"), SourceTrouble::Nonsense),
            (Server::to("http://192.0.2.1/"), SourceTrouble::SendsElsewhere),
            (
                Server::ok(BlockHash::all_zeros().to_string().as_bytes()),
                SourceTrouble::WrongNetwork,
            ),
        ] {
            let server = Server::start(move |_| answer.clone()).await;
            let test = tried(&server.url(""), REGTEST).await;
            assert!(test.reached && !test.right_network && !test.works, "{test:?}");
            assert_eq!(test.trouble, Some(trouble));
        }
        for (url, trouble) in [
            ("http://192.0.2.1/api", SourceTrouble::NotEncrypted),
            ("tcp://192.0.2.1:1", SourceTrouble::NotEncrypted),
            ("ftp://a.example", SourceTrouble::BadUrl),
            ("http://127.0.0.1:9", SourceTrouble::Unreachable),
        ] {
            let test = tried(url, REGTEST).await;
            assert!(!test.reached && !test.works, "{test:?}");
            assert_eq!(test.trouble, Some(trouble), "{url}");
        }
    }

    #[tokio::test]
    async fn a_server_that_reads_the_chain_still_does_not_work() {
        let server = esplora(NetworkId::Mainnet, |_| None).await;
        let test = tried(&server.url(""), NetworkId::Mainnet).await;
        assert!(test.right_network && !test.works, "{test:?}");
        assert_eq!(test.trouble, Some(SourceTrouble::Behind));
    }

    #[test]
    fn a_chain_with_real_money_goes_on() {
        let (height, hash, _) = NetworkId::Mainnet.checkpoint().unwrap();
        let now = Timestamp::from_secs(2_000_000_000);
        let tip = |height, age| Tip { height, hash, time: Timestamp::from_secs(now.secs() - age) };
        let is_behind = |tip| is_behind(NetworkId::Mainnet, tip, now);
        assert!(!is_behind(tip(height, 0)) && !is_behind(tip(height, NEWEST_IS_OLDER)));
        assert!(is_behind(tip(height - 1, 0)), "below the release's checkpoint");
        assert!(is_behind(tip(height, NEWEST_IS_OLDER + 1)), "a day old");
        assert!(!super::is_behind(REGTEST, tip(0, 10 * NEWEST_IS_OLDER), now));
    }
}
