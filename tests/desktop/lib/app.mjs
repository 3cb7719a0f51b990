// The built app under WebDriver: a person's hands and eyes, by test id (ui/TESTIDS.md).
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { Builder, By, Capabilities } from "selenium-webdriver";
import { app as builtApp } from "../../../scripts/lib/paths.mjs";
import { descendantsRunning, end, listening, start, terminate } from "./processes.mjs";

const PATIENCE_MS = 30_000;

/** Starts the app with its data under `home`; `env` may add a camera. */
export async function openApp({ home, display, env = {} }) {
  const binary = process.env.FULMEN_APP ?? builtApp;
  const [port, nativePort] = await freePorts();
  const args = ["--port", String(port), "--native-port", String(nativePort)];
  const own = { ...environmentOf({ home, display: { name: display } }), ...env };
  const proxy = start("tauri-driver", process.env.TAURI_DRIVER ?? "tauri-driver", args, { env: own });
  try {
    await listening(proxy, port);
    const driver = await connect(port, binary);
    return new App(driver, proxy, binary);
  } catch (error) {
    await end(proxy);
    throw error;
  }
}

/** What the app of this world is started with. */
export function environmentOf({ home, display }) {
  const env = { ...process.env, ...homes(home), DISPLAY: display.name, GDK_BACKEND: "x11" };
  delete env.WAYLAND_DISPLAY;
  return env;
}

