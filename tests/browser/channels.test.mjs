import assert from "node:assert/strict";

const go = async (page, scene = "home") => {
  const p = await page(scene);
  await p.id("nav-channels").click();
  return p;
};
const row = (p, index) => p.id("channel-row").nth(index);
/** In the open dialog: nothing in it is amber, and nothing happens before the sentence is ticked. */
const closeByForce = async (p, index) => {
  assert.equal(await p.id("force-dialog").locator(".btn.primary").count(), 0);
  await p.id("force-confirm").click();
  await p.getByText("Tick the sentence above first.").waitFor();
  await p.id("force-know").check();
  await p.id("force-confirm").click();
  await row(p, index).and(p.locator("[data-state=closingByForce]")).waitFor();
};

export default {
  "every channel has its state in words and its parts": async (page) => {
    const p = await go(page);
    assert.deepEqual(await p.id("channel-row").evaluateAll((all) => all.map((one) => one.dataset.state)), ["ready", "ready", "closingByForce"]);
    await p.id("channel-toggle").first().click();
    assert.equal(await p.msat("channel-can-send"), 1_192_660_000);
    assert.equal(await p.msat("channel-your-reserve"), 20_000_000);
  },

  "opening: who, how much, and it is watched until it is ready": async (page) => {
    const p = await go(page);
    await p.id("channel-open").click();
    await p.id("open-amount").fill("200000");
    await p.waitForFunction(() => document.querySelector("[data-testid=open-reserve]")?.getAttribute("data-msat") === "2000000");
    assert.equal(await p.msat("open-fee"), 612_000);
    await p.id("open-confirm").click();
    await p.state("open-watch", "confirming");
    await p.getByText("2 of 3 confirmations").first().waitFor();
    await p.state("open-watch", "ready");
    await p.id("open-done").click();
    assert.equal(await p.id("channel-row").count(), 4);
  },

  "an impossible size is refused in words, and nothing can be opened": async (page) => {
    const p = await go(page);
    await p.id("channel-open").click();
    await p.id("open-amount").fill("1000");
    await p.id("open-error").waitFor();
    assert.equal(await p.has("open-confirm"), false);
  },

  "a narrow window can close a channel, too": async (page) => {
    const p = await page("home", { width: 720, height: 560 });
    await p.keyboard.press("g");
    await p.keyboard.press("c");
    await p.id("channel-toggle").first().click();
    await p.id("channel-close").click();
    await p.id("close-dialog").waitFor();
  },

  "closing together comes first, by force is locked": async (page) => {
    const p = await go(page);
    await p.id("channel-toggle").nth(1).click();
    await p.id("channel-close").click();
    await p.id("close-confirm").waitFor();
    assert.equal(await p.has("close-to-force"), false);
    await p.id("close-confirm").click();
    await row(p, 1).and(p.locator("[data-state=closingTogether]")).waitFor();
  },

  "by force needs a peer that is away, and the sentence ticked": async (page) => {
    const p = await go(page);
    await p.evaluate(() => {
      const { snapshot } = window.fulmenWorld;
      const [hub, grocer, ...rest] = snapshot.channels.list;
      const away = { ...grocer, peer: { ...grocer.peer, connected: false }, lastPeerError: "shutting down", state: { type: "closingTogether" } };
      snapshot.channels = { ...snapshot.channels, list: [hub, away, ...rest] };
      window.fulmenWorld.tell({ type: "channels", channels: snapshot.channels });
    });
    await p.id("channel-toggle").nth(1).click();
    assert.match(await row(p, 1).getByTestId("channel-said").innerText(), /^“shutting down”$/);
    await p.id("channel-force").click();
    await closeByForce(p, 1);
  },

  "what a peer cannot prove waits for a person, who reads what it means": async (page) => {
    const p = await page("disputed");
    await p.id("card-disputed").click();
    await row(p, 1).and(p.locator("[data-state=disputed]")).waitFor();
    assert.match(await row(p, 1).getByTestId("channel-said").innerText(), /asks to close/);
    await p.id("channel-decide").click();
    await p.id("force-old").waitFor();
    assert.match(await p.id("force-dialog").innerText(), /If you never did, closing by force is safe/);
    await closeByForce(p, 1);
  },

  "no channels: it says what one is for": async (page) => {
    const p = await go(page, "empty");
    await p.id("channels-empty").waitFor();
  },
};
