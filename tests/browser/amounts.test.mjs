// Every field that takes an amount reads every row of the table alike, or refuses it with a sentence.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const table = JSON.parse(readFileSync(new URL("../fixtures/amounts.json", import.meta.url), "utf8"));
const invalid = async (field) => (await field.getAttribute("aria-invalid")) === "true";
/** What stands in a field, once left: blanks group, a point is the decimal mark. In msat. */
const standing = async (field, unit) => {
  const [whole, fraction = ""] = (await field.inputValue()).replace(/\s/g, "").split(".");
  const places = unit === "sat" ? 3 : 11;
  return Number(whole + fraction.padEnd(places, "0").slice(0, places));
};
const sentence = async (p, field) => {
  const id = await field.getAttribute("aria-describedby");
  return p.locator(`[id="${id}"]`).innerText();
};

async function readsAll(p, { field, unitButton, submit, untold }) {
  for (const unit of ["sat", "btc"]) {
    if (unit === "btc") await p.id(unitButton).click();
    for (const { name, text, msat, fault } of table.filter((row) => row.unit === unit)) {
      const where = `${name}: ${text}`;
      await field.fill(text);
      if (msat === undefined) {
        if (submit) await field.press("Enter");
        assert.equal(await invalid(field), fault !== untold, where);
        if (fault !== untold) assert.match(await sentence(p, field), /^[A-Z₿].*\.$/s, where);
      } else {
        await field.blur();
        assert.equal(await invalid(field), false, where);
        assert.equal(await standing(field, unit), msat, where);
      }
    }
  }
}

export default {
  "paying": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    await p.id("pay-input").fill("bc1qopenamount");
    await p.keyboard.press("Enter");
    const field = p.id("pay-amount-input");
    await field.waitFor();
    await readsAll(p, { field, unitButton: "pay-unit", submit: true });
    await p.id("pay-unit").click();
    await field.fill("10,000");
    await field.press("Enter");
    assert.match(await sentence(p, field), /^This could be 10000 or 10\.0\./);
    assert.equal(await p.has("pay-amount"), false);
    await field.fill("1,00,000 sat");
    await field.press("Enter");
    await p.id("pay-amount").waitFor();
    assert.equal(await p.msat("pay-amount"), 100_000_000);
  },

  "asking for money: nothing typed asks for any amount, and only that": async (page) => {
    const p = await page("home");
    await p.keyboard.press("r");
    await p.locator("[data-testid=receive-qr] img").waitFor();
    const field = p.id("receive-amount");
    await readsAll(p, { field, unitButton: "receive-unit", submit: false, untold: "empty" });
    await p.id("receive-unit").click();
    const asked = () => p.evaluate(() => window.fulmenWorld.snapshot.movements.find((one) => one.id.startsWith("r")).amountMsat);
    await field.fill("2100");
    await field.press("Enter");
    await p.waitForFunction(() => window.fulmenWorld.snapshot.movements.some((one) => one.id.startsWith("r") && one.amountMsat === 2_100_000));
    for (const text of ["21,000", "0", "5 EUR"]) {
      await field.fill(text);
      await field.press("Enter");
      assert.equal(await invalid(field), true, text);
      assert.equal(await asked(), 2_100_000, text);
    }
  },

  "a channel's size, in whole sat": async (page) => {
    const p = await page("home");
    await p.id("nav-channels").click();
    await p.id("channel-open").click();
    const field = p.id("open-amount");
    for (const { name, text, msat, fault } of table.filter((row) => row.unit === "sat")) {
      await field.fill(text);
      const fine = fault === "empty" || (msat !== undefined && msat % 1000 === 0);
      assert.equal(await invalid(field), !fine, `${name}: ${text}`);
      if (!fine) assert.match(await sentence(p, field), /^[A-Z₿].*\.$/s, name);
    }
    await field.fill("500,000");
    assert.match(await sentence(p, field), /^This could be 500000 or 500\.0\./);
    await field.fill("2,00,000");
    await p.waitForFunction(() => document.querySelector("[data-testid=open-reserve]")?.getAttribute("data-msat") === "2000000");
  },
};
