// Where things are. Everything that may be thrown away lives under FULMEN_CACHE.
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

const standard =
  process.platform === "darwin"
    ? join(homedir(), "Library", "Caches", "fulmen")
    : join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fulmen");

export const cache = process.env.FULMEN_CACHE || standard;
export const target = process.env.CARGO_TARGET_DIR || join(cache, "target");

/** Cargo writes `target/debug/fulmen` for `cargo test` too, so the built app is kept apart. */
export const app = join(target, "app", process.platform === "win32" ? "fulmen.exe" : "fulmen");

/** Logs and pictures of a test run. */
export const artifacts = join(root, "artifacts");

/** What the stories mined, for `npm run interop` to show to bitcoind. */
export const chains = join(artifacts, "chains");

/** No question may be asked. */
export const unattended =
  process.env.CI === "true" || !process.stdin.isTTY || !process.stdout.isTTY;

/** What every program we start is given. */
export function environment() {
  const env = { ...process.env, CARGO_TARGET_DIR: target, FULMEN_CACHE: cache };
  if (process.env.CI === "true") env.CARGO_INCREMENTAL = "0";
  return env;
}
