import assert from "node:assert/strict";

const open = async (page, scene) => {
  const p = await page(scene);
  await p.keyboard.press("r");
  await p.locator("[data-testid=receive-qr] img").waitFor();
  return p;
};
const uri = (p) => p.id("receive-uri").getAttribute("data-value");

export default {
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

  "copying puts the request shown into the clipboard": async (page) => {
    const p = await open(page, "home");
    await p.id("receive-copy").click();
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
    await p.waitForFunction(() => document.querySelector("[data-testid=receive-qr]")?.getAttribute("aria-busy") === "false");
    await p.id("practice-shop-pays").click();
    await p.state("receive-state", "paid");
    assert.equal(await p.msat("receive-paid-amount"), 5_000_000);
    assert.equal(await p.has("receive-qr"), false);
  },
};
