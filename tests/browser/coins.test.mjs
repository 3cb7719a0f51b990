import assert from "node:assert/strict";

export default {
  "a coin is named, frozen and freed again": async (page) => {
    const p = await page("home");
    await p.id("nav-settings").click();
    await p.id("settings-coins").click();
    const coin = p.id("coin-1");
    await p.state("coin-1", "free");
    await coin.getByTestId("coin-name").click();
    await p.id("coin-name-input").fill("From the bakery");
    await p.id("coin-name-save").click();
    await coin.getByText("From the bakery").waitFor();
    await coin.getByTestId("coin-freeze").click();
    await p.state("coin-1", "frozen");
    await coin.getByTestId("coin-unfreeze").click();
    await p.state("coin-1", "free");
    assert.match(await p.id("coin-2").innerText(), /Comes in · not in a block yet/);
  },

  "the coins are looked at again when money moves, and not while nothing does": async (page) => {
    const p = await page("home");
    await p.id("nav-settings").click();
    await p.id("settings-coins").click();
    await p.state("coin-0", "free");
    const asked = () => p.evaluate(() => window.fulmenWorld.called.get("coins"));
    const before = await asked();
    await p.evaluate(() => { window.fulmenWorld.tell({ type: "balance", balance: structuredClone(window.fulmenWorld.snapshot.balance) }); });
    await p.waitForFunction((before) => window.fulmenWorld.called.get("coins") > before, before);
    assert.equal(await asked(), before + 1);
  },

  "a coin that channels need is not frozen, and says why": async (page) => {
    const p = await page("home");
    await p.id("nav-settings").click();
    await p.id("settings-coins").click();
    await p.id("coin-0").getByTestId("coin-freeze").click();
    assert.match(await p.id("coin-error").innerText(), /Needed to close channels.*Nothing was changed/);
    await p.state("coin-0", "free");
  },

  "a payment is made of the coins that are chosen, and says what comes back": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    await p.id("pay-input").fill("bc1qsomething");
    await p.keyboard.press("Enter");
    await p.id("pay-amount-input").fill("50 000");
    await p.keyboard.press("Enter");
    await p.id("pay-coins-open").click();
    await p.id("pay-coins-use").click();
    await p.id("pay-coins-none").waitFor();
    assert.equal(await p.has("pay-confirm"), false, "nothing is paid with coins that are only marked");
    await p.id("pay-coin-1").check();
    await p.id("pay-coins-use").click();
    await p.id("pay-coins-chosen").waitFor();
    assert.equal(await p.msat("pay-coins-total"), 61_220_000);
    assert.equal(await p.msat("pay-coins-change"), 61_220_000 - 50_000_000 - 564_000);
    await p.id("pay-speed-fast").click();
    await p.locator("[data-testid=pay-speed-fast][aria-pressed=true]").waitFor();
    assert.equal(await p.msat("pay-coins-change"), 61_220_000 - 50_000_000 - 1_269_000, "the same coins at another speed");
    await p.id("pay-coins-any").click();
    await p.id("pay-coins-chosen").waitFor({ state: "detached" });
    await p.id("pay-confirm").waitFor();
  },

  "coins that are too little are refused, and others can be marked": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    await p.id("pay-input").fill("bc1qsomething");
    await p.keyboard.press("Enter");
    await p.id("pay-amount-input").fill("70 000");
    await p.keyboard.press("Enter");
    await p.id("pay-coins-open").click();
    assert.equal(await p.id("pay-coin-2").count(), 0, "what comes in is no coin to choose");
    await p.id("pay-coin-1").check();
    await p.id("pay-coins-use").click();
    assert.match(await p.id("pay-problem").innerText(), /The coins you chose are not enough/);
    await p.id("pay-coins-close").click();
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.has("pay-problem"), false);
    await p.id("pay-coins-open").click();
    await p.id("pay-coin-1").check();
    await p.id("pay-coin-0").check();
    await p.id("pay-coins-use").click();
    await p.id("pay-coins-chosen").waitFor();
    assert.equal(await p.msat("pay-coins-total"), 261_220_000);
    assert.equal(await p.has("pay-problem"), false);
  },

  "an empty wallet has no coins": async (page) => {
    const p = await page("empty");
    await p.id("nav-settings").click();
    await p.id("settings-coins").click();
    await p.id("coins-empty").waitFor();
  },
};
