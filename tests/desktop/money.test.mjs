// Money out and in, and what Activity then says of it, in the built app: a name is paid, an address is paid and hurried, an
// offer is made and paid, a link pays, and the list is searched, read and saved.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import * as hands from "./hands.mjs";
import { World } from "./world.mjs";

const PATIENT_MS = 60_000;
/** Somebody's on regtest (BIP 173's example key). */
const STRANGER = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

describe("money out and in", () => {
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

  test("an address is paid, hurried, and is in a block", async () => {
    const { app } = world;
    await read(STRANGER);
    await app.type("pay-amount-input", "70000");
    await app.click("pay-amount-go");
    await app.waitAttribute("pay-amount", "data-msat", 70_000_000);
    await app.picture(join(world.pictures, "address.png"));
    await confirm("onway", "pay-close");
    await app.click("nav-activity");
    await app.type("activity-search", "pending");
    await app.until("one waits", async () => (await app.all("movement-row")).length === 1);
    await app.click("movement-row");
    await app.click("detail-speed-up");
    await app.find("bump-confirm");
    await app.picture(join(world.pictures, "hurry.png"));
    await app.click("bump-confirm");
    await app.until("it is hurried", async () => !(await app.has("bump-confirm")));
    await hands.mine(app, 1);
    await app.waitText("detail-status", /Paid|Sent|Confirmed/i);
    await app.picture(join(world.pictures, "hurried.png"));
    await app.click("nav-home");
  });

  test("an offer of ours is on the screen, and stays", async () => {
    const { app } = world;
    await app.click("open-receive");
    await app.click("receive-way-again");
    await app.type("offer-label", "Till");
    await app.click("offer-make");
    await app.waitText("offer", /Till/);
    await app.picture(join(world.pictures, "offer.png"));
    await app.click("sheet-close");
  });

  test("Activity finds it, shows what it cost, and saves a receipt and a table", async () => {
    const { app } = world;
    await app.click("nav-activity");
    await app.type("activity-search", "cake");
    await app.until("one is found", async () => (await app.all("movement-row")).length === 1);
    await app.click("movement-row");
    await app.waitAttribute("detail-amount", "data-msat", 1_234_000);
    const preimage = await app.attribute("detail-preimage", "data-value");
    await app.click("receipt-save");
    const receipt = readFileSync(await app.text("receipt-saved"), "utf8");
    assert.ok(receipt.includes(preimage) && receipt.includes("tips@shop.practice"));
    await app.picture(join(world.pictures, "detail.png"));
    await app.click("activity-save");
    const table = readFileSync(await app.text("activity-saved"), "utf8").trim().split("\n");
    const column = table[0].trim().split(",").indexOf("change_msat");
    const changes = table.slice(1).map((line) => Number(line.split(",")[column].replaceAll('"', "")));
    await app.click("nav-home");
    const total = await app.msat("balance-total");
    assert.equal(changes.reduce((sum, change) => sum + change, 0), total, "the rows are what there is");
  });
});
