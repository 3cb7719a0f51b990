// A higher limit is agreed to in a window of the shell's own, which the page's driver cannot reach: only keys and eyes can.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import { pressWithin } from "./lib/display.mjs";
import { World } from "./world.mjs";

const PASSWORD = "four words that fit";
const ASKS = "Fulmen asks";

describe("the window that asks", () => {
  let world;
  before(async () => {
    world = await World.open({ pictures: join(artifacts, "desktop", "confirm") });
  });
  after(() => world?.close());

  /** Presses keys in the window until `done`: before it is there, and while it loads, they are lost. */
  const answer = (what, keys, done) =>
    world.app.until(what, async () => {
      try {
        pressWithin(3000, world.display.name, ASKS, ...keys);
      } catch {
        // It is not there yet, or not any more.
      }
      return done();
    });
  const limit = (sat) => world.app.attribute(`spend-limit-${sat}`, "aria-pressed");

  test("is not agreed to by the page, but with the password", async () => {
    const { app } = world;
    await app.click("create-practice");
    await app.find("balance-total", 60_000);
    await app.click("nav-settings");
    await app.click("settings-security");
    await app.click("password-change");
    await app.type("password-new", PASSWORD);
    await app.click("password-go");
    await app.find("password-done");

    await app.click("spend-limit-1000000");
    // "Don’t" is behind the password's field. A key that is lost leaves another one to agree without a password, which is asked
    // about again.
    await answer("a no", ["Tab", "Return"], () => app.has("guard-error"));
    assert.equal(await limit(100_000), "true");

    await app.click("spend-limit-1000000");
    const keys = [...PASSWORD].map((letter) => (letter === " " ? "space" : letter));
    await answer("a yes", [...keys, "Return"], async () => (await limit(1_000_000)) === "true");
    assert.equal(await app.has("guard-error"), false);
  });
});
