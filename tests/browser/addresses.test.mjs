import assert from "node:assert/strict";

const open = async (page, scene) => {
  const p = await page(scene);
  await p.keyboard.press("r");
  await p.id("open-addresses").click();
  return p;
};

export default {
  "every address that was given out is listed, with what came to it": async (page) => {
    const p = await open(page, "home");
    await p.id("address-row").first().waitFor();
    const rows = await p.id("address-row").allInnerTexts();
    assert.deepEqual(await p.id("address-row").evaluateAll((all) => all.map((one) => one.dataset.state)), ["unused", "used", "used", "used"]);
    for (const [place, words] of [/For the roof[^]*Not used yet/, /Studio sale/, /End of a channel/, /Given out elsewhere/].entries()) assert.match(rows[place], words);
    assert.equal(await p.msat("address-row-received"), 300_000_000);
    await p.id("addresses-back").click();
    await p.id("receive-qr").waitFor();
  },

  "one is opened, copied again with the reason not to, and leads to its payment": async (page) => {
    const p = await open(page, "home");
    await p.id("address-row").nth(1).click();
    assert.match(await p.id("address-detail").innerText(), /Studio sale[^]*Bowls/);
    assert.equal(await p.msat("address-received"), 300_000_000);
    assert.equal(await p.msat("address-held"), 300_000_000);
    assert.match(await p.id("address-reuse").innerText(), /Better not twice/);
    await p.id("address-copy").click();
    await p.waitForFunction(() => window.fulmenClipboard);
    assert.equal(await p.evaluate(() => window.fulmenClipboard), await p.id("address-text").getAttribute("data-value"));
    await p.id("address-movement").click();
    await p.locator("[data-testid=movement-row][data-id=m2][aria-current=true]").waitFor();
  },

  "one that nothing came to may be given again, and a channel’s is called one": async (page) => {
    const p = await open(page, "home");
    await p.id("address-row").first().click();
    assert.match(await p.id("address-reuse").innerText(), /It can be given again/);
    assert.equal(await p.has("address-movement"), false);
    await p.id("address-all").click();
    await p.id("address-row").nth(2).click();
    assert.match(await p.id("address-detail").innerText(), /A channel paid to it when it ended/);
    await p.id("address-fresh").click();
    await p.id("receive-qr").waitFor();
  },

  "what moves money is learnt, and nothing is asked for while nothing moves": async (page) => {
    const p = await open(page, "home");
    await p.id("address-row").first().waitFor();
    const asked = () => p.evaluate(() => window.fulmenWorld.called.get("addresses"));
    const before = await asked();
    await p.evaluate(() => { window.fulmenWorld.tell({ type: "balance", balance: structuredClone(window.fulmenWorld.snapshot.balance) }); });
    await p.waitForFunction((before) => window.fulmenWorld.called.get("addresses") > before, before);
    assert.equal(await asked(), before + 1);
  },

  "before the first there is nothing to list": async (page) => {
    const p = await open(page, "empty");
    await p.id("addresses-empty").waitFor();
  },
};
