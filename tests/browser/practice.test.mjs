import assert from "node:assert/strict";

export default {
  "who has what is told where one asks": async (page) => {
    const p = await page("practice");
    assert.equal(await p.has("books-mined"), false);
    await p.id("practice-books").click();
    await p.id("books-mined").waitFor();
    const has = await Promise.all(["yours", "hub", "shop", "faucet"].map((one) => p.msat(`books-${one}`)));
    assert.equal(has.reduce((total, one) => total + one, 0), await p.msat("books-mined"));
    assert.equal(await p.has("books-nobody"), false);
  },

  "coins come, and count once mined": async (page) => {
    const p = await page("practice");
    await p.id("practice-faucet").click();
    await p.locator("[data-testid=movement-row][data-status=pending]").waitFor();
    assert.equal(await p.msat("balance-total"), 0);
    await p.id("practice-mine").click();
    await p.locator('[data-testid="balance-total"][data-msat="1000000000"]').waitFor();
    const steps = await p.id("practice-steps").innerText();
    assert.match(steps, /Block 102 was mined/);
    assert.match(steps, /The faucet sent 1.000.000.sat/);
  },

  "a coffee is ordered and explained": async (page) => {
    const p = await page("practice");
    await p.id("practice-coffee").click();
    await p.getByText(/The shop asks for 2.100.sat/).waitFor();
  },

  "the drawer hides and comes back; in a narrow window it starts hidden": async (page) => {
    const p = await page("practice");
    await p.id("practice-hide").click();
    await p.id("practice-drawer").waitFor({ state: "detached" });
    await p.id("practice-show").click();
    await p.id("practice-drawer").waitFor();
    const narrow = await page("practice", { width: 720, height: 560 });
    await narrow.id("practice-show").waitFor();
    assert.equal(await narrow.has("practice-drawer"), false);
  },

  "the drawer never covers the three buttons": async (page) => {
    const p = await page("practice-home", { width: 720, height: 560 });
    await p.id("practice-show").click();
    for (const name of ["open-pay", "open-receive", "open-scan", "practice-faucet"]) await p.id(name).click({ trial: true });
    const big = await page("practice-home", { text: 200 });
    await big.id("practice-drawer").waitFor();
    for (const name of ["open-pay", "open-receive", "open-scan", "practice-faucet"]) await big.id(name).click({ trial: true });
  },

  "only practice has the drawer": async (page) => {
    const p = await page("home");
    assert.equal(await p.has("practice-drawer"), false);
    assert.equal(await p.has("band"), false);
  },
};
