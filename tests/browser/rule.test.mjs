import assert from "node:assert/strict";

export default {
  "what stands between and a channel is named, with the way to it": async (page) => {
    const p = await page("obstacle-words-not-proven");
    await p.id("nav-channels").click();
    assert.match(await p.id("channels-refused").innerText(), /Your words come first/);
    assert.equal(await p.has("channel-open"), false);
    await p.id("obstacle-go").click();
    await p.id("backup").waitFor();
    const still = await page("obstacle-quarantine");
    await still.id("nav-channels").click();
    assert.match(await still.id("channels-refused").innerText(), /old copy of your wallet/);
    assert.equal(await still.has("obstacle-go"), false);
  },

  "the first channel with real money begins with four sentences": async (page) => {
    const p = await page("first-channel");
    await p.id("nav-channels").click();
    await p.id("channel-open").click();
    assert.equal(await p.id("first-channel").locator("li").count(), 4);
    assert.equal(await p.has("open-amount"), false);
    await p.id("first-go").click();
    await p.id("open-amount").waitFor();
    const suggested = p.id("open-suggestion");
    assert.equal(await suggested.count(), 3);
    for (const why of [/payments find a way/, /makers of a wallet/, /150,000 to 1,500,000 sat/]) {
      await suggested.filter({ hasText: why }).waitFor();
    }
  },

  "the cap is a choice where money is real, and nowhere else": async (page) => {
    const p = await page("home");
    await p.keyboard.press("Control+,");
    await p.id("settings-security").click();
    assert.equal(await p.id("channel-cap-2000000").getAttribute("aria-pressed"), "true");
    await p.id("channel-cap-5000000").click();
    await p.waitForSelector("[data-testid=channel-cap-5000000][aria-pressed=true]");
    const practice = await page("practice-home");
    await practice.keyboard.press("Control+,");
    await practice.id("settings-security").click();
    await practice.id("spend-limit-100000").waitFor();
    assert.equal(await practice.has("channel-cap-2000000"), false);
  },

  "no copy is typed, and can be taken back": async (page) => {
    const p = await page("home");
    await p.keyboard.press("Control+,");
    await p.id("settings-backup").click();
    await p.id("no-copy-ask").click();
    await p.id("no-copy-typed").fill("none");
    await p.id("no-copy-go").click();
    await p.getByText("That is not “no copy”.").waitFor();
    await p.id("no-copy-typed").fill("No copy");
    await p.id("no-copy-go").click();
    await p.state("no-copy", "none");
    await p.id("no-copy-undo").click();
    await p.state("no-copy", "wanted");
  },
};
