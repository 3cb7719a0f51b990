// npm run bench -- graph [--json]: what a network as large as today's costs the wallet, beside LDK alone: reading the graph,
// finding a route, a start, and the longest payment while the graph is written, pruned and told anew.
import { join } from "node:path";
import { target } from "./paths.mjs";
import { show } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

export async function bench(given) {
  await ensureSystem(["build"]);
  const build = ["build", "--locked", "--release", "--workspace", "--bin", "bench", "--bin", "bench-node"];
  await show("The bench could not be built", "cargo", build);
  await show("The bench failed", join(target, "release", "bench"), ["graph", ...given], {}, "inherit");
  return 0;
}
