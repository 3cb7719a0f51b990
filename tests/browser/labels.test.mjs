import assert from "node:assert/strict";

const lines = (...all) => ({ name: "labels.jsonl", mimeType: "application/jsonl", buffer: Buffer.from(all.join("\n")) });

async function settings(page) {
  const p = await page("home");
  await p.id("nav-settings").click();
  await p.id("settings-coins").click();
  return p;
}

export default {
  "a file's labels are looked at, then taken": async (page) => {
    const p = await settings(page);
    await p.id("labels-input").setInputFiles(lines('{"type":"tx"}', '{"type":"tx"}', '{"type":"addr"}', '{"type":"xpub"}', '{"type":"output"}', '{"type":"lightning"}', "?"));
    const said = await p.id("labels-preview").innerText();
    for (const line of ["2 labels would be taken", "1 coin would be frozen", "1 label: you have another one there. Yours stays", "1 not of this wallet", "1 of a kind", "1 that can’t be read"]) {
      assert.match(said, new RegExp(line));
    }
    assert.doesNotMatch(said, /here already/);
    await p.id("labels-take").click();
    assert.match(await p.id("labels-taken").innerText(), /2 labels taken.*1 coin not frozen: needed to close channels/);
    assert.equal(await p.has("labels-preview"), false);
  },

  "a file that brings nothing takes nothing, and one that is too long is not read": async (page) => {
    const p = await settings(page);
    await p.id("labels-input").setInputFiles(lines('{"type":"addr"}'));
    assert.match(await p.id("labels-preview").innerText(), /No label would be taken/);
    assert.equal(await p.has("labels-take"), false);
    await p.id("labels-leave").click();
    await p.id("labels-input").setInputFiles({ ...lines(""), buffer: Buffer.alloc(10 * 1024 * 1024 + 1, "\n") });
    assert.match(await p.id("labels-error").innerText(), /more than 10 MB. Nothing was changed/);
    await p.id("labels-save").click();
    assert.match(await p.id("labels-saved").innerText(), /labels\.jsonl$/);
  },

  "a movement has a label of the person's own": async (page) => {
    const p = await page("home");
    await p.id("nav-activity").click();
    await p.getByText("Corner Espresso").first().click();
    await p.id("detail-label-open").click();
    await p.id("detail-label-input").fill("Breakfast");
    await p.id("detail-label-keep").click();
    await p.id("detail-label").waitFor();
    assert.equal(await p.id("detail-label").innerText(), "Breakfast");
    assert.match(await p.id("movement-detail").locator("h2").innerText(), /Breakfast/);
    await p.id("detail-label-open").click();
    await p.id("detail-label-input").fill("");
    await p.id("detail-label-keep").click();
    await p.id("detail-label").waitFor({ state: "detached" });
    assert.match(await p.id("movement-detail").locator("h2").innerText(), /Corner Espresso/);
  },
};
