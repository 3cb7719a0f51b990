// npm run interop: Fulmen with software that nobody here wrote: bitcoind, LND, ldk-node, Electrum, electrs, vss-server, on this
// machine's loopback. `-- --setup` only installs and builds them (`-- --packages`: only this system's packages for that); `-- --peer LND
// --story NAME --times N` tells some stories, several times, and `--at-once N` so many of them at the same time.
import { join } from "node:path";
import { packages, setup } from "./lib/interop.mjs";
import { artifacts, chains, target } from "./lib/paths.mjs";
import { program, run, show, Stop } from "./lib/run.mjs";
import { checkVersions } from "./lib/versions.mjs";

await program(async () => {
  checkVersions();
  if (process.platform !== "linux") throw new Stop("The interop stories need Linux: bitcoind and Electrum come from Debian's packages.");
  const given = process.argv.slice(2);
  if (given[0] === "--packages") return packages();
  const tools = await setup();
  if (given[0] === "--setup") return 0;
  const bins = ["interop", "story-wallet"].flatMap((name) => ["--bin", name]);
  await show("The interop stories could not be built", "cargo", ["build", "--locked", "--workspace", ...bins]);
  const places = Object.entries(tools).flatMap(([name, path]) => [`--${name}`, path]);
  return run(join(target, "debug", "interop"), ["--artifacts", join(artifacts, "interop"), "--chains", chains, ...places, ...given]);
});
