import assert from "node:assert/strict";

const minor = async (p, name) => Number(await p.id(name).getAttribute("data-minor"));
/** By 59 000 for a bitcoin, to the nearest cent. */
const cents = (msat) => Math.round((msat * 5_900_000) / 100_000_000_000);

export default {
  "nothing is said of other money until a person chooses some, and whom that asks is said before": async (page) => {
    const p = await page("home");
    await p.id("balance-total").waitFor();
    assert.equal(await p.has("worth"), false);
    await p.id("nav-settings").click();
    await p.id("settings-general").click();
    const text = await p.locator("main").innerText();
    for (const said of ["Off asks nobody", "mempool.space", "api.coingecko.com", "api.coinbase.com"]) assert.ok(text.includes(said), said);
    await p.id("settings-currency").selectOption("EUR");
    await p.waitForFunction(() => window.fulmenWorld.settings.currency === "EUR" && window.fulmenWorld.snapshot.rate.type === "known");
    await p.id("nav-home").click();
    await p.state("worth", "fresh");
    assert.equal(await minor(p, "balance-fiat"), cents(await p.msat("balance-total")));
    assert.match(await p.id("worth").innerText(), /€1\u2009260\.28/);
    assert.match(await p.id("worth").innerText(), /rate just fetched/);
    await p.id("nav-settings").click();
    await p.id("settings-general").click();
    await p.id("settings-currency").selectOption("");
    await p.waitForFunction(() => window.fulmenWorld.snapshot.rate.type === "off");
    await p.id("nav-home").click();
    await p.id("balance-total").waitFor();
    assert.equal(await p.has("worth"), false);
  },

  "an old rate says that it is, and none says why": async (page) => {
    const old = await page("fiat-stale");
    await old.state("worth", "stale");
    assert.match(await old.id("worth").innerText(), /old rate: 47 min.*Too few servers answer/s);
    const none = await page("fiat-none");
    await none.state("worth", "unknown");
    assert.match(await none.id("worth").innerText(), /the servers contradict each other.*Your money is as it was/s);
    assert.equal(await none.has("balance-fiat"), false);
  },

  "what is paid, what it costs and what leaves are shown in both": async (page) => {
    const p = await page("fiat");
    await p.id("open-pay").click();
    await p.id("pay-input").fill("lnbc214u1fixed");
    await p.keyboard.press("Enter");
    await p.id("pay-total-fiat").waitFor();
    assert.equal(await minor(p, "pay-fiat"), cents(await p.msat("pay-amount")));
    assert.equal(await minor(p, "pay-fee-fiat"), cents(await p.msat("pay-fee-max")));
    assert.equal(await minor(p, "pay-total-fiat"), cents(await p.msat("pay-total-max")));
  },

  "on-chain the fee is a share of the amount too": async (page) => {
    const p = await page("fiat");
    await p.id("open-pay").click();
    await p.id("pay-input").fill("bitcoin:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq");
    await p.keyboard.press("Enter");
    await p.id("pay-amount-input").fill("100000");
    await p.keyboard.press("Enter");
    await p.id("pay-fee-share").waitFor();
    assert.match(await p.id("pay-fee-share").innerText(), /% on top/);
  },

  "what is asked for is shown in both": async (page) => {
    const p = await page("fiat");
    await p.id("open-receive").click();
    await p.id("receive-amount").fill("50000");
    await p.id("receive-fiat").waitFor();
    assert.equal(await minor(p, "receive-fiat"), cents(50_000_000));
  },

  "what moved is shown by the rate of then and of now; where none was known that is said": async (page) => {
    const p = await page("fiat");
    await p.id("nav-activity").click();
    await p.locator("[data-testid=movement-row][data-id=m1]").click();
    await p.id("detail-then").waitFor();
    assert.notEqual(await minor(p, "detail-now-fiat"), 0);
    const rows = await p.id("movement-row").evaluateAll((all) => all.map((one) => one.dataset.id));
    const seen = new Set();
    for (const id of rows) {
      await p.locator(`[data-testid=movement-row][data-id=${id}]`).click();
      await p.waitForFunction((id) => document.querySelector("[data-testid=movement-detail]")?.dataset.id === id, id);
      if (await p.has("detail-then")) seen.add(/Not known/.test(await p.id("detail-then").innerText()) ? "not known" : "known");
    }
    assert.deepEqual([...seen].sort(), ["known", "not known"]);
  },

  "an amount is typed in the currency, and what it buys stands below before anything is asked": async (page) => {
    const p = await page("fiat");
    const code = await p.evaluate(() => window.fulmenWorld.settings.currency);
    await p.id("open-pay").click();
    await p.id("pay-input").fill("bitcoin:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq");
    await p.keyboard.press("Enter");
    const unit = p.id("pay-unit");
    assert.equal(await unit.innerText(), "sat");
    await unit.click();
    await p.waitForFunction(() => document.querySelector("[data-testid=pay-unit]").textContent === "BTC");
    await unit.click();
    assert.equal(await unit.innerText(), code);
    await p.id("pay-amount-input").fill("5x");
    await p.getByText("Type a number, like 2100.").waitFor();
    await p.id("pay-amount-input").fill("59.00");
    await p.getByText("That is 100\u2009000\u2009sat.").waitFor();
    await p.keyboard.press("Enter");
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.msat("pay-amount"), 100_000_000);
  },

  "by an old rate nothing is typed, and one that gets old buys nothing": async (page) => {
    const p = await page("fiat-stale");
    await p.id("open-receive").click();
    for (const unit of ["BTC", "sat"]) {
      await p.id("receive-unit").click();
      await p.waitForFunction((unit) => document.querySelector("[data-testid=receive-unit]").textContent === unit, unit);
    }
    const fresh = await page("fiat");
    await fresh.id("open-receive").click();
    await fresh.id("receive-unit").click();
    await fresh.waitForFunction(() => document.querySelector("[data-testid=receive-unit]").textContent === "BTC");
    await fresh.id("receive-unit").click();
    await fresh.evaluate(() => {
      const { snapshot } = window.fulmenWorld;
      snapshot.rate = { ...snapshot.rate, stale: true };
    });
    await fresh.id("receive-amount").fill("10");
    await fresh.getByText("No fresh rate is known now").waitFor();
  },
};
