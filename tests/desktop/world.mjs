// One person at one computer: a display, cameras, the app on it, and what it all leaves behind.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openApp } from "./lib/app.mjs";
import { openCameras } from "./lib/camera.mjs";
import { openDisplay } from "./lib/display.mjs";
import { screenshot } from "./lib/pictures.mjs";

export class World {
  /**
   * Everything is set up and the app is open. `pictures` is the folder that pictures go to, `prefs` what was chosen before, `env` what
   * the app is started with besides.
   */
  static async open({ pictures, cameras = false, prefs = {}, env = {} }) {
    const world = new World();
    world.env = env;
    world.pictures = pictures;
    world.home = mkdtempSync(join(tmpdir(), "fulmen-home-"));
    // No hand of the driver's reaches the shell's own window, so nothing here is above the limit.
    mkdirSync(join(world.home, "fulmen"));
    writeFileSync(join(world.home, "fulmen", "prefs.json"), JSON.stringify({ spendLimitSat: 1_000_000, ...prefs }));
    world.display = await openDisplay();
    world.cameras = cameras ? await openCameras(process.env) : null;
    await world.start();
    return world;
  }

  /** Starts the app; again after a kill. */
  async start() {
    this.app = await openApp({ home: this.home, display: this.display.name, env: { ...this.env, ...this.cameras?.env } });
  }

  /** The page as it is now, as NAME.png. */
  async picture(name) {
    await this.app.picture(join(this.pictures, `${name}.png`));
  }

  /** The whole display as it is now, as NAME.png. */
  photograph(name) {
    screenshot(this.display.name, join(this.pictures, `${name}.png`));
  }

  /** A path for a file of this person's. */
  file(name) {
    return join(this.home, name);
  }

  async close() {
    await this.app?.close();
    await this.cameras?.close();
    await this.display.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
