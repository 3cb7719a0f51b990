import assert from "node:assert/strict";

const minor = async (p, name) => Number(await p.id(name).getAttribute("data-minor"));
/** By 59 000 for a bitcoin, to the nearest cent. */
const cents = (msat) => Math.round((msat * 5_900_000) / 100_000_000_000);
/** An amount and what stands beside it. */
const both = async (p, amount, fiat) => {
  await p.id(fiat).waitFor();
  assert.equal(await minor(p, fiat), cents(await p.msat(amount)), fiat);
};
const pays = async (p, text) => {
  await p.id("open-pay").click();
  await p.id("pay-input").fill(text);
  await p.keyboard.press("Enter");
};
const ADDRESS = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";
const OTHER = "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3";

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

  "beside each stands how old the rate is, and that it is no longer the last one": async (page) => {
    for (const [scene, state, says] of [["fiat", "fresh", /^rate 3\smin.* old$/], ["fiat-stale", "stale", /^old rate: 47\smin/]]) {
      const p = await page(scene);
      await pays(p, "lnbc214u1fixed");
      await p.state("pay-rate-age", state);
      assert.match(await p.id("pay-rate-age").innerText(), says);
      await p.keyboard.press("Escape");
      await p.id("open-receive").click();
      await p.id("receive-amount").fill("50000");
      await p.state("receive-rate-age", state);
      assert.match(await p.id("receive-rate-age").innerText(), says);
    }
    const p = await page("fiat-stale");
    await pays(p, "lnbc214u1fixed");
    await p.state("pay-rate-age", "stale");
    await p.evaluate(() => {
      const { rate } = window.fulmenWorld.snapshot;
      window.fulmenWorld.rate({ ...rate, atSecs: rate.atSecs + 2800, stale: false });
    });
    await p.state("worth", "fresh");
    assert.match(await p.id("pay-rate-age").innerText(), /^old rate: 47\smin/, "what is shown was worked out by the one before");
  },

  "each speed and each of several recipients is shown in both": async (page) => {
    const p = await page("fiat");
    await pays(p, ADDRESS);
    await p.id("pay-amount-input").fill("50000");
    await p.keyboard.press("Enter");
    for (const [speed, sat] of [["fast", 1269], ["normal", 564], ["slow", 141]]) {
      await p.id(`pay-fiat-${speed}`).waitFor();
      assert.equal(await minor(p, `pay-fiat-${speed}`), cents(sat * 1000));
    }
    await p.id("pay-add-open").click();
    await p.id("pay-add-text").fill(`${OTHER} 21000\n`);
    await p.id("pay-add-go").click();
    await p.id("pay-recipient-1").waitFor();
    for (const place of [0, 1]) await both(p, `pay-recipient-amount-${place}`, `pay-recipient-fiat-${place}`);
  },

  "a raised fee is shown in both, and as a share of what they get": async (page) => {
    const p = await page("fiat");
    await pays(p, ADDRESS);
    await p.id("pay-amount-input").fill("50000");
    await p.keyboard.press("Enter");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
    await p.keyboard.press("Escape");
    await p.id("nav-activity").click();
    await p.locator("[data-testid=movement-row]", { hasText: "waiting for a block" }).click();
    await p.id("detail-speed-up").click();
    await both(p, "bump-extra", "bump-extra-fiat");
    await both(p, "bump-fee", "bump-fee-fiat");
    assert.equal(await minor(p, "bump-fiat-normal"), cents(423_000));
    assert.match(await p.id("bump-share-normal").innerText(), /^0\.9\s% on top$/);
    assert.match(await p.id("bump-fee-share").innerText(), /3\.4\s% on top/);
    await p.state("bump-rate-age", "fresh");
  },

  "opening a channel and closing it is shown in both": async (page) => {
    const p = await page("fiat");
    await p.id("nav-channels").click();
    await p.id("channel-open").click();
    await p.id("open-amount").fill("200000");
    await p.waitForFunction(() => document.querySelector("[data-testid=open-fiat]")?.getAttribute("data-minor") === "11800");
    await both(p, "open-fee", "open-fee-fiat");
    await p.state("open-rate-age", "fresh");
    const closing = await page("fiat");
    await closing.id("nav-channels").click();
    await closing.id("channel-toggle").first().click();
    await closing.id("channel-close").click();
    await both(closing, "close-you-get", "close-fiat");
    await both(closing, "close-fee", "close-fee-fiat");
    await closing.state("close-rate-age", "fresh");
  },

  "a PSBT is shown in both": async (page) => {
    const p = await page("fiat");
    await pays(p, "cHNidP8BAHECAAAAAb");
    await both(p, "psbt-leaves", "psbt-fiat");
    await both(p, "psbt-fee", "psbt-fee-fiat");
    assert.equal(await minor(p, "psbt-output-fiat-0"), cents(70_000_000));
    await p.state("psbt-rate-age", "fresh");
  },

  "what a private key brings is shown in both": async (page) => {
    const p = await page("fiat");
    await pays(p, "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617");
    await both(p, "sweep-amount", "sweep-fiat");
    await both(p, "sweep-fee", "sweep-fee-fiat");
    await p.state("sweep-rate-age", "fresh");
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
