// The page's own process dies, as a fault of the system's web view makes it: the window comes back, the wallet went on.
// The driver does not outlive it, so here are only keys and eyes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import { readPicture } from "./lib/invoice.mjs";
import { press } from "./lib/display.mjs";
import { World } from "./world.mjs";

describe("the page's process", () => {
  let world;
  before(async () => {
    world = await World.open({ pictures: join(artifacts, "desktop", "page") });
  });
  after(() => world?.close());

  test("dies, and the window works again", async () => {
    const { app } = world;
    await app.click("create-practice");
    await app.find("balance-total", 60_000);
    await app.click("open-receive");
    const before = await app.attribute("receive-uri", "data-value");
    await app.click("sheet-close");

    const died = app.page;
    process.kill(died, "SIGKILL");
    await app.until("a new process", async () => app.page !== undefined && app.page !== died);
    const shown = await app.until("the request on the screen", async () => {
      // R asks for money, as soon as the page hears; Esc leaves the sheet of a press before.
      press(world.display.name, "Fulmen", "Escape", "r");
      world.photograph("back");
      return readPicture(join(world.pictures, "back.png")).catch(() => false);
    });
    assert.equal(shown.toLowerCase(), before.toLowerCase(), "the same wallet, and its address");
  });
});
