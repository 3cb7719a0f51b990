// Scanning at a computer without a camera: never a dead end.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import { copy } from "./lib/clipboard.mjs";
import { writeQr } from "./lib/pictures.mjs";
import { World } from "./world.mjs";

describe("without a camera", () => {
  let world;
  let request;
  let saved;
  before(async () => {
    world = await World.open({ pictures: join(artifacts, "desktop", "scanning") });
    const { app } = world;
    await app.click("create-practice");
    await app.find("balance-total", 60_000);
    await app.click("open-receive");
    request = await app.attribute("receive-uri", "data-value");
    await app.click("receive-save");
    saved = await app.text("receive-saved");
    await app.click("sheet-close");
  });
  after(() => world?.close());

  test("it says so, and every other way is there", async () => {
    const { app } = world;
    await app.click("open-scan");
    await app.find("scan-no-camera");
    await app.picture(join(world.pictures, "no-camera.png"));
    for (const id of ["scan-screen", "scan-picture", "scan-clipboard", "pay-input", "scan-look-again"]) await app.find(id);
    await app.click("scan-look-again");
    await app.find("scan-no-camera");
  });

  test("the clipboard works", async () => {
    await copy(world.display.name, request);
    await world.app.click("scan-clipboard");
    await read();
  });

  test("a picture that was saved works, and is where downloads go", async () => {
    assert.equal(saved, world.file("Downloads/Fulmen request.png"));
    await world.app.give("scan-picture-input", saved);
    await read();
  });

  test("a picture works", async () => {
    writeQr(request, world.file("request.png"));
    await world.app.give("scan-picture-input", world.file("request.png"));
    await read();
  });

  /** It was read as what it is, and the way back is open. */
  async function read() {
    const { app } = world;
    await app.waitAttribute("pay-state", "data-state", "check");
    assert.ok(request.toLowerCase().includes((await app.attribute("pay-id", "data-value")).toLowerCase()));
    await app.click("sheet-close");
    await app.click("open-scan");
    await app.find("scan-no-camera");
  }
});
