// What `npm test` runs, in this order. A phase answers how many passed, failed and were skipped.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildApp } from "./build.mjs";
import * as counts from "./counts.mjs";
import { compare, putBack, setAside } from "./gen.mjs";
import { artifacts, chains, root, target } from "./paths.mjs";
import { record } from "./run.mjs";
import { ensureDeny, ensureDriver } from "./setup.mjs";
import { browser } from "./system.mjs";

const cargo = (name, args, count) => () => logged(name, "cargo", args, count);
const npm = (name, script, count) => () => logged(name, "npm", ["run", "--silent", script], count);

/** Disks that are lost, and a copy that is believed. */
const LOST = [["--lose-disk", "3", "--seed", "3"], ["--lose-disk", "8", "--seed", "2", "--control", "copy-believed"]];

/** @type {Map<string, () => Promise<{ passed: number, failed: number, skipped: string[], output: string }>>} */
export const PHASES = new Map([
  ["fmt", cargo("fmt", ["fmt", "--all", "--check"], counts.one)],
  ["clippy", cargo("clippy", ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"], counts.one)],
  ["rust", rust],
  ["crash", crashes("crash", [["--kills", "60", "--seed", "1"], ["--kills", "40", "--seed", "1", "--control", "gate-off"], ...LOST])],
  ["power", crashes("power", [["--power", "40"]])],
  ["gen", gen],
  ["deny", deny],
  ["scripts", () => logged("scripts", "node", ["--test", ...tests("scripts/lib")], counts.node)],
  ["svelte-check", npm("svelte-check", "check:ui", counts.one)],
  ["eslint", npm("eslint", "lint", counts.one)],
  ["vitest", npm("vitest", "test:ui", counts.vitest)],
  ["qr", () => logged("qr", "node", ["scripts/bench.mjs", "qr", "--each", "2"], counts.one)],
  ["browser", () => logged("browser", "npm", ["run", "--silent", "test:browser"], browserCount, { CHROMIUM: browser() })],
  ["desktop", desktop],
]);

/** Which types the last Rust tests wrote differently; `null` before they ran. */
let changedTypes = null;

async function rust() {
  const kept = setAside();
  const interrupted = () => {
    putBack(kept);
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    rmSync(chains, { recursive: true, force: true });
    const args = ["test", "--locked", "--workspace", "--no-fail-fast"];
    return await logged("rust", "cargo", args, counts.cargo, { STORY_CHAINS: chains });
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    changedTypes = compare(kept);
  }
}

/** Runs of `npm run crash`: kills of which none loses anything, an order of the commit that is broken and found, lost disks, power cuts. */
function crashes(name, runs) {
  return async () => {
    if (process.platform !== "linux") return skip("aimed and recorded with strace");
    const total = { passed: 0, failed: 0, skipped: [], output: "" };
    for (const args of runs) {
      const result = await logged(name, "node", ["scripts/crash.mjs", ...args], counts.one);
      total.passed += result.passed;
      total.failed += result.failed;
      total.output += result.output;
    }
    return total;
  };
}

function skip(what) {
  return { passed: 0, failed: 0, skipped: [what], output: "" };
}

async function gen() {
  if (changedTypes === null) await rust();
  const output = changedTypes
    .map((name) => `ui/src/lib/ipc/gen/${name} is not what the Rust types say: commit the new one\n`)
    .join("");
  return { ...counts.one(changedTypes.length), output };
}

async function deny() {
  const binary = await ensureDeny();
  return logged("deny", binary, ["--locked", "check", "bans", "licenses", "sources"], counts.one);
}

async function desktop() {
  if (process.platform !== "linux") return skip("driven by the web view's WebDriver");
  const driver = await ensureDriver();
  const log = logOf("desktop");
  const app = await buildApp(async (program, args) => {
    const { code, output } = await record(log, program, args);
    if (code !== 0) throw new Failed(output);
  });
  const search = ["build", "--locked", "--workspace", "--bin", "story-search"];
  const { code, output } = await record(log, "cargo", search);
  if (code !== 0) throw new Failed(output);
  const tools = { FULMEN_APP: app, TAURI_DRIVER: driver, STORY_SEARCH: join(target, "debug", "story-search") };
  const args = ["--test", "--test-concurrency=1", ...tests("tests/desktop")];
  return logged("desktop", "node", args, counts.node, tools);
}

/** The test files of a folder; what a folder means to `node --test` differs between versions. */
function tests(folder) {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".test.mjs"));
  return names.sort().map((name) => join(folder, name));
}

/** The browser tests may use node's runner or print the plain closing line. */
function browserCount(code, output) {
  const byNode = /^(?:#|ℹ) pass \d+$/m.test(output);
  return (byNode ? counts.node : counts.plain)(code, output);
}

/** A step of a phase failed before it had tests to count. */
export class Failed extends Error {
  constructor(output) {
    super("the build failed");
    this.output = output;
  }
}

async function logged(name, program, args, count, env) {
  const { code, output } = await record(logOf(name), program, args, env);
  return { ...count(code, output), output };
}

export function logOf(name) {
  return join(artifacts, "test", `${name}.log`);
}

