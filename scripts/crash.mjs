// npm run crash -- --kills N --mode deferred|sync --seed S: kills two wallets again and again, and looks what is lost.
// With --power N it cuts the power of a wallet's recorded life N times, and starts each image of the disk.
// With --lose-disk N [--copy folder|vss|none] a wallet's directory is destroyed with each of N kills, and restored from words and copy,
// or from the words alone;
// with --control copy-believed nothing in the copy is doubted, with strict-not-waiting nothing waits for the server, and the
// killer must notice. With --twins N [--copy folder|vss|none] a wallet's directory is copied N times, and the copy started
// beside the living original; with --control witness-ignored the copy hears nothing of what peers keep, and the killer must notice.
// With --control ORDER the wallet is built with one order of its commit broken, and the killer must notice.
import { copyFileSync, constants, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { target } from "./lib/paths.mjs";
import { program, run, show, Stop } from "./lib/run.mjs";
import { ensureSystem } from "./lib/system.mjs";
import { checkVersions } from "./lib/versions.mjs";

// LDK as it is shipped, without its debug assertions. One of them (onchaintx.rs, a claim that is pending already) fires after
// a close by force where two claims of one expiry were merged and a preimage comes later; a release claims the same again. It
// would end a wallet that is right. The stories keep all of them.
const AS_SHIPPED = ["lightning.debug-assertions=false"];
// The synchronous mode closes so many channels that an unoptimised chain spends the day mining.
const SOONER = ["fulmen-engine.opt-level=2", "fulmen-practice.opt-level=2", "stories.opt-level=2"];

await program(async () => {
  checkVersions();
  if (process.platform !== "linux") throw new Stop("Kills and power cuts need Linux: they are aimed and recorded with strace.");
  await ensureSystem(["build", "trace"]);
  const power = process.argv[2] === "--power";
  const args = process.argv.slice(power ? 3 : 2);
  const binaries = [power ? "story-power" : "story-crash", "story-wallet"];
  const sound = ["copy-believed", "witness-ignored"].some((name) => args.includes(name));
  const broken = args.includes("--control") && !sound;
  const sync = args.includes("sync");
  const features = broken ? ["--features", "stories/broken-orders"] : [];
  const profile = [...AS_SHIPPED, ...(sync ? SOONER : [])].flatMap((one) => ["--config", `profile.dev.package.${one}`]);
  const bins = binaries.flatMap((name) => ["--bin", name]);
  await show("The killer could not be built", "cargo", ["build", "--locked", "--workspace", ...bins, ...features, ...profile]);
  // In a place of their own: a later build must not change what runs, and a broken wallet is not left where a sound one is.
  const place = join(target, "crash", broken ? "broken" : sync ? "sync" : "sound");
  mkdirSync(place, { recursive: true });
  for (const name of binaries) {
    rmSync(join(place, name), { force: true });
    copyFileSync(join(target, "debug", name), join(place, name), constants.COPYFILE_FICLONE);
    rmSync(join(target, "debug", name), { force: true });
  }
  return run(join(place, binaries[0]), args);
});
