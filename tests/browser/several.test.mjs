import assert from "node:assert/strict";

const ONE = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const OTHER = "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3";
const THIRD = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";

async function quoted(page) {
  const p = await page("home");
  await p.id("open-pay").click();
  await p.id("pay-input").fill(ONE);
  await p.keyboard.press("Enter");
  await p.id("pay-amount-input").fill("50 000");
  await p.keyboard.press("Enter");
  await p.id("pay-add-open").click();
  return p;
}

export default {
  "more recipients are paid with the same transaction: one fee, one total": async (page) => {
    const p = await quoted(page);
    assert.equal(await p.has("pay-confirm"), false, "nothing is paid while one more is typed");
    await p.id("pay-add-text").fill(`${OTHER} 21000\n${THIRD}, 4000\n`);
    await p.id("pay-add-go").click();
    await p.id("pay-recipient-2").waitFor();
    for (const [place, sat] of [50_000, 21_000, 4_000].entries()) assert.equal(await p.msat(`pay-recipient-amount-${place}`), sat * 1000);
    assert.equal(await p.msat("pay-amount"), 75_000_000);
    assert.equal(await p.msat("pay-total-max"), 75_564_000);
    assert.match(await p.id("pay-payee").innerText(), /3 recipients/);
    await p.id("pay-speed-fast").click();
    await p.locator("[data-testid=pay-speed-fast][aria-pressed=true]").waitFor();
    assert.equal(await p.msat("pay-total-max"), 76_269_000, "the same recipients at another speed");
    await p.id("pay-recipient-remove-0").click();
    await p.id("pay-recipient-2").waitFor({ state: "detached" });
    assert.equal(await p.msat("pay-amount"), 25_000_000);
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
    assert.equal(await p.msat("pay-recipient-amount-0"), 21_000_000);
    await p.id("pay-close").click();
    await p.getByText("2 recipients").first().click();
    await p.id("detail-recipient-1").waitFor();
    assert.equal(await p.msat("detail-recipient-amount-1"), 4_000_000);
  },

  "all there is: one gets what the others leave, and pays alone for a higher fee": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    await p.id("pay-input").fill(ONE);
    await p.keyboard.press("Enter");
    await p.id("pay-everything").click();
    await p.id("pay-speed-slow").click();
    await p.locator("[data-testid=pay-speed-slow][aria-pressed=true]").waitFor();
    await p.id("pay-add-open").click();
    await p.id("pay-add-text").fill(`${OTHER} 21000\n${THIRD}, 4000\n`);
    await p.id("pay-add-go").click();
    await p.id("pay-recipient-2").waitFor();
    for (const [place, sat] of [225_656, 21_000, 4_000].entries()) assert.equal(await p.msat(`pay-recipient-amount-${place}`), sat * 1000);
    assert.equal(await p.msat("pay-amount"), 250_656_000, "together");
    assert.match(await p.id("pay-recipient-0").innerText(), /Gets all that the others and the fee leave/);
    assert.equal(await p.id("pay-recipient-rest").count(), 1);

    await p.id("pay-add-open").click();
    await p.id("pay-add-text").fill("bc1qmuch 300000");
    await p.id("pay-add-go").click();
    await p.id("pay-problem").waitFor();
    assert.equal(await p.id("pay-recipient-2").count(), 1, "they stay as they were");
    await p.id("pay-add-close").click();
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
    await p.keyboard.press("Escape");
    await p.id("nav-activity").click();
    await p.locator("[data-testid=movement-row]", { hasText: "3 recipients" }).click();
    await p.id("detail-speed-up").click();
    await p.id("bump-confirm").waitFor();
    assert.match(await p.id("bump").innerText(), /first recipient gets what is left, so less by that\. The others get the same/);
    assert.equal(await p.msat("bump-amount"), 249_528_000);
    await p.id("bump-confirm").click();
    await p.waitForFunction(() => document.querySelector("[data-testid=detail-recipient-amount-0]")?.getAttribute("data-msat") === "224528000");
    assert.equal(await p.msat("detail-recipient-amount-1"), 21_000_000);
    assert.equal(await p.msat("detail-recipient-amount-2"), 4_000_000);
  },

  "without the one that gets the rest the others are paid what was said": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    await p.id("pay-input").fill(ONE);
    await p.keyboard.press("Enter");
    await p.id("pay-everything").click();
    await p.id("pay-add-open").click();
    await p.id("pay-add-text").fill(`${OTHER} 21000\n${THIRD}, 4000\n`);
    await p.id("pay-add-go").click();
    await p.id("pay-recipient-remove-1").click();
    await p.id("pay-recipient-2").waitFor({ state: "detached" });
    assert.equal(await p.msat("pay-recipient-amount-0"), 246_656_000, "it gets that too");
    await p.id("pay-add-open").click();
    await p.id("pay-add-text").fill(`${OTHER} 21000`);
    await p.id("pay-add-go").click();
    await p.id("pay-recipient-2").waitFor();
    await p.id("pay-recipient-remove-0").click();
    await p.id("pay-recipient-2").waitFor({ state: "detached" });
    assert.equal(await p.msat("pay-amount"), 25_000_000);
    assert.equal(await p.has("pay-recipient-rest"), false);
  },

  "the one that is wrong is named, and the others stay": async (page) => {
    const p = await quoted(page);
    await p.id("pay-add-text").fill(`${OTHER} 21000\n${ONE} 4000`);
    await p.id("pay-add-go").click();
    assert.match(await p.id("pay-problem").innerText(), /Recipient 3: This address is there already/);
    await p.id("pay-add-text").fill(OTHER);
    await p.id("pay-add-go").click();
    await p.getByText("Recipient 2: How much?").waitFor();
    await p.id("pay-add-amount").fill("293");
    await p.id("pay-add-go").click();
    await p.getByText("Recipient 2: Too little to send").waitFor();
    await p.id("pay-add-amount").fill("8 000");
    await p.id("pay-add-go").click();
    await p.id("pay-recipient-1").waitFor();
    assert.equal(await p.has("pay-problem"), false);
    assert.equal(await p.msat("pay-amount"), 58_000_000);
  },

  "who was paid before is told of among several, each on its own": async (page) => {
    const p = await quoted(page);
    await p.id("pay-add-text").fill("bc1qbefore 21000");
    await p.id("pay-add-go").click();
    assert.match(await p.id("pay-before").innerText(), /Recipient 2: You have paid to this address before/);
    assert.equal(await p.has("pay-confirm"), false);
    await p.id("pay-before-agree").click();
    await p.id("pay-confirm").waitFor();
  },

  "two addresses here that look alike are shown whole, one below the other, before both are paid": async (page) => {
    const p = await quoted(page);
    await p.id("pay-add-text").fill("bc1qforged 21000");
    await p.id("pay-add-go").click();
    const text = await p.id("pay-alike").innerText();
    assert.match(text, /Recipient 2: This address looks like recipient 1’s/);
    assert.ok(text.replace(/\s/g, "").includes(ONE), text);
    assert.equal(await p.has("pay-confirm"), false);
    await p.id("pay-alike-agree").click();
    await p.id("pay-confirm").waitFor();
  },

  "who was paid among several has the name that a person gave them": async (page) => {
    const p = await quoted(page);
    await p.evaluate(async (address) => {
      const world = window.fulmenWorld;
      world.tell({ type: "contacts", contacts: [{ payee: { id: `address ${address}`, kind: "address", text: address, host: null }, name: "The mason", sameName: false }] });
    }, OTHER);
    await p.id("pay-add-text").fill(`${OTHER} 21000`);
    await p.id("pay-add-go").click();
    await p.id("pay-recipient-1").waitFor();
    await p.id("pay-confirm").click();
    await p.id("pay-close").click();
    await p.getByText("2 recipients").first().click();
    await p.id("detail-recipient-name-1").waitFor();
    assert.equal(await p.id("detail-recipient-name-1").innerText(), "The mason");
    assert.equal(await p.has("detail-recipient-name-0"), false);
  },
};
