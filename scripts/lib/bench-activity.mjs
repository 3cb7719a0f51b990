// npm run bench -- activity [--json]: what a wallet with a long history costs, beside an empty one. With --json one object on
// standard output; what is for a person goes to standard error.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache, target } from "./paths.mjs";
import { show, Stop } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

export async function bench(given) {
  if (process.platform !== "linux") throw new Stop("The bench needs Linux: it reads a process's memory from /proc.");
  await ensureSystem(["build"]);
  const build = ["build", "--locked", "--release", "--workspace", "--bin", "bench", "--bin", "bench-node"];
  await show("The bench could not be built", "cargo", build);
  mkdirSync(join(cache, "bench"), { recursive: true });
  const dir = mkdtempSync(join(cache, "bench", "activity-"));
  try {
    await show("The bench failed", join(target, "release", "bench"), ["activity", "--dir", dir, ...given], {}, "inherit");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return 0;
}
