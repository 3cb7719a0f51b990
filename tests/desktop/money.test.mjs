// Money out, in the built app: a name is paid, its host asked over HTTP.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import * as hands from "./hands.mjs";
import { World } from "./world.mjs";

const PATIENT_MS = 60_000;

describe("money out", () => {
  let world;
  before(async () => {
    world = await World.open({ pictures: join(artifacts, "desktop", "money") });
    const { app } = world;
    await app.click("create-practice");
    await app.find("balance-total", PATIENT_MS);
    await app.click("practice-faucet");
    await app.find("kept-onchain");
    await hands.mine(app, 1);
    await app.waitAttribute("can-spend-onchain", "data-msat", 1_000_000_000);
    await app.click("nav-channels");
    await app.click("channel-open");
    await app.type("open-amount", "500000");
    await app.waitText("open-confirm", /500\s000/);
    await app.waitAttribute("open-confirm", "aria-disabled", "false");
    await app.click("open-confirm");
    await app.click("open-done");
    await app.click("practice-hub-opens");
    await app.until("two channels", async () => (await app.all("channel-row")).length === 2);
    await hands.mine(app, 3);
    await app.until("both are ready", async () => (await hands.channelStates(app)).every((state) => state === "ready"), PATIENT_MS);
    await app.click("nav-home");
    await app.until("room to be paid", async () => (await app.msat("can-receive")) > 0, PATIENT_MS);
  });
  after(() => world?.close());

  /** Reads a text on the pay sheet. */
  async function read(text) {
    await world.app.click("open-pay");
    await world.app.type("pay-input", text);
    await world.app.click("pay-check");
  }

  /** Presses the button and waits for the end. */
  async function confirm(end, done) {
    await world.app.click("pay-confirm");
    await world.app.waitAttribute("pay-state", "data-state", end, PATIENT_MS);
    await world.app.click(done);
  }

  test("a name is paid, with a word to it", async () => {
    const { app } = world;
    const before = await app.msat("balance-total");
    await read("tips@shop.practice");
    await app.type("pay-comment", "For the cake");
    await app.type("pay-amount-input", "1234");
    await app.click("pay-amount-go");
    await app.waitText("pay-payee", /tips@shop\.practice/);
    await app.waitAttribute("pay-amount", "data-msat", 1_234_000);
    const most = await app.msat("pay-fee-max");
    await app.picture(join(world.pictures, "name.png"));
    await confirm("paid", "pay-done");
    const left = before - (await app.msat("balance-total"));
    assert.ok(left >= 1_234_000 && left <= 1_234_000 + most, `${left} msat left`);
  });
});
