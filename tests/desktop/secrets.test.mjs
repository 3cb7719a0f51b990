// Words, password and keys are in nothing that the app and its web view write, and in no place where another program could
// read them. The search is the stories' own (`story-search`); it finds what is planted.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import { mine } from "./hands.mjs";
import { descendants } from "./lib/processes.mjs";
import { World } from "./world.mjs";

const PASSWORD = "zander-quillwort-7190-okapi";

describe("secrets", () => {
  let world;
  let node;
  before(async () => {
    world = await World.open({ pictures: join(artifacts, "desktop", "secrets") });
    await live(world.app);
  });
  after(() => world?.close());

  /** A wallet with money and a password, whose words were on the screen. */
  async function live(app) {
    await app.click("create-practice");
    await app.find("balance-total", 60_000);
    await app.click("practice-faucet");
    await app.find("kept-onchain");
    await mine(app, 1);
    await app.click("nav-settings");
    await app.click("settings-about");
    node = await app.attribute("about-node", "data-value");
    await app.click("settings-security");
    await app.click("password-change");
    await app.type("password-new", PASSWORD);
    await app.click("password-go");
    await app.find("password-done");
    await app.click("words-ask");
    await app.type("words-password", PASSWORD);
    await app.click("words-reveal");
    await app.find("word-12");
    await app.click("words-hide");
    await app.click("lock");
    await app.type("unlock-password", PASSWORD);
    await app.click("unlock");
    await app.find("balance-total");
  }

  /** Where `story-search` found one, among everything below the person's home and these processes. */
  function search(...pids) {
    const wallet = join(world.home, "fulmen", "practice");
    const args = [wallet, node, world.home, ...pids.map(String)];
    const done = spawnSync(process.env.STORY_SEARCH ?? "story-search", args, { input: `${PASSWORD}\n`, encoding: "utf8", maxBuffer: 1 << 26 });
    assert.equal(done.status, 0, done.stderr ?? done.error?.message);
    const lines = done.stdout.trim().split("\n");
    const [, places] = /^(\d+) places$/.exec(lines.pop());
    return { hits: lines, places: Number(places) };
  }

  test("are nowhere while it runs", () => {
    const pids = [world.app.pid, ...descendants(world.app.pid)];
    assert.ok(pids.length >= 3, `the app, its page and its network: ${pids}`);
    const { hits, places } = search(...pids);
    assert.deepEqual(hits, []);
    assert.ok(places > 20, `${places} places`);
  });

  test("are nowhere after SIGKILL", async () => {
    await world.app.kill();
    assert.deepEqual(search().hits, []);
  });

  test("would be found", () => {
    const folder = join(world.home, "data", "planted");
    mkdirSync(folder);
    writeFileSync(join(folder, "localstorage"), Buffer.from(`before ${PASSWORD} after`, "utf16le"));
    assert.deepEqual(search().hits, [`password in ${join(folder, "localstorage")}`]);
  });
});
