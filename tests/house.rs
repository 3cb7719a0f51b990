//! What the house promises of itself, read from its own files: `ARCHITECTURE.md` names each of these as the check of an
//! invariant.

#[path = "house/imports.rs"]
mod imports;

use imports::{Crate, circles};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that hold what others made.
const NOT_OURS: [&str; 6] = ["gen", "node_modules", "target", "dist", "artifacts", "mock"];

/// LDK's types name ours, and ours name LDK's: its objects are generic over each other.
const LDK_KNOT: [&str; 8] = [
    "node/durable/encode",
    "node/durable/inline",
    "node/durable/persister",
    "node/durable/watch",
    "node/gate",
    "node/gate/onion",
    "node/routes",
    "node/types",
];

/// Which rooms of the engine a room may import, from the vocabulary up to the door. `core` and `previews` hold what the rooms
/// below have for state, so every room with verbs may name them; no state may, which is what the circles show.
const ROOMS: [(&str, &str); 38] = [
    ("amount", ""),
    ("error", ""),
    ("files", ""),
    ("locked", ""),
    ("logger", ""),
    ("probe", ""),
    ("task", ""),
    ("time", ""),
    ("http", "time"),
    ("network", ""),
    ("fiat", "amount time"),
    ("keys", "error files network"),
    ("view", "amount error fiat keys network time"),
    ("payment", "amount error fiat time view"),
    ("event", "amount payment view"),
    ("uri", "amount error keys view"),
    ("store", "error files keys"),
    ("rates", "amount error fiat http network store time view"),
    ("copy", "error event files http keys network store task time view"),
    ("witness", "keys network store time"),
    ("chain", "error http logger network time view"),
    ("bip353", "error http time uri"),
    ("lnurl", "amount error http payment store uri view"),
    ("onchain", "amount chain error keys payment store time uri view"),
    ("config", "amount chain http keys onchain probe view"),
    ("status", "chain error event http time view"),
    (
        "node",
        "amount chain config error locked logger onchain payment probe store time uri view witness",
    ),
    ("peers", "config core error node store uri view"),
    (
        "payments",
        "amount chain config core error event lnurl node onchain payment previews rates status store time uri view",
    ),
    ("contacts", "amount core error event payment payments store time uri view"),
    (
        "links",
        "amount bip353 core error http lnurl payment payments previews status task time uri view",
    ),
    (
        "channels",
        "amount chain config core error event files node onchain payment payments peers previews status store time view witness",
    ),
    (
        "other_accounts",
        "amount chain core error keys node onchain payment payments previews status store time view",
    ),
    (
        "lost_channels",
        "amount chain config core error event files keys node onchain other_accounts peers status store time uri view",
    ),
    (
        "ledger",
        "amount channels contacts core error event fiat lnurl node onchain payment payments peers previews status time uri view",
    ),
    (
        "run",
        "amount chain channels config core error event http ledger node onchain payment payments probe status store task time view",
    ),
    (
        "wallet",
        "amount bip353 chain channels config contacts copy core error event fiat files http keys ledger links lnurl locked logger lost_channels node onchain other_accounts payment payments peers previews rates run status store task time uri view witness",
    ),
    (
        "fuzz",
        "bip353 chain contacts copy lnurl lost_channels node onchain other_accounts payment payments peers rates store uri wallet witness",
    ),
];

/// They hold what others have for state.
const HOLDERS: [&str; 2] = ["core", "previews"];

#[test]
fn no_files_import_each_other_in_a_circle() {
    for folder in ["src-tauri/engine/src", "src-tauri/practice/src", "src-tauri/src"] {
        let imports = crate_at(folder).imports();
        let all = circles(&imports);
        let arrows: usize = imports.values().map(BTreeSet::len).sum();
        // For whoever wants to see them: `cargo test --test house circle -- --nocapture`.
        eprintln!("{folder}: {} files, {arrows} imports, circles: {all:#?}", imports.len());
        for circle in all {
            let knot = circle.iter().all(|file| LDK_KNOT.contains(&file.as_str()));
            assert!(knot || circle.len() == 2, "{folder}: {circle:?}");
            assert!(!circle.contains("core"), "what Core holds names Core: {circle:?}");
        }
    }
}

