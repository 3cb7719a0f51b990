//! Secrets are in no file but the sealed one, and in no place where another program of this machine could read them:
//! searched while the wallet runs and after it was killed. The same search finds what is planted. `tests/desktop` does it
//! for everything that the app and its web view write.

use crate::WALLET;
use fulmen_practice::network::PracticeNetwork;
use stories::secrets::{files, found, needles, process};
use stories::{Remote, quick};

const PASSWORD: &str = "zander-quillwort-7190-okapi";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_nowhere() {
    let dir = tempfile::tempdir().expect("a folder");
    let network =
        PracticeNetwork::open(&dir.path().join("network"), quick(), None).await.expect("network");
    let mut wallet = Remote::new(WALLET, dir.path().join("wallet"), &network, PASSWORD);
    wallet.start().await;
    wallet.opens_a_channel(&network).await;
    wallet
        .until("known", |now| now["balance"]["lightning"]["canSendMsat"].as_u64() > Some(0))
        .await;

    let node_id = wallet.snapshot().await["nodeId"].as_str().expect("an id").to_owned();
    let needles = needles(wallet.dir(), PASSWORD, &node_id);
    let running = [files(wallet.dir()), process(wallet.pid())].concat();
    let names: Vec<_> = running.iter().filter_map(|(path, _)| path.file_name()?.to_str()).collect();
    for expected in ["vault.db", "vault.db-wal", "wallet.age", "log.txt", "cmdline", "environ"] {
        assert!(names.contains(&expected), "{expected} was not searched: {names:?}");
    }
    let log = running.iter().find(|(path, _)| path.ends_with("log.txt")).expect("a log");
    assert!(log.1.len() > 1_000, "the log is real");
    assert_eq!(found(&needles, &running), Vec::<String>::new(), "while running");
    wallet.kill();
    assert_eq!(found(&needles, &files(wallet.dir())), Vec::<String>::new(), "after SIGKILL");

    // The search is good: whatever is planted, in whatever shape, is found, in the middle of a file too.
    for needle in &needles {
        for shape in &needle.shapes {
            let planted = [b"before ".as_slice(), shape, b" after"].concat();
            std::fs::write(dir.path().join("wallet/planted.bin"), planted).expect("planted");
            let hits = found(std::slice::from_ref(needle), &files(wallet.dir()));
            assert!(
                hits.iter().any(|hit| hit.ends_with("planted.bin")),
                "{} is not found",
                needle.name
            );
        }
    }
    network.stop().await;
}
