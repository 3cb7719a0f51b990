// npm run tour: the app's story, played in the real app on a display of its own. Prints its lines and nothing else. The
// pictures go to artifacts/tour; with `--docs` to docs/tour, where the README shows them from.
import { buildApp } from "./lib/build.mjs";
import { logOf } from "./lib/phases.mjs";
import { program, record, Stop } from "./lib/run.mjs";
import { picturesOf } from "./lib/tour.mjs";
import { ensureDriver, ensureNodeModules } from "./lib/setup.mjs";
import { ensureSystem } from "./lib/system.mjs";
import { checkVersions } from "./lib/versions.mjs";

await program(async () => {
  const pictures = picturesOf(process.argv.slice(2));
  checkVersions();
  if (process.platform !== "linux") throw new Stop("The tour needs Linux: there is no WebDriver for the web view elsewhere.");
  await ensureSystem(["build", "run", "test"]);
  await ensureNodeModules();
  process.env.TAURI_DRIVER = await ensureDriver();
  process.env.FULMEN_APP = await buildApp(async (name, args) => {
    process.stderr.write("Building the app; this takes some minutes the first time …\n");
    const { code, output } = await record(logOf("tour-build"), name, args);
    if (code !== 0) throw new Stop(`The app could not be built:\n${output.slice(-4000)}`);
  });
  return play(pictures);
});

async function play(pictures) {
  const { LINES, STEPS } = await import("../tests/desktop/story.mjs");
  const { World } = await import("../tests/desktop/world.mjs");
  const world = await World.open({ pictures, cameras: true });
  try {
    for (const [index, step] of STEPS.entries()) {
      const line = await step(world);
      process.stdout.write(`${line}\n`);
      if (!LINES[index].test(line)) throw new Stop(`Step ${index + 1} should have said ${LINES[index]}.`);
    }
    return 0;
  } finally {
    await world.close();
  }
}
