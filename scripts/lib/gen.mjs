// The page's generated types: the Rust tests write them; they must be what is committed.
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./paths.mjs";

const folder = join(root, "ui", "src", "lib", "ipc", "gen");

/** Takes the types away, so that a type that is gone cannot stay behind. */
export function setAside() {
  const kept = mkdtempSync(join(tmpdir(), "fulmen-gen-"));
  if (existsSync(folder)) cpSync(folder, kept, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  return kept;
}

/** Puts them back; answers the names of those that the Rust side writes differently. */
export function compare(kept) {
  const before = contents(kept);
  const after = contents(folder);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const changed = names.filter((name) => before.get(name) !== after.get(name));
  if (after.size === 0) putBack(kept);
  rmSync(kept, { recursive: true, force: true });
  return changed;
}

/** As if nothing had happened: the tests were interrupted or did not compile. */
export function putBack(kept) {
  cpSync(kept, folder, { recursive: true });
}

function contents(path) {
  if (!existsSync(path)) return new Map();
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(entries.map((entry) => [entry.name, readFileSync(join(entry.parentPath ?? entry.path, entry.name), "utf8")]));
}
