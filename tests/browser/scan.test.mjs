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

  "a web address beside an invoice: the invoice is what is meant, and the page shows where it stood": async (page, pictures) => {
    const p = await page("no-camera");
    await p.id("open-scan").click();
    await p.id("scan-picture-input").setInputFiles(pictures.web);
    await checked(p, /read from a picture/);
    assert.ok(await p.id("pay-seen").isVisible());
    await p.id("pay-change").click();
    assert.equal(await p.has("pay-seen"), false);
  },

  "two codes that can be paid: a person says which": async (page, pictures) => {
    const p = await page("no-camera");
    await p.id("open-scan").click();
    await p.id("scan-picture-input").setInputFiles(pictures.two);
    await p.id("which").waitFor();
    assert.equal(await p.id("which-one").count(), 2);
    await p.id("which-one").filter({ hasText: "bc1q" }).click();
    assert.match(await p.id("pay-payee").innerText(), /bc1q/);
  },

  "a part of the screen, drawn with the mouse": async (page, pictures) => {
    const p = await onScreens(page, [pictures.plain, pictures.two]);
    await p.id("part-screen-1").click();
    const box = await p.id("part-picture").boundingBox();
    await p.mouse.move(box.x + 5, box.y + 5);
    await p.mouse.down();
    await p.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.95, { steps: 4 });
    await p.mouse.up();
    await checked(p, /read from the screen/);
    assert.equal(await p.has("which"), false);
  },

  "a part of the screen, drawn with the keyboard; where there is no code it says so": async (page, pictures) => {
    const p = await onScreens(page, [pictures.two]);
    await p.id("part-frame").focus();
    for (let i = 0; i < 40; i += 1) await p.keyboard.press("ArrowDown");
    for (let i = 0; i < 9; i += 1) await p.keyboard.press("Shift+ArrowUp");
    await p.keyboard.press("Enter");
    await p.state("part-nothing", "nothing");
    for (let i = 0; i < 40; i += 1) await p.keyboard.press("ArrowUp");
    for (let i = 0; i < 40; i += 1) await p.keyboard.press("ArrowRight");
    for (let i = 0; i < 5; i += 1) await p.keyboard.press("ArrowLeft");
    for (let i = 0; i < 50; i += 1) await p.keyboard.press("Shift+ArrowDown");
    await p.keyboard.press("Enter");
    assert.match(await p.id("pay-payee").innerText(), /bc1q/);
  },

  "Esc leads from the drawing back to the sources": async (page, pictures) => {
    const p = await onScreens(page, [pictures.two]);
    await p.keyboard.press("Escape");
    await p.id("part").waitFor({ state: "detached" });
    await p.id("scan-part").waitFor();
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

/** These screens, taken and shown. */
async function onScreens(page, files) {
  const p = await page("no-camera");
  await p.evaluate((all) => { window.fulmenScreens = all; }, files.map((file) => readFileSync(file).toString("base64")));
  await p.id("open-scan").click();
  await p.keyboard.press("2");
  await p.id("part").waitFor();
  return p;
}

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
