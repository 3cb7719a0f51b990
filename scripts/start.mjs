// npm start: sets up what is missing, builds what changed, opens the app.
import { spawn } from "node:child_process";
import { buildApp } from "./lib/build.mjs";
import { program, show, Stop } from "./lib/run.mjs";
import { ensureNodeModules } from "./lib/setup.mjs";
import { ensureSystem } from "./lib/system.mjs";
import { checkVersions } from "./lib/versions.mjs";

await program(async () => {
  checkVersions();
  if (process.platform === "win32") {
    throw new Stop("On Windows, see README.md, \"Run it on Windows\".");
  }
  if (process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    throw new Stop('There is no display here, so no window can open. "npm run tour" plays the app\'s story on a display of its own.');
  }
  await ensureSystem(["build", "run"]);
  await ensureNodeModules();
  const app = await buildApp((name, args) => show("The app could not be built", name, args));
  return open(app);
});

function open(app) {
  const child = spawn(app, [], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
