// npm test: sets up what is missing and runs everything. `npm test -- --only rust,clippy` runs some phases.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { excerpt } from "./lib/excerpt.mjs";
import { artifacts } from "./lib/paths.mjs";
import { Failed, logOf, PHASES } from "./lib/phases.mjs";
import { program, Stop } from "./lib/run.mjs";
import { ensureNodeModules } from "./lib/setup.mjs";
import { notAllowed } from "./lib/skips.mjs";
import { ensureSystem } from "./lib/system.mjs";
import { checkVersions } from "./lib/versions.mjs";

const WITHOUT_NPM = ["fmt", "clippy", "rust", "crash", "power", "gen", "deny", "scripts"];

await program(async () => {
  checkVersions();
  const names = chosen(process.argv.slice(2));
  rmSync(join(artifacts, "test"), { recursive: true, force: true });
  await timed("setup", async () => {
    await ensureSystem(["build", "run", "test", "trace"]);
    if (names.some((name) => !WITHOUT_NPM.includes(name))) await ensureNodeModules();
  });
  const total = { passed: 0, failed: 0, skipped: [] };
  for (const name of names) {
    const result = await timed(name, () => attempt(PHASES.get(name)));
    if (result.failed > 0) tell(name, result.output);
    total.passed += result.passed;
    total.failed += result.failed;
    total.skipped.push(...result.skipped.map((test) => `${name}: ${test}`));
  }
  return close(total);
});

function chosen(args) {
  if (args.length === 0) return [...PHASES.keys()];
  const names = args[0] === "--only" ? (args[1] ?? "").split(",") : [];
  if (names.length === 0 || names.some((name) => !PHASES.has(name))) {
    throw new Stop(`Use --only with some of: ${[...PHASES.keys()].join(",")}.`);
  }
  return names;
}

/** A phase that cannot even start has failed; the others still run. */
async function attempt(phase) {
  try {
    return await phase();
  } catch (error) {
    if (!(error instanceof Stop) && !(error instanceof Failed)) throw error;
    return { passed: 0, failed: 1, skipped: [], output: error.output ?? `${error.message}\n` };
  }
}

async function timed(name, work) {
  process.stdout.write(`phase ${name} … `);
  const start = performance.now();
  const result = await work();
  const figures = result ? ` (${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped)` : "";
  process.stdout.write(`${((performance.now() - start) / 1000).toFixed(1)} seconds${figures}\n`);
  return result;
}

function tell(name, output) {
  process.stdout.write(`${excerpt(output).map((line) => `  ${line}\n`).join("")}  (all of it: ${logOf(name)})\n`);
}

function close(total) {
  const refused = process.env.CI === "true" ? notAllowed(total.skipped) : [];
  for (const name of refused) process.stdout.write(`skipped without a reason in tests/allowed-skips.txt: ${name}\n`);
  const failed = total.failed + refused.length;
  const skipped = total.skipped.length - refused.length;
  process.stdout.write(`${total.passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed > 0 ? 1 : 0;
}
