//! The doors as the page finds them, on a pretend window.

use crate::confirm;
use crate::open::start_practice;
use crate::window::{MAIN, manage, with_doors};
use serde_json::{Value, json};
use tauri::async_runtime::block_on;
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{
    INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets,
};
use tauri::webview::InvokeRequest;
use tauri::{Manager, WebviewWindow, WebviewWindowBuilder};
use tempfile::TempDir;

struct Desk {
    window: WebviewWindow<MockRuntime>,
    _app: tauri::App<MockRuntime>,
    dir: TempDir,
}

fn desk(label: &str) -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let app = with_doors(mock_builder()).build(mock_context(noop_assets())).unwrap();
    manage(app.handle(), dir.path().to_owned());
    let window =
        WebviewWindowBuilder::new(&app, label, tauri::WebviewUrl::default()).build().unwrap();
    Desk { window, _app: app, dir }
}

impl Desk {
    fn call(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.into(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: "tauri://localhost".parse().unwrap(),
            body: InvokeBody::Json(arguments),
            headers: tauri::http::HeaderMap::new(),
            invoke_key: INVOKE_KEY.into(),
        };
        get_ipc_response(&self.window, request).map(|body| body.deserialize().unwrap())
    }

    /// Calls, and answers the windows that ask about it one after the other.
    fn answered_in_the_window(
        &self,
        command: &str,
        arguments: Value,
        answers: &[(&str, &str)],
    ) -> Result<Value, Value> {
        let handle = self.window.app_handle().clone();
        let asked = confirm::count(&handle);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut last = asked;
                for (verb, body) in answers {
                    last = confirm::waits(&handle, last);
                    let request =
                        tauri::http::Request::post(format!("confirm://localhost/{last}/{verb}"));
                    let request = request.body(body.as_bytes().to_vec()).unwrap();
                    // The wallet's window is not the one that asks.
                    assert_eq!(confirm::serve(&handle, MAIN, &request).status(), 404);
                    assert_eq!(confirm::serve(&handle, confirm::LABEL, &request).status(), 200);
                }
            });
            self.call(command, arguments)
        })
    }

    fn refused_in_the_window(&self, command: &str, arguments: Value) -> Value {
        let error = self.answered_in_the_window(command, arguments, &[("no", "")]).unwrap_err();
        error["code"].clone()
    }

    fn app(&self) -> std::sync::Arc<crate::app::App> {
        self.window.state::<std::sync::Arc<crate::app::App>>().inner().clone()
    }

    fn code(&self, command: &str, arguments: Value) -> Value {
        let error = self.call(command, arguments).unwrap_err();
        println!("{command}: {error}");
        error["code"].clone()
    }
}

#[test]
fn at_first_start_there_are_settings_and_no_wallet() {
    let desk = desk(MAIN);
    assert_eq!(
        desk.call("app_state", json!({})).unwrap(),
        json!({"type": "firstStart", "network": "mainnet"})
    );
    let settings = desk.call("settings", json!({})).unwrap();
    assert_eq!((&settings["unit"], &settings["wallets"]), (&json!("sat"), &json!([])));
    for command in ["snapshot", "health", "practice_log"] {
        assert_eq!(desk.code(command, json!({})), "no_wallet", "{command}");
    }
    assert_eq!(desk.code("unlock", json!({"password": "guess"})), "no_wallet");
}

#[test]
fn choices_are_remembered_for_the_chosen_network() {
    let desk = desk(MAIN);
    desk.app().hands.pressed(std::time::Instant::now());
    let shown = desk.call("choose_network", json!({"network": "signet"})).unwrap();
    assert_eq!(shown, json!({"type": "firstStart", "network": "signet"}));
    let patch = json!({"patch": {"unit": "btc", "sourceUrls": [" http://127.0.0.1:9 ", "ssl://node.example:50002"]}});
    let settings = desk.call("update_settings", patch).unwrap();
    assert_eq!(
        (&settings["unit"], &settings["sourceUrls"]),
        (&json!("btc"), &json!(["http://127.0.0.1:9", "ssl://node.example:50002"]))
    );
    // No wallet is open that could keep the password.
    let patch = json!({"patch": {"sourceUrls": ["bitcoind://me:secret@127.0.0.1:8332"]}});
    assert_eq!(desk.code("update_settings", patch), "not_understood");
    let settings = desk.call("update_settings", json!({"patch": {"sourceUrls": []}})).unwrap();
    assert_eq!(settings["sourceUrls"], settings["defaultSourceUrls"]);
}

