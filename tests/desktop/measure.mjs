// What `npm run measure` measures in the app: a payment as the page sees it, a start as the clock on the wall sees it.
import { readFileSync } from "node:fs";
import { css } from "./lib/app.mjs";
import { paste } from "./lib/clipboard.mjs";
import { order, STEPS } from "./story.mjs";
import { World } from "./world.mjs";

/** Clock ticks a second in /proc: the same on every Linux. */
const TICKS = 100;
const CHANNEL_IS_OPEN = 3;

/** A practice wallet with money and a channel. */
export async function begin(pictures) {
  const world = await World.open({ pictures });
  for (const step of STEPS.slice(0, CHANNEL_IS_OPEN)) await step(world);
  return world;
}

/** Orders a coffee, pastes its invoice and pays. Milliseconds from the click to the word. */
export async function coffee(world) {
  const { app } = world;
  await paste(app, world.display.name, await order(world));
  await app.waitAttribute("pay-state", "data-state", "check");
  await app.find("pay-confirm");
  await app.driver.executeScript(WATCH, css("pay-confirm"), css("pay-title"));
  await app.click("pay-confirm");
  const millis = await app.driver.executeAsyncScript("arguments[0] && window.measured.then(arguments[0]);");
  await app.click("pay-done");
  return millis;
}

const WATCH = `
  const [button, title] = arguments;
  window.measured = new Promise((done) => {
    let start = null;
    document.querySelector(button).addEventListener("click", () => (start = performance.now()), { capture: true, once: true });
    const observer = new MutationObserver(() => {
      if (start === null || !/^\\s*Paid\\b/.test(document.querySelector(title)?.textContent ?? "")) return;
      observer.disconnect();
      done(performance.now() - start);
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true });
  });`;

/** Ends the app in order and starts it again. Milliseconds from the process's start to Home on the screen. */
export async function restart(world) {
  await world.app.close();
  await world.start();
  await world.app.find("balance-total");
  const shown = await world.app.until("Home is painted", () => world.app.driver.executeScript(MARK));
  return shown - startedAt(world.app.pid);
}

/** Unix time in milliseconds; `null` before it is there. */
const MARK = `
  const mark = performance.getEntriesByName("home")[0];
  return mark ? performance.timeOrigin + mark.startTime : null;`;

/** When a process started, as unix time in milliseconds. */
function startedAt(pid) {
  const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
  const booted = Date.now() - uptime;
  const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  return booted + (Number(afterName[19]) / TICKS) * 1000;
}
