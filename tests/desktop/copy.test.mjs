// The living copy, in the built app: a folder follows, goes away and comes back; the computer is lost, and another one goes on
// from folder and words. Practice has nothing to restore, so its chain is the one that a second computer's wallet watches.
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
const OWNED_MSAT = 150_000_000;
/** What the deposit is called while the folder is away. */
const WORD = "Written meanwhile";

describe("a copy in a folder", () => {
  const pictures = join(artifacts, "desktop", "copy");
  let street;
  let prefs;
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
    world = await World.open({ pictures, prefs });
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
    world = await World.open({ pictures, prefs });
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
});
