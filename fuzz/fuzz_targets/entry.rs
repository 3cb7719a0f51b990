//! Every fuzzer: what is fed is the engine's entry of this program's name. What must hold is said there.

#![no_main]

use fulmen_engine::fuzz::{ENTRIES, Entry};
use std::sync::LazyLock;

static ENTRY: LazyLock<Entry> = LazyLock::new(|| {
    let (_, entry) = ENTRIES
        .iter()
        .find(|(name, _)| *name == env!("CARGO_BIN_NAME"))
        .expect("each program has the name of an entry");
    *entry
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| ENTRY(data));
