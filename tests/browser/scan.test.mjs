import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CODE } from "./harness.mjs";

const checked = async (p, words) => {
  await p.id("pay-confirm").waitFor();
  assert.match(await p.id("pay-state").innerText(), words);
};

export default {
  "the camera reads an invoice": async (page) => {
    const p = await page("home");
    await p.keyboard.press("s");
    await checked(p, /read by the camera/);
  },

  "a camera that ended the page before: it says so, and is tried again only when asked": async (page) => {
    const p = await page("home");
    await p.evaluate(() => { sessionStorage.setItem("camera", "on"); });
    await p.reload();
    assert.match(await p.id("scan-no-camera").innerText(), /made the window start again/);
    await p.reload();
    await p.id("balance-total").waitFor();
    assert.ok(!(await p.has("scan")));
    await p.keyboard.press("s");
    await checked(p, /read by the camera/);
    assert.equal(await p.evaluate(() => sessionStorage.length), 0);
  },

  "a picture file": async (page, pictures) => {
    const p = await page("no-camera");
    await p.id("open-scan").click();
    await p.id("scan-no-camera").waitFor();
    await p.id("scan-picture-input").setInputFiles(pictures.picture);
    await checked(p, /read from a picture/);
  },

  "a picture without a code says so, and is no dead end": async (page, pictures) => {
    const p = await page("no-camera");
    await p.id("open-scan").click();
    await p.id("scan-picture-input").setInputFiles(pictures.plain);
    await p.id("scan-problem").waitFor();
    await p.id("scan-picture-input").setInputFiles(pictures.picture);
    await checked(p, /read from a picture/);
  },

  "the screen: every monitor is looked at": async (page, pictures) => {
    const p = await page("no-camera");
    const screens = [pictures.plain, pictures.picture].map((file) => readFileSync(file).toString("base64"));
    await p.evaluate((all) => { window.fulmenScreens = all; }, screens);
    await p.id("open-scan").click();
    await p.keyboard.press("1");
    await checked(p, /read from the screen/);
  },

  "text dropped on the window; dropped on a field, the field takes it": async (page) => {
    const p = await page("home");
    await drop(p, CODE);
    await checked(p, /dropped here/);
    await p.id("pay-change").click();
    assert.equal(await drop(p, CODE, "[data-testid=pay-input]"), false);
  },

  "the clipboard": async (page) => {
    const p = await page("no-camera");
    await p.id("open-scan").click();
    await p.id("scan-clipboard").click();
    await p.id("scan-problem").waitFor();
    await p.evaluate((code) => { window.fulmenClipboard = code; }, CODE);
    await p.id("scan-clipboard").click();
    await checked(p, /read from the clipboard/);
  },

  "pasting text anywhere opens Pay": async (page) => {
    const p = await page("home");
    await paste(p, CODE);
    await checked(p, /read from the clipboard/);
    await paste(p, "lnbcfail1");
    await p.getByText("Parcel Depot").first().waitFor();
  },

  "pasting into a field stays in the field": async (page) => {
    const p = await page("locked");
    await p.id("unlock-password").focus();
    await paste(p, CODE, "[data-testid=unlock-password]");
    assert.equal(await p.has("pay"), false);
  },

  "a dropped picture opens Pay": async (page, pictures) => {
    const p = await page("home");
    const pictureBase64 = readFileSync(pictures.picture).toString("base64");
    await p.evaluate((picture) => { window.fulmenWorld.send({ type: "dropped", pictureBase64: picture }); }, pictureBase64);
    await checked(p, /read from a picture/);
  },

  "no request leaves the page's own address": async (page) => {
    const p = await page("home");
    const foreign = [];
    const own = new URL(p.url()).origin;
    p.on("request", (request) => {
      if (!request.url().startsWith(own) && !/^(data|blob):/.test(request.url())) foreign.push(request.url());
    });
    await p.keyboard.press("s");
    await p.id("pay-confirm").waitFor();
    assert.deepEqual(foreign, []);
  },
};

/** As Ctrl V does it. */
async function drop(p, text, selector = "body") {
  return p.evaluate(([what, where]) => {
    const data = new DataTransfer();
    data.setData("text/plain", what);
    const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector(where).dispatchEvent(event);
    return event.defaultPrevented;
  }, [text, selector]);
}

async function paste(p, text, selector = "body") {
  await p.evaluate(([what, where]) => {
    const data = new DataTransfer();
    data.setData("text/plain", what);
    document.querySelector(where).dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, [text, selector]);
}