#[test]
fn a_room_imports_only_rooms_below_it() {
    let table: BTreeMap<String, BTreeSet<String>> = ROOMS
        .iter()
        .map(|(room, below)| {
            let below = below.split(' ').filter(|one| !one.is_empty() && !HOLDERS.contains(one));
            ((*room).to_owned(), below.map(str::to_owned).collect())
        })
        .collect();
    assert!(circles(&table).is_empty(), "the table has circles: {:?}", circles(&table));
    for (room, named) in crate_at("src-tauri/engine/src").rooms() {
        if HOLDERS.contains(&room.as_str()) {
            continue;
        }
        let row = ROOMS.iter().find(|(name, _)| *name == room);
        let (_, allowed) = row.unwrap_or_else(|| panic!("{room} is not in the table of rooms"));
        for other in named {
            let is_allowed = allowed.split(' ').any(|one| one == other);
            assert!(is_allowed, "{room} may not import {other}");
        }
    }
}

/// Nothing but the table tells networks apart by name or names a server of ours, so that no value of a test network is where
/// real money is. The practice network is in this process, and somebody has to start it; a first start is with real money. LDK
/// derives its keys below one prefix on every network.
#[test]
fn networks_are_told_apart_in_one_table() {
    let allowed = [
        "payments.rs: Network::Testnet",
        "open.rs: NetworkId::Practice",
        "prefs.rs: NetworkId::Mainnet",
    ];
    let mut found = Vec::new();
    for folder in ["src-tauri/engine/src", "src-tauri/src"] {
        for (path, text) in sources(folder, &["rs"]) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let below = path.strip_prefix(root()).expect("a file of this repository");
            let within = |folder: &str| below.components().any(|c| c.as_os_str() == folder);
            let in_tests = name.ends_with("tests.rs") || within("tests");
            // What the fuzzers feed is in no wallet that is shipped.
            let in_fuzz = name == "fuzz.rs" || within("fuzz");
            if in_tests || in_fuzz || path.ends_with("engine/src/network.rs") {
                continue;
            }
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            for named in lines.flat_map(named_networks) {
                found.push(format!("{name}: {named}"));
            }
        }
    }
    assert_eq!(found, allowed);
}

/// `NetworkId::Mainnet`, `Network::Bitcoin`, and addresses of servers.
fn named_networks(line: &str) -> Vec<String> {
    let capital =
        |rest: &str| rest.chars().nth(1).is_some_and(|second| second.is_ascii_lowercase());
    let mut named = Vec::new();
    for door in ["NetworkId::", "Network::", "NetworkKind::"] {
        for (at, _) in line.match_indices(door) {
            let before = line[..at].chars().last().is_some_and(|c| c.is_alphanumeric());
            let rest: String =
                line[at + door.len()..].chars().take_while(|c| c.is_alphanumeric()).collect();
            let is_variant = rest.starts_with(|c: char| c.is_ascii_uppercase()) && capital(&rest);
            if is_variant && !before {
                named.push(format!("{door}{rest}"));
            }
        }
    }
    named.extend(line.contains("\"https://").then(|| "an address".to_owned()));
    named
}

/// The shell opens every wallet that people have; tests may do as they like.
#[test]
fn only_practice_may_ask_this_computer_for_a_handed_text() {
    let fills = "let local = practice.map(PracticeNetwork::local).unwrap_or_default();";
    let mut named = Vec::new();
    for (path, text) in sources("src-tauri/src", &["rs"]) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let lines = text.lines().map(str::trim);
        let about = lines.filter(|line| line.contains("local:") || line.contains("Local"));
        named.extend(about.map(|line| format!("{name}: {line}")));
        assert_eq!(text.contains(fills), name == "open.rs", "{name}");
    }
    assert_eq!(named, Vec::<String>::new());
}

#[test]
fn core_has_methods_in_its_own_file_alone() {
    for (path, text) in sources("src-tauri/engine/src", &["rs"]) {
        let is_core = path.ends_with("engine/src/core.rs");
        assert!(is_core || !text.contains("impl Core "), "{} has impl Core", path.display());
    }
}