/// Without a restart. The vault keeps the password of a server, the preferences do not.
#[test]
fn another_chain_source_counts_at_once_and_a_refused_one_changes_nothing() {
    let (desk, elsewhere) = (desk(MAIN), tempfile::tempdir().unwrap());
    desk.app().hands.pressed(std::time::Instant::now());
    let chain = block_on(start_practice(elsewhere.path().join("chain"))).unwrap();
    let uses = |urls: Value| desk.call("update_settings", json!({"patch": {"sourceUrls": urls}}));
    let source = || desk.call("health", json!({})).unwrap()["source"].clone();
    let syncs = || block_on(desk.app().wallet().unwrap().sync());
    let sync = || desk.call("snapshot", json!({})).unwrap()["sync"]["type"].clone();
    desk.call("choose_network", json!({"network": "regtest"})).unwrap();
    uses(json!(["http://127.0.0.1:9"])).unwrap();
    desk.call("create", json!({"request": {"network": "regtest", "password": null}})).unwrap();
    syncs();
    assert_eq!((source(), sync()), (json!("http://127.0.0.1:9"), json!("offline")));

    let chosen = json!([chain.url()]);
    assert_eq!(uses(chosen.clone()).unwrap()["sourceUrls"], chosen);
    syncs();
    assert_eq!((source(), sync()), (json!(chain.url()), json!("ready")));
    for refused in [json!(["gopher://127.0.0.1:9"]), json!([chain.url(), "http://"])] {
        let error = uses(refused).unwrap_err();
        println!("{error}");
        assert_eq!(desk.call("settings", json!({})).unwrap()["sourceUrls"], chosen);
        assert_eq!(source(), json!(chain.url()));
    }
    let secret = json!([chain.url(), "bitcoind://me:secret@127.0.0.1:9"]);
    let shown = uses(secret).unwrap()["sourceUrls"].to_string();
    let kept = std::fs::read_to_string(desk.dir.path().join("prefs.json")).unwrap();
    assert!(kept.contains("bitcoind://me") && !(kept + &shown).contains("secret"));
    syncs();
    assert_eq!((source(), sync()), (json!(chain.url()), json!("ready")));
}

#[test]
fn wrong_words_are_named_by_their_place() {
    let desk = desk(MAIN);
    let words = ["abandon"; 11].join(" ") + " nonsense";
    let ask = json!({"file": "", "peers": "", "suggested": false});
    let request = json!({"request": {"network": "practice", "words": words, "passphrase": null, "password": null, "ask": ask}});
    let error = desk.call("restore", request).unwrap_err();
    assert_eq!((&error["code"], &error["detail"]), (&json!("unknown_word"), &json!(12)));
    assert_eq!(desk.call("app_state", json!({})).unwrap()["network"], "mainnet");
}

#[test]
fn a_practice_wallet_opens_locks_and_opens_again() {
    let desk = desk(MAIN);
    let request = json!({"request": {"network": "practice", "password": "correct horse"}});
    assert_eq!(
        desk.call("create", request.clone()).unwrap(),
        json!({"type": "open", "network": "practice"})
    );
    assert_eq!(desk.code("create", request), "wallet_exists");
    desk.call("practice", json!({"action": {"type": "faucet"}})).unwrap();
    desk.call("practice", json!({"action": {"type": "hubOpens"}})).unwrap();
    desk.call("practice", json!({"action": {"type": "mine", "blocks": 6}})).unwrap();
    let before = desk.call("snapshot", json!({})).unwrap()["balance"].clone();
    assert_eq!(before["totalMsat"], 1_000_000_000);

    assert_eq!(
        desk.call("lock", json!({})).unwrap(),
        json!({"type": "locked", "network": "practice", "running": true})
    );
    assert_eq!(desk.code("snapshot", json!({})), "no_wallet");
    assert_eq!(desk.code("unlock", json!({"password": null})), "wrong_password");
    assert_eq!(desk.call("unlock", json!({"password": "correct horse"})).unwrap()["type"], "open");
    let after = desk.call("snapshot", json!({})).unwrap()["balance"].clone();
    assert_eq!(after["totalMsat"], before["totalMsat"]);
    let channels = desk.call("snapshot", json!({})).unwrap()["channels"]["list"].clone();
    assert_eq!(channels.as_array().unwrap().len(), 1);
    desk.call("lock", json!({})).unwrap();
}

