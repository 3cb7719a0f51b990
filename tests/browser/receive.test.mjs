import assert from "node:assert/strict";

const open = async (page, scene) => {
  const p = await page(scene);
  await p.keyboard.press("r");
  await p.locator("[data-testid=receive-qr] img").waitFor();
  return p;
};
const settled = (p) => p.waitForFunction(() => document.querySelector("[data-testid=receive-qr]")?.getAttribute("aria-busy") === "false");
const requests = (p) => p.evaluate(() => window.fulmenWorld.snapshot.movements.filter((one) => one.id.startsWith("r")).length);
const uri = (p) => p.id("receive-uri").getAttribute("data-value");

export default {
  "the code is saved as a picture, and it says where until another code is shown": async (page) => {
    const p = await open(page, "home");
    await settled(p);
    await p.id("receive-save").click();
    assert.equal(await p.id("receive-saved").textContent(), "/home/ada/Downloads/Fulmen request.png");
    await p.id("receive-note").fill("for the roof");
    await settled(p);
    assert.equal(await p.id("receive-saved").count(), 0);
  },

  "the code is there without a question, and a new one follows what is typed in the same square": async (page) => {
    const p = await open(page, "home");
    const before = await uri(p);
    const square = await p.id("receive-qr").boundingBox();
    await p.id("receive-amount").fill("1 500 000");
    await p.state("receive-notice", "overLimit");
    assert.equal(await p.msat("receive-limit"), 1_256_860_000);
    assert.notEqual(await uri(p), before);
    assert.deepEqual(await p.id("receive-qr").boundingBox(), square);
  },

  "a request gains Lightning when there is room for it again": async (page) => {
    const p = await open(page, "home");
    await p.id("receive-amount").fill("1 500 000");
    await p.state("receive-notice", "overLimit");
    const roomFor = (msat) =>
      p.evaluate((canReceiveMsat) => {
        const world = window.fulmenWorld;
        const { balance } = world.snapshot;
        world.snapshot.balance = { ...balance, lightning: { ...balance.lightning, canReceiveMsat } };
        world.tell({ type: "balance", balance: world.snapshot.balance });
      }, msat);
    const before = await requests(p);
    await roomFor(1_400_000_000);
    await settled(p);
    assert.equal(await requests(p), before, "still too little");
    await roomFor(1_600_000_000);
    await p.state("receive-notice", "fine");
    assert.equal(await requests(p), before + 1);
  },

  "a slow clock is named on the request": async (page) => {
    const p = await open(page, "home");
    await p.id("receive-note").fill("by a slow clock");
    await p.state("receive-notice", "clockBehind");
    assert.match(await p.id("receive-notice").innerText(), /clock is about 3 h slow/);
  },

  "one request a pause in the typing, and none while nothing changes": async (page) => {
    const p = await open(page, "home");
    assert.equal(await requests(p), 1);
    await p.id("receive-amount").pressSequentially("2100");
    await settled(p);
    assert.equal(await requests(p), 2);
    await p.id("receive-amount").press("End");
    await p.keyboard.type("7");
    await p.keyboard.press("Backspace");
    assert.equal(await p.id("receive-qr").getAttribute("aria-busy"), "true");
    await settled(p);
    assert.equal(await requests(p), 2);
  },

  "the unit can be switched while an amount is typed, and it stays the same amount": async (page) => {
    const p = await open(page, "home");
    await p.id("receive-amount").fill("2100");
    await settled(p);
    const before = await requests(p);
    await p.id("receive-unit").click();
    await p.waitForFunction(() => document.querySelector("[data-testid=receive-amount]").value.replace(/\s/g, "") === "0.00002100");
    await p.id("receive-note").fill("coffee");
    await settled(p);
    const asked = () => p.evaluate(() => window.fulmenWorld.snapshot.movements.find((one) => one.id.startsWith("r")).amountMsat);
    assert.equal(await asked(), 2_100_000);
    await p.id("receive-unit").click();
    await p.waitForFunction(() => document.querySelector("[data-testid=receive-amount]").value.replace(/\s/g, "") === "2100");
    assert.equal(await requests(p), before + 1);
  },

  "Enter right after typing copies what was typed": async (page) => {
    const p = await open(page, "home");
    const before = await uri(p);
    await p.id("receive-amount").fill("2100");
    await p.keyboard.press("Enter");
    await p.waitForFunction((old) => window.fulmenClipboard && window.fulmenClipboard !== old, before);
    assert.equal(await p.evaluate(() => window.fulmenClipboard), await uri(p));
    assert.equal(await requests(p), 2);
  },

  "copying puts the request shown into the clipboard": async (page) => {
    const p = await open(page, "home");
    await p.id("receive-copy").click();
    await p.waitForFunction(() => window.fulmenClipboard);
    assert.equal(await p.evaluate(() => window.fulmenClipboard), await uri(p));
  },

  "what is no amount says so and asks for nothing": async (page) => {
    const p = await open(page, "home");
    const before = await uri(p);
    await p.id("receive-amount").fill("a lot");
    await p.getByText("Type a number, like 2100.").waitFor();
    assert.equal(await uri(p), before);
  },

  "without a channel it says that Lightning can’t": async (page) => {
    const p = await page("empty");
    await p.keyboard.press("r");
    await p.state("receive-notice", "noChannel");
  },

  "the code turns into the amount when it is paid": async (page) => {
    const p = await open(page, "practice-home");
    await p.id("receive-amount").fill("5000");
    await p.id("receive-note").fill("A tune");
    await p.id("practice-shop-pays").click();
    await p.state("receive-state", "paid");
    assert.equal(await p.msat("receive-paid-amount"), 5_000_000);
    assert.equal(await p.has("receive-qr"), false);
    assert.equal(await p.evaluate(() => window.fulmenWorld.snapshot.movements.find((one) => one.id.startsWith("r") && one.status === "paid").note), "A tune");
  },
};
