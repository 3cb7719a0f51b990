// Every call of the page passes here before it reaches Rust. Rust checks again; this only keeps other frames out.
window.__TAURI_ISOLATION_HOOK__ = (payload) => payload;