/** Everything the app and its web view write goes below `home`. */
function homes(home) {
  const dirs = {
    FULMEN_DATA_DIR: join(home, "fulmen"),
    // Blocks are mined by the story, never by a timer.
    FULMEN_PRACTICE_TIMER: "off",
    XDG_DATA_HOME: join(home, "data"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_CACHE_HOME: join(home, "cache"),
  };
  for (const [name, dir] of Object.entries(dirs)) if (name !== "FULMEN_PRACTICE_TIMER") mkdirSync(dir, { recursive: true });
  writeFileSync(join(dirs.XDG_CONFIG_HOME, "user-dirs.dirs"), `XDG_DOWNLOAD_DIR="${join(home, "Downloads")}"\n`);
  return dirs;
}

async function connect(port, binary) {
  const capabilities = new Capabilities({ browserName: "wry", "tauri:options": { application: binary, args: [] } });
  const server = `http://127.0.0.1:${port}/`;
  return new Builder().usingServer(server).withCapabilities(capabilities).build();
}

export class App {
  constructor(driver, proxy, binary) {
    this.driver = driver;
    this.proxy = proxy;
    this.binary = binary;
    this.pid = descendantsRunning(proxy.pid, binary)[0];
  }

  /** The element with this test id, once it is there. */
  async find(id, patience = PATIENCE_MS) {
    // WebKit's driver may answer "stale" even to a search, when the page changes under it.
    return this.driver.wait(() => steady(async () => (await this.all(id))[0] ?? false), patience, `no ${id}`);
  }

  /** All elements with this test id, now. */
  async all(id) {
    return this.driver.findElements(By.css(css(id)));
  }

  async has(id) {
    return ((await steady(() => this.all(id))) || []).length > 0;
  }

  async click(id) {
    await this.find(id);
    // Nobody hits a button that is still moving.
    await this.still();
    await this.until(`${id} can be clicked`, async () => {
      const element = await this.driver.findElement(By.css(css(id)));
      if (!(await element.isEnabled())) return false;
      // A person scrolls until all of it is there: the driver is content with an edge, under which something else may lie.
      await this.driver.executeScript("arguments[0].scrollIntoView({ block: 'nearest' })", element);
      await element.click();
      return true;
    });
  }

  /** Draws with the mouse over an element, between two places in shares of its size. */
  async drag(id, [fromX, fromY], [toX, toY]) {
    await this.find(id);
    await this.still();
    const element = await this.driver.findElement(By.css(css(id)));
    const { x, y, width, height } = await element.getRect();
    const at = (shareX, shareY) => ({ x: Math.round(x + width * shareX), y: Math.round(y + height * shareY), duration: 50 });
    await this.driver.actions().move(at(fromX, fromY)).press().move(at(toX, toY)).release().perform();
  }

  async type(id, text) {
    await this.find(id);
    await this.until(`${id} can be typed into`, async () => {
      const element = await this.driver.findElement(By.css(css(id)));
      await element.clear();
      await element.sendKeys(text);
      return true;
    });
  }

  /** Gives a file to an `<input type=file>`. */
  async give(id, path) {
    await this.find(id);
    await this.until(`${id} takes the file`, async () => {
      await (await this.driver.findElement(By.css(css(id)))).sendKeys(path);
      return true;
    });
  }

  async text(id) {
    return this.now(id, "innerText");
  }

  async attribute(id, name) {
    let value = null;
    await this.find(id);
    await this.until(`${id} has ${name}`, async () => {
      value = await (await this.driver.findElement(By.css(css(id)))).getAttribute(name);
      return true;
    });
    return value;
  }

  /** The exact amount that the element shows, in millisatoshi. */
  async msat(id) {
    return Number(await this.attribute(id, "data-msat"));
  }

  /** Waits until `see()` answers something true, and answers that. */
  async until(what, see, patience = PATIENCE_MS) {
    let last;
    const seen = () => steady(see, (error) => (last = error));
    return this.driver.wait(seen, patience, `never: ${what}`).catch((error) => {
      throw last ? new Error(error.message, { cause: last }) : error;
    });
  }

  /** Waits until the element's text matches. */
  async waitText(id, pattern, patience = PATIENCE_MS) {
    return this.until(`${id} says ${pattern}`, async () => pattern.test(await this.now(id, "textContent")), patience);
  }

  /** Waits until the element's attribute is this value, or matches this expression. */
  async waitAttribute(id, name, value, patience = PATIENCE_MS) {
    const read = async () => (await (await this.driver.findElement(By.css(css(id)))).getAttribute(name)) ?? "";
    const fits = (text) => (value instanceof RegExp ? value.test(text) : text === String(value));
    return this.until(`${id} has ${name}=${value}`, async () => fits(await read()), patience);
  }

  /** Clicks the element with this test id inside another element. */
  async clickIn(element, id) {
    await this.still();
    await this.until(`${id} can be clicked`, async () => {
      await (await element.findElement(By.css(css(id)))).click();
      return true;
    });
  }

  async now(id, property) {
    await this.find(id);
    return (await (await this.driver.findElement(By.css(css(id)))).getProperty(property)) ?? "";
  }

  /** Clicks `id` and answers the seconds, by the page's own clock, until `watched` has `name`=`value`. */
  async secondsUntil(id, watched, name, value) {
    await this.find(id);
    // The page keeps the answer: the driver may lose one while the page changes, and nothing is clicked twice.
    await steady(() => this.driver.executeScript(WATCH, css(id), css(watched), name, value));
    return this.until(`${watched} has ${name}=${value}`, () => this.driver.executeScript("return window.fulmenSeconds"));
  }

  /** Waits until the page stands still. It may go on to another screen meanwhile. */
  async still() {
    await this.until("a page that stands still", async () => {
      await this.driver.executeAsyncScript(STILL);
      return true;
    });
  }

  /** The page as a PNG file. */
  async picture(path) {
    mkdirSync(dirname(path), { recursive: true });
    await this.still();
    writeFileSync(path, Buffer.from(await this.driver.takeScreenshot(), "base64"));
  }

  /** The process that the page lives in. */
  get page() {
    return descendantsRunning(this.pid, /WebKitWebProcess$/)[0];
  }

  /** As the power switch would. The WebDriver session dies with it. */
  async kill() {
    process.kill(this.pid, "SIGKILL");
    await end(this.proxy);
  }

  /** As the system asks a program to end: in order. The driver then has nothing left to drive. */
  async close() {
    await terminate(this.pid);
    await this.driver.quit().catch(() => undefined);
    await end(this.proxy);
  }
}

const WATCH = `
  const [button, watched, name, value] = arguments;
  window.fulmenSeconds = null;
  const seen = () => document.querySelector(watched)?.getAttribute(name) === value;
  const observer = new MutationObserver(() => {
    if (!seen()) return;
    observer.disconnect();
    window.fulmenSeconds = (performance.now() - start) / 1000;
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true });
  const start = performance.now();
  document.querySelector(button).click();`;

/** Until nothing moves and what is true is painted: transitions take 200 ms at most. */
const STILL = `
  const done = arguments[arguments.length - 1];
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const endless = (animation) => animation.effect?.getTiming().iterations === Infinity;
  (async () => {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await frame();
      const moving = document.getAnimations().filter((animation) => animation.playState === "running" && !endless(animation));
      if (moving.length > 0) quiet = -1;
      await Promise.allSettled(moving.map((animation) => animation.finished));
    }
  })().then(() => done(), () => done());`;

/** True where the driver lost the page, because the process that it lived in died. The app brings it back, the driver does not. */
export function pageDied(error) {
  return error.name === "NoSuchSessionError" || /page crash or hang/.test(error.message);
}

export function css(id) {
  return `[data-testid="${id}"]`;
}

const PASSING = ["StaleElementReferenceError", "NoSuchElementError", "ElementNotInteractableError", "ElementClickInterceptedError"];

/** A screen may be replaced, still unfold, or still go away, between finding an element and using it: look again. */
async function steady(see, passed = () => undefined) {
  try {
    return await see();
  } catch (error) {
    // The second in WebKit's own words.
    const passes = PASSING.includes(error.name) || /Could not parse (element info|script result)/.test(error.message);
    if (!passes) throw error;
    passed(error);
    return false;
  }
}

async function freePorts() {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map((server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)))),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
