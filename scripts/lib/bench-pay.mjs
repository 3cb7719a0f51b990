// npm run bench -- pay [--json] [--rtt MS] [--sync-delay MS]: what a payment costs, beside what it must cost and beside
// ldk-node. With --copy folder|vss [--copy-rtt MS] it is what a living copy costs. With --json one object on standard output; what is for a person goes to standard error.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache, root, target } from "./paths.mjs";
import { show, Stop } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

export async function bench(given) {
  if (process.platform !== "linux") throw new Stop("The bench needs Linux: it counts with strace and delays with LD_PRELOAD.");
  await ensureSystem(["build", "trace"]);
  const { ldkNode, slowSync } = await build(given.includes("--copy"));
  mkdirSync(join(cache, "bench"), { recursive: true });
  const dir = mkdtempSync(join(cache, "bench", "pay-"));
  try {
    const others = ldkNode ? ["--ldk-node", ldkNode, "--slow-sync", slowSync] : [];
    const args = ["pay", "--dir", dir, ...others, ...given];
    await show("The bench failed", join(target, "release", "bench"), args, {}, "inherit");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return 0;
}

/** Both nodes as they are shipped, and the library that makes a disk slower than it is; or our node alone. */
export async function build(oursAlone) {
  const peers = join(root, "tests", "peers");
  const home = join(cache, "peers");
  const release = ["build", "--locked", "--release"];
  const ours = [...release, "--workspace", "--bin", "bench", "--bin", "bench-node"];
  await show("The bench could not be built", "cargo", ours);
  if (oursAlone) return {};
  const theirs = [...release, "--manifest-path", join(peers, "Cargo.toml")];
  await show("ldk-node could not be built", "cargo", theirs, { CARGO_TARGET_DIR: home });
  const slowSync = join(home, "slow_sync.so");
  const compile = ["-O2", "-shared", "-fPIC", "-o", slowSync, join(peers, "slow_sync.c"), "-ldl"];
  await show("The slow disk could not be built", "cc", compile);
  return { ldkNode: join(home, "release", "ldk-node-peer"), slowSync };
}
