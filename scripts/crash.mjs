// npm run crash -- --kills N --mode deferred|sync --seed S: kills two wallets again and again, and looks what is lost.
// With --power N it cuts the power of a wallet's recorded life N times, and starts each image of the disk.
// With --control ORDER the wallet is built with one order of its commit broken, and the killer must notice.
import { copyFileSync, constants, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { target } from "./lib/paths.mjs";
import { program, run, show, Stop } from "./lib/run.mjs";
import { ensureSystem } from "./lib/system.mjs";
import { checkVersions } from "./lib/versions.mjs";

// The synchronous mode is there to compare with. What it does to a channel LDK's debug assertions do not expect (a monitor
// ahead of its manager, and then every claim at once: onchaintx.rs, channelmonitor.rs); a shipped wallet has none of them.
// And it closes so many channels that an unoptimised chain spends the day mining.
const AS_SHIPPED = ["lightning.debug-assertions=false", "fulmen-engine.opt-level=2", "fulmen-practice.opt-level=2", "stories.opt-level=2"]
  .flatMap((one) => ["--config", `profile.dev.package.${one}`]);

await program(async () => {
  checkVersions();
  if (process.platform !== "linux") throw new Stop("Kills and power cuts need Linux: they are aimed and recorded with strace.");
  await ensureSystem(["build", "trace"]);
  const power = process.argv[2] === "--power";
  const args = process.argv.slice(power ? 3 : 2);
  const binaries = [power ? "story-power" : "story-crash", "story-wallet"];
  const broken = args.includes("--control");
  const sync = args.includes("sync");
  const features = broken ? ["--features", "stories/broken-orders"] : [];
  const bins = binaries.flatMap((name) => ["--bin", name]);
  await show("The killer could not be built", "cargo", ["build", "--locked", "--workspace", ...bins, ...features, ...(sync ? AS_SHIPPED : [])]);
  // In a place of their own: a later build must not change what runs, and a broken wallet is not left where a sound one is.
  const place = join(target, "crash", broken ? "broken" : sync ? "sync" : "sound");
  mkdirSync(place, { recursive: true });
  for (const name of binaries) {
    rmSync(join(place, name), { force: true });
    copyFileSync(join(target, "debug", name), join(place, name), constants.COPYFILE_FICLONE);
    if (broken || sync) rmSync(join(target, "debug", name), { force: true });
  }
  return run(join(place, binaries[0]), args);
});
