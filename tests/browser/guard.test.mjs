import assert from "node:assert/strict";

/** What the real isolation frame says of a call. */
const passes = (p, cmd, payload) =>
  p.evaluate(([command, args]) => {
    try {
      window.__TAURI_ISOLATION_HOOK__({ cmd: command, payload: args });
      return true;
    } catch {
      return false;
    }
  }, [cmd, payload]);

export default {
  "a page that was taken over passes only what is listed, in its shape": async (page) => {
    const p = await page("home");
    assert.equal(await passes(p, "pay", { quoteId: "q" }), true);
    assert.equal(await passes(p, "update_settings", { patch: { unit: "btc" } }), true);
    assert.equal(await passes(p, "plugin:event|listen", { event: "wallet", target: { kind: "Any" }, handler: 1 }), true);
    assert.equal(await passes(p, "plugin:event|unlisten", { event: "wallet", eventId: 1 }), true);
    for (const [cmd, payload] of [
      ["pay", { quoteId: "q", limit: null }],
      ["pay", { quoteId: ["q"] }],
      ["pay", {}],
      ["pay", { __proto__: { quoteId: "q" } }],
      ["quit", { choice: "rm" }],
      ["open_preview", { request: { peer: "x", amountSat: -1 } }],
      ["open_preview", { request: { peer: "x", amountSat: 1.5 } }],
      ["update_settings", { patch: { dir: "/" } }],
      ["update_settings", { patch: { wordsBackedUp: true } }],
      ["prove_words", { typed: "abandon" }],
      ["update_settings", { patch: { noCopy: "yes" } }],
      ["update_settings", { patch: { channelCapSat: -1 } }],
      ["eval", { code: "1" }],
      ["constructor", {}],
      ["toString", {}],
      ["plugin:clipboard-manager|read_text", {}],
      ["plugin:clipboard-manager|read_image", {}],
      ["plugin:fs|read_file", { path: "/etc/passwd" }],
      ["plugin:shell|execute", {}],
      ["plugin:event|emit", { event: "wallet", payload: {} }],
      ["plugin:event|listen", { event: "tauri://drag-drop", target: { kind: "Any" }, handler: 1 }],
    ]) {
      assert.equal(await passes(p, cmd, payload), false, `${cmd} ${JSON.stringify(payload)}`);
    }
  },

  "the frame's hook cannot be taken away": async (page) => {
    const p = await page("home");
    await p.evaluate(() => { try { window.__TAURI_ISOLATION_HOOK__ = (message) => message; } catch { /* it says so */ } });
    assert.equal(await passes(p, "eval", {}), false);
  },

  "the screen locks after minutes, and a higher limit is agreed to elsewhere": async (page) => {
    const p = await page("home");
    await p.keyboard.press("Control+,");
    await p.id("settings-security").click();
    assert.equal(await p.id("lock-after-15").getAttribute("aria-pressed"), "true");
    await p.id("lock-after-5").click();
    await p.waitForSelector("[data-testid=lock-after-5][aria-pressed=true]");
    await p.id("spend-limit-1000000").click();
    await p.id("guard-error").waitFor();
    assert.equal(await p.id("spend-limit-100000").getAttribute("aria-pressed"), "true");
    await p.id("spend-limit-10000").click();
    await p.waitForSelector("[data-testid=spend-limit-10000][aria-pressed=true]");
    assert.equal(await p.has("guard-error"), false);
  },

  "a locked screen says that the wallet runs on": async (page) => {
    const p = await page("home");
    await p.keyboard.press("Control+l");
    await p.getByText("Your wallet runs on behind this screen").waitFor();
    const started = await page("locked");
    await started.getByText("only while Fulmen is open").waitFor();
  },
};
