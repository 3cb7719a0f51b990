// The built app, and whether it is out of date.
import { createHash } from "node:crypto";
import { copyFileSync, constants, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { app, root, target } from "./paths.mjs";
import { ask } from "./run.mjs";

const INPUTS = [
  ...["Cargo.toml", "Cargo.lock", ".cargo", "src-tauri", "tauri.conf.json", "icons"],
  ...["package.json", "package-lock.json", "ui"],
];

/** The arguments of the one build that start, test and desktop share. */
export const BUILD = ["--no-install", "tauri", "build", "--debug", "--no-bundle"];

/** Builds the app if an input changed. `run(program, args)` starts the build and throws when it fails. */
export async function buildApp(run) {
  const stamp = `${app}.stamp`;
  const wanted = fingerprint();
  if (existsSync(app) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return app;
  await run("npx", BUILD);
  mkdirSync(dirname(app), { recursive: true });
  rmSync(app, { force: true });
  copyFileSync(join(target, "debug", basename(app)), app, constants.COPYFILE_FICLONE);
  writeFileSync(stamp, wanted);
  return app;
}

/** Builds the release, such that a WebDriver may drive it, and packs it; the package's path. `run(program, args)` as above. */
export async function buildDeb(run) {
  const folder = join(target, "release", "bundle", "deb");
  rmSync(folder, { recursive: true, force: true });
  await run("npx", ["--no-install", "tauri", "build", "--bundles", "deb", "--features", "automation"]);
  const [name] = readdirSync(folder).filter((entry) => entry.endsWith(".deb"));
  return join(folder, name);
}

/** Of every file that the build reads, and of the compiler. */
export function fingerprint() {
  const hash = createHash("sha256").update(ask("rustc", "--version") ?? "");
  for (const file of INPUTS.flatMap((name) => files(join(root, name)))) {
    hash.update(`\0${file.slice(root.length)}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function files(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOTDIR") return [path];
    if (error.code === "ENOENT") return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.name !== "gen" && entry.name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => files(join(path, entry.name)));
}
