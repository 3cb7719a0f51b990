// npm run bench -- restore [--json]: what it costs to come back with a history, from words and copy and from the words alone,
// beside ldk-node from the same words. With --json one object on standard output; what is for a person goes to standard error.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./bench-pay.mjs";
import { cache, target } from "./paths.mjs";
import { show, Stop } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

export async function bench(given) {
  if (process.platform !== "linux") throw new Stop("The bench needs Linux: it reads a process's memory from /proc.");
  await ensureSystem(["build"]);
  const { ldkNode } = await build(false);
  mkdirSync(join(cache, "bench"), { recursive: true });
  const dir = mkdtempSync(join(cache, "bench", "restore-"));
  try {
    const args = ["restore", "--dir", dir, "--ldk-node", ldkNode, ...given];
    await show("The bench failed", join(target, "release", "bench"), args, {}, "inherit");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return 0;
}
