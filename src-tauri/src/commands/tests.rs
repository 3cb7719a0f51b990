//! The doors as the page finds them, on a pretend window.

use crate::window::{MAIN, manage, with_doors};
use serde_json::{Value, json};
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
    _dir: TempDir,
}

fn desk(label: &str) -> Desk {
    let dir = tempfile::tempdir().unwrap();
    let app = with_doors(mock_builder()).build(mock_context(noop_assets())).unwrap();
    manage(app.handle(), dir.path().to_owned());
    let window =
        WebviewWindowBuilder::new(&app, label, tauri::WebviewUrl::default()).build().unwrap();
    Desk { window, _app: app, _dir: dir }
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
    let shown = desk.call("choose_network", json!({"network": "signet"})).unwrap();
    assert_eq!(shown, json!({"type": "firstStart", "network": "signet"}));
    let patch = json!({"patch": {"unit": "btc", "sourceUrl": " http://127.0.0.1:9 "}});
    let settings = desk.call("update_settings", patch).unwrap();
    assert_eq!(
        (&settings["unit"], &settings["sourceUrl"]),
        (&json!("btc"), &json!("http://127.0.0.1:9"))
    );
    let settings = desk.call("update_settings", json!({"patch": {"sourceUrl": ""}})).unwrap();
    assert_eq!(settings["sourceUrl"], settings["defaultSourceUrls"][0]);
}

#[test]
fn wrong_words_are_named_by_their_place() {
    let desk = desk(MAIN);
    let words = ["abandon"; 11].join(" ") + " nonsense";
    let request = json!({"request": {"network": "practice", "words": words, "passphrase": null, "password": null}});
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
        json!({"type": "locked", "network": "practice"})
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

#[test]
fn another_window_has_no_commands() {
    let desk = desk(crate::shop::LABEL);
    assert_eq!(desk.call("settings", json!({})).unwrap_err(), "this window has no commands");
}

#[test]
fn quitting_is_asked_about_once_while_a_channel_depends_on_this_computer() {
    let desk = desk(MAIN);
    let app = desk.window.state::<std::sync::Arc<crate::app::App>>().inner().clone();
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
    assert!(!app.asks_before_quitting());
}
