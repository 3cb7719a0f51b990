// The living copy, in the built app: a folder follows, goes away and comes back; the computer is lost, and another one goes on
// from folder and words. Practice has nothing to restore, so its chain is the one that a second computer's wallet watches. That
// wallet's channels are refused and accepted as on mainnet.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import * as hands from "./hands.mjs";
import { World } from "./world.mjs";

const PATIENT_MS = 60_000;
/** A place that is gone is said as soon as this. */
const SAID_MS = 5_000;
const OWNED_MSAT = 400_000_000;
const CHANNEL_SAT = 100_000;
/** What the deposit is called while the folder is away. */
const WORD = "Written meanwhile";

describe("a copy in a folder", () => {
  const pictures = join(artifacts, "desktop", "copy");
  let street;
  let prefs;
  const env = { FULMEN_MAINNET_RULE: "on" };
  let world;
  let stick;
  let words;
  before(async () => {
    street = await World.open({ pictures });
    await street.app.click("create-practice");
    await street.app.find("balance-total", PATIENT_MS);
    await street.app.click("practice-faucet");
    await street.app.find("kept-onchain");
    await hands.mine(street.app, 1);
    prefs = { network: "regtest", sourceUrls: { regtest: [await hands.sourceUrl(street.app)] } };
    stick = join(mkdtempSync(join(tmpdir(), "fulmen-stick-")), "STICK");
    mkdirSync(stick);
    world = await World.open({ pictures, prefs, env });
    words = await created(world.app);
    await funded();
  });
  after(async () => {
    await world?.close();
    await street?.close();
    if (stick) rmSync(join(stick, ".."), { recursive: true, force: true });
  });

  /** A wallet without a password; answers its words. */
  async function created(app) {
    await app.click("create");
    await app.click("create-without-password");
    await app.find("balance-total", PATIENT_MS);
    await settings(app);
    await app.click("backup-start");
    await app.find("word-12");
    const shown = [];
    for (let place = 1; place <= 12; place += 1) shown.push((await app.text(`word-${place}`)).replace(/[\d\s.]/g, ""));
    await app.click("backup-cancel");
    return shown.join(" ");
  }

  /** The words are shown again, and three of them typed. */
  async function proved(app) {
    await app.click("backup-start");
    await app.click("backup-written");
    await app.find("quiz");
    for (const field of await app.all("quiz-word")) {
      const place = Number(await field.getAttribute("data-place"));
      await field.sendKeys(words.split(" ")[place - 1]);
    }
    await app.click("quiz-check");
    await app.waitAttribute("backup", "data-state", "card");
  }

  async function settings(app) {
    await app.click("nav-settings");
    await app.click("settings-backup");
    await app.find("copy");
  }

  /** The practice wallet pays it, and a start is the soonest look at the chain. */
  async function funded() {
    await hands.home(world.app);
    await world.app.click("open-receive");
    const uri = await world.app.attribute("receive-uri", "data-value");
    await hands.read(street.app, uri);
    await street.app.type("pay-amount-input", String(OWNED_MSAT / 1000));
    await street.app.click("pay-amount-go");
    await street.app.click("pay-confirm");
    await street.app.click("pay-close");
    await hands.mine(street.app, 1);
    await world.app.close();
    await world.start();
    await hands.unlock(world.app);
    await world.app.waitAttribute("balance-total", "data-msat", OWNED_MSAT, PATIENT_MS);
  }

  test("is wanted before the first channel, and the words before that", async () => {
    const { app } = world;
    await app.click("nav-channels");
    await app.waitText("channels-refused", /Your words come first/);
    assert.equal(await app.has("channel-open"), false);
    await app.click("obstacle-go");
    await proved(app);
    await app.click("nav-channels");
    await app.waitText("channels-refused", /Channels need a living copy/);
    await world.picture("refused");
    await app.click("obstacle-go");
    await app.find("copy");
  });

  test("is chosen, and says how old it is", async () => {
    const { app } = world;
    await settings(app);
    await app.type("copy-path", join(stick, "nowhere"));
    await app.click("copy-choose");
    await app.waitText("copy-error", /isn’t there/);
    await app.type("copy-path", stick);
    await app.click("copy-choose");
    await app.waitAttribute("copy", "data-state", "upToDate");
    assert.equal(await app.text("copy-place"), stick);
    await app.waitText("copy-age", /^Copy \d.* old$/);
    await world.picture("chosen");
  });

  test("is pulled out, which is said at once, and catches up when it is back", async () => {
    const { app } = world;
    renameSync(stick, `${stick}.away`);
    await app.waitAttribute("copy", "data-state", "missing", SAID_MS);
    await app.waitText("copy-says", /isn’t there/);
    await world.picture("missing");
    // Something to catch up with.
    await app.click("nav-activity");
    await app.click("movement-row");
    await app.click("detail-label-open");
    await app.type("detail-label-input", WORD);
    await app.click("detail-label-keep");
    await app.waitText("detail-label", new RegExp(WORD));
    await app.click("detail-close");
    await settings(app);
    await app.waitAttribute("copy", "data-state", "missing");
    renameSync(`${stick}.away`, stick);
    await app.waitAttribute("copy", "data-state", "upToDate");
  });

  test("brings everything back on another computer", async () => {
    await world.close();
    world = await World.open({ pictures, prefs, env });
    const { app } = world;
    await app.click("restore-copy");
    await app.type("restore-words", words);
    await app.type("copy-restore-place", stick);
    await app.click("copy-look");
    await app.find("comes-back", PATIENT_MS);
    assert.equal(await app.msat("comes-back-total"), OWNED_MSAT);
    await world.picture("comes-back");
    await app.click("copy-restore-without-password");
    await app.waitAttribute("balance-total", "data-msat", OWNED_MSAT, PATIENT_MS);
    await app.click("nav-activity");
    await app.waitText("movement-row", new RegExp(WORD));
    await settings(app);
    await app.waitAttribute("copy", "data-state", "upToDate");
    await world.picture("restored");
  });

  test("lets a first channel open, once it is read what can be lost", async () => {
    await hands.home(street.app);
    await street.app.click("nav-channels");
    await street.app.click("channel-open");
    const hub = await street.app.attribute("open-suggestion", "data-value");
    await hands.home(street.app);
    const { app } = world;
    await app.click("nav-channels");
    await app.click("channel-open");
    await app.find("first-channel");
    assert.equal(await app.has("open-amount"), false);
    await world.picture("first-channel");
    await app.click("first-go");
    await app.type("open-peer", hub);
    await app.type("open-amount", String(CHANNEL_SAT));
    await app.waitText("open-confirm", /100\s000/);
    await app.waitAttribute("open-confirm", "aria-disabled", "false");
    await app.click("open-confirm");
    await app.click("open-done");
    await app.until("a channel", async () => (await app.all("channel-row")).length === 1);
    await hands.mine(street.app, 3);
    // A start is the soonest look at the chain.
    await world.app.close();
    await world.start();
    await hands.unlock(world.app);
    await world.app.click("nav-channels");
    await world.app.until("it is ready", async () => (await hands.channelStates(world.app))[0] === "ready", PATIENT_MS);
    await world.picture("ready");
  });
});