/// What a person looks at is what comes back. Who changes their mind finds the directory free.
#[test]
fn a_lost_wallet_comes_back_as_it_was_shown() {
    let (desk, stick) = (desk(MAIN), tempfile::tempdir().unwrap());
    desk.app().hands.pressed(std::time::Instant::now());
    let chain = block_on(start_practice(stick.path().join("chain"))).unwrap();
    desk.call("choose_network", json!({"network": "regtest"})).unwrap();
    desk.call("update_settings", json!({"patch": {"sourceUrls": [chain.url()]}})).unwrap();
    let create = || json!({"request": {"network": "regtest", "password": null}});
    desk.call("create", create()).unwrap();
    block_on(async {
        let wallet = desk.app().wallet().unwrap();
        chain.faucet(&wallet.address().await.unwrap()).unwrap();
        wallet.sync().await;
    });
    desk.call("choose_copy_place", json!({"place": stick.path()})).unwrap();
    desk.call("copy_now", json!({})).unwrap();
    let words = desk.call("show_words", json!({"password": null})).unwrap()["words"].clone();
    let words: Vec<_> =
        words.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let total = desk.call("snapshot", json!({})).unwrap()["balance"]["totalMsat"].clone();
    assert_eq!(total, 1_000_000_000);
    let loses_it = || {
        block_on(desk.app().close());
        for file in std::fs::read_dir(desk.dir.path().join("regtest")).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if ["vault", "wallet"].iter().any(|kept| name.starts_with(kept)) {
                std::fs::remove_file(path).unwrap();
            }
        }
    };
    let source = json!({"network": "regtest", "words": words.join(" "), "passphrase": null, "place": stick.path()});
    let restore = |generation: &Value| json!({"request": {"source": source, "password": null, "generation": generation}});

    loses_it();
    let looks = || desk.call("preview_restore", json!({"source": source})).unwrap();
    assert_eq!(looks()["totalMsat"], total);
    let generation = looks()["generation"].clone();
    assert_eq!(desk.call("restore_copy", restore(&generation)).unwrap()["type"], "open");
    assert_eq!(desk.call("snapshot", json!({})).unwrap()["balance"]["totalMsat"], total);

    // Another copy was shown in the meantime, or none since the app was started.
    desk.call("copy_now", json!({})).unwrap();
    loses_it();
    assert_eq!(desk.call("restore_copy", restore(&generation)).unwrap()["type"], "open");
    desk.call("copy_now", json!({})).unwrap();
    loses_it();
    looks();
    assert_eq!(desk.call("create", create()).unwrap()["type"], "open");
}

#[test]
fn another_window_has_no_commands() {
    let desk = desk(crate::shop::LABEL);
    assert_eq!(desk.call("settings", json!({})).unwrap_err(), "this window has no commands");
}

#[test]
fn quitting_is_asked_about_once_while_a_channel_depends_on_this_computer() {
    let desk = desk(MAIN);
    let app = desk.app();
    assert!(!app.asks_before_quitting(), "nothing is open");
    let request = json!({"request": {"network": "practice", "password": null}});
    desk.call("create", request).unwrap();
    assert!(!app.asks_before_quitting(), "nothing depends on it");
    desk.call("practice", json!({"action": {"type": "faucet"}})).unwrap();
    desk.call("practice", json!({"action": {"type": "hubOpens"}})).unwrap();
    desk.call("practice", json!({"action": {"type": "mine", "blocks": 6}})).unwrap();
    let safe_off = desk.call("snapshot", json!({})).unwrap()["channels"]["safeOff"].clone();
    assert_eq!(safe_off["risk"], "oldState", "{safe_off}");
    assert!(safe_off["blocks"].as_u64().unwrap() > 600, "{safe_off}");
    assert!(app.asks_before_quitting());
    assert!(!app.asks_before_quitting(), "who closes it again has answered");
    desk.call("quit", json!({"choice": "stay"})).unwrap();
    assert!(app.asks_before_quitting());
    desk.call("quit", json!({"choice": "stay"})).unwrap();
    desk.call("lock", json!({})).unwrap();
    assert!(app.asks_before_quitting(), "the node runs on behind a locked screen");
}

