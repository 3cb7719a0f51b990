// The story that everything is measured by, with the keyboard alone: nothing in it needs a mouse.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** More stops than any view has. */
const STOPS = 90;

/** Goes on with Tab until this is in focus. */
async function reach(p, id) {
  await p.id(id).first().waitFor();
  for (let i = 0; i < STOPS; i += 1) {
    if ((await p.evaluate(() => document.activeElement?.dataset.testid)) === id) return;
    await p.keyboard.press("Tab");
  }
  throw new Error(`${id} cannot be reached with Tab`);
}

async function enter(p, ...ids) {
  for (const id of ids) {
    await reach(p, id);
    await p.keyboard.press("Enter");
  }
}

async function keys(p, ...all) {
  for (const key of all) await p.keyboard.press(key);
}

/** The quote is there: Enter pays, Enter is done. */
async function pay(p, how) {
  await p.id("pay-confirm").waitFor();
  assert.match(await p.id("pay-state").innerText(), how);
  await keys(p, "Enter");
  await p.state("pay-state", "paid");
  await keys(p, "Enter");
  await p.id("pay").waitFor({ state: "detached" });
}

const steps = {
  async "a practice wallet is created"(p) {
    await enter(p, "create-practice");
    await p.id("practice-drawer").waitFor();
  },
  async "coins come"(p) {
    await enter(p, "practice-faucet", "practice-mine");
    await p.locator('[data-testid="balance-total"][data-msat="1000000000"]').waitFor();
  },
  async "a channel is opened"(p) {
    await keys(p, "g", "c");
    await enter(p, "channel-open");
    await reach(p, "open-amount");
    await p.keyboard.type("500000");
    await p.locator("[data-testid=open-confirm][aria-disabled=false]").waitFor();
    await enter(p, "open-confirm");
    await p.state("open-watch", "ready");
    await enter(p, "open-done");
  },
  async "Hub opens one"(p) {
    await enter(p, "practice-hub-opens");
    await p.id("channel-row").nth(2).waitFor();
  },
  async "a coffee is ordered and paid from a picture"(p, pictures) {
    await keys(p, "g", "h");
    await enter(p, "practice-coffee");
    await keys(p, "p");
    const asked = p.waitForEvent("filechooser");
    await enter(p, "scan-picture");
    await (await asked).setFiles(pictures.picture);
    await pay(p, /read from a picture/);
  },
  async "by the camera"(p) {
    await keys(p, "s");
    await pay(p, /read by the camera/);
  },
  async "from the screen, and from a part of it"(p, pictures) {
    await p.evaluate((screen) => { window.fulmenScreens = [screen]; }, readFileSync(pictures.picture).toString("base64"));
    await keys(p, "p");
    await enter(p, "scan-screen");
    await pay(p, /read from the screen/);
    await keys(p, "p");
    await enter(p, "scan-part");
    await reach(p, "part-frame");
    for (let i = 0; i < 40; i += 1) await keys(p, "ArrowLeft", "ArrowUp");
    for (let i = 0; i < 40; i += 1) await keys(p, "Shift+ArrowRight", "Shift+ArrowDown");
    await keys(p, "Enter");
    await pay(p, /read from the screen/);
  },
  async "a request is paid by the shop"(p) {
    await keys(p, "r");
    await reach(p, "receive-amount");
    await p.keyboard.type("5000");
    await enter(p, "practice-shop-pays");
    await p.state("receive-state", "paid");
    await enter(p, "receive-done");
  },
  async "locked and opened again"(p) {
    await keys(p, "Control+l");
    await enter(p, "unlock");
    await p.id("balance-total").waitFor();
  },
  async "a channel is closed"(p) {
    await keys(p, "g", "c");
    await enter(p, "channel-toggle", "channel-close", "close-confirm");
    await p.locator("[data-testid=channel-row][data-state=closingTogether]").first().waitFor();
  },
  async "everything is explained"(p) {
    await enter(p, "practice-books");
    await p.id("books-mined").waitFor();
  },
};

export default {
  "every step of the story by keyboard alone": async (page, pictures) => {
    const p = await page("first-start");
    await p.evaluate(() => {
      for (const type of ["mousedown", "pointerdown"]) window.addEventListener(type, () => { throw new Error("a mouse was used"); }, true);
    });
    for (const [what, step] of Object.entries(steps)) {
      await step(p, pictures).catch((error) => { throw new Error(`${what}: ${error.message}`, { cause: error }); });
    }
  },
};
