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

  "a coin that channels need is not frozen, and says why": async (page) => {
    const p = await page("home");
    await p.id("nav-settings").click();
    await p.id("settings-coins").click();
    await p.id("coin-0").getByTestId("coin-freeze").click();
    assert.match(await p.id("coin-error").innerText(), /Needed to close channels.*Nothing was changed/);
    await p.state("coin-0", "free");
  },

  "an empty wallet has no coins": async (page) => {
    const p = await page("empty");
    await p.id("nav-settings").click();
    await p.id("settings-coins").click();
    await p.id("coins-empty").waitFor();
  },
};
