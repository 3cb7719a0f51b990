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
/** The picture that is shown, as its source. */
const picture = (p, where) => p.locator(`[data-testid=${where}] img`).getAttribute("src");
const clipboard = (p) => p.evaluate(() => window.fulmenClipboard);
const copied = async (p) => {
  await p.evaluate(() => { window.fulmenClipboard = ""; });
  await p.id("receive-copy").click();
  await p.waitForFunction(() => window.fulmenClipboard);
  return clipboard(p);
};
const ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

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

  "the code holds both, the invoice alone or the bare address, and copying follows it": async (page) => {
    const p = await open(page, "home");
    await settled(p);
    const seen = new Set([await picture(p, "receive-qr")]);
    assert.match(await copied(p), /^bitcoin:bc1q.*lightning=lnbc/);
    await p.id("receive-holds-lightning").click();
    assert.match(await p.id("receive-notice").innerText(), /Lightning alone/);
    assert.match(await copied(p), /^lnbc/);
    assert.equal(await clipboard(p), await uri(p), "the text shown is the text in the code");
    seen.add(await picture(p, "receive-qr"));
    await p.id("receive-holds-address").click();
    await p.state("receive-notice", "address");
    assert.equal(await copied(p), ADDRESS);
    seen.add(await picture(p, "receive-qr"));
    assert.equal(seen.size, 3, "each has a code of its own");
    assert.equal(await p.has("receive-left"), false, "an address does not run out");
    await p.id("receive-full-screen").click();
    assert.ok(seen.has(await picture(p, "receive-full")));
    assert.equal(await picture(p, "receive-full"), await picture(p, "receive-qr"));
  },

  "Lightning can’t be chosen where the request has no invoice": async (page) => {
    const p = await open(page, "home");
    await p.id("receive-holds-lightning").click();
    await p.id("receive-amount").fill("1 500 000");
    await p.state("receive-notice", "overLimit");
    assert.equal(await p.has("receive-holds-lightning"), false);
    assert.equal(await p.id("receive-holds-both").getAttribute("aria-pressed"), "true");
    await p.id("receive-holds-address").waitFor();
    const empty = await page("empty");
    await empty.keyboard.press("r");
    await empty.state("receive-notice", "noChannel");
    assert.equal(await empty.id("receive-holds-both").innerText(), "Request");
    await empty.id("receive-holds-address").click();
    assert.equal(await copied(empty), ADDRESS);
  },

  "a scanner that does not read the code gets another picture of the same text": async (page) => {
    const p = await open(page, "home");
    await settled(p);
    const [text, small] = [await uri(p), await picture(p, "receive-qr")];
    await p.id("receive-rewrite").click();
    await p.state("receive-rewrite", "unchanged");
    assert.notEqual(await picture(p, "receive-qr"), small);
    assert.equal(await uri(p), text);
    await p.id("receive-full-screen").click();
    assert.equal(await picture(p, "receive-full"), await picture(p, "receive-qr"));
    await p.id("receive-full-close").click();
    await p.id("receive-save").click();
    await p.id("receive-saved").waitFor();
    await p.id("receive-rewrite").click();
    assert.equal(await picture(p, "receive-qr"), small);
    assert.equal(await p.has("receive-saved"), false, "the other picture was saved");
  },

  "full screen shows the code, and closes by its button and by Esc": async (page) => {
    const p = await open(page, "home");
    await settled(p);
    for (const close of [() => p.id("receive-full-close").click(), () => p.keyboard.press("Escape")]) {
      await p.id("receive-full-screen").click();
      assert.equal(await picture(p, "receive-full"), await picture(p, "receive-qr"));
      const box = await p.locator("[data-testid=receive-full] img").boundingBox();
      assert.deepEqual([box.width, box.height], [760, 760], "as large as the window");
      await close();
      await p.id("receive-full").waitFor({ state: "detached" });
      assert.ok(await p.has("receive"), "the sheet is still there");
    }
  },

  "the time left is counted, and a code that ran out is renewed on request": async (page) => {
    const p = await page("home");
    await p.clock.install();
    await p.keyboard.press("r");
    await settled(p);
    await p.id("receive-left").filter({ hasText: "Good for 23 h 59 min" }).waitFor();
    await p.clock.fastForward((86_400 - 700) * 1000);
    await p.id("receive-left").filter({ hasText: "Good for 11 min" }).waitFor();
    await p.clock.fastForward(660_000);
    await p.id("receive-left").filter({ hasText: /Good for \d+ s/ }).waitFor();
    await p.id("receive-full-screen").click();
    const before = await requests(p);
    await p.clock.fastForward(60_000);
    await p.state("receive-state", "expired");
    await p.id("receive-full").waitFor({ state: "detached" });
    await p.state("receive-notice", "expired");
    assert.equal(await p.has("receive-qr"), false, "nobody scans it");
    assert.equal(await requests(p), before, "none is made that nobody asked for");
    await p.id("receive-holds-address").click();
    await p.id("receive-qr").waitFor();
    assert.equal(await copied(p), ADDRESS, "its address goes on");
    await p.id("receive-holds-both").click();
    await p.id("receive-renew").click();
    await p.id("receive-qr").waitFor();
    await p.state("receive-state", "waiting");
    assert.equal(await requests(p), before + 1);
    await p.id("receive-left").filter({ hasText: "Good for 23 h 59 min" }).waitFor();
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