/// What a page could try that somebody else has taken over. The isolation frame's list is tried in `guard.test.mjs`, where
/// windows go in `window`.
#[test]
fn a_page_that_was_taken_over_gets_no_money_and_sees_nothing_without_a_person() {
    let desk = desk(MAIN);
    let request = json!({"request": {"network": "practice", "password": "correct horse"}});
    desk.call("create", request).unwrap();
    desk.call("practice", json!({"action": {"type": "faucet"}})).unwrap();
    desk.call("practice", json!({"action": {"type": "mine", "blocks": 1}})).unwrap();

    // Nobody has clicked: no screen, no clipboard, no word to another server.
    for command in ["scan_screen", "read_clipboard"] {
        assert_eq!(desk.code(command, json!({})), "no_click", "{command}");
    }
    let thief = "https://thief.example/abandon";
    assert_eq!(desk.code("test_source", json!({"url": thief})), "no_click");
    assert_eq!(desk.code("update_settings", json!({"patch": {"sourceUrls": [thief]}})), "no_click");

    // A large payment, and many at once that are small, wait for somebody who agrees outside of the page.
    let thief = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry";
    let other = "bcrt1q2nfxmhd4n3c8834pj72xagvyr9gl57n5r94fsl";
    let quote = |text: &str, sat: u64| {
        let read = desk.call("read_text", json!({"text": text})).unwrap();
        let request = json!({"instructionId": read["id"], "amountMsat": sat * 1000, "speed": {"type": "normal"},
            "everything": false, "comment": null, "quantity": null});
        desk.call("preview", json!({"request": request})).unwrap()["id"].clone()
    };
    assert_eq!(
        desk.refused_in_the_window("pay", json!({"quoteId": quote(thief, 200_000)})),
        "not_confirmed"
    );
    let paid = desk.call("pay", json!({"quoteId": quote(other, 60_000)})).unwrap();
    assert_eq!(
        desk.refused_in_the_window("pay", json!({"quoteId": quote(thief, 60_000)})),
        "not_confirmed"
    );
    let higher = json!({"patch": {"spendLimitSat": 10_000_000}});
    assert_eq!(desk.refused_in_the_window("update_settings", higher), "not_confirmed");
    assert_eq!(desk.call("settings", json!({})).unwrap()["spendLimitSat"], 100_000);
    desk.call("update_settings", json!({"patch": {"spendLimitSat": 10_000}})).unwrap();

    // Nor do a channel with whom the page likes, and a fee as high as it likes.
    let hub =
        desk.call("snapshot", json!({})).unwrap()["channels"]["suggestions"][0]["uri"].clone();
    let channel = json!({"request": {"peer": hub, "amountSat": 300_000}});
    let preview = desk.call("open_preview", channel).unwrap()["id"].clone();
    assert_eq!(
        desk.refused_in_the_window("open_channel", json!({"previewId": preview})),
        "not_confirmed"
    );
    let higher = json!({"request": {"id": paid["id"], "wish": "speedUp",
        "speed": {"type": "custom", "satPerVb": 50}}});
    let bump = desk.call("bump_preview", higher).unwrap()["id"].clone();
    assert_eq!(desk.refused_in_the_window("bump", json!({"quoteId": bump})), "not_confirmed");
    let agreed = [("yes", "password=correct+horse")];
    desk.answered_in_the_window("bump", json!({"quoteId": bump}), &agreed).unwrap();

    // Behind a locked screen there is no wallet for it.
    desk.call("lock", json!({})).unwrap();
    for command in ["snapshot", "health", "practice_log", "other_accounts"] {
        assert_eq!(desk.code(command, json!({})), "no_wallet", "{command}");
    }
    assert_eq!(desk.code("unlock", json!({"password": null})), "wrong_password");
    desk.call("unlock", json!({"password": "correct horse"})).unwrap();
    let movements = desk.call("snapshot", json!({})).unwrap()["movements"].clone();
    let out = movements.as_array().unwrap().iter().filter(|one| one["direction"] == "out");
    assert_eq!(out.count(), 1, "{movements}");
}

#[test]
fn words_count_as_written_down_once_three_of_them_were_said_here() {
    let desk = desk(MAIN);
    let request = json!({"request": {"network": "practice", "password": null}});
    desk.call("create", request).unwrap();
    let prove = |typed: &[&str]| desk.call("prove_words", json!({ "typed": typed }));
    let backed_up = || desk.call("settings", json!({})).unwrap()["wordsBackedUp"].clone();
    assert_eq!(prove(&["abandon"]).unwrap_err()["code"], "stale", "not shown");
    let shown = desk.call("show_words", json!({"password": null})).unwrap();
    let place = |index: usize| usize::try_from(shown["asked"][index].as_u64().unwrap()).unwrap();
    let word = |index: usize| shown["words"][place(index) - 1].as_str().unwrap();
    let wrong = prove(&[word(0), "wrong", word(2)]).unwrap();
    assert_eq!((wrong, backed_up()), (json!([place(1)]), json!(false)));
    let ignored = json!({"patch": {"wordsBackedUp": true}});
    assert_eq!(desk.call("update_settings", ignored).unwrap()["wordsBackedUp"], false);
    let wrong = prove(&[word(0), word(1), word(2)]).unwrap();
    assert_eq!((wrong, backed_up()), (json!([]), json!(true)));
}

#[test]
fn a_person_agrees_with_the_password_in_the_window_that_asks() {
    let desk = desk(MAIN);
    let request = json!({"request": {"network": "practice", "password": "correct horse"}});
    desk.call("create", request).unwrap();
    let higher = json!({"patch": {"spendLimitSat": 10_000_000}});
    let answers =
        [("yes", "password="), ("yes", "password=wrong"), ("yes", "password=correct+horse")];
    let settings = desk.answered_in_the_window("update_settings", higher, &answers).unwrap();
    assert_eq!(settings["spendLimitSat"], 10_000_000);
}
