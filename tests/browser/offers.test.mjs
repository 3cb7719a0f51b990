import assert from "node:assert/strict";

const read = async (p, text) => {
  await p.id("open-pay").click();
  await p.id("pay-input").fill(text);
  await p.keyboard.press("Enter");
  await p.id("pay-comment-go").waitFor();
};
const quoted = async (p) => {
  await p.id("pay-comment-go").click();
  await p.id("pay-confirm").waitFor();
};
const again = async (page, scene) => {
  const p = await page(scene);
  await p.keyboard.press("r");
  await p.id("receive-way-again").click();
  return p;
};

export default {
  "an offer is quoted, paid with a note, and says that its fee shows later": async (page) => {
    const p = await page("home");
    await read(p, "lno1xyz");
    assert.match(await p.id("pay-state").innerText(), /An offer, typed or pasted/);
    assert.equal(await p.id("pay-label").innerText(), "“Corner Café”");
    await p.id("pay-comment").fill("table 4");
    await quoted(p);
    assert.equal(await p.id("pay-comment-said").innerText(), "“table 4”");
    assert.equal(await p.id("pay-fee-about").count(), 0);
    assert.equal(await p.msat("pay-fee-max"), 107_000);
    await p.id("pay-confirm").click();
    await p.state("pay-state", "paid");
    const quote = await p.evaluate(() => [...window.fulmenWorld.quotes.values()].at(-1).payerNote);
    assert.equal(quote, "table 4", "it goes with it");
  },

  "how many is asked where several are offered, and another number is another amount": async (page) => {
    const p = await page("home");
    await read(p, "lno1many");
    await p.id("pay-quantity").fill("11");
    await p.id("pay-comment-go").click();
    await p.id("pay-problem").waitFor();
    assert.match(await p.id("pay-problem").innerText(), /allow this number/);
    await p.id("pay-quantity").fill("3");
    await quoted(p);
    assert.equal(await p.msat("pay-amount"), 6_300_000);
  },

  "waiting for their invoice is no payment, and can be taken back": async (page) => {
    const p = await page("home");
    await read(p, "lno1slow");
    await quoted(p);
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
    assert.match(await p.id("pay-title").innerText(), /Waiting for their invoice/);
    assert.match(await p.id("pay-state").innerText(), /No money has left/);
    await p.id("pay-take-back").click();
    await p.state("pay-state", "failed");
    assert.equal(await p.id("pay-failure").getAttribute("data-code"), "taken_back");
  },

  "an own offer stays beside the request, with what it brought": async (page) => {
    const p = await again(page, "home");
    await p.id("offer-notice-fine").waitFor();
    assert.equal(await p.msat("offer-received"), 25_200_000);
    assert.match(await p.id("receive-uri").getAttribute("data-value"), /^lno1/);
    await p.id("offer-new").click();
    await p.id("offer-label").fill("Donations");
    await p.id("offer-make").click();
    await p.waitForFunction(() => document.querySelectorAll("[data-testid=offer]").length === 2);
    assert.match(await p.id("offer").first().innerText(), /Donations/);
    await p.id("receive-copy").click();
    assert.match(await p.evaluate(() => window.fulmenClipboard), /^lno1/);
    await p.id("receive-way-once").click();
    await p.id("receive-amount").waitFor();
  },

  "where nobody could pay it, there is a reason in its place": async (page) => {
    const empty = await again(page, "empty");
    await empty.id("offer-notice-noChannel").waitFor();
    assert.equal(await empty.id("receive-qr").count(), 0);
    assert.equal(await empty.id("offer-make").count(), 0);
    const gone = await again(page, "offer-gone");
    await gone.id("offer-notice-peerGone").waitFor();
  },
};
