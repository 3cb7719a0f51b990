import assert from "node:assert/strict";

const go = async (page, scene = "home") => {
  const p = await page(scene);
  await p.id("nav-activity").click();
  return p;
};
const ids = (p) => p.id("movement-row").evaluateAll((all) => all.map((one) => one.dataset.id));

export default {
  "undecided ones are on top, and nothing is listed twice": async (page) => {
    const p = await go(page);
    const all = await ids(p);
    assert.equal(new Set(all).size, all.length);
    assert.deepEqual(all.slice(0, 2).sort(), ["m4", "m9"]);
  },

  "days of different years are told apart, though they have the same name": async (page) => {
    const p = await go(page);
    const before = (await ids(p)).length;
    // Of these, the first and the last are the same day of the week and of the month.
    const dates = ["2020-03-03", "2023-02-03", "2015-03-03", "2009-03-03", "2020-03-03"];
    await p.evaluate((dates) => {
      const [one] = window.fulmenWorld.snapshot.movements.filter((row) => row.status === "paid");
      dates.forEach((date, index) => {
        const secs = new Date(`${date}T12:00:0${index}`).getTime() / 1000;
        window.fulmenWorld.movement({ ...one, id: `old${index}`, createdAtSecs: secs, updatedAtSecs: secs });
      });
    }, dates);
    await p.waitForFunction((count) => document.querySelectorAll("[data-testid=movement-row]").length === count, before + dates.length);
    const heads = await p.locator("[data-testid=activity-list] h2").allInnerTexts();
    assert.deepEqual(heads.slice(-4), ["Friday 3 February 2023", "Tuesday 3 March 2020", "Tuesday 3 March 2015", "Tuesday 3 March 2009"]);
    await p.locator("[data-testid=movement-row][data-id=old3]").click();
    assert.match(await p.id("detail-status").innerText(), /3 Mar 2009/);
  },

  "search and filters narrow the list, and a way back is shown": async (page) => {
    const p = await go(page);
    await p.keyboard.press("/");
    await p.keyboard.type("bicycle");
    await p.waitForFunction(() => document.querySelectorAll("[data-testid=movement-row]").length === 1);
    assert.deepEqual(await ids(p), ["m1"]);
    await p.id("activity-filter-failed").click();
    await p.id("activity-show-all").click();
    assert.equal((await ids(p)).length, 10);
    await p.id("activity-filter-failed").click();
    assert.deepEqual(await ids(p), ["m3"]);
  },

  "one box finds by amount, kind and time, and the table is saved": async (page) => {
    const p = await go(page);
    const found = async (text, wanted) => {
      await p.id("activity-search").fill(text);
      const shown = (wanted) => [...document.querySelectorAll("[data-testid=movement-row]")].map((one) => one.dataset.id).sort().join() === wanted;
      await p.waitForFunction(shown, wanted.join());
    };
    await found(">100k sent", ["m3"]);
    await found("<4000 lightning radio", ["m5"]);
    await found("on-chain", ["m2"]);
    await found("closed", ["m4"]);
    await found("failed depot", ["m3"]);
    assert.equal(await p.id("activity-understood").innerText(), "Looking for: failed · “depot”");
    await p.keyboard.press("Escape");
    await p.id("activity-save").click();
    assert.equal(await p.id("activity-saved").textContent(), "/home/ada/Downloads/Fulmen activity.csv");
  },

  "the detail has amount, fee and proof apart": async (page) => {
    const p = await go(page);
    await p.locator("[data-testid=movement-row][data-id=m7]").click();
    await p.id("detail-preimage").waitFor();
    assert.equal(await p.msat("detail-amount"), 3_903_000);
    assert.equal(await p.msat("detail-fee"), 3_000);
    assert.equal(await p.msat("detail-total"), 3_903_000);
    await p.id("receipt-save").click();
    assert.equal(await p.id("receipt-saved").textContent(), "/home/ada/Downloads/Fulmen receipt.html");
    await p.id("detail-copy-proof").click();
    assert.equal(await p.evaluate(() => window.fulmenClipboard), await p.id("detail-preimage").getAttribute("data-value"));
    await p.keyboard.press("Escape");
    assert.equal(await p.has("movement-detail"), false);
  },

  "in a narrow window the detail covers the list, wherever the list was": async (page) => {
    const p = await page("home", { width: 720, height: 560 });
    await p.id("nav-activity").click();
    await p.locator("[data-testid=movement-row][data-id=m1]").click();
    await p.id("detail-status").waitFor();
    const box = await p.id("movement-detail").boundingBox();
    assert.deepEqual([box.x, box.y, box.width, box.height], [64, 0, 656, 560]);
    // What it covers is out of reach, for the keyboard too, and comes back with Esc.
    for (let i = 0; i < 20; i += 1) {
      await p.keyboard.press("Tab");
      assert.equal(await p.evaluate(() => document.activeElement.closest("main") === null), true);
    }
    await p.keyboard.press("Escape");
    assert.equal(await p.locator("main").evaluate((main) => main.inert), false);
  },

  "a failed one says why": async (page) => {
    const p = await go(page);
    await p.locator("[data-testid=movement-row][data-id=m3]").click();
    await p.id("detail-failure").waitFor();
  },

  "nothing yet says so": async (page) => {
    await (await go(page, "empty")).id("activity-empty").waitFor();
  },
};
