import assert from "node:assert/strict";

export default {
  "the parts add up to what is owned": async (page) => {
    const p = await page("home");
    const closing = await p.id("balance-closing").evaluateAll((all) => all.map((one) => Number(one.dataset.msat)));
    const parts = [await p.msat("balance-lightning"), await p.msat("balance-onchain"), ...closing];
    assert.equal(parts.reduce((a, b) => a + b), await p.msat("balance-total"));
  },

  "what is kept unfolds and adds up": async (page) => {
    const p = await page("home");
    assert.match(await p.id("kept-lightning").innerText(), /29.140\s*sat stay in reserve/);
    assert.match(await p.id("kept-onchain").innerText(), /50.000\s*sat not yet/);
    await p.id("kept-lightning").click();
    const kept = (await p.id("kept-reserve").locator("[data-msat]").getAttribute("data-msat")) ?? "0";
    const fee = (await p.id("kept-closingFee").locator("[data-msat]").getAttribute("data-msat")) ?? "0";
    assert.equal(Number(kept) + Number(fee), await p.msat("kept-lightning-sum"));
    assert.equal(Number(kept) + Number(fee) + (await p.msat("can-send")), await p.msat("balance-lightning"));
  },

  "a click on the amount switches the unit, everywhere": async (page) => {
    const p = await page("home");
    assert.match(await p.id("balance-total").innerText(), /2.136.060\s*sat/);
    await p.id("balance-total").click();
    await p.getByText("BTC").first().waitFor();
    assert.match(await p.id("balance-total").innerText(), /0\.02.136.060\s*BTC/);
    assert.equal(await p.locator("[data-msat]", { hasText: "sat" }).count(), 0);
  },

  "no amount stands without its unit": async (page) => {
    const p = await page("home");
    for (const text of await p.locator("[data-msat]").allInnerTexts()) assert.match(text, /(sat|BTC)$/);
  },

  "what has a card is not in the list under it": async (page) => {
    const p = await page("home");
    assert.match(await p.id("card-inTransit").innerText(), /Don’t pay again/);
    assert.equal(await p.locator("[data-testid=movement-row][data-status=inTransit]").count(), 0);
    await p.id("card-inTransit").click();
    assert.equal(await p.id("nav-activity").getAttribute("aria-current"), "page");
  },

  "an empty wallet offers to receive": async (page) => {
    const p = await page("empty");
    assert.match((await p.id("open-receive").getAttribute("class")) ?? "", /primary/);
    assert.equal(await p.locator(".btn.primary").count(), 1);
    assert.ok(await p.id("empty").isVisible());
  },

  "an old copy stands still until its channels are given up": async (page) => {
    const p = await page("quarantine");
    assert.equal(await p.id("status").innerText(), "Old copy: paused");
    await p.id("card-quarantine").click();
    await p.id("quarantine-confirm").click();
    assert.ok(await p.getByRole("alert").isVisible());
    await p.id("quarantine-know").check();
    await p.id("quarantine-confirm").click();
    await p.id("card-waitingForPeer").first().waitFor();
    assert.equal(await p.id("quarantine-dialog").count(), 0);
    assert.equal(await p.id("status").innerText(), "Ready");
  },

  "a payment that nobody has taken says so, and why": async (page) => {
    const p = await page("not-taken");
    await p.id("nav-activity").click();
    const row = p.locator("[data-testid=movement-row][data-status=pending]").first();
    assert.match(await row.innerText(), /not sent yet/);
    await row.click();
    assert.match(await p.id("detail-unsent").innerText(), /fee is too low/);
    assert.match(await p.id("detail-status").innerText(), /^Not sent yet/);
  },

  "what has not left can be taken back": async (page) => {
    const taken = await page("not-taken");
    await taken.id("nav-activity").click();
    await taken.locator("[data-testid=movement-row][data-status=pending]").first().click();
    await taken.id("detail-unsent").waitFor();
    assert.equal(await taken.has("detail-take-back"), false);
    const p = await page("not-left");
    await p.id("nav-activity").click();
    await p.locator("[data-testid=movement-row][data-status=pending]").first().click();
    await p.id("detail-take-back").click();
    assert.match(await p.id("detail-failure").innerText(), /You took it back/);
  },

  "blocks that stay away are said, and what they stop": async (page) => {
    const p = await page("no-blocks");
    assert.match(await p.id("status").innerText(), /^No block since \d\d:\d\d$/);
    await p.id("status").click();
    assert.match(await p.id("health-verdict").innerText(), /No new block for 1 h 6 min/);
    assert.doesNotMatch(await p.id("health").innerText(), /wait/);
    const long = await page("no-blocks-long");
    await long.id("status").click();
    assert.match(await long.id("health-verdict").innerText(), /No new block for 2 h/);
    assert.match(await long.id("health").innerText(), /Payments over Lightning and new channels wait/);
  },

  "a clock that is wrong is named": async (page) => {
    const p = await page("clock");
    assert.equal(await p.id("status").innerText(), "Clock is wrong");
    await p.id("status").click();
    assert.match(await p.id("health-verdict").innerText(), /clock is about 3 h slow/);
  },

  "a clock that only servers find wrong is named as that": async (page) => {
    const p = await page("clock-servers");
    assert.equal(await p.id("status").innerText(), "Clock may be wrong");
    await p.id("status").click();
    assert.match(await p.id("health-verdict").innerText(), /clock is about 25 min fast/);
    assert.match(await p.id("health").innerText(), /The servers it asks say so/);
  },

  "the status line says it in words": async (page) => {
    const offline = await page("offline");
    assert.match(await offline.id("status").innerText(), /^Offline since \d\d:\d\d$/);
    const away = await page("peer-away");
    assert.equal(await away.id("status").innerText(), "Olive Grocer reconnecting");
  },

  "amounts go behind dots everywhere, but for what a person is about to agree to": async (page) => {
    const p = await page("fiat");
    await p.id("amounts-hide").click();
    await p.waitForFunction(() => document.querySelector("[data-testid=balance-total]").textContent.includes("•"));
    assert.equal(await p.evaluate(() => window.fulmenWorld.settings.hideAmounts), true, "it is kept");
    const digits = () => p.locator("main [data-msat], main .fiat-amt").evaluateAll((all) => all.map((one) => one.textContent).filter((text) => /\d/.test(text)));
    const bars = () => p.locator("main [role=img]").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")).filter((text) => /\d\s*(sat|BTC)/.test(text)));
    for (const place of ["home", "activity", "channels"]) {
      await p.id(`nav-${place}`).click();
      await p.locator("main [data-msat]").first().waitFor();
      assert.deepEqual([...(await digits()), ...(await bars())], [], place);
    }
    await p.id("nav-home").click();
    await p.id("open-pay").click();
    await p.id("pay-input").fill("lnbc214u1fixed");
    await p.keyboard.press("Enter");
    await p.id("pay-confirm").waitFor();
    assert.match(await p.id("pay-amount").innerText(), /21.400\s*sat/);
    await p.keyboard.press("Escape");
    await p.id("amounts-hide").click();
    await p.waitForFunction(() => /2.136.060/.test(document.querySelector("[data-testid=balance-total]").textContent));
  },

  "satoshis are written with the bitcoin sign where a person wants that": async (page) => {
    const p = await page("home");
    await p.id("nav-settings").click();
    await p.id("settings-general").click();
    await p.id("settings-unit-integer").click();
    await p.waitForFunction(() => window.fulmenWorld.settings.unit === "integer");
    await p.id("nav-home").click();
    assert.match(await p.id("balance-total").innerText(), /^₿\s*2.136.060$/);
    await p.id("balance-total").click();
    await p.waitForFunction(() => /BTC/.test(document.querySelector("[data-testid=balance-total]").textContent));
    await p.id("balance-total").click();
    await p.waitForFunction(() => /₿/.test(document.querySelector("[data-testid=balance-total]").textContent));
  },
};
