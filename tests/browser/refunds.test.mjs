import assert from "node:assert/strict";

const read = async (p, text) => {
  await p.id("open-pay").click();
  await p.id("pay-input").fill(text);
  await p.keyboard.press("Enter");
};

export default {
  "a refund says what it is, and is collected": async (page) => {
    const p = await page("home");
    await read(p, "lnr1qqcoffee");
    await p.state("pay-state", "check");
    assert.equal(await p.id("pay-title").innerText(), "They give you money back");
    assert.equal(await p.msat("pay-amount"), 2_100_000);
    assert.equal(await p.id("pay-label").innerText(), "“Corner Café”");
    const card = await p.locator(".payment").innerText();
    assert.match(card, /The refund says it is from/);
    assert.match(card, /The coffee machine broke/);
    assert.match(card, /Anybody could have written that/);
    assert.doesNotMatch(card, /Pay to/);
    await p.id("pay-collect").click();
    await p.state("pay-state", "received");
    assert.equal(await p.id("pay-title").innerText(), "Received");
    await p.id("pay-done").click();
    await p.locator("[data-testid=movement-row]", { hasText: /The coffee machine broke/ }).first().waitFor();
  },

  "a refund whose issuer is away can be asked for again": async (page) => {
    const p = await page("home");
    await read(p, "lnr1qqslow");
    await p.id("pay-collect").click();
    await p.state("pay-state", "asked");
    assert.match(await p.id("pay").innerText(), /If their wallet is off, nothing comes/);
  },

  "a refund that cannot be collected says why": async (page) => {
    const p = await page("home");
    await read(p, "lnr1qqbig");
    await p.id("pay-collect").click();
    assert.match(await p.id("pay-title").innerText(), /No channel of yours can take that in/);
    await p.id("pay-change").click();
    for (const [text, words] of [["lnr1late", /This refund has expired/], ["lnr1again", /You have collected this refund/], ["lnr1mine", /You gave this refund/]]) {
      await p.id("pay-input").fill(text);
      await p.keyboard.press("Enter");
      await p.locator("[data-testid=pay-problem]", { hasText: words }).waitFor();
    }
  },
};
