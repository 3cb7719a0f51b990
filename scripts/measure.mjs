// npm run measure: the figures of the release, each with how it was measured. The package is unpacked into a folder of its
// own and played on a display of its own (Linux); nothing is installed.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildDeb } from "./lib/build.mjs";
import { root } from "./lib/paths.mjs";
import { logOf } from "./lib/phases.mjs";
import { program, record, Stop } from "./lib/run.mjs";
import { ensureDriver, ensureNodeModules } from "./lib/setup.mjs";
import { ensureSystem } from "./lib/system.mjs";
import { checkVersions } from "./lib/versions.mjs";

const COFFEES = 50;
const STARTS = 10;
const LONGEST_FILES = "git ls-files '*.rs' '*.ts' '*.svelte' | grep -v -e tests/ -e /gen/ | xargs wc -l | sort -n | tail";

await program(async () => {
  checkVersions();
  if (process.platform !== "linux") throw new Stop("Measuring needs Linux: there is no WebDriver for the web view elsewhere.");
  await ensureSystem(["build", "run", "test"]);
  await ensureNodeModules();
  process.env.TAURI_DRIVER = await ensureDriver();
  process.stderr.write("Building the release; this takes some minutes the first time …\n");
  const deb = await buildDeb(async (name, args) => {
    const { code, output } = await record(logOf("measure-build"), name, args);
    if (code !== 0) throw new Stop(`The release could not be built:\n${output.slice(-4000)}`);
  });
  say(`${basename(deb)}: ${grouped(statSync(deb).size)} bytes`);
  const folder = mkdtempSync(join(tmpdir(), "fulmen-measure-"));
  try {
    run("dpkg-deb", ["-x", deb, join(folder, "deb")]);
    process.env.FULMEN_APP = join(folder, "deb", "usr", "bin", "fulmen");
    await play(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  say(LONGEST_FILES);
  say(run("bash", ["-c", LONGEST_FILES]).trimEnd());
  return 0;
});

async function play(folder) {
  const { begin, coffee, restart } = await import("../tests/desktop/measure.mjs");
  const world = await begin(join(folder, "pictures"));
  try {
    const paid = await times(COFFEES, () => coffee(world));
    say(`click → "Paid", ${COFFEES} coffees pasted in practice mode: p50 ${at(paid, 50)} ms, p95 ${at(paid, 95)} ms, most ${at(paid, 100)} ms`);
    say("  in the page: performance.now() at the button's click event → a MutationObserver that sees the word");
    const starts = await times(STARTS, () => restart(world));
    say(`exec → Home with its balance, ${STARTS} starts in practice mode: p50 ${at(starts, 50)} ms, most ${at(starts, 100)} ms`);
    say("  /proc/PID/stat (to 10 ms) → the page's mark in the frame after Home was painted; Hub and Shop start in the same process");
  } finally {
    await world.close();
  }
}

/** What `measure` answers each time, smallest first. */
async function times(count, measure) {
  const all = [];
  for (let i = 0; i < count; i += 1) all.push(await measure());
  return all.sort((a, b) => a - b);
}

/** The nearest rank. */
function at(sorted, percent) {
  return Math.round(sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]);
}

function run(name, args) {
  const done = spawnSync(name, args, { cwd: root, encoding: "utf8" });
  if (done.status !== 0) throw new Stop(`${name} ${args.join(" ")}: ${done.error?.message ?? done.stderr}`);
  return done.stdout;
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, " ");
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
