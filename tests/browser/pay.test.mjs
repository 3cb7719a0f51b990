import assert from "node:assert/strict";

const read = async (p, text) => {
  await p.id("open-pay").click();
  await p.id("pay-input").fill(text);
  await p.keyboard.press("Enter");
};

export default {
  "typed, checked, paid, with proof": async (page) => {
    const p = await page("home");
    await read(p, "lnbc214u1xyz");
    await p.state("pay-state", "check");
    assert.equal(await p.id("pay-payee").innerText(), "Little Owl Books");
    assert.equal(await p.msat("pay-amount"), 21_400_000);
    assert.equal(await p.msat("pay-fee-max"), 107_000);
    assert.equal(await p.msat("pay-total-max"), 21_507_000);
    await p.keyboard.press("Enter");
    await p.state("pay-state", "paid");
    assert.match(await p.id("pay-title").innerText(), /^Paid in \d/);
    await p.id("pay-preimage").waitFor();
    assert.match((await p.id("pay-preimage").getAttribute("data-value")) ?? "", /^[0-9a-f]{64}$/);
    assert.equal(await p.msat("pay-fee"), 9_000);
  },

  "the quote stands still while its answer changes": async (page) => {
    const p = await page("home");
    await read(p, "lnbc214u1xyz");
    await p.id("pay-confirm").waitFor();
    const before = await p.locator(".payment").boundingBox();
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
    assert.deepEqual(await p.locator(".payment").boundingBox(), before);
    await p.state("pay-state", "paid");
    assert.deepEqual(await p.locator(".payment").boundingBox(), before);
  },

  "what is paid is seen whole, on a card of its own": async (page) => {
    const p = await page("home");
    await read(p, "lnbc214u1xyz");
    await p.id("pay-confirm").waitFor();
    const card = await p.locator(".payment").evaluate((one) => ({
      hidden: one.scrollHeight - one.clientHeight, edge: getComputedStyle(one).boxShadow,
    }));
    assert.equal(card.hidden, 0);
    assert.notEqual(card.edge, "none");
  },

  "two quick presses pay once": async (page) => {
    const p = await page("home");
    await read(p, "lnbc214u1xyz");
    await p.id("pay-confirm").waitFor();
    await p.evaluate(() => {
      const button = document.querySelector("[data-testid=pay-confirm]");
      button.click();
      button.click();
    });
    await p.state("pay-state", "paid");
    const sent = await p.evaluate(() => window.fulmenWorld.snapshot.movements.filter((one) => one.id.startsWith("p")).length);
    assert.equal(sent, 1);
  },

  "on its way: says not to pay again, can be left, goes on": async (page) => {
    const p = await page("home");
    await read(p, "lnbcslow1xyz");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
    assert.match(await p.id("pay-state").innerText(), /Don’t pay it a second time/);
    assert.equal(await p.has("pay-confirm"), false);
    await p.id("pay-close").click();
    await p.locator("[data-testid=movement-row][data-status=inTransit]").waitFor();
  },

  "not paid: where the money is, why, and one next step": async (page) => {
    const p = await page("home");
    await read(p, "lnbcfail1xyz");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "failed");
    assert.equal(await p.id("pay-title").innerText(), "Not paid. All your money is here.");
    assert.equal(await p.id("pay-failure").getAttribute("data-code"), "no_route");
    await p.id("pay-again").click();
    await p.state("pay-state", "check");
    await p.id("pay-confirm").waitFor();
  },

  "where the way costs more than was allowed, one click raises the limit by what is shown": async (page) => {
    const p = await page("home");
    await read(p, "lnbcraise1xyz");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "failed");
    await p.id("pay-raise").waitFor();
    assert.equal(await p.msat("pay-raise-limit"), 210_000);
    assert.equal(await p.msat("pay-raise-by"), 103_000);
    await p.id("pay-raise-take").click();
    await p.state("pay-state", "check");
    assert.equal(await p.msat("pay-fee-max"), 210_000);
    assert.equal(await p.id("pay-raised-agree").count(), 0, "it was one click");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "paid");
  },

  "tried again by itself, it asks before it takes the higher limit": async (page) => {
    const p = await page("home");
    await read(p, "lnbcraise1xyz");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "failed");
    await p.id("pay-again").click();
    await p.id("pay-raised").waitFor();
    assert.equal(await p.id("pay-confirm").count(), 0);
    await p.id("pay-raised-agree").click();
    await p.id("pay-confirm").waitFor();
  },

  "trying can be stopped, and it says that what has left cannot be called back": async (page) => {
    const p = await page("home");
    await read(p, "lnbcslow1xyz");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
    assert.match(await p.id("pay-state").innerText(), /can’t be called back/);
    await p.id("pay-abandon").click();
    await p.id("pay-abandon").waitFor({ state: "detached" });
    assert.match(await p.id("pay-title").innerText(), /No further try/);
    assert.match(await p.id("pay-state").innerText(), /may still take it/);
    await p.id("pay-close").click();
    await p.locator("[data-testid=movement-row][data-status=inTransit]").first().click();
    await p.id("detail-back-by").waitFor();
    assert.match(await p.id("detail-on-way").innerText(), /No further try/);
    await p.evaluate(() => {
      const world = window.fulmenWorld;
      const one = world.snapshot.movements.find((each) => each.abandoned);
      world.movement({ ...one, abandoned: false, status: "failed", failure: "abandoned" });
    });
    await p.id("detail-failure").waitFor();
    assert.match(await p.id("detail-failure").innerText(), /You stopped it/);
  },

  "a node id alone is paid though it did not ask, or gets a channel": async (page) => {
    const p = await page("home");
    const id = `02${"3f".repeat(32)}`;
    await read(p, id);
    await p.id("pay-amount-input").fill("1000");
    await p.id("pay-amount-go").click();
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.msat("pay-amount"), 1_000_000);
    assert.match(await p.id("pay-unasked").innerText(), /did not ask for this/);
    await p.id("pay-confirm").click();
    await p.state("pay-state", "paid");
    await p.id("pay-preimage").waitFor();
    assert.doesNotMatch(await p.id("pay-state").innerText(), /proof/i);
    const other = await page("home");
    await read(other, id);
    await other.id("pay-open-channel").click();
    await other.id("open-peer").waitFor();
    assert.equal(await other.id("open-peer").inputValue(), id);
  },

  "a payee without a name is shown by its node": async (page) => {
    const p = await page("home");
    await read(p, "lnbcnoname1xyz");
    await p.id("pay-confirm").waitFor();
    assert.match(await p.id("pay-payee").innerText(), /^03a74f…9c41c2$/);
    assert.match(await p.locator(".payment").innerText(), /This node gave no name/);
  },

  "an open amount is asked for, and everything can be sent on-chain": async (page) => {
    const p = await page("home");
    await read(p, "lnbcopen1xyz");
    await p.id("pay-amount-input").fill("none");
    await p.keyboard.press("Enter");
    await p.getByText("Type a number").waitFor();
    await p.id("pay-amount-input").fill("2 500");
    await p.keyboard.press("Enter");
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.msat("pay-amount"), 2_500_000);
    await p.keyboard.press("Escape");
    await read(p, "bc1qsomething");
    await p.id("pay-everything").click();
    await p.id("pay-speed-fast").click();
    await p.locator("[data-testid=pay-speed-fast][aria-pressed=true]").waitFor();
    assert.equal(await p.msat("pay-fee-max"), 1_269_000);
    assert.match(await p.id("pay-left").innerText(), /1\s870\ssat stays here, in small coins/);
    await p.id("pay-speed-slow").click();
    await p.locator("[data-testid=pay-speed-slow][aria-pressed=true]").waitFor();
    assert.equal(await p.id("pay-left").count(), 0);
  },

  "of a link with both ways all there is can be sent where it goes on-chain, and only there": async (page) => {
    const link = "bitcoin:bc1qw508?lightning=lnbcopen";
    const away = await page("home");
    await read(away, `${link}away`);
    await away.id("pay-amount-go").waitFor();
    assert.equal(await away.has("pay-everything"), false, "it goes over Lightning");
    await away.id("pay-amount-input").fill("2500");
    await away.keyboard.press("Enter");
    await away.id("pay-offer-take").click();
    await away.id("pay-change").click();
    await away.id("pay-everything").click();
    await away.id("pay-confirm").waitFor();
    assert.equal(await away.msat("pay-amount"), 250_656_000);
    assert.match((await away.id("pay-payee").innerText()).replace(/\s/g, ""), /^bc1q/);

    const p = await page("first-channel");
    await read(p, link);
    await p.id("pay-everything").click();
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.msat("pay-amount"), 250_656_000);
    assert.equal(await p.msat("pay-fee-max"), 564_000);
  },

  "what cannot be paid has no amber button, and says why": async (page) => {
    const p = await page("home");
    await read(p, "lnbcbig1xyz");
    await p.id("pay-problem").waitFor();
    assert.equal(await p.id("pay-title").innerText(), "Not enough that can be used now");
    assert.equal(await p.locator(".sheet .btn.primary").count(), 0);
  },

  "an address is shown whole, and a link's own name only quoted": async (page) => {
    const p = await page("home");
    await read(p, "bitcoin:bc1qw508?label=owl");
    await p.id("pay-amount-input").fill("2500");
    await p.keyboard.press("Enter");
    await p.id("pay-confirm").waitFor();
    assert.equal((await p.id("pay-payee").innerText()).replace(/\s/g, ""), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    assert.equal(await p.id("pay-label").innerText(), "“Little Owl Books”");
    assert.match(await p.locator(".payment").innerText(), /The link says it pays/);
    assert.doesNotMatch(await p.locator(".payment").innerText(), /Name chosen by the node/);
  },

  "a link whose peer is away says so; on-chain is a choice with its cost, and names nobody": async (page) => {
    const p = await page("home");
    await read(p, "bitcoin:bc1qw508?lightning=lnbcaway");
    await p.id("pay-offer").waitFor();
    assert.equal(await p.id("pay-title").innerText(), "Your channel’s peer is offline");
    assert.equal(await p.msat("pay-offer-fee"), 564_000);
    assert.equal((await p.id("pay-offer-address").innerText()).replace(/\s/g, ""), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    assert.equal(await p.has("pay-confirm"), false);
    await p.id("pay-look-again").click();
    await p.id("pay-offer").waitFor();
    await p.id("pay-offer-take").click();
    await p.id("pay-confirm").waitFor();
    assert.match((await p.id("pay-payee").innerText()).replace(/\s/g, ""), /^bc1q/);
    assert.doesNotMatch(await p.locator(".payment").innerText(), /Little Owl/);
    assert.equal(await p.has("pay-problem"), false);
  },

  "after a failure a link's other way is offered, never taken": async (page) => {
    const p = await page("home");
    await read(p, "bitcoin:bc1qw508?lightning=lnbcfail");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "failed");
    await p.id("pay-offer-take").click();
    await p.state("pay-state", "check");
    assert.equal(await p.msat("pay-fee-max"), 564_000);
    assert.doesNotMatch(await p.locator(".payment").innerText(), /Parcel Depot/);
    await p.id("pay-confirm").waitFor();
  },

  "an address that was paid before is paid again only after a yes of its own": async (page) => {
    const p = await page("home");
    await read(p, "bitcoin:bc1qw508?before");
    await p.id("pay-amount-input").fill("25000");
    await p.keyboard.press("Enter");
    await p.id("pay-before").waitFor();
    assert.match(await p.id("pay-before").innerText(), /50\s000\ssat.*waits for a block/);
    assert.equal(await p.has("pay-confirm"), false);
    await p.id("pay-before-agree").click();
    await p.id("pay-confirm").waitFor();
    await p.id("pay-speed-fast").click();
    await p.id("pay-before-agree").click();
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
  },

  "an address that only looks like one paid before is pointed out": async (page) => {
    const p = await page("home");
    await read(p, "bitcoin:bc1qw508?forged");
    await p.id("pay-amount-input").fill("25000");
    await p.keyboard.press("Enter");
    await p.id("pay-lookalike").waitFor();
    assert.match(await p.id("pay-lookalike").innerText(), /differs in the middle/);
    assert.equal(await p.has("pay-confirm"), false);
    await p.id("pay-lookalike-agree").click();
    await p.id("pay-confirm").waitFor();
  },

  "a dear way is named with its cost, and allowed by a click of its own": async (page) => {
    const p = await page("home");
    await read(p, "lnbcdear1xyz");
    await p.id("pay-dear").waitFor();
    assert.equal(await p.msat("pay-usual-limit"), 264_000);
    assert.equal(await p.msat("pay-fee-max"), 930_000);
    assert.equal(await p.has("pay-confirm"), false);
    await p.id("pay-dear-agree").click();
    await p.id("pay-confirm").click();
    await p.state("pay-state", "paid");
  },

  "an invoice for ever": async (page) => {
    const p = await page("home");
    await read(p, "lnbcnever1xyz");
    await p.id("pay-confirm").waitFor();
    assert.match(await p.locator(".payment").innerText(), /Never expires/);
  },

  "what Fulmen can't pay is named": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    for (const [text, words] of [["lni1qq", /bare BOLT 12 invoice/], ["lno1eur", /another currency/], ["lnurlc://a.example", /LNURL/], ["hello", /nothing Fulmen can pay/], ["lntb1", /another network/]]) {
      await p.id("pay-input").fill(text);
      await p.keyboard.press("Enter");
      await p.getByTestId("pay-problem").filter({ hasText: words }).waitFor();
    }
  },

  "a node id opens a channel instead": async (page) => {
    const p = await page("home");
    await read(p, `03${"ab".repeat(32)}@127.0.0.1:9735`);
    await p.id("open-channel").waitFor();
  },
};