#[test]
fn the_engine_does_not_depend_on_tauri() {
    let lock = read("Cargo.lock");
    let packages = dependencies(&lock);
    assert!(reachable(&packages, "fulmen").contains("tauri"), "the lock file is not understood");
    for start in ["fulmen-engine", "fulmen-practice"] {
        let reached = reachable(&packages, start);
        assert!(reached.contains("lightning"), "the lock file is not understood");
        let windows: Vec<_> = reached.iter().filter(|name| name.starts_with("tauri")).collect();
        assert!(windows.is_empty(), "{start} depends on {windows:?}");
    }
}

#[test]
fn the_registered_commands_are_exactly_the_listed_ones() {
    let listed: BTreeSet<String> = read("tests/fixtures/commands.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let shell = sources("src-tauri/src", &["rs"]);
    let registered: BTreeSet<String> = shell.values().flat_map(|text| handlers(text)).collect();
    let written: BTreeSet<String> = shell.values().flat_map(|text| commands(text)).collect();
    let called: BTreeSet<String> = invoked(&read("ui/src/lib/ipc/ipc.ts"));
    assert_eq!(registered, listed, "generate_handler! and tests/fixtures/commands.txt");
    assert_eq!(written, listed, "#[tauri::command] and tests/fixtures/commands.txt");
    assert_eq!(called, listed, "ipc.ts and tests/fixtures/commands.txt");
}

/// The frame that every call of the page passes lets through what is listed, and Tauri's own three.
#[test]
fn the_isolation_frame_knows_the_commands() {
    let script = read("src-tauri/isolation/isolation.js");
    let (_, list) = script.split_once("const commands = {\n").expect("its list");
    let (list, _) = list.split_once("\n  };").expect("the end of its list");
    let indented = list.lines().filter_map(|line| line.strip_prefix("    "));
    let known: BTreeSet<String> = indented
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let listed: BTreeSet<String> = read("tests/fixtures/commands.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    assert_eq!(known, listed, "src-tauri/isolation/isolation.js and tests/fixtures/commands.txt");
}

#[test]
fn the_page_calls_nothing_outside_ipc() {
    let doors = [
        "@tauri-apps/",
        "__TAURI",
        "ipc://",
        "ipc.localhost",
        "fetch(",
        "XMLHttpRequest",
        "WebSocket(",
    ];
    for (path, text) in sources("ui/src", &["ts", "svelte", "js"]) {
        if path.ends_with("lib/ipc/ipc.ts") {
            assert!(text.contains("@tauri-apps/"), "the door has moved");
            continue;
        }
        for door in doors {
            // The pretend shell stands on the other side, and calls the isolation frame as Tauri does.
            let allowed =
                ["@tauri-apps/", "__TAURI"].contains(&door) && path.ends_with("lib/ipc/mock.ts");
            assert!(allowed || !text.contains(door), "{} has {door}", path.display());
        }
    }
}

#[test]
fn the_shell_keeps_the_engines_persistence() {
    for (path, text) in sources("src-tauri/src", &["rs"]) {
        for word in ["Persistence", "persistence", "probe:"] {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn what_people_get_is_built_without_the_features_of_tests() {
    let shipped = engine_features(&["--package", "fulmen", "--all-features"]);
    assert!(shipped.iter().all(|features| features == "[]"), "{shipped:?}");
    let tested = engine_features(&["--workspace"]);
    assert!(tested.iter().any(|features| features == "[test-util]"), "{tested:?}");
}

/// With which features cargo would build the engine, dev-dependencies left out.
fn engine_features(selection: &[&str]) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "[{f}] {p}"])
        .args(selection)
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let features: Vec<_> = String::from_utf8(tree.stdout)
        .expect("text")
        .lines()
        .filter(|line| line.contains(" fulmen-engine "))
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    assert!(!features.is_empty(), "cargo's answer is not understood");
    features
}

#[test]
fn only_the_capability_file_opens_doors() {
    let folder = root().join("src-tauri/capabilities");
    let files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["main.json"], "one window has a capability, the shop has none");
    let capability: serde_json::Value =
        serde_json::from_str(&read("src-tauri/capabilities/main.json")).unwrap();
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    for permission in capability["permissions"].as_array().unwrap() {
        let name = permission.as_str().unwrap();
        let open =
            ["http:", "fs:", "shell:", "opener:"].iter().any(|plugin| name.starts_with(plugin));
        assert!(!open, "the page may not have {name}");
    }
}

#[test]
fn nothing_breaks_the_orders_by_itself() {
    for manifest in ["Cargo.toml", "src-tauri/engine/Cargo.toml", "src-tauri/practice/Cargo.toml"] {
        let text = read(manifest);
        let uses: Vec<_> = text.lines().filter(|line| line.contains("broken-orders")).collect();
        let declared = if manifest.contains("engine") { &["broken-orders = []"][..] } else { &[] };
        assert_eq!(uses, declared, "{manifest}");
        assert!(!text.contains("default = ["), "{manifest} has default features");
    }
    let stories = read("tests/Cargo.toml");
    assert!(stories.contains("broken-orders = [\"fulmen-engine/broken-orders\"]"));
    assert!(!stories.contains("default = ["), "the stories have default features");
    // Release packages and the desktop app are built by scripts; one of them alone may ask for it.
    let asking: Vec<_> = sources("scripts", &["mjs"])
        .into_iter()
        .filter(|(_, text)| text.contains("broken-orders"))
        .map(|(path, _)| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(asking, ["crash.mjs"]);
}

/// The names in `generate_handler![…]`, without their paths.
fn handlers(text: &str) -> Vec<String> {
    let Some(start) = text.find("generate_handler![") else { return Vec::new() };
    let inside = &text[start + "generate_handler![".len()..];
    let inside = &inside[..inside.find(']').expect("the list is closed")];
    let lines = inside.lines().map(|line| line.split("//").next().unwrap_or_default());
    let names: String = lines.collect::<Vec<_>>().join(" ");
    names
        .split(',')
        .filter_map(|name| name.trim().rsplit("::").next().map(str::to_owned))
        .filter(|name| !name.is_empty())
        .collect()
}

/// The functions under `#[tauri::command]`.
fn commands(text: &str) -> Vec<String> {
    text.split("#[tauri::command").skip(1).filter_map(function_name).collect()
}

fn function_name(text: &str) -> Option<String> {
    let after = &text[text.find("fn ")? + 3..];
    Some(after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

/// The names in `invoke<…>("name"`.
fn invoked(text: &str) -> BTreeSet<String> {
    text.split("invoke<")
        .skip(1)
        .filter_map(|rest| rest.split_once(">(\"").and_then(|(_, tail)| tail.split('"').next()))
        .map(str::to_owned)
        .collect()
}

/// Name → names it depends on. Versions are left out: a name is enough to be refused.
fn dependencies(lock: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let name =
            quoted(package.lines().find(|line| line.starts_with("name = ")).unwrap_or_default());
        let needs = package.lines().filter(|line| line.starts_with(" \""));
        let needs = needs.filter_map(|line| quoted(line).split(' ').next().map(str::to_owned));
        all.entry(name.to_owned()).or_default().extend(needs);
    }
    all
}

fn quoted(line: &str) -> &str {
    line.split('"').nth(1).unwrap_or_default()
}

fn reachable(packages: &BTreeMap<String, BTreeSet<String>>, start: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start.to_owned()];
    while let Some(name) = open.pop() {
        if reached.insert(name.clone()) {
            open.extend(packages.get(&name).into_iter().flatten().cloned());
        }
    }
    reached
}

fn crate_at(folder: &str) -> Crate {
    Crate::read(&root().join(folder), &sources(folder, &["rs"]))
}

/// Every file below `folder` with one of these endings.
fn sources(folder: &str, endings: &[&str]) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root().join(folder)];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(&path).expect("a folder of this repository") {
            let path = entry.expect("a readable folder").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !NOT_OURS.contains(&name) {
                open.push(path);
            } else if endings.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
                let text = fs::read_to_string(&path).expect("a text file");
                found.insert(path, text);
            }
        }
    }
    assert!(!found.is_empty(), "{folder} is empty");
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
