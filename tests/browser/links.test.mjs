import assert from "node:assert/strict";

const read = async (p, text) => {
  await p.id("open-pay").click();
  await p.id("pay-input").fill(text);
  await p.keyboard.press("Enter");
};

export default {
  "a name is asked, an amount chosen, a word written, paid": async (page) => {
    const p = await page("home");
    await read(p, "Ada@shop.example");
    await p.state("pay-state", "check");
    assert.equal(await p.id("pay-payee").innerText(), "ada@shop.example");
    assert.match(await p.locator(".payment").innerText(), /shop\.example answers for it/);
    assert.match(await p.locator(".payment").innerText(), /From 1\ssat to 500\s000\ssat/);
    await p.id("pay-comment").fill("For the paperbacks");
    await p.id("pay-amount-input").fill("1234");
    await p.id("pay-amount-go").click();
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.msat("pay-amount"), 1_234_000);
    assert.equal(await p.id("pay-payee").innerText(), "ada@shop.example");
    assert.equal(await p.id("pay-comment-said").innerText(), "“For the paperbacks”");
    assert.doesNotMatch(await p.locator(".payment").innerText(), /chosen by the node/);
    await p.id("pay-confirm").click();
    await p.state("pay-state", "paid");
    assert.equal(await p.id("pay-success-more").innerText(), "https://shop.example/order/2218");
  },

  "a name that its domain signed says so": async (page) => {
    const p = await page("home");
    await read(p, "₿ada@shop.example");
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.id("pay-payee").innerText(), "₿ada@shop.example");
    assert.match(await p.locator(".payment").innerText(), /Signed by shop\.example, checked here/);
  },

  "a price needs no typing": async (page) => {
    const p = await page("home");
    await read(p, "coffee@shop.example");
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.msat("pay-amount"), 2_100_000);
  },

  "back to the amount, with what was written": async (page) => {
    const p = await page("home");
    await read(p, "lnurlp://shop.example/pay");
    await p.id("pay-comment").fill("Hello");
    await p.id("pay-amount-input").fill("600000");
    await p.id("pay-amount-go").click();
    assert.match(await p.id("pay-problem").innerText(), /More than can be sent at once/);
    await p.id("pay-amount-input").fill("5");
    await p.id("pay-amount-go").click();
    await p.id("pay-confirm").waitFor();
    await p.id("pay-change").click();
    assert.equal(await p.id("pay-comment").inputValue(), "Hello");
  },

  "a payee learns what is typed for it, and nothing by itself": async (page) => {
    const p = await page("home");
    await read(p, "coffee+who@shop.example");
    await p.id("pay-payer-name").waitFor();
    assert.match(await p.locator(".payment").innerText(), /take no payment without it/);
    assert.match(await p.locator(".payment").innerText(), /You can leave it empty/);
    assert.equal(await p.id("pay-payer-name").inputValue(), "");
    await p.id("pay-comment-go").click();
    assert.match(await p.id("pay-title").innerText(), /They insist on a name or a mail address/);
    await p.id("pay-payer-name").fill("Ada");
    await p.id("pay-comment-go").click();
    await p.id("pay-confirm").waitFor();
    assert.equal(await p.id("pay-payer-told").innerText(), "Ada");
  },

  "a host that is of no use is named by what it did": async (page) => {
    const p = await page("home");
    await read(p, "nobody@shop.example");
    assert.match(await p.id("pay-problem").innerText(), /Nobody of that name/);
    await p.id("pay-input").fill("lnurlp://private.example");
    await p.keyboard.press("Enter");
    await p.locator("[data-testid=pay-problem]", { hasText: "into your own network" }).waitFor();
    await p.id("pay-input").fill("differs@shop.example");
    await p.keyboard.press("Enter");
    await p.id("pay-amount-input").fill("5");
    await p.id("pay-amount-go").click();
    assert.match(await p.id("pay-problem").innerText(), /They ask for another amount/);
    assert.equal(await p.has("pay-confirm"), false);
  },

  "they pay: asked for, then here": async (page) => {
    const p = await page("home");
    await read(p, "lnurlw://shop.example/change");
    await p.state("pay-state", "check");
    assert.equal(await p.id("pay-title").innerText(), "They pay you");
    assert.match(await p.id("pay-amount-input").inputValue(), /^50\s000$/);
    await p.id("pay-withdraw").click();
    await p.state("pay-state", "received");
    assert.equal(await p.msat("pay-amount"), 50_000_000);
  },

  "they pay, and it is not here yet": async (page) => {
    const p = await page("home");
    await read(p, "lnurlw://shop.example/change");
    await p.id("pay-amount-input").fill("7000");
    await p.id("pay-withdraw").click();
    await p.state("pay-state", "asked");
    assert.equal(await p.id("pay-title").innerText(), "Asked for, not here yet");
    await p.id("pay-done").click();
  },

  "a sign-in says what it does before it does it": async (page) => {
    const p = await page("home");
    await read(p, "keyauth://shop.example?tag=login&k1=00");
    await p.state("pay-state", "check");
    assert.match(await p.id("pay-sign-in-means").innerText(), /moves no money/);
    await p.id("pay-sign-in").click();
    await p.state("pay-state", "signed");
    await p.id("pay-done").click();
  },
};
