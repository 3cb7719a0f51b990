import assert from "node:assert/strict";

const PSBT = "cHNidP8BAHECAAAAAb";

async function signing(page, text) {
  const p = await page("home");
  await p.id("open-pay").click();
  await p.id("pay-input").fill(text);
  await p.keyboard.press("Enter");
  return p;
}

export default {
  "what others made is shown whole, and sent only after a yes": async (page) => {
    const p = await signing(page, `${PSBT}data`);
    assert.match(await p.id("psbt-made").innerText(), /Another program made this/);
    assert.match(await p.id("psbt-output-0").innerText(), /bc1q\sw508/);
    assert.match(await p.id("psbt-output-1").innerText(), /A script without an address/);
    assert.match(await p.id("psbt-output-2").innerText(), /Back to you/);
    await p.id("psbt-send").click();
    assert.match(await p.id("psbt-sent").innerText(), /waits for a block/);
    assert.equal(await p.has("psbt-sign"), false, "once");
  },

  "a file that is dropped on the window is shown the same": async (page) => {
    const p = await page("home");
    await p.evaluate((psbt) => { window.fulmenWorld.send({ type: "droppedPsbt", psbt }); }, `${PSBT}data\n`);
    assert.match(await p.id("psbt-made").innerText(), /Another program made this/);
  },

  "of several parties it is signed and handed on": async (page) => {
    const p = await signing(page, `${PSBT}both`);
    assert.match(await p.id("psbt-unsigned").innerText(), /One more signature is needed/);
    assert.equal(await p.has("psbt-send"), false);
    await p.id("psbt-sign").click();
    assert.match(await p.id("psbt-path").innerText(), /Fulmen signed\.psbt$/);
    await p.id("psbt-copy").click();
    assert.equal(await p.evaluate(() => window.fulmenClipboard), `${PSBT}signed`);
  },

  "a dear one asks first, and one that is refused says why": async (page) => {
    const p = await signing(page, `${PSBT}dear`);
    await p.id("psbt-dear").waitFor();
    assert.equal(await p.has("psbt-send"), false);
    await p.id("psbt-dear-agree").click();
    await p.id("psbt-send").waitFor();
    const q = await signing(page, `${PSBT}unproven`);
    assert.match(await q.id("psbt-error").innerText(), /Nobody can tell what the fee is.*Nothing was signed/s);
    assert.equal(await q.has("psbt-sign"), false);
  },

  "a file is read, bytes or text, and one that is too large is not": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    await p.id("psbt-input").setInputFiles({ name: "big.psbt", mimeType: "", buffer: Buffer.alloc(1_400_001) });
    assert.match(await p.id("psbt-open-error").innerText(), /up to 1 MB/);
    await p.id("psbt-input").setInputFiles({ name: "a.psbt", mimeType: "", buffer: Buffer.from(`${PSBT}AA`, "base64") });
    await p.id("psbt-made").waitFor();
  },

  "a payment goes out unsigned, and comes back known": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    await p.id("pay-input").fill("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    await p.keyboard.press("Enter");
    await p.id("pay-amount-input").fill("70000");
    await p.keyboard.press("Enter");
    await p.id("pay-unsigned").click();
    await p.id("pay-unsigned-save").click();
    assert.match(await p.id("pay-unsigned-saved").innerText(), /Fulmen payment\.psbt$/);
    await p.id("pay-unsigned-copy").click();
    const text = await p.evaluate(() => window.fulmenClipboard);
    const q = await signing(page, text);
    assert.match(await q.id("psbt-made").innerText(), /the payment that you checked here/);
  },

  "the descriptors are shown with what they reveal": async (page) => {
    const p = await page("home");
    await p.id("nav-settings").click();
    await p.id("settings-coins").click();
    assert.match(await p.id("watching").innerText(), /Nobody can spend with them/);
    await p.id("watching-show").click();
    assert.match(await p.id("watching-external").innerText(), /^wpkh\(\[.*\/0\/\*\)#/);
    await p.id("watching-hide").click();
    assert.equal(await p.has("watching-external"), false);
  },
};
