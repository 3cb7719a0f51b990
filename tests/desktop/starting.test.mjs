// Starting: once, again while it runs, and after a fault of the program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import { environmentOf } from "./lib/app.mjs";
import { World } from "./world.mjs";

const ALREADY_RUNNING = 3;
const REASON = "0.1.0 at 1795530000: panicked at src-tauri/engine/src/observe.rs:31:9: what must never be";

describe("starting", () => {
  let world;
  before(async () => {
    world = await World.open({ pictures: join(artifacts, "desktop", "starting") });
  });
  after(() => world?.close());

  test("a second start on the same data is refused at once, in a sentence", async () => {
    await world.app.find("first-start");
    const begun = performance.now();
    const second = await ended(spawn(world.app.binary, [], { env: environmentOf(world) }));
    const millis = performance.now() - begun;
    assert.deepEqual([second.code, second.said], [ALREADY_RUNNING, "Fulmen is already running.\n"]);
    assert.ok(millis < 1000, `it took ${millis} ms`);
    await world.app.click("create-practice");
    await world.app.find("balance-total", 60_000);
  });

  test("after a fault the next start says so until it was read", async () => {
    const file = join(world.home, "fulmen", "crashed.txt");
    await world.app.close();
    writeFileSync(file, `${REASON}\n`);
    for (let start = 0; start < 2; start += 1) {
      await world.start();
      await world.app.find("crashed");
      await world.app.picture(join(world.pictures, "crashed.png"));
      if (start === 0) await world.app.close();
    }
    await world.app.click("crashed-reason");
    await world.app.waitText("crashed-text", /^0\.1\.0 at 1795530000: panicked at .*what must never be$/);
    await world.app.click("crashed-seen");
    await world.app.until("it is gone", async () => !(await world.app.has("crashed")));
    assert.ok(!existsSync(file));
    await world.app.close();
    await world.start();
    await world.app.find("balance-total");
    assert.ok(!(await world.app.has("crashed")));
  });
});

function ended(child) {
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, said })));
}
