import assert from "node:assert/strict";

export default {
  "after a fault it says so, once": async (page) => {
    const p = await page("crashed");
    await p.id("crashed-reason").click();
    assert.match(await p.id("crashed-text").innerText(), /observe\.rs:31:9/);
    await p.id("crashed-seen").click();
    await p.id("crashed").waitFor({ state: "detached" });
    assert.equal(await p.id("balance-total").isVisible(), true);
  },

  "after two faults it opens offline: another source first, then online": async (page) => {
    const p = await page("safe-start");
    assert.equal(await p.id("status").getAttribute("data-state"), "safeStart");
    assert.match(await p.id("safe-start").innerText(), /twice in a row/);
    await p.id("safe-start-source").click();
    await p.id("source-url").waitFor();
    await p.id("nav-home").click();
    await p.id("safe-start-online").click();
    await p.id("safe-start").waitFor({ state: "detached" });
    assert.equal(await p.id("status").getAttribute("data-state"), "ready");
  },

  "first start offers four ways and asks nothing": async (page) => {
    const p = await page("first-start");
    for (const id of ["create", "restore", "restore-copy", "create-practice"]) assert.ok(await p.id(id).isVisible(), id);
    assert.equal(await p.locator("input").count(), 0);
  },

  "create with a password goes home": async (page) => {
    const p = await page("first-start");
    await p.id("create").click();
    await p.keyboard.type("lamp orbit violin");
    await p.keyboard.press("Enter");
    await p.id("balance-total").waitFor();
    assert.equal(await p.msat("balance-total"), 0);
    assert.equal(await p.has("band"), false);
  },

  "create without a password says what that means": async (page) => {
    const p = await page("first-start");
    await p.id("create").click();
    assert.match(await p.id("create-screen").innerText(), /Anyone at this computer can spend/);
    await p.id("create-without-password").click();
    await p.id("balance-total").waitFor();
  },

  "practice needs one click": async (page) => {
    const p = await page("first-start");
    await p.id("create-practice").click();
    await p.id("practice-drawer").waitFor();
    assert.match(await p.id("band").innerText(), /Practice: pretend bitcoin/);
    assert.match(await p.id("empty").innerText(), /Get 1.000.000 sat/);
  },

  "a wrong password says so and keeps the field": async (page) => {
    const p = await page("locked");
    await p.keyboard.type("wrong");
    await p.keyboard.press("Enter");
    await p.getByText("That password doesn’t open it").waitFor();
    await p.id("unlock-password").fill("correct horse");
    await p.keyboard.press("Enter");
    await p.id("balance-total").waitFor();
  },

  "lock leaves no figure on the screen": async (page) => {
    const p = await page("home");
    await p.id("lock").click();
    await p.id("unlock-screen").waitFor();
    assert.equal(await p.locator("[data-msat]").count(), 0);
    assert.doesNotMatch(await p.locator("body").innerText(), /\d{3}/);
  },

  "where it cannot run it says why": async (page) => {
    const p = await page("refused");
    assert.match(await p.id("refused").innerText(), /Fulmen is running already[\s\S]*Nothing was touched/);
  },
};
