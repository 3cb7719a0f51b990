import assert from "node:assert/strict";

/** A payment to an address, as it is quoted. */
const quoted = async (page, amount) => {
  const p = await page("home");
  await p.keyboard.press("p");
  await p.id("pay-input").fill("bc1qxyz");
  await p.keyboard.press("Enter");
  await p.id("pay-amount-input").fill(amount);
  await p.id("pay-amount-go").click();
  await p.id("pay-speed-slow").waitFor();
  return p;
};

/** The same, paid at the slowest speed, and its row opened. */
const waiting = async (page) => {
  const p = await quoted(page, "50000");
  await p.id("pay-speed-slow").click();
  await p.waitForFunction(() => document.querySelector("[data-testid=pay-speed-slow]")?.getAttribute("aria-pressed") === "true");
  await p.id("pay-confirm").click();
  await p.state("pay-state", "onway");
  await p.keyboard.press("Escape");
  await p.id("nav-activity").click();
  await p.locator("[data-testid=movement-row]", { hasText: "waiting for a block" }).click();
  await p.id("detail-waits").waitFor();
  return p;
};

export default {
  "a payment that is stuck says so, and a higher fee is shown before it is paid": async (page) => {
    const p = await waiting(page);
    assert.match(await p.id("detail-waits").innerText(), /Stuck/);
    assert.equal(await p.msat("detail-fee"), 141_000);
    await p.id("detail-speed-up").click();
    await p.id("bump-normal").click();
    await p.waitForFunction(() => document.querySelector("[data-testid=bump-extra]")?.getAttribute("data-msat") === "423000");
    assert.equal(await p.msat("bump-fee"), 564_000);
    await p.id("bump-confirm").click();
    await p.waitForFunction(() => document.querySelector("[data-testid=detail-fee]")?.getAttribute("data-msat") === "564000");
    assert.doesNotMatch(await p.id("detail-waits").innerText(), /Stuck/);
  },

  "a payment is called off, and what comes back has a line of its own": async (page) => {
    const p = await waiting(page);
    await p.id("detail-call-off").click();
    assert.match(await p.id("bump").innerText(), /comes back to you/);
    await p.id("bump-confirm").click();
    await p.locator("[data-testid=movement-row]", { hasText: "Called a payment off" }).waitFor();
    assert.match(await p.id("detail-waits").innerText(), /Called off/);
    assert.equal(await p.has("detail-call-off"), false);
  },

  "a fee of half the amount wants a yes of its own": async (page) => {
    const p = await quoted(page, "1000");
    await p.id("pay-large-fee").waitFor();
    assert.equal(await p.has("pay-confirm"), false);
    await p.id("pay-speed-slow").click();
    await p.id("pay-confirm").waitFor();
    await p.id("pay-speed-normal").click();
    await p.id("pay-large-fee-agree").click();
    await p.id("pay-confirm").waitFor();
  },

  "each speed says its share, and a rate of one’s own is used": async (page) => {
    const p = await quoted(page, "50000");
    assert.match(await p.id("pay-share-normal").innerText(), /1\.2.%/);
    await p.id("pay-own-rate-open").click();
    await p.id("pay-own-rate").fill("x");
    await p.id("pay-own-rate-use").click();
    await p.getByText("A whole number from 1 to 9999").waitFor();
    await p.id("pay-own-rate").fill("7");
    await p.id("pay-own-rate-use").click();
    await p.waitForFunction(() => document.querySelector("[data-testid=pay-fee-max]")?.getAttribute("data-msat") === "987000");
  },
};
