import assert from "node:assert/strict";

const close = (p, payments) => p.evaluate((count) => { window.fulmenWorld.close(count); }, payments);
const ended = (p) => p.evaluate(() => window.fulmenWorld.ended);

export default {
  "how long the computer may be off stands in health, in channels and in the question": async (page) => {
    const p = await page("home");
    await p.id("nav-channels").click();
    const said = await p.id("safe-off").innerText();
    assert.match(said, /^Safe to be off until .+, \d\d:\d\d\. After that, a dishonest peer could publish an old state/);
    await p.id("status").click();
    assert.match(await p.id("health-off").innerText(), /Safe to be off until/);
    await p.keyboard.press("Escape");
    await close(p, 0);
    assert.match(await p.id("quit-off").innerText(), /Safe to be off until/);
    assert.equal(await p.has("quit-wait"), false);
    await p.id("quit-now").click();
    await p.id("quit").waitFor({ state: "detached" });
    assert.equal(await ended(p), true);
  },

  "without a channel nothing is said": async (page) => {
    const p = await page("empty");
    await p.id("nav-channels").click();
    await p.id("channels-empty").waitFor();
    assert.equal(await p.has("safe-off"), false);
  },

  "a payment under way may be waited for, and waiting taken back": async (page) => {
    const p = await page("home");
    await close(p, 2);
    await p.getByText("2 payments are still under way").waitFor();
    await p.id("quit-wait").click();
    await p.getByText("Fulmen quits when the payment is done").waitFor();
    assert.equal(await p.has("quit-wait"), false);
    await p.keyboard.press("Escape");
    await p.id("quit").waitFor({ state: "detached" });
    assert.equal(await ended(p), false);
  },
};
