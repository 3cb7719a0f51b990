import assert from "node:assert/strict";

const current = (p) => p.locator("[aria-current=page]").getAttribute("data-testid");

export default {
  "letters open, Esc goes back": async (page) => {
    const p = await page("home");
    for (const [key, sheet] of [["p", "pay"], ["r", "receive"], ["s", "scan"]]) {
      await p.keyboard.press(key);
      await p.id(sheet).waitFor();
      await p.keyboard.press("Escape");
      await p.id(sheet).waitFor({ state: "detached" });
    }
  },

  "G and a letter go, Ctrl , opens the settings": async (page) => {
    const p = await page("home");
    for (const [keys, tab] of [[["g", "a"], "nav-activity"], [["g", "c"], "nav-channels"], [["g", "h"], "nav-home"], [["Control+,"], "nav-settings"]]) {
      for (const key of keys) await p.keyboard.press(key);
      assert.equal(await current(p), tab);
    }
    await p.keyboard.press("Escape");
    assert.equal(await current(p), "nav-home");
    await p.keyboard.press("/");
    assert.equal(await current(p), "nav-activity");
  },

  "letters are letters where one types": async (page) => {
    const p = await page("home");
    await p.keyboard.press("p");
    await p.keyboard.type("grs?");
    assert.equal(await p.id("pay-input").inputValue(), "grs?");
    assert.equal(await p.has("keys"), false);
  },

  "? shows the keys, Esc takes them away and nothing else": async (page) => {
    const p = await page("home");
    await p.keyboard.press("p");
    await p.keyboard.press("Escape");
    await p.keyboard.press("?");
    await p.id("keys").waitFor();
    await p.keyboard.press("r");
    assert.equal(await p.has("receive"), false);
    await p.keyboard.press("Escape");
    await p.id("keys").waitFor({ state: "detached" });
    assert.equal(await current(p), "nav-home");
  },

  "Ctrl L locks": async (page) => {
    const p = await page("home");
    await p.keyboard.press("Control+l");
    await p.id("unlock-screen").waitFor();
  },

  "a whole payment without a mouse": async (page) => {
    const p = await page("home");
    await p.keyboard.press("p");
    await p.keyboard.type("lnbc214u1xyz");
    await p.keyboard.press("Enter");
    await p.id("pay-confirm").waitFor();
    await p.keyboard.press("Enter");
    await p.state("pay-state", "paid");
    await p.keyboard.press("Enter");
    await p.id("pay").waitFor({ state: "detached" });
  },

  "Tab goes in reading order and stays out of what is faded": async (page) => {
    const p = await page("home");
    const order = [];
    for (let i = 0; i < 12; i += 1) {
      await p.keyboard.press("Tab");
      order.push(await p.evaluate(() => document.activeElement.dataset.testid));
    }
    assert.deepEqual(order, [
      "nav-home", "nav-activity", "nav-channels", "nav-settings", "status", "lock", "amounts-hide", "balance-total", "open-pay", "open-receive", "open-scan",
      "balance-lightning",
    ]);
    await p.keyboard.press("p");
    for (let i = 0; i < 25; i += 1) {
      await p.keyboard.press("Tab");
      assert.equal(await p.evaluate(() => document.activeElement.closest("main") !== null), false);
    }
  },

  "the focus returns to what opened the sheet": async (page) => {
    const p = await page("home");
    await p.id("open-scan").click();
    await p.id("scan").waitFor();
    await p.keyboard.press("Escape");
    assert.equal(await p.evaluate(() => document.activeElement.dataset.testid), "open-scan");
  },
};
