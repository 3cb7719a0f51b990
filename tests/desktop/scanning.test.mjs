// Scanning at a computer without a camera: never a dead end.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import { copy } from "./lib/clipboard.mjs";
import { wallpaper, writeQr } from "./lib/pictures.mjs";
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

  test("two codes on the screen behind the window: it asks which, or reads the one that is drawn around", async () => {
    const { app } = world;
    const address = /^bitcoin:([a-z0-9]+)/i.exec(request)[1];
    writeQr(request, world.file("both.png"), 3);
    writeQr(`bitcoin:${address}?amount=0.00021`, world.file("address.png"), 5);
    wallpaper(world.display.name, world.home, [[world.file("both.png"), 120, 200], [world.file("address.png"), 800, 200]]);
    await app.click("scan-screen");
    await app.until("both are offered", async () => (await app.all("which-one")).length === 2);
    await world.picture("which-code");
    await app.click("sheet-close");
    await app.click("open-scan");
    await app.click("scan-part");
    await app.find("part-picture");
    await world.picture("part-of-the-screen");
    await app.drag("part-picture", [0.58, 0.2], [0.95, 0.75]);
    await app.waitAttribute("pay-state", "data-state", "check");
    assert.equal(await app.msat("pay-amount"), 21_000_000);
    await app.find("pay-seen");
    await world.picture("read-here");
    await app.click("sheet-close");
    await app.click("open-scan");
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
