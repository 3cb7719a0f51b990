// Money in and out, in the built app: asked for and paid on either rail, found again in Activity, and told in files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import * as books from "./books.mjs";
import * as hands from "./hands.mjs";
import { proves, readPicture } from "./lib/invoice.mjs";
import { rows } from "./lib/table.mjs";
import { World } from "./world.mjs";

const PATIENT_MS = 60_000;
const SAT = 1000;

describe("money in, money out", () => {
  let world;
  let broken = false;
  before(async () => {
    world = await World.open({ pictures: join(artifacts, "desktop", "money") });
    const { app } = world;
    await app.click("create-practice");
    await app.find("balance-total", PATIENT_MS);
    await app.click("practice-faucet");
    await app.find("kept-onchain");
    await hands.mine(app, 1);
    await app.waitAttribute("can-spend-onchain", "data-msat", 1_000_000 * SAT);
  });
  after(() => world?.close());

  /** One goes on where the one before ended. */
  function step(name, tell) {
    test(name, async () => {
      assert.ok(!broken, "an earlier step failed");
      broken = true;
      await tell(world.app).catch(async (error) => {
        await world.picture("failed").catch(() => undefined);
        throw error;
      });
      broken = false;
    });
  }

  /** What a camera would read off the screen, now. */
  async function onScreen() {
    await world.app.still();
    world.photograph("screen");
    return readPicture(join(world.pictures, "screen.png"));
  }

  /** Presses the button and waits for the end. */
  async function confirm(app, end, done) {
    await app.click("pay-confirm");
    await app.waitAttribute("pay-state", "data-state", end, PATIENT_MS);
    await app.click(done);
  }

  step("an address is paid: the request says that it was seen, and a block makes it money", async (app) => {
    const uri = await hands.request(app, 30_000, "For the attic");
    assert.match(uri, /^bitcoin:bcrt1/i);
    assert.ok(!/lightning=/i.test(uri), "there is no channel to be paid over");
    assert.equal((await onScreen()).toLowerCase(), uri.toLowerCase());
    await app.click("practice-shop-pays");
    await app.waitText("receive-state", /Seen on-chain/);
    await world.picture("seen");
    await hands.home(app);
    assert.equal(await app.msat("can-spend-onchain"), 1_000_000 * SAT, "not before a block");
    await hands.mine(app, 1);
    await app.waitAttribute("can-spend-onchain", "data-msat", 1_030_000 * SAT);
    await app.waitText("latest", /For the attic/);
  });

  step("a request is read off the screen and off its picture, and is paid over Lightning", async (app) => {
    await hands.openChannels(app);
    const owned = await app.msat("balance-total");
    const uri = await hands.request(app, 5_000, "Two loaves");
    assert.match(uri, /lightning=/i);
    assert.equal((await onScreen()).toLowerCase(), uri.toLowerCase());
    await app.click("receive-save");
    const picture = await app.text("receive-saved");
    assert.ok(picture.startsWith(world.home), picture);
    assert.equal((await readPicture(picture)).toLowerCase(), uri.toLowerCase());
    await app.click("practice-shop-pays");
    await app.waitAttribute("receive-state", "data-state", "paid", PATIENT_MS);
    assert.equal(await app.msat("receive-paid-amount"), 5_000 * SAT);
    await app.click("receive-done");
    await app.waitAttribute("balance-total", "data-msat", owned + 5_000 * SAT);
  });

  step("a name is paid, with a word to it", async (app) => {
    const owned = await app.msat("balance-total");
    await hands.read(app, "tips@shop.practice");
    await app.type("pay-comment", "For the cake");
    await app.type("pay-amount-input", "1234");
    await app.click("pay-amount-go");
    await app.waitText("pay-payee", /tips@shop\.practice/);
    await app.waitAttribute("pay-amount", "data-msat", 1_234 * SAT);
    const most = await app.msat("pay-fee-max");
    await world.picture("name");
    await confirm(app, "paid", "pay-done");
    const left = owned - (await app.msat("balance-total"));
    assert.ok(left >= 1_234 * SAT && left <= 1_234 * SAT + most, `${left} msat left`);
  });

  step("an address is paid slowly, then the fee is raised, and what left is what was shown", async (app) => {
    const { rewards } = await books.chain(world);
    const owned = await app.msat("balance-total");
    await hands.read(app, rewards[0].vout[0].scriptpubkey_address);
    await app.type("pay-amount-input", "50000");
    await app.click("pay-amount-go");
    await app.click("pay-speed-slow");
    await app.waitAttribute("pay-speed-slow", "aria-pressed", "true");
    const slow = await app.msat("pay-fee-max");
    await world.picture("speeds");
    await confirm(app, "onway", "pay-close");

    await app.click("nav-activity");
    await app.click("movement-row");
    await app.waitAttribute("detail-fee", "data-msat", slow);
    await app.click("detail-speed-up");
    const [extra, fee] = [await app.msat("bump-extra"), await app.msat("bump-fee")];
    assert.ok(extra > 0 && fee === slow + extra, `${slow} and ${extra} are ${fee}`);
    await world.picture("raised");
    await app.click("bump-confirm");
    await app.waitAttribute("detail-fee", "data-msat", fee);
    await app.click("detail-close");
    await hands.mine(app, 1);
    await app.waitAttribute("movement-row", "data-status", "paid");
    await hands.home(app);
    await app.waitAttribute("balance-total", "data-msat", owned - 50_000 * SAT - fee);
  });

  step("what happened is found by words, amount and kind", async (app) => {
    await app.click("nav-activity");
    const found = async (text, wanted) => {
      await app.type("activity-search", text);
      await app.until(`${wanted} found by ${text}`, async () => (await app.all("movement-row")).length === wanted);
    };
    await found("loaves", 1);
    await app.waitText("movement-row", /5\s000/);
    await found(">40k sent on-chain", 1);
    // The fee is in it.
    await app.waitText("movement-row", /5\d\s\d{3}/);
    await found("no such thing", 0);
    await app.click("activity-show-all");
    await app.click("activity-filter-received");
    await app.until("the faucet, the attic, the loaves", async () => (await app.all("movement-row")).length === 3);
    await app.click("activity-filter-all");
  });

  step("a row gets a word of one’s own and a receipt with its proof", async (app) => {
    await app.type("activity-search", "tips@shop.practice");
    await app.until("one row", async () => (await app.all("movement-row")).length === 1);
    await app.click("movement-row");
    await app.click("detail-label-open");
    await app.type("detail-label-input", "Birthday");
    await app.click("detail-label-keep");
    await app.waitText("detail-label", /^Birthday$/);
    const preimage = await app.attribute("detail-preimage", "data-value");
    await app.click("detail-technical");
    assert.ok(proves(preimage, await app.attribute("detail-invoice", "data-value")), "the preimage is of their invoice");
    await app.click("receipt-save");
    const receipt = readFileSync(await app.text("receipt-saved"), "utf8");
    for (const told of [preimage, "tips@shop.practice", "1\u2009234"]) assert.ok(receipt.includes(told), `${told} in the receipt`);
    assert.ok(!receipt.includes("Birthday"), "what is one’s own is not handed on");
    await world.picture("detail");
    await app.click("detail-close");
  });

  step("the table adds up to what is owned", async (app) => {
    await app.click("activity-save");
    const table = rows(readFileSync(await app.text("activity-saved"), "utf8"));
    await hands.home(app);
    const sum = table.reduce((total, row) => total + Number(row.change_msat), 0);
    assert.equal(sum, await app.msat("balance-total"));
    const named = table.find((row) => row.label === "Birthday");
    assert.deepEqual([named.party, named.amount_msat, named.direction], ["tips@shop.practice", String(1_234 * SAT), "out"]);
    assert.equal(table.find((row) => row.note === "Two loaves").change_msat, String(5_000 * SAT));
  });
});
